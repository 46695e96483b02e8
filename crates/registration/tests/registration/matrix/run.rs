//! Runs one cell until everything rests, and then checks everything.

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::time::Duration;

use enlist_registration::engine::Engine;
use enlist_registration::limits::later;
use enlist_registration::ports::Clock;
use enlist_registration::state::{Registration, Status, StepState};
use enlist_registration::steps::{Kind, Order};
use jiff::Timestamp;

use super::cell::{After, Aftermath, Cell, OUTAGE, Records, Takeover};
use crate::checks::{Expected, Violation, leftovers};
use crate::world::database::Ground;
use crate::world::gate::StoreCall::{self, Begin, ClaimDue, Signal};
use crate::world::gate::{Call, Point, Side, Stopped, Strike};
use crate::world::lies::Lie;
use crate::world::living::{Goal, live, see_through};
use crate::world::people::Way;
use crate::world::walking::has_something_to_say;
use crate::world::{Ran, World};

/// What was violated. A panic is a violation too: somebody ran in circles, or waited for nothing.
pub(super) fn run(cell: &Cell, ground: &Ground, lie: Option<Lie>) -> Vec<Violation> {
    let run = Run::new(cell, World::on(ground, lie));
    catch_unwind(AssertUnwindSafe(|| run.to_the_end())).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        let mut violations = run.world.take_findings();
        violations.push(Violation {
            check: "it_comes_to_rest",
            what: text.unwrap_or_default(),
        });
        violations
    })
}

/// A cell while it is run.
struct Run<'c> {
    cell: &'c Cell,
    world: World,
    /// Since when something strikes, and what was struck in all.
    struck: RefCell<Struck>,
}

#[derive(Default)]
struct Struck {
    since: Option<Timestamp>,
    missed: Vec<String>,
    is_over: bool,
}

impl<'c> Run<'c> {
    fn new(cell: &'c Cell, world: World) -> Self {
        for fault in &cell.faults {
            world.provider.switch_on(fault.clone());
        }
        for strike in &cell.strikes {
            world.gate.arm(*strike);
        }
        Self {
            cell,
            world,
            struck: RefCell::default(),
        }
    }

    fn to_the_end(&self) -> Vec<Violation> {
        let (world, journey) = (&self.world, &self.cell.journey);
        let mut violations = Vec::new();
        let first = world.process();
        let mut living = Box::pin(self.live(&first));
        let mut expected = self.cell.expected;
        match (
            world.run_until_stopped(living.as_mut()),
            self.cell.aftermath,
        ) {
            (Ran::Ended(()), _) => {}
            (Ran::Stopped(_), Aftermath::Lives) => panic!("stopped, and nothing was to follow"),
            (Ran::Stopped(_), Aftermath::Dies(takeover, deaths)) => {
                drop(living);
                expected = Some(self.die(takeover, deaths));
            }
            (Ran::Stopped(stopped), Aftermath::Sleeps(takeover)) => {
                let sleeper = Sleeper { stopped, living };
                expected = Some(self.wake_late(takeover, sleeper, &mut violations));
            }
            (Ran::Stopped(stopped), Aftermath::Overlaps(takeover, point)) => {
                let sleeper = Sleeper { stopped, living };
                expected = Some(self.overlap(takeover, point, sleeper, &mut violations));
            }
        }
        world.gate.deliver();
        self.end_of_outage();
        violations.extend(self.missed_strikes());
        if let Some(step) = self.cell.failed_at {
            let failed_at = world.newest().and_then(|it| it.progress.failed_at);
            if failed_at != Some(step) {
                violations.push(violation("it_failed_where_intended", &failed_at));
            }
        }
        let refused = world.refusal.lock().unwrap().is_some();
        let lives = self.cell.aftermath == Aftermath::Lives;
        let in_one_request = !journey.way.is_in_three_steps();
        if in_one_request && lives && !refused && expected == Some(Expected::Nothing) {
            violations.push(violation("a_refusal_is_told", &"nothing was begun"));
        }
        let expected = expected.expect("a cell that nothing stops says where it ends");
        violations.extend(leftovers(world, journey, expected));
        violations
    }

    async fn live(&self, engine: &Engine) {
        live(&self.world, engine, &self.cell.journey, &|| self.weather()).await;
    }

    /// An outage ends by itself.
    fn weather(&self) {
        let now = self.world.clock.now();
        let begun = self.world.gate.has_hit() || self.hits().iter().any(|hits| *hits > 0);
        let since = self.struck.borrow().since;
        match since {
            _ if !self.is_endless() => {}
            None if begun => self.struck.borrow_mut().since = Some(now),
            Some(since) if now >= later(since, OUTAGE) => self.end_of_outage(),
            _ => {}
        }
    }

