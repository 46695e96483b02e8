//! A second server that follows a first one, and takes its place.

use super::building::append;
use super::{Disk, PostgresServer};
use crate::machine::{text_of, wait_for};

impl PostgresServer {
    /// A standby of `primary`, which from now on answers a commit only when the standby has it on disk.
    /// Returns when that is in force. A commit on the primary waits as long as no standby is there.
    pub fn synchronous_standby_of(primary: &Self) -> Self {
        let standby = Self::prepare(Disk::Ordinary);
        let mut command = vec![standby.program("pg_basebackup"), "-D".to_owned()];
        command.extend([text_of(&standby.data()), "-d".to_owned(), primary.url()]);
        let options = "--wal-method=stream --checkpoint=fast --no-sync --write-recovery-conf";
        command.extend(options.split(' ').map(str::to_owned));
        standby.run_as_user(&command);
        // If the primary waits for another standby already, this one, once promoted, must not.
        append(
            &standby.data().join("postgresql.auto.conf"),
            "synchronous_standby_names = ''\n",
        );
        standby.launch();
        primary.set_system("synchronous_standby_names", "*");
        let in_force = "SELECT 1 FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')";
        let logs = || format!("primary:\n{}\nstandby:\n{}", primary.log(), standby.log());
        wait_for("the standby to be synchronous", logs, || {
            !primary.query_text(in_force).is_empty()
        });
        standby
    }

    /// Makes a primary of a standby; returns when it accepts writes. The old primary is not told: stop or
    /// kill it first.
    pub fn promote(&self) {
        self.execute("SELECT pg_promote(true, 60)");
        let log = || format!("the standby's log:\n{}", self.log());
        wait_for("the standby to accept writes", log, || {
            self.try_query_text("CREATE TEMPORARY TABLE writable ()")
                .is_ok()
        });
    }

    /// Changes a setting of the running server, as far as that needs no restart.
    pub fn set_system(&self, name: &str, value: &str) {
        // Not in one string: this statement refuses to share a transaction.
        self.execute(&format!("ALTER SYSTEM SET {name} = '{value}'"));
        self.execute("SELECT pg_reload_conf()");
    }
}
