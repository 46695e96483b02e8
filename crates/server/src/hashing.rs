//! Hashes passwords, as many at a time as there are permits: hashing is made to be slow, and must slow
//! down neither requests nor, by its memory, the machine.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use enlist_domain::password::HashMemory;
use enlist_domain::{HashParameters, Password, PasswordHash};
use enlist_registration::ports::{HashingFault, PasswordHasher, Random};
use secrecy::SecretString;

use crate::bounded::Bounded;

/// Argon2id behind permits. The memory in use is at most permits × `memory_kib`, and is kept for the
/// next hash.
pub struct BoundedHasher {
    parameters: HashParameters,
    bounded: Bounded,
    memories: Arc<Mutex<Vec<HashMemory>>>,
    random: Arc<dyn Random>,
}

impl BoundedHasher {
    /// Hashes at `parameters`, within `bounded`.
    pub fn new(parameters: HashParameters, bounded: Bounded, random: Arc<dyn Random>) -> Self {
        Self {
            parameters,
            bounded,
            memories: Arc::default(),
            random,
        }
    }

    /// Whether `candidate` is the password that was hashed. As dear as hashing, and as bounded.
    pub async fn verify(&self, hash: PasswordHash, candidate: SecretString) -> bool {
        self.run(move |memory| hash.verify_in(memory, &candidate))
            .await
    }

    /// Works in memory that is free. There is never more of it than permits.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut HashMemory) -> T + Send + 'static,
    ) -> T {
        let memories = Arc::clone(&self.memories);
        self.bounded
            .run(move || {
                let mut memory = lock(&memories).pop().unwrap_or_default();
                let done = work(&mut memory);
                lock(&memories).push(memory);
                done
            })
            .await
    }
}

/// The lock is held for a push or a pop: a panic cannot leave anything half done.
fn lock(memories: &Mutex<Vec<HashMemory>>) -> MutexGuard<'_, Vec<HashMemory>> {
    memories.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl PasswordHasher for BoundedHasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashingFault> {
        let mut salt = [0u8; 16];
        self.random.fill(&mut salt);
        let parameters = self.parameters;
        let hashed = self
            .run(move |memory| parameters.hash_in(memory, &password, salt))
            .await;
        hashed.map_err(|fault| HashingFault(fault.to_string()))
    }
}
