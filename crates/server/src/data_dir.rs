//! The data directory: created for its owner alone, held by one process at a time, home of the keys
//! that must be random.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enlist_registration::ports::Random;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

const KEY_FILE: &str = "secret.key";
const LOCK_FILE: &str = "lock";

/// Only the owner may read, write and enter.
const DIR_MODE: u32 = 0o700;
/// Only the owner may read and write.
const FILE_MODE: u32 = 0o600;

/// A data directory that this process alone serves from. Let go of when dropped, or when the process
/// ends in whatever way: the lock is the kernel's.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// The data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirFault {
    /// Another process serves from it.
    #[error(
        "another enlist is serving from {}; stop it, or name another data_dir", .0.display()
    )]
    InUse(PathBuf),
    /// It cannot be created, read or written.
    #[error("the data directory {} cannot be used: {source}", .path.display())]
    Unusable {
        /// Which file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key is no key.
    #[error("{0} is not 32 bytes in base64; write some from `openssl rand -base64 32`")]
    NotAKey(String),
}

impl DataDir {
    /// Creates the directory if there is none, and takes hold of it.
    pub fn take(path: &Path) -> Result<Self, DataDirFault> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| DataDirFault::Unusable { path, source }
        };
        DirBuilder::new()
            .recursive(true)
            .mode(DIR_MODE)
            .create(path)
            .map_err(at(path))?;
        let lock_path = path.join(LOCK_FILE);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(FILE_MODE)
            .open(&lock_path)
            .map_err(at(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(DataDirFault::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(at(&lock_path)(source)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The service's key: the configured one, or the one in the directory, created if there is none.
    pub fn secret_key(
        &self,
        configured: Option<&SecretString>,
        random: &dyn Random,
    ) -> Result<Zeroizing<[u8; 32]>, DataDirFault> {
        if let Some(configured) = configured {
            return decode("secret_key", configured.expose_secret());
        }
        let path = self.path.join(KEY_FILE);
        let unusable = |source| DataDirFault::Unusable {
            path: path.clone(),
            source,
        };
        match File::open(&path) {
            Ok(mut file) => {
                let mut text = Zeroizing::new(String::new());
                file.read_to_string(&mut text).map_err(unusable)?;
                decode(&path.display().to_string(), &text)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut key = Zeroizing::new([0u8; 32]);
                random.fill(key.as_mut_slice());
                create_key(&path, &key).map_err(unusable)?;
                Ok(key)
            }
            Err(error) => Err(unusable(error)),
        }
    }
}

/// Writes the key so that after a crash there is a whole one or none: links that were mailed must
/// not outlive the key that they were derived from.
fn create_key(path: &Path, key: &[u8; 32]) -> io::Result<()> {
    let partial = path.with_extension("key.partial");
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(FILE_MODE)
        .open(&partial)?;
    let text = Zeroizing::new(STANDARD.encode(key));
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&partial, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn decode(name: &str, text: &str) -> Result<Zeroizing<[u8; 32]>, DataDirFault> {
    let not_a_key = || DataDirFault::NotAKey(name.to_owned());
    let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| not_a_key())?);
    let mut key = Zeroizing::new([0u8; 32]);
    if bytes.len() != key.len() {
        return Err(not_a_key());
    }
    key.copy_from_slice(&bytes);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemRandom;

    #[test]
    fn a_data_directory_serves_one_process_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let first = DataDir::take(&path).unwrap();
        assert!(matches!(DataDir::take(&path), Err(DataDirFault::InUse(_))));
        drop(first);
        DataDir::take(&path).unwrap();
    }

    #[test]
    fn the_key_is_made_once_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::take(&parent.path().join("data")).unwrap();
        let made = dir.secret_key(None, &SystemRandom).unwrap();
        let again = dir.secret_key(None, &SystemRandom).unwrap();
        assert_eq!(*made, *again);
        assert_ne!(*made, [0; 32]);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(dir.path()), DIR_MODE);
        assert_eq!(mode(&dir.path().join(KEY_FILE)), FILE_MODE);
    }

    #[test]
    fn a_key_of_the_wrong_length_is_refused_without_being_shown() {
        let parent = tempfile::tempdir().unwrap();
        let dir = DataDir::take(parent.path()).unwrap();
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
}
