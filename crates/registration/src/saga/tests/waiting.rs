//! Waiting for a person at their bank: when the gateway is looked at, and what a look may change.

use super::*;

/// At [`NOW`] the bank asks, and the person is waited for.
fn asked(limits: &Limits) -> Registration {
    let mut asked = registration(Plan::Paid);
    asked.progress.set(CreateCustomer, StepState::Done);
    let draft = asked.apply(StartSubscription, requires_action(), at(NOW, limits));
    assert_eq!(draft.map(|draft| draft.kind), Some(EventKind::Waiting));
    asked
}

fn minutes(minutes: u64) -> Timestamp {
    later(NOW, Duration::from_mins(minutes))
}

#[test]
fn a_person_is_waited_for_and_looked_after_in_between_and_at_the_end() {
    let mut asked = registration(Plan::Paid);
    asked.progress.set(CreateCustomer, StepState::Done);
    asked
        .progress
        .set(StartSubscription, StepState::NeedsPerson);
    // The wait was not committed yet, or its notice came: look.
    assert_eq!(decide(&asked, NOW), Decision::Do(StartSubscription));
    let (next_look, act_by) = (minutes(1), minutes(60));
    asked.status = Status::AwaitingAction;
    asked.act_by = Some(act_by);
    asked.not_before = Some(next_look);
    assert_eq!(decide(&asked, NOW), Decision::AwaitPerson(next_look));
    assert_eq!(decide(&asked, next_look), Decision::Do(StartSubscription));
    // Whoever claims it has nothing but the moment, which has come.
    asked.take_over(next_look);
    assert_eq!(decide(&asked, NOW), Decision::Do(StartSubscription));
    // Past `registration.deadline`, which does not count while a person is waited for.
    let late = later(asked.deadline_at, Duration::from_secs(60));
    asked.not_before = Some(act_by);
    assert_eq!(decide(&asked, late), Decision::AwaitPerson(act_by));
    assert_eq!(decide(&asked, act_by), Decision::Do(StartSubscription));
}

#[test]
fn looks_become_rarer_and_the_last_is_at_the_end() {
    let limits = Limits::default();
    let mut asked = asked(&limits);
    let mut looks = Vec::new();
    let mut now = NOW;
    while let Decision::AwaitPerson(next_look) = decide(&asked, now) {
        looks.push(next_look);
        now = next_look;
        asked.take_over(now);
        let draft = asked.apply(StartSubscription, requires_action(), at(now, &limits));
        let is_last = next_look == minutes(60);
        assert_eq!(draft.is_some(), is_last, "only the end is worth a line");
    }
    assert_eq!(looks, [1, 2, 4, 8, 16, 32, 60].map(minutes));
    assert_eq!(
        decide(&asked, now),
        Decision::GiveUp(Failure::ActionAbandoned)
    );
}

#[test]
fn a_wait_shorter_than_the_first_look_has_the_last_one() {
    let limits = Limits {
        act_within: Duration::from_secs(1),
        ..Limits::default()
    };
    let asked = asked(&limits);
    let end = later(NOW, limits.act_within);
    assert_eq!(decide(&asked, NOW), Decision::AwaitPerson(end));
}

#[test]
fn a_look_that_finds_the_confirmation_goes_on() {
    let limits = Limits::default();
    let mut asked = asked(&limits);
    asked.take_over(minutes(1));
    let outcome = Outcome::Done(subscription());
    let draft = asked.apply(StartSubscription, outcome, at(minutes(1), &limits));
    assert_eq!(draft.map(|draft| draft.kind), Some(EventKind::Done));
    assert_eq!((asked.status, asked.act_by), (Status::Running, None));
    assert_eq!(decide(&asked, minutes(1)), Decision::Do(OpenAccount));
}

#[test]
fn a_look_that_fails_is_followed_by_another_whatever_went_wrong() {
    let limits = Limits::default();
    for fails in [|| retryable(None), || in_doubt(false), rejected] {
        let mut asked = asked(&limits);
        for look in [1, 2, 4, 8, 16, 32] {
            asked.take_over(minutes(look));
            let moment = at(minutes(look), &limits);
            let draft = asked.apply(StartSubscription, fails(), moment);
            assert_eq!(draft.map(|draft| draft.kind), Some(EventKind::Retrying));
            assert_eq!(asked.status, Status::AwaitingAction);
            let next_look = minutes((2 * look).min(60));
            let decision = decide(&asked, minutes(look));
            assert_eq!(decision, Decision::AwaitPerson(next_look));
        }
        assert!(!asked.progress.doubted);
        assert_eq!(asked.failure, None);
    }
}

