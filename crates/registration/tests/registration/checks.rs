//! What may be left when everything has come to rest: one named check per kind of leftover, each with
//! the invariant of the protocol (section 6) that it holds.

mod gateway;
mod journal;
mod rows;

use enlist_registration::state::{Registration, Status};

use crate::world::World;
use crate::world::people::Journey;

/// Where a run is expected to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    Registered,
    Undone,
    /// Nothing was ever begun.
    Nothing,
}

impl Expected {
    pub(crate) fn of(end: Status) -> Self {
        match end {
            Status::Registered => Self::Registered,
            _ => Self::Undone,
        }
    }
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) check: &'static str,
    pub(crate) what: String,
}

/// The violations found so far.
#[derive(Default)]
pub(crate) struct Findings(Vec<Violation>);

impl Findings {
    /// Notes a violation unless `holds`.
    pub(crate) fn check(&mut self, check: &'static str, holds: bool, what: impl std::fmt::Debug) {
        if !holds {
            self.0.push(Violation {
                check,
                what: format!("{what:?}"),
            });
        }
    }
}

/// One run that has come to rest, and what it left.
pub(crate) struct Scene<'a> {
    pub(crate) world: &'a World,
    pub(crate) journey: &'a Journey,
    pub(crate) expected: Expected,
    /// The registration, if one was ever begun.
    pub(crate) registration: Option<Registration>,
}

impl Scene<'_> {
    pub(crate) fn is_registered(&self) -> bool {
        self.expected == Expected::Registered
    }
}

/// Makes every check. The last ones change the world: afterwards it is used up.
pub(crate) fn leftovers(world: &World, journey: &Journey, expected: Expected) -> Vec<Violation> {
    let scene = Scene {
        world,
        journey,
        expected,
        registration: world.newest(),
    };
    let mut findings = Findings::default();
    journal::check(&scene, &mut findings);
    rows::check(&scene, &mut findings);
    gateway::check(&scene, &mut findings);
    journal::check_the_second_look(&scene, &mut findings);
    journal::check_the_address(&scene, &mut findings);
    findings.0
}
