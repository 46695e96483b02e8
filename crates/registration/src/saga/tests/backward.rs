//! Turning back, taking over, and settling doubts.

use super::*;

#[test]
fn what_was_done_is_undone_in_reverse_order_and_the_rest_is_not() {
    let mut registration = opened(Plan::Paid);
    registration.turn_back(Failure::NotVerified, NOW);
    assert_eq!(registration.status, Status::Undoing);
    assert_eq!(registration.undoing_since, Some(NOW));
    assert_eq!(registration.progress.failed_at, Some(VerifyEmail));
    let limits = Limits::default();
    for step in [OpenAccount, StartSubscription, CreateCustomer] {
        assert_eq!(decide(&registration, NOW), Decision::Undo(step));
        let reversal = Reversal::Complete("gone".to_owned());
        registration.apply_reversal(step, reversal, at(NOW, &limits));
    }
    assert_eq!(decide(&registration, NOW), Decision::Clear);
}

#[test]
fn what_was_never_sent_needs_no_undo() {
    let mut registration = registration(Plan::Paid);
    registration.turn_back(Failure::ByOperator, NOW);
    assert_eq!(
        registration.progress.of(CreateCustomer),
        StepState::NotHappened
    );
    assert_eq!(
        registration.progress.of(StartSubscription),
        StepState::NotHappened
    );
    assert_eq!(registration.progress.failed_at, Some(CreateCustomer));
    assert_eq!(decide(&registration, NOW), Decision::Clear);
}

/// Or else the customer would be made in order to undo a subscription that nobody can have started, and
/// then be left: its own step is known not to have happened.
#[test]
fn behind_a_step_that_was_refused_nothing_was_sent_whatever_a_takeover_has_to_suppose() {
    let limits = Limits::default();
    let tried_in_vain = (0..limits.attempts).map(|_| retryable(None)).collect();
    for outcomes in [vec![rejected()], tried_in_vain] {
        let mut registration = registration(Plan::Paid);
        for outcome in outcomes {
            registration.apply(CreateCustomer, outcome, at(NOW, &limits));
        }
        registration.take_over(NOW);
        let Decision::GiveUp(failure) = decide(&registration, NOW) else {
            panic!("{registration:?}")
        };
        registration.turn_back(failure, NOW);
        assert_eq!(decide(&registration, NOW), Decision::Clear);
    }
}

/// A key that the gateway has forgotten makes a second customer, and a second charge.
#[test]
fn a_clock_that_is_wrong_takes_nothing_forward() {
    let day = Duration::from_hours(24);
    let wrong = [
        // By the database's clock its time is over.
        (NOW, later(NOW, Duration::from_secs(61))),
        // Ours is behind, or ahead.
        (earlier(NOW, day), NOW),
        (later(NOW, Duration::from_mins(61)), NOW),
        // Both are behind that of whoever began.
        (earlier(NOW, day), earlier(NOW, day)),
    ];
    for (ours, databases) in wrong {
        let mut taken = registration(Plan::Paid);
        taken.take_over(ours);
        taken.distrust_clocks(ours, databases);
        assert_eq!(
            taken.failure,
            Some(Failure::OutOfTime),
            "{ours} {databases}"
        );
        assert_eq!(decide(&taken, ours), Decision::GiveUp(Failure::OutOfTime));
    }
    // A little is nothing, and what costs no more goes on whatever the time is.
    let mut taken = registration(Plan::Paid);
    taken.distrust_clocks(later(NOW, Duration::from_secs(30)), NOW);
    assert_eq!(taken.failure, None);
    let mut paid = registration(Plan::Paid);
    for step in [CreateCustomer, StartSubscription] {
        paid.progress.set(step, StepState::Done);
    }
    paid.distrust_clocks(earlier(NOW, day), later(NOW, day));
    assert_eq!(paid.failure, None);
}

#[test]
fn clocks_may_be_an_hour_apart_and_no_more() {
    let hour = Limits::CLOCKS_MAY_DIFFER_BY;
    let more = hour + Duration::from_micros(1);
    let failure_of = |ours, databases, begun_at| {
        let mut taken = registration(Plan::Paid);
        taken.begun_at = begun_at;
        taken.distrust_clocks(ours, databases);
        taken.failure
    };
    let wrong = Some(Failure::OutOfTime);
    assert_eq!(failure_of(later(NOW, hour), NOW, NOW), None);
    assert_eq!(failure_of(later(NOW, more), NOW, NOW), wrong);
    assert_eq!(failure_of(NOW, NOW, later(NOW, hour)), None);
    assert_eq!(failure_of(NOW, NOW, later(NOW, more)), wrong);
}