#[test]
fn after_a_notice_a_look_that_fails_is_tried_as_often_as_any_call_and_then_left_to_the_next() {
    let limits = Limits::default();
    for fails in [|| retryable(None), || in_doubt(false), rejected] {
        let mut asked = asked(&limits);
        for told_at in [10, 20] {
            // As the store leaves it.
            asked.status = Status::Running;
            asked.not_before = None;
            let mut now = minutes(told_at);
            let mut looks = 0;
            let next_look = loop {
                match decide(&asked, now) {
                    Decision::Do(StartSubscription) => {
                        looks += 1;
                        let draft = asked.apply(StartSubscription, fails(), at(now, &limits));
                        assert_eq!(draft.map(|draft| draft.kind), Some(EventKind::Retrying));
                    }
                    Decision::PauseUntil(moment) => now = moment,
                    Decision::AwaitPerson(moment) => break moment,
                    other => panic!("{other:?}"),
                }
            };
            assert_eq!(looks, limits.attempts);
            assert_eq!(asked.status, Status::AwaitingAction);
            let waited = now.duration_since(NOW);
            assert_eq!(next_look, now + waited, "once the wait is twice as long");
        }
        assert_eq!((asked.failure, asked.progress.doubted), (None, false));
    }
}

#[test]
fn after_a_notice_that_comes_at_the_end_what_fails_is_given_up() {
    let limits = Limits::default();
    let mut asked = asked(&limits);
    let act_by = asked.act_by.unwrap();
    // As the store leaves it.
    asked.status = Status::Running;
    asked.not_before = None;
    for _ in 0..limits.attempts {
        asked.apply(StartSubscription, in_doubt(false), at(act_by, &limits));
    }
    let decision = decide(&asked, act_by);
    assert_eq!(decision, Decision::GiveUp(Failure::GatewayUnavailable));
}

#[test]
fn a_signal_after_which_it_still_waits_is_not_worth_another_line() {
    let limits = Limits::default();
    let mut asked = asked(&limits);
    // As the store leaves it.
    asked.status = Status::Running;
    asked.not_before = None;
    let now = later(NOW, Duration::from_secs(10));
    assert_eq!(decide(&asked, now), Decision::Do(StartSubscription));
    let draft = asked.apply(StartSubscription, requires_action(), at(now, &limits));
    assert!(draft.is_none(), "{draft:?}");
    assert_eq!(asked.status, Status::AwaitingAction);
    let next_look = later(now, limits.look_again_after);
    assert_eq!(decide(&asked, now), Decision::AwaitPerson(next_look));
}

#[test]
fn a_refused_confirmation_leaves_something_to_be_ended() {
    let limits = Limits::default();
    let mut asked = registration(Plan::Paid);
    asked.progress.set(CreateCustomer, StepState::Done);
    asked.apply(StartSubscription, requires_action(), at(NOW, &limits));
    assert_eq!(asked.status, Status::AwaitingAction);
    let act_by = later(NOW, limits.act_within);
    assert_eq!(asked.act_by, Some(act_by));
    let outcome = Outcome::Declined(Decline {
        code: "authentication_failed".to_owned(),
    });
    asked.apply(StartSubscription, outcome, at(NOW, &limits));
    assert_eq!(asked.progress.of(StartSubscription), StepState::NeedsPerson);
    asked.turn_back(Failure::ByOperator, NOW);
    assert_eq!(decide(&asked, NOW), Decision::Undo(StartSubscription));
}

#[test]
fn an_unanswered_question_is_abandoned_at_its_end_and_not_put_again() {
    let limits = Limits::default();
    let mut asked = registration(Plan::Paid);
    asked.progress.set(CreateCustomer, StepState::Done);
    asked.apply(StartSubscription, requires_action(), at(NOW, &limits));
    let act_by = asked.act_by.unwrap();
    asked.apply(StartSubscription, requires_action(), at(act_by, &limits));
    assert_eq!(asked.act_by, Some(act_by));
    assert_eq!(
        decide(&asked, act_by),
        Decision::GiveUp(Failure::ActionAbandoned)
    );
}

#[test]
fn the_last_look_is_repeated_where_it_fails_and_leaves_no_doubt() {
    let limits = Limits::default();
    let mut asked = registration(Plan::Paid);
    asked.progress.set(CreateCustomer, StepState::Done);
    asked.apply(StartSubscription, requires_action(), at(NOW, &limits));
    let act_by = asked.act_by.unwrap();
    asked.take_over(act_by);
    asked.apply(StartSubscription, in_doubt(false), at(act_by, &limits));
    assert_eq!(asked.progress.of(StartSubscription), StepState::NeedsPerson);
    assert!(!asked.progress.doubted);
    let soon = asked.not_before.unwrap();
    assert_eq!(decide(&asked, act_by), Decision::PauseUntil(soon));
    assert_eq!(decide(&asked, soon), Decision::Do(StartSubscription));
}