    /// What strikes so many times ends by itself.
    fn is_endless(&self) -> bool {
        let strikes = self.cell.strikes.iter();
        self.cell.faults.iter().any(|fault| fault.count.is_none())
            || strikes.copied().any(|strike| {
                matches!(
                    strike,
                    Strike::Refuse(_, u32::MAX) | Strike::LoseAnswer(_, u32::MAX)
                )
            })
    }

    fn hits(&self) -> Vec<u64> {
        let struck = self.world.provider.struck();
        struck.iter().map(|fault| fault.hits).collect()
    }

    /// From here on nothing fails. What never struck is noted: the cell would prove nothing.
    fn end_of_outage(&self) {
        let mut struck = self.struck.borrow_mut();
        if std::mem::replace(&mut struck.is_over, true) {
            return;
        }
        for fault in self.world.provider.struck() {
            if fault.hits == 0 {
                struck.missed.push(fault.fault);
            }
        }
        self.world.provider.clear_faults();
        for (strike, hits) in self.world.gate.disarm() {
            if hits == 0 {
                struck.missed.push(format!("{strike:?}"));
            }
        }
    }

    fn missed_strikes(&self) -> Option<Violation> {
        let missed = &self.struck.borrow().missed;
        (!missed.is_empty()).then(|| violation("it_failed_where_intended", missed))
    }

    /// The process is dead. Another takes over, dies at the next call of the same kind, and so on.
    fn die(&self, takeover: Takeover, deaths: u32) -> Expected {
        let world = &self.world;
        for death in 1..=deaths {
            self.let_time_pass(takeover);
            let expected = self.fate();
            let next = world.process();
            if death < deaths {
                self.stop_at_the_same_call_again();
            }
            let recovery = see_through(world, &next, &self.cell.journey, &|| {}, Goal::Rest);
            let mut recovery = Box::pin(recovery);
            if let Ran::Ended(()) = world.run_until_stopped(recovery.as_mut()) {
                if deaths > 1 {
                    // Whoever was to die at a call that was never made again lived on.
                    drop(world.gate.disarm());
                }
                return expected;
            }
        }
        panic!("died more often than it was to");
    }

    fn stop_at_the_same_call_again(&self) {
        for (strike, hits) in self.world.gate.disarm() {
            if let Strike::StopAt(point) = strike
                && hits > 0
            {
                let nth = self.world.gate.count(point.call) + 1;
                self.world.gate.arm(Strike::StopAt(Point { nth, ..point }));
            }
        }
    }

    /// The process stands still; another takes over and gets as far as it can; then the first wakes.
    fn wake_late(
        &self,
        takeover: Takeover,
        sleeper: Sleeper<impl Future<Output = ()>>,
        violations: &mut Vec<Violation>,
    ) -> Expected {
        let (world, journey) = (&self.world, &self.cell.journey);
        world.pause();
        self.let_time_pass(takeover);
        let began = world.newest().is_some();
        let was_asked = has_something_to_say(world, journey);
        let expected = self.fate();
        let second = world.process();
        let as_far_as_it_can = see_through(world, &second, journey, &|| {}, Goal::RestOrWait);
        world.run(as_far_as_it_can);
        let wrote = self.wake(sleeper);
        if began && wrote && !was_asked && !self.asks_anew() {
            violations.push(violation(
                "a_superseded_driver_writes_nothing",
                &world.tables(),
            ));
        }
        world.run(see_through(world, &second, journey, &|| {}, Goal::Rest));
        match (began, takeover.after) {
            (true, After::TheDeadline) if self.proves_too_late() => Expected::Undone,
            (true, _) => expected,
            // What was not heard was said again to the second.
            _ if was_asked => expected,
            // It had not begun when it was paused, so it is the first driver after all; but the time
            // to go forward runs from the request.
            (false, After::TheDeadline) if !self.was_to_wait_at_once() => Expected::Undone,
            (false, _) => Expected::of(journey.end),
        }
    }

    /// The process stands still; another takes over; in the middle of that the first wakes.
    fn overlap(
        &self,
        takeover: Takeover,
        point: Point,
        sleeper: Sleeper<impl Future<Output = ()>>,
        violations: &mut Vec<Violation>,
    ) -> Expected {
        let (world, journey) = (&self.world, &self.cell.journey);
        if takeover.after == After::TheLease {
            world.pause();
        }
        // Otherwise its records are there: without them, whoever takes over past the deadline goes back,
        // and never comes to the calls that going forward makes.
        self.let_time_pass(takeover);
        let was_asked = has_something_to_say(world, journey);
        let expected = self.fate();
        let second = world.process();
        world.gate.arm(Strike::StopAt(point));
        let mut driving = Box::pin(see_through(world, &second, journey, &|| {}, Goal::Rest));
        let Ran::Stopped(stopped) = world.run_until_stopped(driving.as_mut()) else {
            violations.push(violation("it_failed_where_intended", &point));
            return expected;
        };
        // Somebody's request that comes late is no driver's.
        if self.wake(sleeper) && !was_asked {
            violations.push(violation(
                "a_superseded_driver_writes_nothing",
                &world.tables(),
            ));
        }
        world.gate.release(stopped);
        world.run(driving);
        expected
    }

