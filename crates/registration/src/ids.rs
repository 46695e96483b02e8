//! The names of things, one type each, so that a customer's id cannot be passed for a charge's.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ports::Random;

/// Declares an id of ours: a UUIDv7 (RFC 9562), so that rows made together lie together.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id: the first 48 bits are the time in milliseconds, the rest is chance.
            pub fn new(now: Timestamp, random: &dyn Random) -> Self {
                Self(new_uuid_v7(now, random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

/// Declares an id that a payment gateway gave: opaque text, not secret.
macro_rules! gateway_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The id as the gateway spells it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

uuid_id!(
    /// One registration; the gateway keeps it in the metadata of everything made for it.
    RegistrationId
);
uuid_id!(
    /// One user; chosen before the row exists, so that every later request is known in advance.
    UserId
);
uuid_id!(
    /// One unit of deferred work.
    JobId
);
uuid_id!(
    /// One start of one process. New at every start: a process that came back under its old name
    /// would renew the leases of its dead predecessor.
    OwnerId
);

gateway_id!(
    /// A customer at the gateway.
    CustomerId
);
gateway_id!(
    /// A card that the gateway keeps and names by this token.
    PaymentMethodId
);
gateway_id!(
    /// A subscription at the gateway.
    SubscriptionId
);
gateway_id!(
    /// One taking of money at the gateway.
    ChargeId
);

/// How often a registration has changed hands. Every write names the generation it was made under;
/// a driver that was paused and wakes under an old one can write nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Generation(pub i64);

impl Generation {
    /// What a registration is begun under.
    pub const FIRST: Self = Self(1);

    /// What the next driver works under.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

fn new_uuid_v7(now: Timestamp, random: &dyn Random) -> Uuid {
    let mut chance = [0u8; 10];
    random.fill(&mut chance);
    let unix_ms = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(unix_ms, &chance).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_driver_works_under_the_generation_after_that_of_the_last() {
        assert_eq!(Generation::FIRST.next(), Generation(2));
        assert_eq!(Generation(7).next(), Generation(8));
    }
}
