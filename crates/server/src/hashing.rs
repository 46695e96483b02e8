//! Hashes passwords on threads of their own, as many at a time as there are permits: hashing is made
//! to be slow, and must slow down neither requests nor, by its memory, the machine.

use std::sync::Arc;

use async_trait::async_trait;
use enlist_domain::{HashParameters, Password, PasswordHash};
use enlist_registration::ports::{HashingFault, PasswordHasher, Random};
use secrecy::SecretString;
use tokio::sync::Semaphore;

/// Argon2id behind permits. The memory in use is at most permits × `memory_kib`.
pub struct BoundedHasher {
    parameters: HashParameters,
    permits: Arc<Semaphore>,
    random: Arc<dyn Random>,
}

impl BoundedHasher {
    /// Hashes at `parameters`, at most `permits` at a time.
    pub fn new(parameters: HashParameters, permits: usize, random: Arc<dyn Random>) -> Self {
        Self { parameters, permits: Arc::new(Semaphore::new(permits)), random }
    }

    /// Whether `candidate` is the password that was hashed. As dear as hashing, and as bounded.
    pub async fn verify(
        &self,
        hash: PasswordHash,
        candidate: SecretString,
    ) -> Result<bool, HashingFault> {
        self.run(move || Ok(hash.verify(&candidate))).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashingFault> + Send + 'static,
    ) -> Result<T, HashingFault> {
        let fault = |error: &dyn std::error::Error| HashingFault(error.to_string());
        let permit =
            Arc::clone(&self.permits).acquire_owned().await.map_err(|error| fault(&error))?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            // Held until the work is done, even if nobody waits for it any more.
            drop(permit);
            done
        })
        .await
        .map_err(|error| fault(&error))?
    }
}

#[async_trait]
impl PasswordHasher for BoundedHasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashingFault> {
        let mut salt = [0u8; 16];
        self.random.fill(&mut salt);
        let parameters = self.parameters;
        self.run(move || {
            parameters.hash(&password, salt).map_err(|fault| HashingFault(fault.to_string()))
        })
        .await
    }
}
