//! What may be left when everything has come to rest: one named check per kind of leftover, each with
//! the invariant of the protocol (section 6) that it holds.

mod gateway;
mod journal;
mod rows;
mod waiting;

use enlist_registration::state::{Registration, Status};

use crate::world::World;
use crate::world::people::Journey;

pub(crate) use waiting::while_it_waits;

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
pub(crate) struct Findings(pub(crate) Vec<Violation>);

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
    /// The registration, if one was ever begun; of several the newest.
    pub(crate) registration: Option<Registration>,
    /// Those that were undone before.
    pub(crate) earlier: Vec<Registration>,
}

impl<'a> Scene<'a> {
    fn new(world: &'a World, journey: &'a Journey, expected: Expected) -> Self {
        let mut registrations = world.registrations(MOST_REGISTRATIONS).into_iter();
        Self {
            world,
            journey,
            expected,
            registration: registrations.next(),
            earlier: registrations.collect(),
        }
    }

    /// Every registration, the newest first.
    pub(crate) fn registrations(&self) -> impl Iterator<Item = &Registration> {
        self.registration.iter().chain(&self.earlier)
    }
    pub(crate) fn is_registered(&self) -> bool {
        self.expected == Expected::Registered
    }
}

/// More than ever come of one journey here.
const MOST_REGISTRATIONS: u32 = 8;

/// Makes every check. The last ones change the world: afterwards it is used up.
pub(crate) fn leftovers(world: &World, journey: &Journey, expected: Expected) -> Vec<Violation> {
    let scene = Scene::new(world, journey, expected);
    let mut findings = Findings::default();
    journal::check(&scene, &mut findings);
    look_around(&scene, &mut findings);
    journal::check_the_second_look(&scene, &mut findings);
    journal::check_the_address(&scene, &mut findings);
    let tried_again = journey.way.is_in_three_steps() && expected == Expected::Undone;
    if tried_again {
        // What was undone is not in the way of what followed, nor does it show in it.
        let scene = Scene::new(world, journey, Expected::Registered);
        look_around(&scene, &mut findings);
    }
    findings.0.extend(world.take_findings());
    findings.0
}

/// What is there, in the tables and at the gateway.
fn look_around(scene: &Scene<'_>, findings: &mut Findings) {
    rows::check(scene, findings);
    gateway::check(scene, findings);
}
