//! Parameters of statements, each with its type: a statement that is not prepared in advance has to
//! say it.

use jiff::Timestamp;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};
use uuid::Uuid;

/// A value and its type.
pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

/// `value` as a parameter.
pub(super) fn parameter<T: Typed>(value: &T) -> Parameter<'_> {
    (value, T::sql_type())
}

/// Makes a list of parameters: `parameters![id, generation, &text]`.
macro_rules! parameters {
    ($($value:expr),* $(,)?) => {
        [$($crate::postgres::parameters::parameter(&$value)),*]
    };
}
pub(super) use parameters;

/// A Rust type that stands for one type of PostgreSQL.
pub(super) trait Typed: ToSql + Sync {
    fn sql_type() -> Type;
}

macro_rules! typed {
    ($($rust:ty => $one:ident, $many:ident;)*) => {
        $(
            impl Typed for $rust {
                fn sql_type() -> Type {
                    Type::$one
                }
            }
            impl Typed for Option<$rust> {
                fn sql_type() -> Type {
                    Type::$one
                }
            }
            impl Typed for Vec<$rust> {
                fn sql_type() -> Type {
                    Type::$many
                }
            }
            impl Typed for Vec<Option<$rust>> {
                fn sql_type() -> Type {
                    Type::$many
                }
            }
        )*
    };
}

typed! {
    Uuid => UUID, UUID_ARRAY;
    String => TEXT, TEXT_ARRAY;
    &str => TEXT, TEXT_ARRAY;
    i64 => INT8, INT8_ARRAY;
    i32 => INT4, INT4_ARRAY;
    bool => BOOL, BOOL_ARRAY;
    Moment => TIMESTAMPTZ, TIMESTAMPTZ_ARRAY;
    JsonText => JSONB, JSONB_ARRAY;
    Bytes<'_> => BYTEA, BYTEA_ARRAY;
}

/// Bytes.
#[derive(Debug)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl ToSql for Bytes<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        self.0.to_sql(ty, out)
    }

    accepts!(BYTEA);
    to_sql_checked!();
}

type Fault = Box<dyn std::error::Error + Sync + Send>;

/// JSON that is written already.
#[derive(Debug)]
pub(super) struct JsonText(pub(super) String);

impl ToSql for JsonText {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        // The version of the binary form, then the text.
        out.extend_from_slice(&[1]);
        out.extend_from_slice(self.0.as_bytes());
        Ok(IsNull::No)
    }

    accepts!(JSONB);
    to_sql_checked!();
}

/// A time, in whole microseconds, as PostgreSQL keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(pub(super) Timestamp);

/// PostgreSQL counts from 2000-01-01T00:00:00Z, which is so many microseconds after 1970.
const EPOCH_US: i64 = 946_684_800_000_000;

impl ToSql for Moment {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        (self.0.as_microsecond() - EPOCH_US).to_sql(ty, out)
    }

    accepts!(TIMESTAMPTZ);
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Moment {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        let since_epoch_us = i64::from_sql(ty, raw)?;
        let since_1970_us = since_epoch_us
            .checked_add(EPOCH_US)
            .ok_or("a time beyond what can be told")?;
        Ok(Self(Timestamp::from_microsecond(since_1970_us)?))
    }

    accepts!(TIMESTAMPTZ);
}

/// A time that may be none.
pub(super) fn moment(timestamp: Option<Timestamp>) -> Option<Moment> {
    timestamp.map(Moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_the_same_after_being_written_and_read() {
        for text in [
            "1970-01-01T00:00:00Z",
            "1999-12-31T23:59:59.999999Z",
            "2026-11-24T12:34:56.000001Z",
            "9999-12-30T22:00:00Z",
        ] {
            let moment = Moment(text.parse().unwrap());
            let mut bytes = BytesMut::new();
            moment.to_sql(&Type::TIMESTAMPTZ, &mut bytes).unwrap();
            assert_eq!(
                Moment::from_sql(&Type::TIMESTAMPTZ, &bytes).unwrap(),
                moment
            );
        }
    }
}
