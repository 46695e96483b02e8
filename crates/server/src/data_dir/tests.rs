//! Who may use a directory beside whom, and that all who do have one key.

use std::fs;
use std::sync::{Arc, Barrier};
use std::thread;

use super::secret_key::KEY_FILE;
use super::*;
use crate::system::SystemRandom;

#[test]
fn a_data_directory_serves_one_process_at_a_time() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    let first = DataDir::take(&path, Hold::Alone).unwrap();
    let second = DataDir::take(&path, Hold::Alone);
    assert!(matches!(second, Err(DataDirFault::InUse(_))));
    drop(first);
    DataDir::take(&path, Hold::Alone).unwrap();
}

#[test]
fn those_who_share_keep_off_whoever_must_be_alone_and_the_other_way_round() {
    let parent = tempfile::tempdir().unwrap();
    let take = |hold| DataDir::take(parent.path(), hold);
    let (first, second) = (take(Hold::Shared).unwrap(), take(Hold::Shared).unwrap());
    assert!(matches!(take(Hold::Alone), Err(DataDirFault::InUse(_))));
    drop(first);
    assert!(matches!(take(Hold::Alone), Err(DataDirFault::InUse(_))));
    drop(second);
    let alone = take(Hold::Alone).unwrap();
    assert!(matches!(take(Hold::Shared), Err(DataDirFault::InUse(_))));
    drop(alone);
}

#[test]
fn the_key_is_made_once_and_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().unwrap();
    let dir = DataDir::take(&parent.path().join("data"), Hold::Alone).unwrap();
    let made = dir.secret_key(None, &SystemRandom).unwrap();
    let again = dir.secret_key(None, &SystemRandom).unwrap();
    assert_eq!(*made, *again);
    assert_ne!(*made, [0; 32]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir.path()), DIR_MODE);
    assert_eq!(mode(&dir.path().join(KEY_FILE)), FILE_MODE);
}

/// Gives random bytes once as many ask for them as there are: all have seen by then that there is no
/// key.
struct AllAtOnce(Barrier);

impl Random for AllAtOnce {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.wait();
        SystemRandom.fill(bytes);
    }
}

#[test]
fn of_many_that_start_at_once_in_one_directory_all_have_the_same_key() {
    const PROCESSES: usize = 8;
    let parent = tempfile::tempdir().unwrap();
    let random = Arc::new(AllAtOnce(Barrier::new(PROCESSES)));
    let start = || {
        let path = parent.path().to_owned();
        let random = Arc::clone(&random);
        thread::spawn(move || {
            let dir = DataDir::take(&path, Hold::Shared).unwrap();
            *dir.secret_key(None, random.as_ref()).unwrap()
        })
    };
    let started: Vec<_> = (0..PROCESSES).map(|_| start()).collect();
    let keys: Vec<[u8; 32]> = started
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    assert!(
        keys.iter().all(|key| *key == keys[0]),
        "some have another key"
    );
    let mut left: Vec<_> = fs::read_dir(parent.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, [LOCK_FILE, KEY_FILE], "nothing else is left");
}

#[test]
fn a_key_that_is_looked_for_is_found_where_it_is_and_never_made() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("data");
    assert_eq!(DataDir::find_secret_key(&path, None).unwrap(), None);
    assert!(!path.exists(), "nor is the directory");
    let dir = DataDir::take(&path, Hold::Alone).unwrap();
    assert_eq!(DataDir::find_secret_key(&path, None).unwrap(), None);
    assert!(!path.join(KEY_FILE).exists());

    let made = dir.secret_key(None, &SystemRandom).unwrap();
    let file = KeySource::File(path.join(KEY_FILE));
    let found = DataDir::find_secret_key(&path, None).unwrap();
    assert_eq!(found, Some((made, file)));
    let configured = SecretString::from("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let (key, source) = DataDir::find_secret_key(&path, Some(&configured))
        .unwrap()
        .unwrap();
    assert_eq!((key[1], source), (1, KeySource::Configured));
}

#[test]
fn a_key_of_the_wrong_length_is_refused_without_being_shown() {
    let parent = tempfile::tempdir().unwrap();
    let dir = DataDir::take(parent.path(), Hold::Alone).unwrap();
    let short = SecretString::from("c2hvcnQ=");
    let fault = dir
        .secret_key(Some(&short), &SystemRandom)
        .unwrap_err()
        .to_string();
    assert!(
        fault.contains("secret_key") && !fault.contains("c2hvcnQ"),
        "{fault}"
    );
}
