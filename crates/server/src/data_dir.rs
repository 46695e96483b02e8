//! The data directory: created for its owner alone, held against whoever must not use it too, home
//! of the keys that must be random.

mod secret_key;

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use enlist_registration::ports::Random;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// A secret key, wiped when dropped.
pub type SecretKey = Zeroizing<[u8; 32]>;

const LOCK_FILE: &str = "lock";

/// Only the owner may read, write and enter.
const DIR_MODE: u32 = 0o700;
/// Only the owner may read and write.
const FILE_MODE: u32 = 0o600;

/// A data directory that is held. Let go of when dropped, or when the process ends in whatever way:
/// the lock is the kernel's.
#[derive(Debug)]
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Who else may hold the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nobody: the database is a file in it, which one process serves from.
    Alone,
    /// Others that share it too: what they have in common is kept elsewhere.
    Shared,
}

/// Where a key was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// It was configured.
    Configured,
    /// In this file.
    File(PathBuf),
}

/// The data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirFault {
    /// Another process uses it, and one of the two must be alone.
    #[error(
        "another enlist is serving from {}; stop it, or name another data_dir (only processes whose \
         database is PostgreSQL can share one)", .0.display()
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
    pub fn take(path: &Path, hold: Hold) -> Result<Self, DataDirFault> {
        DirBuilder::new()
            .recursive(true)
            .mode(DIR_MODE)
            .create(path)
            .map_err(unusable(path))?;
        let lock_path = path.join(LOCK_FILE);
        // Readable too: where the directory is on NFS, a shared lock needs it.
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(FILE_MODE)
            .open(&lock_path)
            .map_err(unusable(&lock_path))?;
        let locked = match hold {
            Hold::Alone => lock.try_lock(),
            Hold::Shared => lock.try_lock_shared(),
        };
        match locked {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(DataDirFault::InUse(path.to_owned())),
            Err(TryLockError::Error(source)) => Err(unusable(&lock_path)(source)),
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
    ) -> Result<SecretKey, DataDirFault> {
        match configured {
            Some(configured) => secret_key::decode("secret_key", configured.expose_secret()),
            None => secret_key::find_or_make(&self.path, random),
        }
    }

    /// The configured key, or the one in a directory, and which of the two; none where there is
    /// neither. Makes nothing, and needs no hold: a key's file is whole or not there at all.
    pub fn find_secret_key(
        path: &Path,
        configured: Option<&SecretString>,
    ) -> Result<Option<(SecretKey, KeySource)>, DataDirFault> {
        if let Some(configured) = configured {
            let key = secret_key::decode("secret_key", configured.expose_secret())?;
            return Ok(Some((key, KeySource::Configured)));
        }
        let found = secret_key::find(path)?;
        let file = path.join(secret_key::KEY_FILE);
        Ok(found.map(|key| (key, KeySource::File(file))))
    }
}

fn unusable(path: &Path) -> impl Fn(io::Error) -> DataDirFault {
    let path = path.to_owned();
    move |source| DataDirFault::Unusable {
        path: path.clone(),
        source,
    }
}

#[cfg(test)]
mod tests;
