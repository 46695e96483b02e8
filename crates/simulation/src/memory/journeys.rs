//! The journeys' part of the port.

use async_trait::async_trait;
use enlist_domain::EmailAddress;
use enlist_registration::ids::{JobId, RegistrationId};
use enlist_registration::jobs::{JobKind, NewJob};
use enlist_registration::journey::{AddressIs, Journey, Starter};
use enlist_registration::limits::later;
use enlist_registration::ports::{
    AddressRation, Entry, JourneyChange, JourneyFilter, JourneyStore, Journeys, LinkUsedBy,
    MailAsked, MailRation, Proof, StoreFault,
};
use enlist_registration::state::Status;
use jiff::Timestamp;

use super::MemoryStore;
use super::tables::{JourneyRow, Tables, to_micros};
use crate::bugs::Bug;

#[async_trait]
impl JourneyStore for MemoryStore {
    async fn begin_journey(
        &self,
        journey: &Journey,
        mail: JobId,
        ration: AddressRation,
    ) -> Result<(), StoreFault> {
        self.write(|tables, now| {
            let sent = tables.mails_to(journey.email.normalised(), now, ration);
            let mut journey = journey.clone();
            (journey.begun_at, journey.last_mail_at) = (now, now);
            journey.expires_at = to_micros(journey.expires_at);
            journey.mail_serial = u32::from(sent < ration.mails);
            if journey.mail_serial > 0 {
                queue_mail(tables, journey.id, mail, journey.mail_serial, now);
            }
            let row = JourneyRow {
                journey,
                links_used_to: 0,
            };
            tables.journeys.insert(row.journey.id, row);
            Ok(())
        })
    }

    async fn journey(&self, id: RegistrationId) -> Result<Option<Journey>, StoreFault> {
        Ok(self.read(|tables| {
            let mut journey = tables.journeys.get(&id)?.journey.clone();
            if tables.has_bug(Bug::JourneyNeedsNoProof) {
                journey.verified_at = journey.verified_at.or(Some(journey.begun_at));
            }
            Some(journey)
        }))
    }

    async fn count_journey_code(&self, id: RegistrationId) -> Result<u32, StoreFault> {
        Ok(self.write(|tables, _| {
            tables.journeys.get_mut(&id).map_or(1, |row| {
                row.journey.code_attempts = row.journey.code_attempts.saturating_add(1);
                row.journey.code_attempts
            })
        }))
    }

    async fn verify_journey(
        &self,
        id: RegistrationId,
        proof: Proof,
        expires_at: Timestamp,
    ) -> Result<JourneyChange, StoreFault> {
        let (serial, proves_starter) = match proof {
            Proof::Code => (None, true),
            Proof::Link { serial, by } => (Some(serial), by == LinkUsedBy::Starter),
        };
        Ok(self.write(|tables, now| {
            let works_twice = tables.has_bug(Bug::LinkWorksTwice);
            change(tables, id, now, |row| {
                let works = serial.is_none_or(|serial| {
                    (row.links_used_to < serial || works_twice) && serial <= row.journey.mail_serial
                });
                if !works || row.journey.mail_refused_at.is_some() {
                    return false;
                }
                let journey = &mut row.journey;
                journey.verified_at = journey.verified_at.or(Some(now));
                if proves_starter {
                    journey.starter = Starter::Proved;
                }
                row.links_used_to = serial.unwrap_or(row.links_used_to);
                journey.expires_at = journey.expires_at.max(to_micros(expires_at));
                true
            })
        }))
    }

    async fn refuse_journey_mail(&self, id: RegistrationId) -> Result<JourneyChange, StoreFault> {
        Ok(self.write(|tables, now| {
            change(tables, id, now, |row| {
                let journey = &mut row.journey;
                let ends = journey.verified_at.is_none() && journey.mail_refused_at.is_none();
                if ends {
                    journey.mail_refused_at = Some(now);
                }
                ends
            })
        }))
    }

    async fn journeys(&self, filter: &JourneyFilter) -> Result<Vec<Journey>, StoreFault> {
        let email = filter.email.as_ref().map(EmailAddress::normalised);
        Ok(self.read(|tables| {
            let journeys = tables.journeys.values().map(|row| &row.journey);
            let among = journeys.filter(|it| {
                let is_refused = it.address_is() == AddressIs::Refused;
                let is_among = match filter.which {
                    Journeys::All => true,
                    Journeys::Open => !is_refused,
                    Journeys::Refused => is_refused,
                };
                is_among
                    && email.is_none_or(|email| email == it.email.normalised())
                    && it.expires_at > filter.alive_at
                    && tables.is_open(it)
            });
            let mut found: Vec<Journey> = among.cloned().collect();
            found.sort_by_key(|it| std::cmp::Reverse((it.begun_at, it.id)));
            found.truncate(filter.limit as usize);
            found
        }))
    }

