//! Values on their way to PostgreSQL and back.

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::super::sql::Value;

type Fault = Box<dyn std::error::Error + Sync + Send>;

impl Value {
    /// As what it is sent. The server finds out by itself what a null is meant to be.
    pub(super) fn sql_type(&self) -> Type {
        match self {
            Self::Null => Type::UNKNOWN,
            Self::Integer(_) => Type::INT8,
            Self::Text(_) => Type::TEXT,
            Self::Boolean(_) => Type::BOOL,
        }
    }
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(integer) => integer.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Boolean(boolean) => boolean.to_sql(ty, out),
        }
    }

    /// The type is the one that [`Value::sql_type`] has chosen.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        match *ty {
            Type::INT8 => i64::from_sql(ty, raw).map(Self::Integer),
            Type::INT4 => i32::from_sql(ty, raw).map(|integer| Self::Integer(integer.into())),
            Type::TEXT => String::from_sql(ty, raw).map(Self::Text),
            _ => bool::from_sql(ty, raw).map(Self::Boolean),
        }
    }

    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(Self::Null)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::INT4 | Type::TEXT | Type::BOOL)
    }
}
