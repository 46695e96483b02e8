//! How a registration begins: what leaves nothing behind is done first (hashing the password beside
//! turning the card into a token), then one journal row makes all the rest durable (D1).

use enlist_domain::{EmailAddress, Language, PasswordHash, Plan, Profile, SignUp};
use jiff::Timestamp;

use super::Engine;
use super::preparing::{Card, NoToken};
use crate::ids::{Generation, JobId, RegistrationId, UserId};
use crate::jobs::{JobKind, NewJob};
use crate::limits::later;
use crate::ports::{Begun, Decline, HashingFault, NewRegistration, RequestRecord, StoreFault};
use crate::saga::{Decision, Moment, decide};
use crate::state::{Intent, Lease, Progress, Registration, Status, StepState};
use crate::steps::{Order, StepName};
use crate::timeline::{Event, EventKind};

/// What became of a sign-up.
#[derive(Debug)]
pub enum Beginning {
    /// The journal row is durable. The caller holds the registration and is to drive it.
    Begun(Box<Registration>),
    /// The journal row is durable, and the person is waited for. Nobody holds the registration.
    Waits(Box<Registration>),
    /// An account, or a registration that is under way, has the address. Nothing was begun.
    EmailTaken,
    /// The idempotency key was used before. Whether for the same request, the record tells.
    KeyIsUsed(Box<(RequestRecord, Registration)>),
    /// The card was declined when it was to be turned into a token. Nothing was begun.
    Declined(Decline),
    /// The gateway could not be reached to turn the card into a token. Nothing was begun.
    GatewayUnavailable,
    /// The gateway refused to turn the card into a token: our fault. Nothing was begun.
    GatewayRejected,
    /// The journey is over, or led to another registration meanwhile. Nothing was begun.
    JourneyIsClosed,
}

impl From<NoToken> for Beginning {
    fn from(why: NoToken) -> Self {
        match why {
            NoToken::Declined(decline) => Self::Declined(decline),
            NoToken::GatewayUnavailable => Self::GatewayUnavailable,
            NoToken::GatewayRejected => Self::GatewayRejected,
        }
    }
}

/// A sign-up could not even be tried: the machine's fault. Nothing was begun, unless the database
/// failed to say so; then the journal tells, and whoever sweeps it goes on.
#[derive(Debug, thiserror::Error)]
pub enum BeginningFault {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreFault),
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingFault),
}

/// A registration that is to be begun.
pub(super) struct Draft {
    pub(super) registration: Registration,
    pub(super) request: Option<RequestRecord>,
    pub(super) mail: Option<NewJob>,
    pub(super) journey: Option<RegistrationId>,
}

/// How a registration is to go, beside what was asked for.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// In which order its steps are taken.
    pub order: Order,
    /// In which language its mails are written; none: in the service's.
    pub language: Option<Language>,
}

/// What a sign-up becomes without its secrets.
pub(super) struct Person {
    pub(super) email: EmailAddress,
    pub(super) password_hash: PasswordHash,
    pub(super) profile: Profile,
    pub(super) plan: Option<Plan>,
    pub(super) card: Card,
}

impl Engine {
    /// Begins a registration: hashes the password and turns the card into a token, side by side, then
    /// claims the e-mail with the journal row.
    pub async fn begin(
        &self,
        sign_up: SignUp,
        request: Option<RequestRecord>,
        terms: Terms,
    ) -> Result<Beginning, BeginningFault> {
        let started_at = self.ports.clock.now();
        let id = RegistrationId::new(started_at, self.ports.random.as_ref());
        if let Some(early) = self.answer_early(&sign_up.email, request.as_ref()).await? {
            return Ok(early);
        }
        let prepared = self.prepare(id, started_at, sign_up.password, sign_up.payment);
        let (password_hash, card) = match prepared.await? {
            Ok(prepared) => prepared,
            Err(no_token) => return Ok(no_token.into()),
        };
        let person = Person {
            email: sign_up.email,
            password_hash,
            profile: sign_up.profile,
            plan: sign_up.plan,
            card,
        };
        let mut registration = self.new_registration(id, started_at, person, terms);
        let mail = self.await_person_at_once(&mut registration);
        let begun = Draft {
            registration,
            request,
            mail,
            journey: None,
        };
        Ok(self.write_beginning(begun).await?)
    }