    async fn enter(&self, id: RegistrationId, entry: &Entry) -> Result<JourneyChange, StoreFault> {
        Ok(self.write(|tables, now| {
            let is_open = is_open(tables, id);
            let needs_proof = !tables.has_bug(Bug::JourneyNeedsNoProof);
            change(tables, id, now, |row| {
                let journey = &mut row.journey;
                if (journey.verified_at.is_none() && needs_proof) || !is_open {
                    return false;
                }
                match entry {
                    Entry::Profile(profile) => journey.profile = Some(profile.as_ref().clone()),
                    Entry::Card(card) => {
                        journey.card = Some(card.clone());
                        journey.registration = None;
                    }
                    Entry::Plan(plan) => journey.plan = Some(plan.clone()),
                }
                true
            })
        }))
    }

    async fn ask_for_journey_mail(
        &self,
        id: RegistrationId,
        job: JobId,
        ration: MailRation,
        of_address: AddressRation,
    ) -> Result<MailAsked, StoreFault> {
        Ok(self.write(|tables, now| {
            let found = tables.journeys.get(&id).map(|row| &row.journey);
            let waits = |journey: &&Journey| {
                journey.expires_at > now && journey.address_is() != AddressIs::Refused
            };
            let Some(journey) = found.filter(waits) else {
                return MailAsked::NotWaiting;
            };
            let sent = tables.mails_to(journey.email.normalised(), now, of_address);
            if journey.mail_serial >= ration.mails || sent >= of_address.mails {
                return MailAsked::Exhausted;
            }
            let not_before = later(journey.last_mail_at, ration.apart);
            if not_before > now {
                return MailAsked::TooSoon(not_before);
            }
            let serial = journey.mail_serial.saturating_add(1);
            if let Some(row) = tables.journeys.get_mut(&id) {
                row.journey.mail_serial = serial;
                row.journey.last_mail_at = now;
                row.journey.code_attempts = 0;
            }
            queue_mail(tables, id, job, serial, now);
            MailAsked::Queued
        }))
    }

    async fn has_account(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        Ok(self.read(|tables| tables.users_by_email.contains_key(email.normalised())))
    }
}

/// Whether the journey may still lead to a registration.
pub(super) fn is_open(tables: &Tables, id: RegistrationId) -> bool {
    let row = tables.journeys.get(&id);
    row.is_some_and(|row| tables.is_open(&row.journey))
}

/// Makes a journey point to the registration that its last step begins; whether it may.
pub(super) fn may_close(tables: &Tables, id: RegistrationId, now: Timestamp) -> bool {
    let open = is_open(tables, id);
    tables.journeys.get(&id).is_some_and(|row| {
        let journey = &row.journey;
        let verified = journey.verified_at.is_some() || tables.has_bug(Bug::JourneyNeedsNoProof);
        open && verified && journey.expires_at > now
    })
}

/// Deletes the journeys that have expired, and empties those whose registration is not undone; how many.
pub(super) fn forget(tables: &mut Tables, now: Timestamp) -> usize {
    let rows = &tables.rows;
    let leads_on = |journey: &Journey| {
        let led_to = journey.registration.and_then(|id| rows.get(&id));
        led_to.is_some_and(|row| row.registration.status != Status::Undone)
    };
    let mut changed = 0;
    tables.journeys.retain(|_, row| {
        let journey = &mut row.journey;
        let has_content = journey.registration.is_none() || journey.profile.is_some();
        if journey.expires_at > now || !has_content {
            return true;
        }
        changed += 1;
        let stays = leads_on(journey);
        if stays {
            (journey.profile, journey.card, journey.plan) = (None, None, None);
        }
        stays
    });
    changed
}

fn change(
    tables: &mut Tables,
    id: RegistrationId,
    now: Timestamp,
    change: impl FnOnce(&mut JourneyRow) -> bool,
) -> JourneyChange {
    let found = tables.journeys.get_mut(&id);
    let Some(row) = found.filter(|row| row.journey.expires_at > now) else {
        return JourneyChange::Gone;
    };
    let made = change(row);
    let journey = Box::new(row.journey.clone());
    match made {
        true => JourneyChange::Made(journey),
        false => JourneyChange::Refused(journey),
    }
}

fn queue_mail(
    tables: &mut Tables,
    registration: RegistrationId,
    id: JobId,
    serial: u32,
    due_at: Timestamp,
) {
    let job = NewJob {
        id,
        kind: JobKind::JourneyMail,
        registration,
        serial,
        due_at,
    };
    tables.queue(&job, due_at);
}
