//! Where the list of faults lives, and how it is switched, shown and asked.

use std::sync::{Mutex, MutexGuard, PoisonError};

use enlist_registration::ports::Random;

use super::super::Sandbox;
use super::super::books::Books;
use super::super::error::SandboxError;
use super::super::operation::Operation;
use super::super::sql::params;
use super::{ActiveFault, Fault, FaultFault, FaultKind, FaultList, validated};

/// The faults of one sandbox, in the order they were switched on. A call is struck by the first
/// that matches it, has strikes left and, with a rate, wins its throw of the dice.
pub struct Faults<'a>(pub(in super::super) &'a Sandbox);

impl Faults<'_> {
    /// Switches one more fault on.
    pub async fn switch_on(&self, fault: Fault) -> Result<(), FaultFault> {
        let fault = validated(fault)?;
        self.change(move |list| list.switch_on(fault.clone()))
            .await??;
        Ok(())
    }

    /// Forgets them all: from here on every call goes well.
    pub async fn clear(&self) -> Result<(), SandboxError> {
        self.change(FaultList::clear).await
    }

    /// The faults that are on or used up, oldest first.
    pub async fn list(&self) -> Result<Vec<ActiveFault>, SandboxError> {
        self.change(|list| list.entries()).await
    }

    /// Switches on those that are not on.
    pub(in super::super) async fn complete_with(
        &self,
        faults: impl IntoIterator<Item = Fault>,
    ) -> Result<(), FaultFault> {
        let faults: Result<Vec<_>, _> = faults.into_iter().map(validated).collect();
        let faults = faults?;
        self.change(move |list| list.complete_with(&faults))
            .await??;
        Ok(())
    }

    async fn change<T: Send + 'static>(
        &self,
        change: impl Fn(&mut FaultList) -> T + Send + 'static,
    ) -> Result<T, SandboxError> {
        match &self.0.faults {
            FaultsHome::Memory(list) => Ok(change(&mut lock(list))),
            FaultsHome::Books => {
                let in_books = move |books: &Books<'_>| change_in_books(books, &change);
                self.0.on_books(in_books).await
            }
        }
    }
}

/// Where the list lives.
pub(in super::super) enum FaultsHome {
    Memory(Mutex<FaultList>),
    Books,
}

/// Whether a call is struck: known as soon as it arrives, or when its turn comes at the books.
#[derive(Clone, Copy)]
pub(in super::super) enum Strike {
    Known(Option<FaultKind>),
    InBooks(Operation),
}

impl FaultsHome {
    pub(in super::super) fn in_memory() -> Self {
        Self::Memory(Mutex::default())
    }

    /// Which fault, if any, strikes the call that has just arrived.
    pub(in super::super) fn strike(&self, operation: Operation, random: &dyn Random) -> Strike {
        match self {
            Self::Memory(list) => Strike::Known(lock(list).strike(operation.as_str(), random)),
            Self::Books => Strike::InBooks(operation),
        }
    }
}

impl Strike {
    /// Which fault it is. What the list says of it is committed with what the call does.
    pub(in super::super) fn settle(
        self,
        books: &Books<'_>,
    ) -> Result<Option<FaultKind>, SandboxError> {
        match self {
            Self::Known(fault) => Ok(fault),
            Self::InBooks(operation) => {
                change_in_books(books, &|list| list.strike(operation.as_str(), books.random))
            }
        }
    }
}

fn change_in_books<T>(
    books: &Books<'_>,
    change: &impl Fn(&mut FaultList) -> T,
) -> Result<T, SandboxError> {
    let before = books.find("SELECT list FROM faults", params![], |row| row.get("list"))?;
    let before: String = before.ok_or(SandboxError::NotOneRow { changed: 0 })?;
    let mut list = serde_json::from_str(&before)?;
    let changed = change(&mut list);
    let after = serde_json::to_string(&list)?;
    if after != before {
        books.execute_one("UPDATE faults SET list = ?1", params![after])?;
    }
    Ok(changed)
}

fn lock(list: &Mutex<FaultList>) -> MutexGuard<'_, FaultList> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}
