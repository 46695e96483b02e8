//! The Argon2id hash that is stored in place of a password, and the cost of computing it.

use std::fmt;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{MAX_BYTES, Password, normalised};

/// Most memory that one hash may take: 1 GiB. Above it, a typing mistake in the configuration would
/// take the server down at the first sign-up.
pub const MAX_MEMORY_KIB: u32 = 1024 * 1024;

/// Most passes over the memory; a mistake again, since a pass over the default memory takes about
/// 10 ms.
pub const MAX_PASSES: u32 = 64;

/// Most lanes; more than the cores of a server gain nothing.
pub const MAX_LANES: u32 = 64;

/// Longest PHC string that is read, in bytes; ours have about 100.
const MAX_PHC_BYTES: usize = 512;

/// An Argon2id hash as a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`: the parameters
/// and the salt are in it, so that a hash made under older parameters still verifies.
///
/// Serialised as that string. Printing it with `Debug` shows nothing: it is what an attacker needs
/// in order to guess without being limited.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Reads a stored PHC string.
    ///
    /// # Errors
    ///
    /// [`HashFault::Malformed`] when it is not a complete Argon2id hash.
    pub fn parse(phc: &str) -> Result<Self, HashFault> {
        if phc.len() > MAX_PHC_BYTES {
            return Err(HashFault::Malformed);
        }
        let parsed = phc::PasswordHash::new(phc).map_err(|_| HashFault::Malformed)?;
        let complete = parsed.salt.is_some() && parsed.hash.is_some();
        let readable = Params::try_from(&parsed).is_ok();
        if parsed.algorithm != Algorithm::Argon2id.ident() || !complete || !readable {
            return Err(HashFault::Malformed);
        }
        Ok(Self(phc.to_owned()))
    }

    /// The PHC string, for the database.
    #[must_use]
    pub fn as_phc(&self) -> &str {
        &self.0
    }

    /// Whether `candidate` is the password that was hashed. Compared in constant time, and after
    /// the same normalisation (NFC).
    ///
    /// Takes as long as hashing does (tens of milliseconds of CPU and the memory of its
    /// parameters): never call it on an async thread, and bound how many run at once.
    #[must_use]
    pub fn verify(&self, candidate: &SecretString) -> bool {
        self.verify_in(&mut HashMemory::default(), candidate)
    }

    /// [`verify`](Self::verify) in memory that was used before.
    #[must_use]
    pub fn verify_in(&self, memory: &mut HashMemory, candidate: &SecretString) -> bool {
        // No password of this length was ever accepted, so it needs no hashing.
        if candidate.expose_secret().len() > MAX_BYTES {
            return false;
        }
        let candidate = normalised(candidate.clone());
        let Ok(parsed) = phc::PasswordHash::new(&self.0) else {
            return false;
        };
        let (Ok(params), Some(salt)) = (Params::try_from(&parsed), &parsed.salt) else {
            return false;
        };
        let password = candidate.expose_secret().as_bytes();
        // `Output` compares in constant time.
        output_of(&params, password, salt, memory).is_ok_and(|output| Some(output) == parsed.hash)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash(•••)")
    }
}

impl Serialize for PasswordHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for PasswordHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let phc = String::deserialize(deserializer)?;
        Self::parse(&phc).map_err(de::Error::custom)
    }
}

/// The memory that hashes are computed in, one after another. Having it from the system anew for each
/// hash costs a tenth of the hash, and leaves it to the allocator how much of it comes back.
///
/// Between two hashes it holds what the last one filled it with: nothing that the password could be
/// read from, nor guessed any faster than from the hash.
#[derive(Default)]
pub struct HashMemory(Vec<Block>);

impl HashMemory {
    /// As many blocks as `params` ask for. Never fewer than before.
    fn blocks(&mut self, params: &Params) -> &mut [Block] {
        let count = params.block_count();
        if self.0.len() < count {
            self.0.resize_with(count, Block::default);
        }
        &mut self.0[..count]
    }
}

impl fmt::Debug for HashMemory {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "HashMemory({} KiB)", self.0.len())
    }
}

fn output_of(
    params: &Params,
    password: &[u8],
    salt: &[u8],
    memory: &mut HashMemory,
) -> Result<phc::Output, HashFault> {
    let mut buffer = [0u8; phc::Output::MAX_LENGTH];
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let output = buffer.get_mut(..length).ok_or(HashFault::Failed)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(password, salt, output, memory.blocks(params))
        .map_err(|_| HashFault::Failed)?;
    phc::Output::new(output).map_err(|_| HashFault::Failed)
}

/// What one Argon2id hash costs. The default is the minimum of OWASP's Password Storage Cheat
/// Sheet: 19 MiB, two passes, one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HashParameters {
    /// Memory of one hash, in KiB: at least 8 per lane, at most [`MAX_MEMORY_KIB`].
    pub memory_kib: u32,
    /// Passes over that memory: 1 to [`MAX_PASSES`].
    pub passes: u32,
    /// Lanes: 1 to [`MAX_LANES`]. They are computed one after another, in one thread.
    pub lanes: u32,
}

