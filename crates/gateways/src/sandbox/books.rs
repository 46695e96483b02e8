//! The gateway's books inside one transaction: what every operation reads and writes through, and
//! how columns become values.

use enlist_domain::{Expiry, Money};
use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::Random;
use iso_currency::Currency;
use jiff::{SignedDuration, Timestamp};

use super::error::SandboxError;
use super::idempotency;
use super::sql::{Row, Sql, Value, params};

/// How long a subscription waits for the person to confirm its first payment (Stripe: 23 hours).
pub const INCOMPLETE_FOR: SignedDuration = SignedDuration::from_hours(23);

/// Why a subscription ended that nobody confirmed in time.
pub(super) const NOT_CONFIRMED: &str = "authentication_required";

const END_WHAT_NOBODY_CONFIRMED: &str = "UPDATE subscriptions SET status = 'ended', end_code = ?1
    WHERE status = 'incomplete' AND created_at_ms <= ?2";

/// One open transaction, at one moment.
pub(super) struct Books<'a> {
    sql: &'a dyn Sql,
    pub(super) random: &'a dyn Random,
    /// The moment, in whole milliseconds, as it is stored.
    pub(super) now: Timestamp,
}

impl<'a> Books<'a> {
    /// Opens the books and does first what time has done to them.
    pub(super) fn open(
        sql: &'a dyn Sql,
        now: Timestamp,
        random: &'a dyn Random,
    ) -> Result<Self, SandboxError> {
        let now = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let books = Self { sql, random, now };
        sql.execute(&[
            (
                idempotency::FORGET_EXPIRED,
                &params![books.ms_ago(idempotency::KEY_KEPT_FOR)],
            ),
            (
                END_WHAT_NOBODY_CONFIRMED,
                &params![NOT_CONFIRMED, books.ms_ago(INCOMPLETE_FOR)],
            ),
        ])?;
        Ok(books)
    }

    pub(super) fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }

    pub(super) fn ms_ago(&self, age: SignedDuration) -> i64 {
        let age_ms = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        self.now_ms().saturating_sub(age_ms)
    }

    /// A new id: what it names, and 96 random bits.
    pub(super) fn new_id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", self.chance::<12>())
    }

    /// What a page confirms a payment with: 128 random bits.
    pub(super) fn new_client_secret(&self) -> String {
        format!("{}_secret_{}", self.new_id("pi"), self.chance::<16>())
    }

    fn chance<const BYTES: usize>(&self) -> String {
        let mut bytes = [0u8; BYTES];
        self.random.fill(&mut bytes);
        hex(&bytes)
    }

    /// Every row of a query.
    pub(super) fn all<T, const N: usize>(
        &self,
        query: &str,
        parameters: [Value; N],
        read: fn(&Row) -> Result<T, SandboxError>,
    ) -> Result<Vec<T>, SandboxError> {
        let rows = self.sql.query(query, &parameters)?;
        rows.iter().map(read).collect()
    }

    /// The row of a query that can have one at most.
    pub(super) fn find<T, const N: usize>(
        &self,
        query: &str,
        parameters: [Value; N],
        read: fn(&Row) -> Result<T, SandboxError>,
    ) -> Result<Option<T>, SandboxError> {
        let rows = self.sql.query(query, &parameters)?;
        rows.first().map(read).transpose()
    }

    /// Changes as many rows as there are.
    pub(super) fn execute<const N: usize>(
        &self,
        statement: &str,
        parameters: [Value; N],
    ) -> Result<u64, SandboxError> {
        let changed = self.sql.execute(&[(statement, &parameters)])?;
        Ok(changed.into_iter().sum())
    }

    /// Changes one row, or fails.
    pub(super) fn execute_one<const N: usize>(
        &self,
        statement: &str,
        parameters: [Value; N],
    ) -> Result<(), SandboxError> {
        match self.execute(statement, parameters)? {
            1 => Ok(()),
            changed => Err(SandboxError::NotOneRow { changed }),
        }
    }
}

/// Bytes in lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A column of milliseconds.
pub(super) fn time(row: &Row, column: &'static str) -> Result<Timestamp, SandboxError> {
    let ms: i64 = row.get(column)?;
    Timestamp::from_millisecond(ms).map_err(|_| unreadable("time", ms))
}

/// The column `registration_id`, where it may be null.
pub(super) fn maybe_registration(row: &Row) -> Result<Option<RegistrationId>, SandboxError> {
    let id: Option<String> = row.get("registration_id")?;
    id.map(|id| id.parse().map_err(|_| unreadable("registration id", id)))
        .transpose()
}

/// The column `registration_id`.
pub(super) fn registration(row: &Row) -> Result<RegistrationId, SandboxError> {
    maybe_registration(row)?.ok_or_else(|| unreadable("registration id", "null"))
}

/// The columns `amount_minor` and `currency`.
pub(super) fn money(row: &Row) -> Result<Money, SandboxError> {
    let code: String = row.get("currency")?;
    let currency = Currency::from_code(&code).ok_or_else(|| unreadable("currency", code))?;
    Ok(Money::new(row.get("amount_minor")?, currency))
}

/// The columns `expiry_month` and `expiry_year`.
pub(super) fn expiry(row: &Row) -> Result<Expiry, SandboxError> {
    let (month, year): (u8, u16) = (row.get("expiry_month")?, row.get("expiry_year")?);
    Expiry::new(month, year).map_err(|_| unreadable("expiry", format!("{month}/{year}")))
}

/// A value that this program would not have written.
pub(super) fn unreadable(what: &'static str, value: impl ToString) -> SandboxError {
    SandboxError::Unreadable {
        what,
        value: value.to_string(),
    }
}
