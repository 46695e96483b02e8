//! Tables as they are, for tests and simulations that look for what nobody should have left there.

use enlist_registration::ports::StoreFault;
use tokio_postgres::SimpleQueryMessage;

use super::PostgresStore;
use super::fault::Fault;
use crate::TextRow;

impl PostgresStore {
    /// Every row of `table`, in the order of its primary key, each value as PostgreSQL spells it.
    pub async fn rows_of(&self, table: &'static str) -> Result<Vec<TextRow>, StoreFault> {
        self.text_rows(table)
            .await
            .map_err(|fault| fault.into_store("read a table"))
    }

    async fn text_rows(&self, table: &str) -> Result<Vec<TextRow>, Fault> {
        let connection = self.database.pool.get().await?;
        let said = connection
            .simple_query(&format!("SELECT * FROM \"{table}\" ORDER BY 1, 2"))
            .await?;
        let rows = said.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let text = |row: &tokio_postgres::SimpleQueryRow| {
            let columns = row.columns().iter().enumerate();
            columns
                .map(|(index, column)| {
                    let value = row.get(index).map(str::to_owned);
                    (column.name().to_owned(), value)
                })
                .collect()
        };
        Ok(rows.map(text).collect())
    }
}