impl Default for HashParameters {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
        }
    }
}

impl HashParameters {
    /// Hashes a password with Argon2id. The salt is 16 random bytes, new for each hash (RFC 9106
    /// section 3.1).
    ///
    /// Tens of milliseconds of CPU, and [`memory_kib`](Self::memory_kib) of memory: never call it
    /// on an async thread, and bound how many run at once.
    ///
    /// # Errors
    ///
    /// As [`validate`](Self::validate), and [`HashFault::Failed`] when the memory cannot be had.
    pub fn hash(&self, password: &Password, salt: [u8; 16]) -> Result<PasswordHash, HashFault> {
        self.hash_in(&mut HashMemory::default(), password, salt)
    }

    /// [`hash`](Self::hash) in memory that was used before.
    ///
    /// # Errors
    ///
    /// As [`hash`](Self::hash).
    pub fn hash_in(
        &self,
        memory: &mut HashMemory,
        password: &Password,
        salt: [u8; 16],
    ) -> Result<PasswordHash, HashFault> {
        let params = self.params()?;
        let salt = phc::Salt::new(&salt).map_err(|_| HashFault::Failed)?;
        let output = output_of(&params, password.expose().as_bytes(), &salt, memory)?;
        let hash = phc::PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: phc::ParamsString::try_from(&params).map_err(|_| HashFault::Failed)?,
            salt: Some(salt),
            hash: Some(output),
        };
        Ok(PasswordHash(hash.to_string()))
    }

    /// Checks the parameters, as a configuration check wants them checked: before the first
    /// password.
    ///
    /// Weak parameters are not refused (tests use them); comparing with [`Default`] tells.
    ///
    /// # Errors
    ///
    /// The [`HashFault`] that names the parameter and its limits.
    pub fn validate(&self) -> Result<(), HashFault> {
        self.params().map(|_| ())
    }

    fn params(self) -> Result<Params, HashFault> {
        if !(1..=MAX_LANES).contains(&self.lanes) {
            return Err(HashFault::Lanes);
        }
        if !(1..=MAX_PASSES).contains(&self.passes) {
            return Err(HashFault::Passes);
        }
        if !(8 * self.lanes..=MAX_MEMORY_KIB).contains(&self.memory_kib) {
            return Err(HashFault::Memory);
        }
        Params::new(self.memory_kib, self.passes, self.lanes, None).map_err(|_| HashFault::Failed)
    }
}

