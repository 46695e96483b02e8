//! Where these tests keep the books: in memory, or in a SQLite file.

use std::path::PathBuf;
use std::sync::Arc;

use enlist_gateways::sandbox::{Sandbox, SandboxError};
use enlist_registration::ports::{Clock, Random};
use tempfile::TempDir;

/// Books that a sandbox can be opened on.
#[derive(Clone)]
pub(crate) enum Home {
    Memory,
    /// A file in a folder of somebody else.
    File(PathBuf),
    /// A file in a folder that goes with the last of those who have it.
    Folder(Arc<TempDir>),
}

impl Home {
    /// Of which one sandbox is opened.
    pub(crate) fn fresh() -> Self {
        Self::Memory
    }

    /// Of which one sandbox after the other, or several at once, are opened.
    pub(crate) fn lasting() -> Self {
        Self::Folder(Arc::new(tempfile::tempdir().expect("a folder")))
    }

    pub(crate) async fn open(
        &self,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Sandbox, SandboxError> {
        match self {
            Self::Memory => Sandbox::in_memory(clock, random),
            Self::File(path) => Sandbox::open(path, clock, random),
            Self::Folder(folder) => Sandbox::open(&folder.path().join("sandbox.db"), clock, random),
        }
    }

    /// The database, its write-ahead log and whatever else lies beside them.
    pub(crate) fn written(&self) -> Vec<u8> {
        let Self::Folder(folder) = self else {
            panic!("nothing is written that could be looked at");
        };
        let mut bytes = Vec::new();
        for entry in std::fs::read_dir(folder.path()).expect("the folder") {
            bytes.extend(std::fs::read(entry.expect("an entry").path()).expect("a file"));
        }
        bytes
    }
}
