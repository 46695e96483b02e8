//! The decision and its counterpart, case by case; `properties` looks for sequences that nobody
//! thought of.

mod backward;
mod properties;
pub(crate) mod samples;
mod waiting;

use std::time::Duration;

use jiff::SignedDuration;

use super::*;
use crate::limits::{earlier, later};
use crate::ports::{Decline, Outcome};
use crate::steps::Order;
use crate::steps::StepName::{
    CreateCustomer, Finish, OpenAccount, StartSubscription, TokenizeCard, VerifyEmail,
};

use samples::*;

#[test]
fn going_forward_the_first_step_that_is_not_done_is_next() {
    let fresh = registration(Plan::Paid);
    assert_eq!(decide(&fresh, NOW), Decision::Do(CreateCustomer));
    let mut made = fresh;
    made.progress.set(CreateCustomer, StepState::Done);
    assert_eq!(decide(&made, NOW), Decision::Do(StartSubscription));
    made.progress.set(StartSubscription, StepState::Done);
    assert_eq!(decide(&made, NOW), Decision::Do(OpenAccount));
}

#[test]
fn a_step_that_does_not_apply_is_passed_over() {
    let mut free = registration(Plan::Free);
    free.progress.set(CreateCustomer, StepState::Done);
    assert_eq!(decide(&free, NOW), Decision::Do(OpenAccount));
}

#[test]
fn what_rests_rests() {
    for status in [Status::Registered, Status::Undone] {
        let mut resting = registration(Plan::Paid);
        resting.status = status;
        resting.failure = Some(Failure::ByOperator);
        assert_eq!(decide(&resting, Timestamp::MAX), Decision::Rest);
    }
}

#[test]
fn a_failure_is_followed_by_giving_up_whatever_the_status() {
    for status in [
        Status::Running,
        Status::AwaitingAction,
        Status::AwaitingVerification,
    ] {
        let mut failed = registration(Plan::Paid);
        failed.status = status;
        failed.failure = Some(Failure::MailRefused);
        assert_eq!(decide(&failed, NOW), Decision::GiveUp(Failure::MailRefused));
    }
}

#[test]
fn no_remote_call_is_begun_when_the_time_is_up() {
    let open = registration(Plan::Paid);
    let mut doubtful = open.clone();
    doubtful.progress.set(CreateCustomer, doubt(NOW, false));
    let mut burnt = open.clone();
    burnt.progress.set(CreateCustomer, doubt(NOW, true));
    for registration in [open, doubtful, burnt] {
        let deadline = registration.deadline_at;
        let before = decide(&registration, deadline - SignedDuration::from_micros(1));
        assert!(
            matches!(before, Decision::Do(_) | Decision::Resolve(_)),
            "{before:?}"
        );
        assert_eq!(
            decide(&registration, deadline),
            Decision::GiveUp(Failure::OutOfTime)
        );
    }
}

#[test]
fn with_every_remote_step_done_it_goes_forward_however_late() {
    let mut paid = registration(Plan::Paid);
    paid.progress.set(CreateCustomer, StepState::Done);
    paid.progress.set(StartSubscription, StepState::Done);
    assert_eq!(decide(&paid, Timestamp::MAX), Decision::Do(OpenAccount));
}

#[test]
fn a_pause_is_kept_and_ends() {
    let mut pausing = registration(Plan::Paid);
    let until = later(NOW, Duration::from_secs(1));
    pausing.not_before = Some(until);
    assert_eq!(decide(&pausing, NOW), Decision::PauseUntil(until));
    assert_eq!(decide(&pausing, until), Decision::Do(CreateCustomer));
}

#[test]
fn a_burnt_key_is_not_used_again() {
    let mut burnt = registration(Plan::Paid);
    burnt.progress.set(CreateCustomer, doubt(NOW, true));
    assert_eq!(decide(&burnt, NOW), Decision::Resolve(CreateCustomer));
    let mut doubtful = registration(Plan::Paid);
    doubtful.progress.set(CreateCustomer, doubt(NOW, false));
    assert_eq!(decide(&doubtful, NOW), Decision::Do(CreateCustomer));
}