/// Why there is no hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HashFault {
    /// A stored hash that is not a complete Argon2id PHC string.
    #[error("the stored password hash is not an Argon2id PHC string")]
    Malformed,
    /// `memory_kib` is out of its limits.
    #[error("memory_kib must be between 8 per lane and 1048576")]
    Memory,
    /// `passes` is out of its limits.
    #[error("passes must be between 1 and 64")]
    Passes,
    /// `lanes` is out of its limits.
    #[error("lanes must be between 1 and 64")]
    Lanes,
    /// The hash could not be computed.
    #[error("the password could not be hashed")]
    Failed,
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher;

    use super::*;

    #[test]
    fn a_hash_does_not_depend_on_what_its_memory_held_before() {
        let small = HashParameters {
            memory_kib: 16,
            passes: 1,
            lanes: 1,
        };
        let large = HashParameters {
            memory_kib: 64,
            ..small
        };
        let one = Password::parse("a sentence only I know".to_owned().into(), &[]).unwrap();
        let other = Password::parse("another sentence of mine".to_owned().into(), &[]).unwrap();
        let mut memory = HashMemory::default();
        for (parameters, password) in [(large, &other), (small, &one), (large, &one)] {
            let fresh = parameters.hash(password, [7; 16]).unwrap();
            assert_eq!(
                parameters.hash_in(&mut memory, password, [7; 16]).unwrap(),
                fresh
            );
            assert!(fresh.verify_in(&mut memory, &password.expose().to_owned().into()));
            assert!(!fresh.verify_in(&mut memory, &"a wrong one".to_owned().into()));
        }
    }

    /// As cheap as Argon2 can be, so that the tests are.
    const CHEAP: HashParameters = HashParameters {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };
    const SALT: [u8; 16] = *b"sixteen byte sal";

    fn password(raw: &str) -> Password {
        Password::parse(SecretString::from(raw), &[]).expect("strong")
    }

    #[test]
    fn the_default_costs_what_owasp_asks_for() {
        let hash = HashParameters::default()
            .hash(&password("walrus plinth okra"), SALT)
            .expect("hashes");
        assert!(
            hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{}",
            hash.as_phc()
        );
        assert!(hash.verify(&SecretString::from("walrus plinth okra")));
    }

    #[test]
    fn only_the_password_that_was_hashed_verifies() {
        let hash = CHEAP
            .hash(&password("walrus plinth okra"), SALT)
            .expect("hashes");
        assert!(hash.verify(&SecretString::from("walrus plinth okra")));
        assert!(!hash.verify(&SecretString::from("walrus plinth okrb")));
        assert!(!hash.verify(&SecretString::from("walrus plinth okra ")));
        assert!(!hash.verify(&SecretString::from("")));
    }

    #[test]
    fn a_candidate_longer_than_any_password_is_not_even_hashed() {
        let candidate = "w".repeat(MAX_BYTES + 1);
        let hash: phc::PasswordHash = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            CHEAP.params().expect("valid"),
        )
        .hash_password_with_salt(candidate.as_bytes(), &SALT)
        .expect("hashes");
        let hash = PasswordHash::parse(&hash.to_string()).expect("valid");
        // It would match, if it were tried.
        assert!(!hash.verify(&SecretString::from(candidate)));
    }

    #[test]
    fn the_longest_password_verifies() {
        let longest = &"walrus plinth okra tandem".repeat(50)[..MAX_BYTES];
        let hash = CHEAP.hash(&password(longest), SALT).expect("hashes");
        assert!(hash.verify(&SecretString::from(longest)));
    }

    #[test]
    fn debug_of_the_memory_shows_its_size_only() {
        let mut memory = HashMemory::default();
        let walrus = password("walrus plinth okra");
        CHEAP.hash_in(&mut memory, &walrus, SALT).expect("hashes");
        assert_eq!(format!("{memory:?}"), "HashMemory(8 KiB)");
    }

    #[test]
    fn the_same_password_typed_on_another_system_verifies() {
        let hash = CHEAP
            .hash(&password("walr\u{fa}s plinth okra"), SALT)
            .expect("hashes");
        assert!(hash.verify(&SecretString::from("walru\u{301}s plinth okra")));
    }

    #[test]
    fn another_salt_gives_another_hash() {
        let password = password("walrus plinth okra");
        let first = CHEAP.hash(&password, SALT).expect("hashes");
        assert_ne!(first, CHEAP.hash(&password, [7; 16]).expect("hashes"));
        assert_eq!(first, CHEAP.hash(&password, SALT).expect("hashes"));
    }

    #[test]
    fn a_hash_is_read_back_from_its_text() {
        let hash = CHEAP
            .hash(&password("walrus plinth okra"), SALT)
            .expect("hashes");
        assert_eq!(PasswordHash::parse(hash.as_phc()), Ok(hash.clone()));
        let json = serde_json::to_string(&hash).expect("serialises");
        assert_eq!(json, format!("{:?}", hash.as_phc()));
        assert_eq!(
            serde_json::from_str::<PasswordHash>(&json).expect("deserialises"),
            hash
        );
    }

    #[test]
    fn what_is_not_a_complete_argon2id_hash_is_refused() {
        let hash = CHEAP
            .hash(&password("walrus plinth okra"), SALT)
            .expect("hashes");
        let other_algorithm = hash.as_phc().replace("argon2id", "argon2d");
        let (without_hash, _) = hash.as_phc().rsplit_once('$').expect("has parts");
        let too_long = "$argon2id".repeat(100);
        for phc in [
            "",
            "walrus",
            "$2b$12$abc",
            &other_algorithm,
            without_hash,
            &too_long,
        ] {
            assert_eq!(PasswordHash::parse(phc), Err(HashFault::Malformed), "{phc}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_a_hash() {
        let hash = CHEAP
            .hash(&password("walrus plinth okra"), SALT)
            .expect("hashes");
        assert_eq!(format!("{hash:?}"), "PasswordHash(•••)");
    }

    #[test]
    fn parameters_out_of_their_limits_are_refused_by_name() {
        let with = |memory_kib, passes, lanes| HashParameters {
            memory_kib,
            passes,
            lanes,
        };
        assert_eq!(CHEAP.validate(), Ok(()));
        assert_eq!(HashParameters::default().validate(), Ok(()));
        assert_eq!(
            with(MAX_MEMORY_KIB, MAX_PASSES, MAX_LANES).validate(),
            Ok(())
        );
        assert_eq!(with(7, 1, 1).validate(), Err(HashFault::Memory));
        assert_eq!(with(15, 1, 2).validate(), Err(HashFault::Memory));
        assert_eq!(
            with(MAX_MEMORY_KIB + 1, 1, 1).validate(),
            Err(HashFault::Memory)
        );
        assert_eq!(with(19_456, 0, 1).validate(), Err(HashFault::Passes));
        assert_eq!(
            with(19_456, MAX_PASSES + 1, 1).validate(),
            Err(HashFault::Passes)
        );
        assert_eq!(with(19_456, 2, 0).validate(), Err(HashFault::Lanes));
        assert_eq!(with(19_456, 2, u32::MAX).validate(), Err(HashFault::Lanes));
        let refused = with(7, 1, 1).hash(&password("walrus plinth okra"), SALT);
        assert_eq!(refused, Err(HashFault::Memory));
    }
}