#[test]
fn nothing_can_be_made_any_more_once_the_last_call_has_ended() {
    let limits = Limits::default();
    let mut undoing = registration(Plan::Paid);
    assert_eq!(undoing.quiet_for(NOW, &limits), Duration::ZERO);
    undoing.turn_back(Failure::OutOfTime, NOW);
    let after = |seconds| {
        let now = later(NOW, Duration::from_secs(seconds));
        undoing.quiet_for(now, &limits).as_secs()
    };
    // Twice the eight seconds that a call may take.
    assert_eq!([0, 16, 46].map(after), [0, 0, 30]);
}

#[test]
fn an_operator_is_told_what_was_wrong_and_how_often_it_was_tried() {
    let limits = Limits::default();
    let mut registration = registration(Plan::Paid);
    registration.apply(CreateCustomer, retryable(None), at(NOW, &limits));
    let draft = registration.apply(CreateCustomer, retryable(None), at(NOW, &limits));
    let detail = draft.and_then(|draft| draft.detail);
    assert_eq!(detail.as_deref(), Some("429 (attempt 2)"));
}

#[test]
fn what_may_have_happened_is_undone_too() {
    for state in [doubt(NOW, false), doubt(NOW, true), StepState::NeedsPerson] {
        let mut registration = registration(Plan::Paid);
        registration.progress.set(CreateCustomer, StepState::Done);
        registration.progress.set(StartSubscription, state);
        registration.turn_back(Failure::OutOfTime, NOW);
        assert_eq!(
            decide(&registration, NOW),
            Decision::Undo(StartSubscription)
        );
    }
}

#[test]
fn an_undoing_never_turns_forward() {
    let mut registration = opened(Plan::Paid);
    registration.turn_back(Failure::NotVerified, NOW);
    // Whatever else may be true of it.
    registration.verified_at = Some(NOW);
    registration.act_by = Some(Timestamp::MAX);
    registration.failure = None;
    assert_eq!(decide(&registration, NOW), Decision::Undo(OpenAccount));
}

#[test]
fn an_undo_that_failed_is_tried_again_after_ever_longer_pauses() {
    let limits = Limits::default();
    let mut registration = opened(Plan::Free);
    registration.turn_back(Failure::NotVerified, NOW);
    let mut pauses = Vec::new();
    for _ in 0..15 {
        let reversal = Reversal::NotYet(Trouble::new("refused"));
        registration.apply_reversal(CreateCustomer, reversal, at(NOW, &limits));
        let until = registration.not_before.unwrap();
        assert_eq!(decide(&registration, NOW), Decision::PauseUntil(until));
        pauses.push(Duration::try_from(until.duration_since(NOW)).unwrap());
    }
    assert!(pauses.is_sorted(), "{pauses:?}");
    assert_eq!(pauses[0], limits.first_pause);
    assert_eq!(pauses[14], limits.longest_undo_pause);
}

#[test]
fn a_new_driver_goes_back_no_faster_than_the_last() {
    let limits = Limits::default();
    let mut registration = opened(Plan::Free);
    registration.turn_back(Failure::NotVerified, NOW);
    for _ in 0..8 {
        let reversal = Reversal::NotYet(Trouble::new("refused"));
        registration.apply_reversal(CreateCustomer, reversal, at(NOW, &limits));
    }
    let before = registration.clone();
    registration.take_over(NOW);
    assert_eq!(registration.attempts, before.attempts);
    assert_eq!(registration.not_before, before.not_before);
    assert_eq!(registration.progress, before.progress);
}

#[test]
fn a_new_driver_takes_for_sent_whatever_the_last_may_have_sent() {
    let mut registration = registration(Plan::Paid);
    registration.progress.set(CreateCustomer, StepState::Done);
    registration.attempts = 4;
    registration.not_before = Some(Timestamp::MAX);
    registration.take_over(NOW);
    assert_eq!(registration.progress.of(CreateCustomer), StepState::Done);
    assert_eq!(
        registration.progress.of(StartSubscription),
        doubt(NOW, false)
    );
    assert_eq!(registration.progress.of(OpenAccount), StepState::Open);
    assert!(registration.progress.doubted);
    assert_eq!((registration.attempts, registration.not_before), (0, None));
}

/// The last driver may have sent it again, and have died before that was recorded.
#[test]
fn a_new_driver_dates_a_doubt_from_when_it_took_over() {
    let mut registration = registration(Plan::Paid);
    registration.progress.set(CreateCustomer, doubt(NOW, false));
    let later_on = later(NOW, Duration::from_secs(30));
    registration.take_over(later_on);
    let of_it = registration.progress.of(CreateCustomer);
    assert_eq!(of_it, doubt(later_on, false));
}

