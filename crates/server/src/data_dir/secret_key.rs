//! The key's file: made once, even where several processes that share the directory start at the
//! same moment, and whole or not there at all, even after a crash.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use enlist_registration::ports::Random;
use zeroize::Zeroizing;

use super::{DataDirFault, FILE_MODE, SecretKey, unusable};

pub(super) const KEY_FILE: &str = "secret.key";

/// The key in the directory; a new one where there is none.
pub(super) fn find_or_make(folder: &Path, random: &dyn Random) -> Result<SecretKey, DataDirFault> {
    let path = folder.join(KEY_FILE);
    let found = read(&path).map_err(unusable(&path))?;
    let text = match found {
        Some(text) => text,
        None => {
            publish(&new_file(folder, random).map_err(unusable(folder))?, &path)
                .map_err(unusable(&path))?;
            // Ours, or that of a process that was faster.
            fs::read_to_string(&path)
                .map(Zeroizing::new)
                .map_err(unusable(&path))?
        }
    };
    let key = decode(&path.display().to_string(), &text)?;
    // Links that are mailed from now on must not outlive the key that they are derived from, whoever
    // made it a moment ago.
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(unusable(folder))?;
    Ok(key)
}

/// The key in the directory, if there is one.
pub(super) fn find(folder: &Path) -> Result<Option<SecretKey>, DataDirFault> {
    let path = folder.join(KEY_FILE);
    let found = read(&path).map_err(unusable(&path))?;
    found
        .map(|text| decode(&path.display().to_string(), &text))
        .transpose()
}

/// The key that a text spells. `name` says where it came from.
pub(super) fn decode(name: &str, text: &str) -> Result<SecretKey, DataDirFault> {
    let not_a_key = || DataDirFault::NotAKey(name.to_owned());
    let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| not_a_key())?);
    let mut key = Zeroizing::new([0u8; 32]);
    if bytes.len() != key.len() {
        return Err(not_a_key());
    }
    key.copy_from_slice(&bytes);
    Ok(key)
}

fn read(path: &Path) -> io::Result<Option<Zeroizing<String>>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)?;
    Ok(Some(text))
}

/// A new key on disk, in a file that only this process knows. Its name is drawn: in containers that
/// share a directory, process ids are the same.
fn new_file(folder: &Path, random: &dyn Random) -> io::Result<PathBuf> {
    let mut key = Zeroizing::new([0u8; 32]);
    random.fill(key.as_mut_slice());
    let mut name = [0u8; 8];
    random.fill(&mut name);
    let path = folder.join(format!(
        "{KEY_FILE}.{:016x}.partial",
        u64::from_be_bytes(name)
    ));
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(FILE_MODE)
        .open(&path)?;
    let text = Zeroizing::new(STANDARD.encode(key));
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    Ok(path)
}

/// Gives the file its name, unless another process was faster: a link, unlike a renaming, replaces
/// nothing.
fn publish(partial: &Path, path: &Path) -> io::Result<()> {
    let linked = fs::hard_link(partial, path);
    let removed = fs::remove_file(partial);
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        Ok(()) | Err(_) => removed,
    }
}
