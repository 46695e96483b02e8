//! What preparing a statement costs is paid once.

use rusqlite::StatementStatus;

use crate::sqlite::open;

#[test]
fn a_kept_statement_is_not_prepared_anew_for_other_values() {
    let connection = open::memory().unwrap();
    connection
        .pragma_update(None, "foreign_keys", false)
        .unwrap();
    // As `timeline` writes an event: the statement that this was seen with.
    let sql = "INSERT INTO registration_events (registration_id, seq, generation, at, kind)
               SELECT ?1, max(?2, 1 + coalesce(max(seq), 0)), ?3, ?4, ?5
               FROM registration_events WHERE registration_id = ?1
               RETURNING seq";
    let mut prepared_anew = 0;
    for seq in 1..=5 {
        let mut statement = connection.prepare_cached(sql).unwrap();
        let parameters = ("a", seq, 1, "now", "done");
        let read: i64 = statement.query_row(parameters, |row| row.get(0)).unwrap();
        assert_eq!(read, seq);
        prepared_anew += statement.get_status(StatementStatus::RePrepare);
    }
    assert_eq!(prepared_anew, 0);
}