#[test]
fn an_open_account_waits_for_its_verification_until_the_deadline() {
    let mut opened = opened(Plan::Paid);
    let act_by = opened.act_by.unwrap();
    assert_eq!(decide(&opened, NOW), Decision::AwaitPerson(act_by));
    assert_eq!(
        decide(&opened, act_by),
        Decision::GiveUp(Failure::NotVerified)
    );
    opened.verified_at = Some(NOW);
    opened.status = Status::Running;
    assert_eq!(decide(&opened, Timestamp::MAX), Decision::Do(VerifyEmail));
    opened.note_verified();
    assert_eq!(decide(&opened, NOW), Decision::Do(Finish));
    assert_eq!(decide(&opened, Timestamp::MAX), Decision::Do(Finish));
}

#[test]
fn the_gateway_is_asked_nothing_before_the_address_is_verified_first() {
    let limits = Limits::default();
    let mut registration = registration(Plan::Paid);
    registration.intent.order = Order::VerifyFirst;
    registration.await_verification(at(NOW, &limits));
    let act_by = registration.act_by.unwrap();
    assert_eq!(decide(&registration, NOW), Decision::AwaitPerson(act_by));
    registration.take_over(NOW);
    assert!(!registration.progress.doubted, "nothing was sent");
    registration.verified_at = Some(NOW);
    registration.status = Status::Running;
    registration.note_verified();
    assert_eq!(decide(&registration, NOW), Decision::Do(CreateCustomer));
    for step in [CreateCustomer, StartSubscription] {
        registration.progress.set(step, StepState::Done);
    }
    assert_eq!(decide(&registration, NOW), Decision::Do(OpenAccount));
    registration.open(at(NOW, &limits));
    assert_eq!(registration.status, Status::Registered);
    assert_eq!(registration.rested_at, Some(NOW));
    assert_eq!(decide(&registration, NOW), Decision::Rest);
}

#[test]
fn who_is_charged_at_verification_is_charged_once_it_is_verified() {
    let limits = Limits::default();
    let mut registration = registration(Plan::Paid);
    registration.intent.order = Order::ChargeAtVerification;
    registration.progress.set(CreateCustomer, StepState::Done);
    assert_eq!(decide(&registration, NOW), Decision::Do(OpenAccount));
    registration.open(at(NOW, &limits));
    assert_eq!(registration.status, Status::AwaitingVerification);
    assert!(!registration.has_subscription_at(OpenAccount));
    registration.verified_at = Some(NOW);
    registration.status = Status::Running;
    registration.note_verified();
    assert_eq!(decide(&registration, NOW), Decision::Do(StartSubscription));
    // Their bank has as long as any, however little was left to verify the address.
    registration.apply(StartSubscription, requires_action(), at(NOW, &limits));
    let act_by = registration.act_by.unwrap();
    assert_eq!(act_by, later(NOW, limits.act_within));
    registration.apply(
        StartSubscription,
        Outcome::Done(subscription()),
        at(NOW, &limits),
    );
    assert_eq!(decide(&registration, NOW), Decision::Do(Finish));
    assert!(registration.has_subscription_at(Finish));
}

#[test]
fn what_a_call_yields_is_kept() {
    let limits = Limits::default();
    let mut registration = registration(Plan::Paid);
    registration.attempts = 3;
    registration.apply(CreateCustomer, Outcome::Done(customer()), at(NOW, &limits));
    assert_eq!(registration.progress.of(CreateCustomer), StepState::Done);
    assert!(registration.progress.customer.is_some());
    assert_eq!((registration.attempts, registration.not_before), (0, None));
    registration.apply(
        StartSubscription,
        Outcome::Done(subscription()),
        at(NOW, &limits),
    );
    assert!(registration.progress.subscription.is_some());
    assert_eq!(decide(&registration, NOW), Decision::Do(OpenAccount));
}

#[test]
fn a_decline_is_certain_and_final() {
    let limits = Limits::default();
    for before in [StepState::Open, doubt(NOW, false)] {
        let mut registration = registration(Plan::Paid);
        registration.progress.set(CreateCustomer, before);
        let decline = Decline {
            code: "expired_card".to_owned(),
        };
        let outcome = Outcome::Declined(decline.clone());
        registration.apply(CreateCustomer, outcome, at(NOW, &limits));
        assert_eq!(
            registration.progress.of(CreateCustomer),
            StepState::NotHappened
        );
        let next = decide(&registration, NOW);
        assert_eq!(next, Decision::GiveUp(Failure::Declined(decline)));
    }
}

