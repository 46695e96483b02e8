//! One cell of the matrix: a journey, what strikes it, and what becomes of the process that was
//! struck.

use std::fmt;
use std::time::Duration;

use enlist_gateways::sandbox::{Fault, FaultKind};
use enlist_registration::steps::StepName;

use super::run;
use crate::checks::{Expected, Violation};
use crate::world::World;
use crate::world::database::Ground;
use crate::world::gate::{Point, Strike};
use crate::world::lies::Lie;
use crate::world::people::Journey;

/// How long an outage lasts, from its first strike: longer than going forward has time for.
pub(crate) const OUTAGE: Duration = Duration::from_secs(300);

#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) journey: Journey,
    /// Failures of the gateway.
    pub(crate) faults: Vec<Fault>,
    /// Failures of what is between.
    pub(crate) strikes: Vec<Strike>,
    pub(crate) aftermath: Aftermath,
    /// Where it is to end; where that depends on when it was struck, the journal tells.
    pub(crate) expected: Option<Expected>,
    /// Where going forward is to end, if the cell says.
    pub(crate) failed_at: Option<StepName>,
}

/// What becomes of the process that was struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aftermath {
    /// It lives, and the failure goes away after [`OUTAGE`].
    Lives,
    /// It dies where it stands, so often; another takes over.
    Dies(Takeover, u32),
    /// It stands still until another has taken over and has gone as far as it could, and wakes.
    Sleeps(Takeover),
    /// It stands still until another has taken over and has come to this point, wakes, and goes as far
    /// as it can; then the other goes on.
    Overlaps(Takeover, Point),
}

/// How another process comes to take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Takeover {
    /// Whether what was recorded without waiting for the disk is there.
    pub(crate) records: Records,
    pub(crate) after: After,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Records {
    Kept,
    /// As in a power failure.
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// As soon as it can.
    TheLease,
    /// When the time to go forward is over.
    TheDeadline,
}

impl Takeover {
    /// How long nobody drives.
    pub(crate) fn patience(self, world: &World) -> Duration {
        let limits = &world.limits;
        let is_restart = self.records == Records::Lost;
        match self.after {
            After::TheDeadline => limits.deadline * 2,
            After::TheLease if is_restart && world.database.releases_leases_at_a_restart() => {
                Duration::ZERO
            }
            After::TheLease => limits.lease,
        }
    }
}

impl Cell {
    /// A journey that nothing strikes yet.
    pub(crate) fn of(journey: Journey) -> Self {
        Self {
            journey,
            faults: Vec::new(),
            strikes: Vec::new(),
            aftermath: Aftermath::Lives,
            expected: Some(Expected::of(journey.end)),
            failed_at: None,
        }
    }

    /// Runs it on a database, with a bug planted in the world if there is to be one; what was violated.
    pub(crate) fn run(&self, ground: &Ground, lie: Option<Lie>) -> Vec<Violation> {
        run::run(self, ground, lie)
    }
}

impl Cell {
    /// Whether the gateway's answer gets lost on its way.
    pub(crate) fn loses_an_answer(&self) -> bool {
        self.faults
            .iter()
            .any(|fault| fault.kind == FaultKind::LoseReply)
    }

    /// What it has in common with others: in what way somebody signs up, what strikes which call how, and
    /// what follows.
    pub(crate) fn sort(&self) -> String {
        let mut sort = format!("{} | ", self.journey.way.kind());
        for fault in &self.faults {
            let lasts = fault.count.is_none();
            sort += &format!("{} {:?} {lasts} | ", fault.step.0, fault.kind);
        }
        for strike in &self.strikes {
            match strike {
                Strike::StopAt(Point { call, side, .. }) => {
                    sort += &format!("{side:?} {call:?} | ")
                }
                Strike::DeliverAt(Point { call, .. }) => sort += &format!("at {call:?} | "),
                other => sort += &format!("{other:?} | "),
            }
        }
        sort += match self.aftermath {
            Aftermath::Lives => "lives",
            Aftermath::Dies(..) => "dies",
            Aftermath::Sleeps(_) => "sleeps",
            Aftermath::Overlaps(..) => "overlaps",
        };
        if self.faults.is_empty() && self.strikes.is_empty() {
            sort += &format!(" | {}", self.journey);
        }
        sort
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.journey)?;
        for fault in &self.faults {
            write!(f, " | {} {:?}", fault.step.0, fault.kind)?;
            match fault.count {
                Some(count) => write!(f, " x{count}")?,
                None => write!(f, " for {OUTAGE:?}")?,
            }
        }
        for strike in &self.strikes {
            match strike {
                Strike::StopAt(point) => write!(f, " | stopped {point}")?,
                Strike::DeliverAt(point) => write!(f, " | delivered {point}")?,
                other => write!(f, " | {other:?}")?,
            }
        }
        match self.aftermath {
            Aftermath::Lives => Ok(()),
            Aftermath::Overlaps(takeover, point) => write!(f, " | {takeover:?} until {point}"),
            other => write!(f, " | {other:?}"),
        }
    }
}