#[test]
fn a_new_driver_keeps_what_is_known_of_a_doubt() {
    for known in [
        doubt(NOW, true),
        StepState::NeedsPerson,
        StepState::NotHappened,
    ] {
        let mut registration = registration(Plan::Paid);
        registration.progress.set(CreateCustomer, known);
        registration.take_over(later(NOW, Duration::from_secs(30)));
        assert_eq!(registration.progress.of(CreateCustomer), known);
    }
}

/// Else the undo would look for a subscription where there is no customer to look by, through
/// everything that others bought.
#[test]
fn without_a_customer_there_is_no_doubt_about_a_subscription() {
    let limits = Limits::default();
    let mut declined = registration(Plan::Paid);
    declined.take_over(NOW);
    let mut absent = declined.clone();
    let decline = Decline {
        code: "generic_decline".to_owned(),
    };
    declined.apply(CreateCustomer, Outcome::Declined(decline), at(NOW, &limits));
    let settled_at = later(NOW, limits.call_timeout * 2);
    absent.resolve(CreateCustomer, Resolution::Absent, at(settled_at, &limits));
    for mut registration in [declined, absent] {
        for step in [CreateCustomer, StartSubscription] {
            assert_eq!(registration.progress.of(step), StepState::NotHappened);
        }
        let failure = registration.failure.clone().unwrap();
        registration.turn_back(failure, settled_at);
        assert_eq!(decide(&registration, settled_at), Decision::Clear);
    }
}

#[test]
fn a_wait_is_taken_over_without_a_doubt() {
    let mut registration = opened(Plan::Paid);
    registration.take_over(NOW);
    assert!(!registration.progress.doubted);
}

#[test]
fn never_happened_is_concluded_only_when_nothing_can_be_under_way() {
    let limits = Limits::default();
    let mut registration = registration(Plan::Paid);
    registration.apply(CreateCustomer, in_doubt(true), at(NOW, &limits));
    let settled_at = later(NOW, limits.call_timeout * 2);
    let early = settled_at - SignedDuration::from_micros(1);
    registration.resolve(CreateCustomer, Resolution::Absent, at(early, &limits));
    assert_eq!(registration.progress.of(CreateCustomer), doubt(NOW, true));
    assert_eq!(registration.not_before, Some(settled_at));
    registration.resolve(CreateCustomer, Resolution::Absent, at(settled_at, &limits));
    assert_eq!(
        registration.progress.of(CreateCustomer),
        StepState::NotHappened
    );
    let next = decide(&registration, settled_at);
    assert_eq!(next, Decision::GiveUp(Failure::GatewayUnavailable));
}

#[test]
fn what_a_list_finds_is_as_good_as_an_answer() {
    let limits = Limits::default();
    let mut registration = registration(Plan::Free);
    registration.apply(CreateCustomer, in_doubt(true), at(NOW, &limits));
    let found = Resolution::Happened(customer());
    registration.resolve(CreateCustomer, found, at(NOW, &limits));
    assert_eq!(decide(&registration, NOW), Decision::Do(OpenAccount));
}

#[test]
fn a_list_that_fails_is_asked_again_until_the_time_is_up() {
    let limits = Limits::default();
    let mut registration = registration(Plan::Paid);
    registration.apply(CreateCustomer, in_doubt(true), at(NOW, &limits));
    for _ in 0..limits.attempts * 3 {
        let unknown = Resolution::Unknown(Trouble::new("500"));
        registration.resolve(CreateCustomer, unknown, at(NOW, &limits));
        assert_eq!(registration.failure, None);
    }
    let soon = registration.not_before.unwrap();
    assert_eq!(
        decide(&registration, soon),
        Decision::Resolve(CreateCustomer)
    );
    let deadline = registration.deadline_at;
    assert_eq!(
        decide(&registration, deadline),
        Decision::GiveUp(Failure::OutOfTime)
    );
}

#[test]
fn a_subscription_that_runs_unpaid_is_not_had_and_is_ended() {
    let limits = Limits::default();
    let mut burnt = registration(Plan::Paid);
    burnt.progress.set(CreateCustomer, StepState::Done);
    burnt.progress.set(StartSubscription, doubt(NOW, true));
    assert_eq!(decide(&burnt, NOW), Decision::Resolve(StartSubscription));
    burnt.resolve(StartSubscription, Resolution::Unpaid, at(NOW, &limits));
    let failure = Failure::GatewayUnavailable;
    assert_eq!(decide(&burnt, NOW), Decision::GiveUp(failure.clone()));
    burnt.turn_back(failure, NOW);
    assert_eq!(decide(&burnt, NOW), Decision::Undo(StartSubscription));
}
