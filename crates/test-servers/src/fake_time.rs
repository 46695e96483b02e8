//! A clock in the database that only the test moves.

use crate::database::Database;
use crate::sql::Connection;

/// `fake` stands behind `public`, where unqualified `CREATE TABLE` goes, and before `pg_catalog`, which
/// is searched first only where it is not named.
const INSTALLATION: &str = "
    CREATE SCHEMA fake;
    CREATE TABLE fake.clock (at timestamptz NOT NULL);
    CREATE UNIQUE INDEX only_one_row ON fake.clock ((true));
    INSERT INTO fake.clock VALUES ('epoch');
    CREATE FUNCTION fake.now() RETURNS timestamptz LANGUAGE sql STABLE
        AS 'SELECT at FROM fake.clock';
    CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
        AS 'SELECT at FROM fake.clock';
    GRANT USAGE ON SCHEMA fake TO PUBLIC;
    GRANT SELECT ON fake.clock TO PUBLIC;
";

/// What `now()` and `clock_timestamp()` say in sessions of one database, if SQL calls them without a
/// schema. Stands at 1970 until it is set. `CURRENT_TIMESTAMP` is not affected, nor are sessions that
/// set a search path of their own.
pub struct FakeTime {
    connection: Connection,
}

impl FakeTime {
    pub(crate) fn install(database: &Database) -> Self {
        database.execute(INSTALLATION);
        let name = database.name();
        database.execute(&format!(
            "ALTER DATABASE {name} SET search_path = public, fake, pg_catalog"
        ));
        Self {
            connection: Connection::open(&database.url()),
        }
    }

    /// Sets the clock, forward or back. Holds for every statement that begins after this returns
    /// (in a repeatable-read transaction: for the next transaction).
    pub fn set_unix_microseconds(&self, microseconds: i64) {
        let sql = format!(
            "UPDATE fake.clock SET at = timestamptz 'epoch' + {microseconds} * interval '1 microsecond'"
        );
        self.connection
            .run(&sql)
            .unwrap_or_else(|fault| panic!("the fake clock cannot be set: {fault:?}"));
    }
}
