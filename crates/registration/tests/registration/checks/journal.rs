//! What the journal says (invariants 1, 3, 7 and decision D2), and that it goes on from there: the
//! address can be used again, or cannot.

use std::time::Duration;

use enlist_registration::engine::{Beginning, Recheck, Terms};
use enlist_registration::state::{Registration, Status};
use enlist_registration::timeline::EventKind;
use jiff::Timestamp;

use super::{Expected, Findings, Scene};
use crate::world::living::{EMAIL, live};
use crate::world::people::{Journey, TOKEN_PAID};
use crate::world::walking;

pub(super) fn check(scene: &Scene<'_>, findings: &mut Findings) {
    let status = scene.registration.as_ref().map(|it| it.status);
    let as_expected = match scene.expected {
        Expected::Registered => status == Some(Status::Registered),
        Expected::Undone => status == Some(Status::Undone),
        Expected::Nothing => status.is_none(),
    };
    findings.check(
        "it_rests_as_expected",
        as_expected,
        (scene.expected, &scene.registration),
    );
    nobody_holds_it(scene, findings);
    if let Some(registration) = &scene.registration {
        timeline_is_readable(scene, registration, findings);
    }
    for earlier in &scene.earlier {
        findings.check(
            "earlier_ones_are_undone",
            earlier.status == Status::Undone,
            earlier,
        );
        timeline_is_readable(scene, earlier, findings);
    }
}

fn nobody_holds_it(scene: &Scene<'_>, findings: &mut Findings) {
    let rows = scene.world.rows("registrations");
    let held = rows.iter().any(|row| {
        ["owner", "lease_expires_at", "due_at"]
            .iter()
            .any(|column| row[*column].is_some())
    });
    findings.check("no_lease_is_left", !held, &rows);
    let journals = match scene.expected {
        Expected::Nothing => 0,
        _ => scene.journey.attempts(),
    };
    findings.check("one_journal", rows.len() == journals, &rows);
}

/// It is in order, ends with the end, and never turns forward again once it was decided to undo.
fn timeline_is_readable(scene: &Scene<'_>, registration: &Registration, findings: &mut Findings) {
    let events = scene.world.events(registration.id);
    let in_order = events
        .windows(2)
        .all(|pair| pair[0].seq < pair[1].seq && pair[0].generation <= pair[1].generation);
    findings.check("timeline_is_in_order", in_order, &events);
    let (end, other) = match registration.status {
        Status::Registered => (EventKind::Registered, EventKind::Cleared),
        _ => (EventKind::Cleared, EventKind::Registered),
    };
    let ends = events.iter().filter(|event| event.kind == end).count();
    let last = events.last().is_some_and(|event| event.kind == end);
    let clear = ends == 1 && last && events.iter().all(|event| event.kind != other);
    findings.check("timeline_ends_with_the_end", clear, &events);
    let decided = events
        .iter()
        .position(|event| event.kind == EventKind::UndoDecided);
    let turned = |decided: usize| {
        let forward = |kind| matches!(kind, EventKind::Done | EventKind::Waiting);
        let back = |kind| matches!(kind, EventKind::Undone | EventKind::UndoRetrying);
        !events[..decided].iter().any(|event| back(event.kind))
            && !events[decided..].iter().any(|event| forward(event.kind))
    };
    let sound = match registration.status {
        Status::Undone => decided.is_some_and(turned),
        _ => decided.is_none(),
    };
    findings.check("an_undoing_never_turns_back", sound, &events);
}

/// Later there is nothing to be found.
pub(super) fn check_the_second_look(scene: &Scene<'_>, findings: &mut Findings) {
    for registration in scene.registrations() {
        let said = scene.world.second_look(registration.id, 1, 0);
        let nothing = match registration.status {
            Status::Undone => Recheck::Clean("nothing was there".to_owned()),
            _ => Recheck::NotUndone,
        };
        findings.check("a_second_look_finds_nothing", said == nothing, &said);
    }
}

/// The same person tries again: with an account they cannot, after an undoing everything works.
pub(super) fn check_the_address(scene: &Scene<'_>, findings: &mut Findings) {
    let (world, journey) = (scene.world, scene.journey);
    let in_three_steps = journey.way.is_in_three_steps();
    let engine = world.process();
    if scene.is_registered() {
        if in_three_steps {
            walking::nothing_more_can_be_said(world, journey);
        }
        let begun = world.run(engine.begin(TOKEN_PAID.sign_up(EMAIL), None, Terms::default()));
        let taken = matches!(begun, Ok(Beginning::EmailTaken));
        findings.check("the_address_is_taken", taken, &begun);
        return;
    }
    // The newest is told by the time of its beginning.
    world.pass(Duration::from_secs(1));
    match scene.expected {
        Expected::Undone if in_three_steps => {
            walking::try_again_with_another_card(world, journey);
        }
        _ => {
            let again = Journey::verified(TOKEN_PAID);
            world.run(live(world, &engine, &again, &|| {}));
        }
    }
    let newest = world.newest().map(|newest| (newest.id, newest.status));
    let first = scene.registration.as_ref().map(|it| it.id);
    let free = newest.is_some_and(|(id, status)| Some(id) != first && status == Status::Registered);
    findings.check("the_address_is_free", free, newest);
    if scene.expected == Expected::Nothing && in_three_steps {
        an_abandoned_journey_is_forgotten(scene, findings);
    }
}

/// A journey that led to nothing ends by itself, and held nothing meanwhile.
fn an_abandoned_journey_is_forgotten(scene: &Scene<'_>, findings: &mut Findings) {
    let world = scene.world;
    world.pass(world.limits.verify_within);
    let long_ago = Timestamp::UNIX_EPOCH;
    let store = world.outside.store();
    let forget = world.outside.make(store.forget(long_ago, long_ago, 64));
    world.run(forget).unwrap();
    let mut left = world.rows("pending_registrations");
    // One that led to an account in the end leads there as long as the journal knows whose it is.
    left.retain(|it| it["registration_id"].is_none() || it["profile"].is_some());
    findings.check("an_abandoned_journey_is_forgotten", left.is_empty(), &left);
}
