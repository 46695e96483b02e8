//! The little SQL that the books need, in a dialect that SQLite and PostgreSQL both understand:
//! parameters are `?1`, `?2`, …; what is not in both (`iif`, `INSERT OR …`) is not used; the order in
//! which rows were made is their `rowid`.

use std::sync::Arc;

use super::error::SandboxError;

/// One open transaction.
pub(super) trait Sql {
    /// Every row of a query.
    fn query(&self, query: &str, parameters: &[Value]) -> Result<Vec<Row>, SandboxError>;

    /// Carries out statements one after the other, and says how many rows each changed. It is at most
    /// one way there and back.
    fn execute(&self, statements: &[(&str, &[Value])]) -> Result<Vec<u64>, SandboxError>;
}

/// What a parameter or a column can be.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Boolean(bool),
}

/// The parameters of a statement, as an array of [`Value`]s.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        [$($crate::sandbox::sql::Value::from($value)),*]
    };
}
pub(super) use params;

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u8> for Value {
    fn from(value: u8) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u16> for Value {
    fn from(value: u16) -> Self {
        Self::Integer(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row of an answer.
pub(super) struct Row {
    /// The columns' names, shared by the rows of one answer.
    columns: Arc<[String]>,
    values: Vec<Value>,
}

impl Row {
    pub(super) fn new(columns: &Arc<[String]>, values: Vec<Value>) -> Self {
        Self {
            columns: Arc::clone(columns),
            values,
        }
    }

    /// The column of that name.
    pub(super) fn get<T: Column>(&self, column: &'static str) -> Result<T, SandboxError> {
        let mut named = self.columns.iter().zip(&self.values);
        named
            .find(|(name, _)| *name == column)
            .and_then(|(_, value)| T::read(value))
            .ok_or(SandboxError::Column { column })
    }
}

/// What a column can be read as.
pub(super) trait Column: Sized {
    fn read(value: &Value) -> Option<Self>;
}

impl Column for i64 {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Integer(integer) => Some(*integer),
            _ => None,
        }
    }
}

impl Column for u8 {
    fn read(value: &Value) -> Option<Self> {
        i64::read(value)?.try_into().ok()
    }
}

impl Column for u16 {
    fn read(value: &Value) -> Option<Self> {
        i64::read(value)?.try_into().ok()
    }
}

impl Column for String {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }
}

/// SQLite has no booleans: there they are 0 and 1.
impl Column for bool {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Boolean(boolean) => Some(*boolean),
            Value::Integer(0) => Some(false),
            Value::Integer(1) => Some(true),
            _ => None,
        }
    }
}

impl<T: Column> Column for Option<T> {
    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::read(value).map(Some),
        }
    }
}
