//! What the journal says (invariants 1, 3, 7 and decision D2), and that it goes on from there: the
//! address can be used again, or cannot.

use std::time::Duration;

use enlist_registration::engine::{Beginning, Recheck, Terms};
use enlist_registration::state::Status;
use enlist_registration::timeline::EventKind;

use super::{Expected, Findings, Scene};
use crate::world::living::{EMAIL, live};
use crate::world::people::{Journey, TOKEN_PAID};

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
    timeline_is_readable(scene, findings);
}

fn nobody_holds_it(scene: &Scene<'_>, findings: &mut Findings) {
    let rows = scene.world.rows("registrations");
    let held = rows.iter().any(|row| {
        ["owner", "lease_expires_at", "due_at"]
            .iter()
            .any(|column| row[*column].is_some())
    });
    findings.check("no_lease_is_left", !held, &rows);
    let journals = usize::from(scene.expected != Expected::Nothing);
    findings.check("one_journal", rows.len() == journals, &rows);
}

/// It is in order, ends with the end, and never turns forward again once it was decided to undo.
fn timeline_is_readable(scene: &Scene<'_>, findings: &mut Findings) {
    let Some(registration) = &scene.registration else {
        return;
    };
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
    let sound = match scene.expected {
        Expected::Undone => decided.is_some_and(turned),
        _ => decided.is_none(),
    };
    findings.check("an_undoing_never_turns_back", sound, &events);
}

/// Later there is nothing to be found.
pub(super) fn check_the_second_look(scene: &Scene<'_>, findings: &mut Findings) {
    let Some(registration) = &scene.registration else {
        return;
    };
    let world = scene.world;
    let said = world.second_look(registration.id, 1, 0);
    let nothing = match scene.expected {
        Expected::Registered => Recheck::NotUndone,
        _ => Recheck::Clean("nothing was there".to_owned()),
    };
    findings.check("a_second_look_finds_nothing", said == nothing, &said);
}

/// The same person tries again: with an account they cannot, after an undoing everything works.
pub(super) fn check_the_address(scene: &Scene<'_>, findings: &mut Findings) {
    let world = scene.world;
    let engine = world.process();
    if scene.is_registered() {
        let begun = world.run(engine.begin(TOKEN_PAID.sign_up(EMAIL), None, Terms::default()));
        let taken = matches!(begun, Ok(Beginning::EmailTaken));
        findings.check("the_address_is_taken", taken, &begun);
        return;
    }
    // The newest is told by the time of its beginning.
    world.pass(Duration::from_secs(1));
    let again = Journey::verified(TOKEN_PAID);
    world.run(live(world, &engine, &again, &|| {}));
    let newest = world.newest().map(|newest| (newest.id, newest.status));
    let first = scene.registration.as_ref().map(|it| it.id);
    let free = newest.is_some_and(|(id, status)| Some(id) != first && status == Status::Registered);
    findings.check("the_address_is_free", free, newest);
}
