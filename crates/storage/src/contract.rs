//! What every implementation of the port promises, whatever the database: one suite, stamped out once
//! per implementation by [`contract_suite`].

pub(crate) mod accounts;
pub(crate) mod beginning;
pub(crate) mod claims;
pub(crate) mod driving;
pub(crate) mod jobs;
pub(crate) mod journeys;
pub(crate) mod mails;
pub(crate) mod news;
pub(crate) mod reading;
pub(crate) mod reflecting;
pub(crate) mod retention;
mod samples;
pub(crate) mod signals;

use std::any::Any;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use enlist_registration::limits::later;
use enlist_registration::ports::{Clock, Store};
use jiff::Timestamp;

use crate::TextRow;

pub(crate) use samples::*;

/// One empty database with a clock that stands still until it is moved.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<TestClock>,
    /// Has the store write what nobody waits for, where the next commit does not.
    pub(crate) flush: Flush,
    /// The rows of a table.
    pub(crate) table: Table,
    /// Dropped with the world: a directory, a schema.
    pub(crate) _keep: Box<dyn Any + Send + Sync>,
}

/// See [`World::flush`].
pub(crate) type Flush = Box<dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// See [`World::table`].
pub(crate) type Table =
    Box<dyn Fn(&'static str) -> Pin<Box<dyn Future<Output = Vec<TextRow>> + Send>> + Send + Sync>;

/// For a store whose next commit writes everything.
pub(crate) fn no_flush() -> Flush {
    Box::new(|| Box::pin(std::future::ready(())))
}

/// How long a lease lasts in every world.
pub(crate) const LEASE: Duration = Duration::from_secs(10);

impl World {
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn in_seconds(&self, seconds: u64) -> Timestamp {
        later(self.now(), Duration::from_secs(seconds))
    }

    /// Registration `number` begins, and with that commit, or by now, every record is written.
    pub(crate) async fn next_commit(&self, number: u128) {
        begun(self, number).await;
        (self.flush)().await;
    }

    pub(crate) fn pass_seconds(&self, seconds: u64) {
        self.clock.pass(Duration::from_secs(seconds));
    }
}

/// Stands still until it is told that time has passed.
pub(crate) struct TestClock {
    now: Mutex<Timestamp>,
    /// Moves the database's own clock along.
    moved: Box<dyn Fn(Timestamp) + Send + Sync>,
}

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Self::moving(|_| {})
    }

    pub(crate) fn moving(moved: impl Fn(Timestamp) + Send + Sync + 'static) -> Arc<Self> {
        let start = "2026-11-23T12:00:00.000001Z".parse().expect("a time");
        moved(start);
        Arc::new(Self {
            now: Mutex::new(start),
            moved: Box::new(moved),
        })
    }

    pub(crate) fn pass(&self, duration: Duration) {
        let mut now = self.now.lock().expect("not poisoned");
        *now = later(*now, duration);
        (self.moved)(*now);
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().expect("not poisoned")
    }

    async fn sleep(&self, duration: Duration) {
        self.pass(duration);
    }
}