#[test]
fn a_token_that_is_no_good_may_have_been_used_by_a_call_that_nobody_heard_of() {
    let limits = Limits::default();
    let states = [
        (StepState::Open, StepState::NotHappened),
        (doubt(NOW, false), doubt(NOW, false)),
    ];
    for (before, after) in states {
        let mut registration = registration(Plan::Paid);
        registration.progress.set(CreateCustomer, before);
        let decline = Decline {
            code: Decline::INVALID_PAYMENT_METHOD.to_owned(),
        };
        let outcome = Outcome::Declined(decline.clone());
        registration.apply(CreateCustomer, outcome, at(NOW, &limits));
        assert_eq!(registration.progress.of(CreateCustomer), after);
        let next = decide(&registration, NOW);
        assert_eq!(next, Decision::GiveUp(Failure::Declined(decline)));
    }
}

#[test]
fn what_certainly_did_not_happen_is_tried_as_often_as_allowed() {
    let limits = Limits::default();
    let mut registration = registration(Plan::Paid);
    for attempt in 1..limits.attempts {
        registration.apply(CreateCustomer, retryable(None), at(NOW, &limits));
        assert_eq!(registration.attempts, attempt);
        assert_eq!(registration.progress.of(CreateCustomer), StepState::Open);
        assert!(matches!(
            decide(&registration, NOW),
            Decision::PauseUntil(_)
        ));
    }
    registration.apply(CreateCustomer, retryable(None), at(NOW, &limits));
    assert_eq!(
        registration.progress.of(CreateCustomer),
        StepState::NotHappened
    );
    assert_eq!(
        decide(&registration, NOW),
        Decision::GiveUp(Failure::GatewayUnavailable)
    );
}

#[test]
fn a_doubt_stays_a_doubt_whatever_is_answered_later_except_an_answer() {
    let limits = Limits::default();
    let later_answers: [fn() -> Outcome<Gain>; 2] = [|| retryable(None), rejected];
    for answer in later_answers {
        let mut registration = registration(Plan::Paid);
        registration.apply(CreateCustomer, in_doubt(false), at(NOW, &limits));
        assert!(registration.progress.doubted);
        for _ in 0..limits.attempts {
            registration.apply(CreateCustomer, answer(), at(NOW, &limits));
        }
        let state = registration.progress.of(CreateCustomer);
        assert!(matches!(state, StepState::InDoubt { .. }), "{state:?}");
        assert!(matches!(decide(&registration, NOW), Decision::GiveUp(_)));
    }
}

#[test]
fn a_refusal_of_the_first_call_means_that_nothing_happened() {
    let limits = Limits::default();
    let mut registration = registration(Plan::Paid);
    registration.apply(CreateCustomer, rejected(), at(NOW, &limits));
    assert_eq!(
        registration.progress.of(CreateCustomer),
        StepState::NotHappened
    );
    assert_eq!(
        decide(&registration, NOW),
        Decision::GiveUp(Failure::GatewayRejected)
    );
}

#[test]
fn the_gateways_wish_to_be_left_alone_counts_up_to_our_patience() {
    let limits = Limits::default();
    for (asked, pause) in [(1, Duration::from_secs(1)), (600, limits.longest_pause)] {
        let mut registration = registration(Plan::Paid);
        let wish = retryable(Some(Duration::from_secs(asked)));
        registration.apply(CreateCustomer, wish, at(NOW, &limits));
        assert_eq!(registration.not_before, Some(later(NOW, pause)));
    }
}

#[test]
fn the_account_is_given_the_whole_time_to_be_verified() {
    let limits = Limits::default();
    let mut registration = registration(Plan::Free);
    registration.progress.set(CreateCustomer, StepState::Done);
    registration.open(at(NOW, &limits));
    assert_eq!(registration.status, Status::AwaitingVerification);
    assert_eq!(registration.opened_at, Some(NOW));
    assert_eq!(registration.act_by, Some(later(NOW, limits.verify_within)));
    assert_eq!(registration.progress.of(VerifyEmail), StepState::Open);
    assert_eq!(registration.progress.of(TokenizeCard), StepState::Done);
}
