//! Which calls have arrived: how often each operation was called, how many calls of one
//! registration overlapped, and which idempotency keys are being worked on.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use enlist_registration::ids::RegistrationId;
use enlist_registration::ports::CallKey;
use serde::Serialize;

use super::operation::Operation;

/// Calls since the sandbox was opened or its counts were last taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// How often each operation was called, whatever became of the call; refused connections too.
    pub by_operation: BTreeMap<Operation, u64>,
    /// The most calls of any one registration that were under way at once. Calls that name no
    /// registration (retrieve and cancel a subscription) are not among them.
    pub most_at_once_per_registration: u32,
}

impl Calls {
    /// How often `operation` was called.
    pub fn of(&self, operation: Operation) -> u64 {
        self.by_operation.get(&operation).copied().unwrap_or(0)
    }

    /// How many calls there were of all operations.
    pub fn total(&self) -> u64 {
        self.by_operation.values().sum()
    }
}

/// The sandbox's front door.
#[derive(Default)]
pub(super) struct Door {
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    calls: Calls,
    under_way: HashMap<RegistrationId, u32>,
    keys: HashSet<CallKey>,
}

impl Door {
    pub(super) fn calls(&self) -> Calls {
        self.lock().calls.clone()
    }

    /// Counts a call; it is under way until the answer is dropped.
    pub(super) fn arrive(
        &self,
        operation: Operation,
        registration: Option<RegistrationId>,
    ) -> Arrived<'_> {
        let mut inside = self.lock();
        *inside.calls.by_operation.entry(operation).or_default() += 1;
        if let Some(registration) = registration {
            let under_way = inside.under_way.entry(registration).or_default();
            *under_way += 1;
            let under_way = *under_way;
            let most = &mut inside.calls.most_at_once_per_registration;
            *most = under_way.max(*most);
        }
        Arrived {
            door: self,
            registration,
        }
    }

    /// Takes a key into work, unless another call has it (Stripe: 409 `idempotency_key_in_use`).
    pub(super) fn work_on(&self, key: &CallKey) -> Option<InWork<'_>> {
        self.lock().keys.insert(key.clone()).then(|| InWork {
            door: self,
            key: key.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is under way.
pub(super) struct Arrived<'a> {
    door: &'a Door,
    registration: Option<RegistrationId>,
}

impl Drop for Arrived<'_> {
    fn drop(&mut self) {
        let Some(registration) = self.registration else {
            return;
        };
        let mut inside = self.door.lock();
        if let Some(under_way) = inside.under_way.get_mut(&registration) {
            *under_way -= 1;
            if *under_way == 0 {
                inside.under_way.remove(&registration);
            }
        }
    }
}

/// An idempotency key that is being worked on.
pub(super) struct InWork<'a> {
    door: &'a Door,
    key: CallKey,
}

impl Drop for InWork<'_> {
    fn drop(&mut self) {
        self.door.lock().keys.remove(&self.key);
    }
}