    /// A sleeping process wakes and ends after what it has in hand; whether it wrote anything.
    fn wake(&self, sleeper: Sleeper<impl Future<Output = ()>>) -> bool {
        let world = &self.world;
        // By now what others recorded without waiting for the disk is there.
        world.pass(Duration::from_secs(1));
        let before = world.tables();
        world.retire(true);
        world.resume();
        world.gate.release(sleeper.stopped);
        world.run(sleeper.living);
        world.retire(false);
        world.tables() != before
    }

    /// Whether it was stopped before a call that asks for a registration under a new generation.
    fn asks_anew(&self) -> bool {
        self.cell.strikes.iter().any(|strike| {
            let Strike::StopAt(point) = strike else {
                return false;
            };
            point.side == Side::Before
                && matches!(point.call, Call::Store(Begin | ClaimDue | Signal))
        })
    }

    /// It was stopped with a person's proof in hand: the time to go forward from there runs from when they
    /// gave it, and in every order but the usual one much is still to be done.
    fn proves_too_late(&self) -> bool {
        let later = [Order::VerifyFirst, Order::ChargeAtVerification].map(Way::AtOnce);
        later.contains(&self.cell.journey.way) && self.was_stopped_before(Signal)
    }

    /// It was stopped when all was ready for a journal row that waits for the person: their time does not
    /// end with the time to go forward.
    fn was_to_wait_at_once(&self) -> bool {
        self.cell.journey.way == Way::AtOnce(Order::VerifyFirst) && self.was_stopped_before(Begin)
    }

    /// Before the first call of that kind.
    fn was_stopped_before(&self, call: StoreCall) -> bool {
        let there = Point {
            call: Call::Store(call),
            nth: 1,
            side: Side::Before,
        };
        let mut strikes = self.cell.strikes.iter();
        strikes.any(|strike| matches!(strike, Strike::StopAt(point) if *point == there))
    }

    fn let_time_pass(&self, takeover: Takeover) {
        let world = &self.world;
        if takeover.records == Records::Lost {
            world.crash();
        }
        world.pass(takeover.patience(world));
    }

    /// Where it must end, by what the journal has: forward while there is time, and however late once
    /// every remote step is done; back otherwise. Who signs up in three steps goes on after either.
    fn fate(&self) -> Expected {
        let (world, journey) = (&self.world, &self.cell.journey);
        let now = world.clock.now();
        let goes_on = has_something_to_say(world, journey);
        match world.newest() {
            _ if goes_on => Expected::of(journey.end),
            None => Expected::Nothing,
            Some(it) if self.is_to_be_corrected(&it) => Expected::of(journey.end),
            Some(it) if it.status == Status::Registered => Expected::Registered,
            Some(it) if it.status == Status::Undone => Expected::Undone,
            Some(it) if it.status == Status::Undoing || it.failure.is_some() => Expected::Undone,
            Some(it) if is_out_of_time(&it, now) => Expected::Undone,
            Some(_) => Expected::of(journey.end),
        }
    }

    /// However it ends, another follows.
    fn is_to_be_corrected(&self, newest: &Registration) -> bool {
        let is_first = self.world.registrations(2).len() == 1;
        is_first && !newest.status.rests() && self.cell.journey.attempts() > 1
    }
}

/// A process that stands still in the middle of something.
struct Sleeper<F> {
    stopped: Stopped,
    living: Pin<Box<F>>,
}

/// Before the next wait, which gives it time anew.
fn is_out_of_time(registration: &Registration, now: Timestamp) -> bool {
    let is_open = |state| matches!(state, StepState::Open | StepState::InDoubt { .. });
    let mut ahead = registration
        .steps()
        .take_while(|step| step.kind != Kind::Wait || registration.verified_at.is_some());
    registration.status == Status::Running
        && now >= registration.deadline_at
        && ahead
            .any(|step| step.kind == Kind::Remote && is_open(registration.progress.of(step.name)))
}

fn violation(check: &'static str, what: &impl fmt::Debug) -> Violation {
    Violation {
        check,
        what: format!("{what:?}"),
    }
}
