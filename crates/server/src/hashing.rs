//! Hashes passwords, as many at a time as there are permits: hashing is made to be slow, and must slow
//! down neither requests nor, by its memory, the machine.

use std::sync::Arc;

use async_trait::async_trait;
use enlist_domain::{HashParameters, Password, PasswordHash};
use enlist_registration::ports::{HashingFault, PasswordHasher, Random};
use secrecy::SecretString;

use crate::bounded::Bounded;

/// Argon2id behind permits. The memory in use is at most permits × `memory_kib`.
pub struct BoundedHasher {
    parameters: HashParameters,
    bounded: Bounded,
    random: Arc<dyn Random>,
}

impl BoundedHasher {
    /// Hashes at `parameters`, within `bounded`.
    pub fn new(parameters: HashParameters, bounded: Bounded, random: Arc<dyn Random>) -> Self {
        Self {
            parameters,
            bounded,
            random,
        }
    }

    /// Whether `candidate` is the password that was hashed. As dear as hashing, and as bounded.
    pub async fn verify(&self, hash: PasswordHash, candidate: SecretString) -> bool {
        self.bounded.run(move || hash.verify(&candidate)).await
    }
}

#[async_trait]
impl PasswordHasher for BoundedHasher {
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashingFault> {
        let mut salt = [0u8; 16];
        self.random.fill(&mut salt);
        let parameters = self.parameters;
        let hashed = self
            .bounded
            .run(move || parameters.hash(&password, salt))
            .await;
        hashed.map_err(|fault| HashingFault(fault.to_string()))
    }
}
