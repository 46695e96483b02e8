//! One connection, asked one thing at a time from a thread of its own.

use std::sync::Arc;
use std::time::Duration;

use enlist_postgres::{
    Connector, in_words, is_connection_lost, is_out_of_connections, is_serialization_failure,
};
use futures_util::future::try_join_all;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

use super::super::error::SandboxError;
use super::super::sql::{Row, Sql, Value};
use super::STATEMENT_MS;

/// How long to wait for an answer: as long as the server gives itself, there and back.
const ANSWER_WITHIN: Duration = Duration::from_millis(STATEMENT_MS as u64 + 1_000);

/// A connection, and what drives it while an answer is waited for.
pub(super) struct Link {
    /// Dropped before its runtime.
    client: Client,
    runtime: Runtime,
}

impl Link {
    pub(super) fn open(connector: &Connector) -> Result<Self, SandboxError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(SandboxError::Thread)?;
        let client = runtime.block_on(connector.connect());
        Ok(Self {
            client: client.map_err(|error| said(&error))?,
            runtime,
        })
    }

    /// Carries out statements without parameters, separated by semicolons.
    pub(super) fn batch(&self, statements: &str) -> Result<(), SandboxError> {
        self.ask(self.client.batch_execute(statements))
    }

    fn ask<T>(&self, question: impl Future<Output = Result<T, Error>>) -> Result<T, SandboxError> {
        let answer = async { tokio::time::timeout(ANSWER_WITHIN, question).await };
        match self.runtime.block_on(answer) {
            Ok(answer) => answer.map_err(|error| said(&error)),
            Err(_) => Err(SandboxError::NoAnswer(ANSWER_WITHIN)),
        }
    }
}

/// Statements have no names: behind a pooler another session may answer each transaction.
impl Sql for Link {
    fn query(&self, query: &str, parameters: &[Value]) -> Result<Vec<Row>, SandboxError> {
        let query = in_postgres(query);
        let found = self.ask(self.client.query_typed(&query, &typed(parameters)))?;
        let columns: Arc<[String]> = match found.first() {
            Some(row) => row.columns().iter().map(|c| c.name().to_owned()).collect(),
            None => return Ok(Vec::new()),
        };
        let rows = found.iter().map(|row| {
            let values = (0..columns.len()).map(|index| row.try_get(index));
            let values: Result<_, Error> = values.collect();
            Ok(Row::new(&columns, values.map_err(|error| said(&error))?))
        });
        rows.collect()
    }

    fn execute(&self, statements: &[(&str, &[Value])]) -> Result<Vec<u64>, SandboxError> {
        // Sent together, without waiting for one another's answers.
        let carried_out = statements.iter().map(async |(statement, parameters)| {
            let statement = in_postgres(statement);
            self.client
                .execute_typed(&statement, &typed(parameters))
                .await
        });
        self.ask(try_join_all(carried_out))
    }
}

/// With parameters as PostgreSQL numbers them. No text in a statement of the books has a `?`.
fn in_postgres(statement: &str) -> String {
    statement.replace('?', "$")
}

fn typed(parameters: &[Value]) -> Vec<(&(dyn ToSql + Sync), Type)> {
    parameters
        .iter()
        .map(|value| (value as &(dyn ToSql + Sync), value.sql_type()))
        .collect()
}

/// In words, since the error itself shows the values that a statement had.
fn said(error: &Error) -> SandboxError {
    SandboxError::Postgres {
        is_passing: is_connection_lost(error)
            || is_serialization_failure(error)
            || is_out_of_connections(error),
        reason: in_words(error),
    }
}