/// Makes one module of tests: `contract_suite!(name, factory)`, where `factory` is an async function
/// that gives a new [`World`].
macro_rules! contract_suite {
    ($name:ident, $factory:path) => {
        mod $name {
            $crate::contract::contract_suite! { @tests $factory;
                beginning {
                    what_was_begun_is_read_back,
                    one_of_many_beginnings_for_one_email_wins,
                    the_same_key_is_a_replay_even_if_the_email_is_held_too,
                    the_same_key_is_a_replay_after_the_account_was_opened,
                    an_email_with_an_account_is_refused,
                    beginning_again_after_a_lost_answer_is_a_beginning,
                    an_email_that_was_undone_is_free,
                    an_email_in_other_letters_is_the_same,
                    one_that_waits_from_the_beginning_is_in_nobodys_hands,
                }
                driving {
                    a_decision_is_read_back,
                    a_record_is_there_after_the_next_commit,
                    a_record_never_changes_the_status,
                    nothing_is_written_in_a_status_that_was_not_expected,
                    nothing_is_written_under_an_old_generation,
                    nothing_is_written_after_letting_go,
                    what_persons_changed_meanwhile_is_kept,
                    a_journal_at_rest_stays_as_it_is,
                    a_refused_write_leaves_no_event,
                    a_write_repeated_after_a_lost_answer_is_made_once,
                }
                accounts {
                    an_account_is_opened_and_parked,
                    an_account_without_a_card_or_a_paid_plan_is_opened,
                    an_address_without_city_state_and_postal_code_is_kept,
                    an_account_whose_address_was_verified_first_is_opened_and_done,
                    a_subscription_that_began_after_the_account_is_written_at_the_end,
                    an_undone_registration_that_was_never_charged_has_no_subscription,
                    an_account_is_opened_once,
                    an_account_that_appeared_meanwhile_stops_the_opening,
                    an_account_without_its_customer_is_not_opened,
                    closing_an_account_leaves_nothing_of_it,
                    closing_twice_is_as_good_as_once,
                    a_closed_account_frees_the_email_at_rest,
                }
                claims {
                    nothing_is_due_at_first,
                    an_expired_lease_is_taken_over_by_one,
                    a_renewed_lease_is_kept,
                    a_waiting_registration_is_due_at_its_deadline,
                    a_parked_undoing_is_due_at_its_time,
                    the_longest_due_go_first_and_no_more_than_asked_for,
                    what_rests_is_never_due,
                }
                signals {
                    a_verified_address_claims_the_registration,
                    a_second_click_finds_it_in_other_hands,
                    a_click_after_the_deadline_comes_too_late,
                    a_click_before_the_account_is_open_is_not_for_it,
                    a_refused_mail_dooms_it,
                    a_doomed_registration_takes_no_click,
                    a_doomed_registration_is_due_when_its_driver_falls_silent,
                    what_somebody_holds_takes_no_signal,
                    a_look_at_what_waits_for_the_bank_gives_way_to_a_signal,
                    an_operator_undoes_what_waits_and_nothing_else,
                    a_confirmed_payment_goes_on,
                    nobody_is_unknown,
                }
                mails {
                    codes_are_counted_and_a_new_mail_has_its_own,
                    many_tries_at_once_are_all_counted,
                    another_mail_needs_patience_and_ends,
                    no_mail_is_queued_for_what_does_not_wait,
                }
                journeys {
                    a_journey_is_kept_with_its_mail_and_claims_nothing,
                    an_address_is_not_flooded_by_whoever_types_it,
                    an_address_is_not_flooded_by_many_at_once,
                    another_mail_of_a_journey_needs_patience_and_ends,
                    a_link_works_once_and_proves_whoever_used_it,
                    a_later_mail_has_another_link_which_uses_up_the_earlier,
                    nothing_is_kept_before_the_address_is_verified,
                    the_last_step_begins_one_registration,
                    of_many_last_steps_at_once_one_begins,
                    two_last_steps_that_were_to_have_the_same_id_are_two,
                    a_last_step_that_is_refused_leaves_the_journey_open,
                    after_an_undo_the_journey_goes_on,
                    a_journey_expires_and_is_deleted,
                    a_journey_that_led_to_an_account_is_emptied_and_leads_there_until_that_is_stripped,
                    a_registration_is_stripped_once_the_journey_that_led_to_it_is_emptied,
                    a_journey_whose_mail_is_refused_is_over_and_is_sent_nothing,
                    a_refusal_after_the_proof_changes_nothing,
                    journeys_are_listed_until_they_expire_or_lead_to_a_registration,
                }
                jobs {
                    a_job_of_a_refused_write_does_not_exist,
                    a_job_is_handed_to_one_worker,
                    a_job_of_a_silent_worker_is_handed_out_again,
                    a_finished_job_is_never_seen_again,
                    a_job_waits_for_its_time,
                    a_late_worker_changes_nothing,
                    follow_ups_are_queued_once,
                }
                news {
                    news_is_recorded_once_and_queues_one_job,
                    the_same_news_many_times_at_once_queues_one_job,
                    news_finds_its_registration_by_metadata_or_by_the_customer,
                    news_of_nothing_of_ours_is_recorded_and_queues_nothing,
                    news_without_room_for_its_id_is_refused,
                    where_an_account_is_outlives_the_journals_redaction,
                    old_news_is_forgotten_and_new_kept,
                }
                reflecting {
                    a_standing_is_written_and_the_rest_is_left_alone,
                    a_card_that_was_exchanged_is_written_and_one_that_was_removed_is_not_shown,
                    a_customer_that_was_deleted_is_noted_once_and_its_card_kept,
                    a_subscription_ends_once_and_its_period_is_kept_where_nobody_knows_it,
                    a_standing_without_an_account_writes_nothing,
                    a_standing_of_older_news_comes_too_late,
                    a_subscription_may_stand_in_every_way_and_come_back,
                }
                reading {
                    the_timeline_is_read_in_order_from_where_it_was_left,
                    no_event_is_lost_to_another_of_its_number,
                    a_note_needs_no_driver,
                    registrations_are_listed_newest_first,
                    a_taken_email_is_hinted_at,
                    what_is_under_way_at_another_gateway_is_counted_whole,
                    an_unknown_id_is_nothing,
                }
                retention {
                    what_has_rested_for_long_is_stripped_and_still_readable,
                    what_is_under_way_is_never_stripped,
                    what_is_to_be_looked_at_again_is_stripped_after_the_last_look,
                    keys_are_forgotten_by_age,
                    finished_jobs_are_deleted_and_queued_ones_kept,
                    no_more_is_forgotten_than_asked_for,
                }
            }
        }
    };
    (@tests $factory:path; $($subject:ident { $($test:ident,)* })*) => {
        $(mod $subject {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                let world = $factory().await;
                $crate::contract::$subject::$test(&world).await;
            })*
        })*
    };
}

pub(crate) use contract_suite;
