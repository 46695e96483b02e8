//! The search of a data directory and its logs for what must not be in them.
//!
//! A card number or a password is long: it is searched for in the bytes of every file, so that free
//! pages, the write-ahead log and whatever else a file holds are covered, in every encoding.
//!
//! A security code has three or four digits, which are found by chance in any file of some size. So:
//! - its hashes, alone and beside the card's number, are searched for in the bytes like the rest:
//!   they are long;
//! - the code itself is searched for as a word, in every column of every table (taken apart where
//!   it is JSON or prose) and in the logs. UUIDs and times are not taken apart, for a group of theirs
//!   may be any four digits;
//! - the codes of these tests begin with 0, which no count, port, duration or amount does when it is
//!   printed. A column may hold the code as a number, and would lose the 0: integers are compared
//!   with its value, and none of the values is one that a column has reason to hold.
//!
//! A mail's code of six digits is searched for as a word in the same way.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

use crate::encodings::Detector;

/// What is looked for, and where it was found.
pub(crate) struct Search {
    long: Detector,
    digests: Detector,
    words: Vec<String>,
}

impl Search {
    /// Looks for `long` secrets in any encoding, and for `words` that are too short for that. The
    /// hashes of words are looked for with each of the long secrets beside them.
    pub(crate) fn new(long: &[String], words: &[String]) -> Self {
        let mut hashed = Vec::new();
        for word in words {
            hashed.push(word.clone());
            for secret in long {
                for separator in ["", ":", "|", " "] {
                    hashed.push(format!("{secret}{separator}{word}"));
                    hashed.push(format!("{word}{separator}{secret}"));
                }
            }
        }
        Self {
            long: Detector::of(long.iter().map(String::as_str)),
            digests: Detector::of_digests(hashed),
            words: words.to_vec(),
        }
    }

    /// Everything found in the files: `file: secret in encoding`. Databases are opened as well.
    pub(crate) fn of_files(&self, files: &[PathBuf]) -> Vec<String> {
        let mut found = Vec::new();
        for file in files {
            let bytes = fs::read(file).unwrap();
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            let mut here = self.long.find(&bytes);
            here.extend(self.digests.find(&bytes));
            match name.rsplit('.').next() {
                Some("db") => here.extend(self.in_database(file)),
                // Parts of a database: opening it reads them.
                Some(part) if part.starts_with("db-") => {}
                _ => here.extend(self.in_text(&String::from_utf8_lossy(&bytes))),
            }
            found.extend(here.into_iter().map(|what| format!("{name}: {what}")));
        }
        found
    }

    fn in_database(&self, file: &Path) -> Vec<String> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = Connection::open_with_flags(file, flags).unwrap();
        let mut tables = connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
            .unwrap();
        let tables = tables.query_map([], |row| row.get(0)).unwrap();
        let tables: Vec<String> = tables.collect::<Result<_, _>>().unwrap();
        let mut found = Vec::new();
        for table in tables {
            let sql = format!("SELECT * FROM \"{table}\"");
            let mut query = connection.prepare(&sql).unwrap();
            let columns: Vec<String> = query.column_names().map(ToOwned::to_owned).collect();
            let mut rows = query.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                for (index, column) in columns.iter().enumerate() {
                    let here = self.in_value(row.get_ref(index).unwrap());
                    found.extend(
                        here.into_iter()
                            .map(|what| format!("{table}.{column}: {what}")),
                    );
                }
            }
        }
        found
    }

    fn in_value(&self, value: ValueRef<'_>) -> Vec<String> {
        match value {
            ValueRef::Null => Vec::new(),
            ValueRef::Real(number) => self.in_text(&number.to_string()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                self.in_text(&String::from_utf8_lossy(bytes))
            }
            ValueRef::Integer(number) => {
                let is_value = |word: &&String| word.parse() == Ok(number);
                self.words
                    .iter()
                    .filter(is_value)
                    .map(|word| format!("{word} as a number"))
                    .collect()
            }
        }
    }

    fn in_text(&self, text: &str) -> Vec<String> {
        let mut found: Vec<String> = words(text)
            .filter(|word| self.words.iter().any(|secret| secret == word))
            .map(|word| format!("{word} as a word"))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Words are letters and digits; a UUID and a time are one each.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | ':');
    text.split(move |c| !is_part(c))
        .filter(|long| !is_uuid(long) && !is_time(long))
        .flat_map(|long| long.split(|c: char| !c.is_alphanumeric()))
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

fn is_time(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
}

/// Every file in a folder and below.
pub(crate) fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_in(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn a_code_is_found_in_any_column_and_log_and_in_no_uuid_or_time() {
    let folder = tempfile::tempdir().unwrap();
    let search = Search::new(&["4000056655665556".to_owned()], &["0937".to_owned()]);
    let database = folder.path().join("some.db");
    let connection = Connection::open(&database).unwrap();
    connection
        .execute_batch("CREATE TABLE t (a ANY, b ANY) STRICT")
        .unwrap();
    let found_in_row = |a: &dyn rusqlite::ToSql| {
        connection.execute("DELETE FROM t", []).unwrap();
        connection
            .execute("INSERT INTO t VALUES (?1, 'x')", [a])
            .unwrap();
        search.of_files(std::slice::from_ref(&database)).len()
    };
    // `printf 4000056655665556:0937 | sha256sum`
    let beside = "f9a4159c7ada3a61f87c8f2f2540dbdb485294f51f2ee51b1d00659538d29b58";
    let leaks: [&dyn rusqlite::ToSql; 7] = [
        &"0937",
        &937,
        &b"0937".as_slice(),
        &r#"{"card": {"cvv": "0937"}}"#,
        &"declined (cvv=0937, attempt 1)",
        &"card-0937",
        &beside,
    ];
    for (number, leak) in leaks.into_iter().enumerate() {
        assert!(found_in_row(leak) > 0, "leak {number}");
    }
    let innocent: [&dyn rusqlite::ToSql; 4] = [
        &"0193a5f0-0937-7000-8000-000000000937",
        &"2026-11-23T09:37:00.000937Z",
        &9370,
        &"00937 a0937",
    ];
    for (number, text) in innocent.into_iter().enumerate() {
        assert_eq!(found_in_row(text), 0, "innocent {number}");
    }
    let log = folder.path().join("stderr");
    for (line, leaks) in [
        ("DEBUG cvv: \"0937\"", 1),
        ("at 2026-11-23T09:37:00.0937Z", 0),
    ] {
        fs::write(&log, line).unwrap();
        assert_eq!(
            search.of_files(std::slice::from_ref(&log)).len(),
            leaks,
            "{line}"
        );
    }
}