    /// Writes the journal row, with its first events.
    pub(super) async fn write_beginning(&self, new: Draft) -> Result<Beginning, StoreFault> {
        let mut registration = new.registration;
        let events = self.first_events(&mut registration);
        let new = NewRegistration {
            request: new.request.as_ref(),
            mail: new.mail.as_ref(),
            journey: new.journey,
            events: &events,
            ..NewRegistration::of(&registration, self.owner)
        };
        let is_held = new.waits_until().is_none();
        let begun = self.ports.store.begin(new).await?;
        Ok(match begun {
            Begun::Begun => {
                for event in &events {
                    self.ports.observer.event(registration.id, event);
                }
                let registration = Box::new(registration);
                match is_held {
                    true => Beginning::Begun(registration),
                    false => Beginning::Waits(registration),
                }
            }
            Begun::EmailHasAccount | Begun::EmailIsHeld => Beginning::EmailTaken,
            Begun::KeyIsUsed(earlier) => Beginning::KeyIsUsed(earlier),
            Begun::JourneyIsClosed => Beginning::JourneyIsClosed,
        })
    }

    /// Saves the work of hashing where the answer is plain already. Only the journal row decides.
    async fn answer_early(
        &self,
        email: &EmailAddress,
        request: Option<&RequestRecord>,
    ) -> Result<Option<Beginning>, StoreFault> {
        let taken = self.ports.store.email_is_taken(email).await?;
        // Asked last: whoever took the address a moment ago may be the first send of this request.
        if let Some(request) = request
            && let Some(earlier) = self.ports.store.request(&request.key).await?
        {
            return Ok(Some(Beginning::KeyIsUsed(Box::new(earlier))));
        }
        Ok(taken.then_some(Beginning::EmailTaken))
    }

    pub(super) fn new_registration(
        &self,
        id: RegistrationId,
        started_at: Timestamp,
        person: Person,
        terms: Terms,
    ) -> Registration {
        let now = self.ports.clock.now();
        let random = self.ports.random.as_ref();
        let mut progress = Progress::default();
        progress.set(StepName::TokenizeCard, StepState::Done);
        progress.set(StepName::HoldEmail, StepState::Done);
        Registration {
            id,
            intent: Intent {
                order: terms.order,
                user: UserId::new(now, random),
                subscription_row: UserId::new(now, random).0,
                email: person.email,
                password_hash: person.password_hash,
                profile: person.profile,
                payment_method: person.card.method,
                tokenized: person.card.tokenized,
                card_was_raw: person.card.was_raw,
                plan: person.plan,
                gateway: self.ports.gateway.name().to_owned(),
                language: terms.language,
            },
            status: Status::Running,
            progress,
            failure: None,
            begun_at: started_at,
            deadline_at: later(started_at, self.limits.deadline),
            act_by: None,
            verified_at: None,
            opened_at: None,
            rested_at: None,
            undoing_since: None,
            attempts: 0,
            not_before: None,
            lease: Lease {
                generation: Generation::FIRST,
                expires_at: later(now, self.limits.lease),
                given_at: now,
            },
            next_seq: 1,
            mail_serial: 1,
            last_mail_at: None,
            code_attempts: 0,
        }
    }

    /// Where the first thing after the journal row is to verify the address, the person is waited for
    /// from the beginning; the mail to them is returned.
    fn await_person_at_once(&self, registration: &mut Registration) -> Option<NewJob> {
        let now = self.ports.clock.now();
        let Decision::AwaitPerson(_) = decide(registration, now) else {
            return None;
        };
        registration.await_verification(Moment {
            now,
            limits: &self.limits,
            jitter: 0.0,
        });
        registration.last_mail_at = Some(now);
        Some(NewJob {
            id: JobId::new(now, self.ports.random.as_ref()),
            kind: JobKind::VerificationMail,
            registration: registration.id,
            serial: registration.mail_serial,
            due_at: now,
        })
    }

    fn first_events(&self, registration: &mut Registration) -> Vec<Event> {
        let at = self.ports.clock.now();
        let generation = registration.lease.generation;
        let card = registration
            .intent
            .tokenized
            .as_ref()
            .map(|method| method.card.masked());
        let tokenized = (registration.intent.card_was_raw).then_some((
            StepName::TokenizeCard,
            EventKind::Done,
            card,
        ));
        let held = (StepName::HoldEmail, EventKind::Done, None);
        let verifying = match registration.status {
            Status::AwaitingVerification => Some(EventKind::Waiting),
            _ => registration.verified_at.map(|_| EventKind::Done),
        };
        let verifying = verifying.map(|kind| (StepName::VerifyEmail, kind, None));
        let steps = tokenized.into_iter().chain([held]).chain(verifying);
        let events: Vec<Event> = (registration.next_seq..)
            .zip(steps)
            .map(|(seq, (step, kind, detail))| Event {
                seq,
                at,
                generation,
                step: Some(step),
                kind,
                detail,
            })
            .collect();
        registration.next_seq = events.last().map_or(1, |event| event.seq + 1);
        events
    }
}
