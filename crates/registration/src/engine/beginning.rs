//! How a registration begins: what leaves nothing behind is done first (hashing the password beside
//! turning the card into a token), then one journal row makes all the rest durable (D1).

use enlist_domain::{
    EmailAddress, Password, PasswordHash, Payment, PaymentToken, Plan, Profile, RawCard, SignUp,
};
use jiff::Timestamp;

use super::Engine;
use crate::ids::{Generation, PaymentMethodId, RegistrationId, UserId};
use crate::leaves::bounded;
use crate::limits::later;
use crate::ports::{
    Begun, CallKey, Decline, Direction, HashingFault, Outcome, PaymentMethod, RequestRecord,
    StoreFault,
};
use crate::state::{Intent, Lease, Progress, Registration, Status, StepState};
use crate::steps::StepName;
use crate::timeline::{Event, EventKind};

/// What became of a sign-up.
#[derive(Debug)]
pub enum Beginning {
    /// The journal row is durable. The caller holds the registration and is to drive it.
    Begun(Box<Registration>),
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

/// A card, ready to be attached.
#[derive(Default)]
struct Card {
    method: Option<PaymentMethodId>,
    tokenized: Option<PaymentMethod>,
}

/// What a sign-up becomes without its secrets.
struct Person {
    email: EmailAddress,
    profile: Profile,
    plan: Option<Plan>,
    card_was_raw: bool,
}

impl Engine {
    /// Begins a registration: hashes the password and turns the card into a token, side by side, then
    /// claims the e-mail with the journal row.
    pub async fn begin(
        &self,
        sign_up: SignUp,
        request: Option<RequestRecord>,
    ) -> Result<Beginning, BeginningFault> {
        let started_at = self.ports.clock.now();
        let id = RegistrationId::new(started_at, self.ports.random.as_ref());
        let SignUp {
            email,
            password,
            profile,
            payment,
            plan,
        } = sign_up;
        if let Some(early) = self.answer_early(&email, request.as_ref()).await? {
            return Ok(early);
        }
        let card_was_raw = matches!(payment, Some(Payment::Card(_)));
        let person = Person {
            email,
            profile,
            plan,
            card_was_raw,
        };
        let (hash, card) = match self.prepare(id, started_at, password, payment).await? {
            Ok(prepared) => prepared,
            Err(ended) => return Ok(ended),
        };
        let mut registration = self.new_registration(id, started_at, person, hash, card);
        let events = self.first_events(&mut registration);
        let store = &self.ports.store;
        let begun = store
            .begin(&registration, self.owner, request.as_ref(), &events)
            .await?;
        Ok(match begun {
            Begun::Begun => {
                for event in &events {
                    self.ports.observer.event(id, event);
                }
                Beginning::Begun(Box::new(registration))
            }
            Begun::EmailHasAccount | Begun::EmailIsHeld => Beginning::EmailTaken,
            Begun::KeyIsUsed(earlier) => Beginning::KeyIsUsed(earlier),
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

    /// The two things that take time and leave nothing behind, side by side. A declined card does not
    /// wait for the hash.
    async fn prepare(
        &self,
        id: RegistrationId,
        started_at: Timestamp,
        password: Password,
        payment: Option<Payment>,
    ) -> Result<Result<(PasswordHash, Card), Beginning>, BeginningFault> {
        let hash = async { Ok(self.ports.hasher.hash(password).await) };
        let card = async {
            match payment {
                None => Ok(Card::default()),
                Some(Payment::Token(token)) => Ok(Card::from_token(&token)),
                Some(Payment::Card(card)) => self.tokenize(id, started_at, &card).await,
            }
        };
        match tokio::try_join!(hash, card) {
            Ok((hash, card)) => Ok(Ok((hash?, card))),
            Err(ended) => Ok(Err(ended)),
        }
    }

    /// Turns a raw card into a token. Leaves nothing, so a doubt is a reason to ask again, no more.
    async fn tokenize(
        &self,
        id: RegistrationId,
        started_at: Timestamp,
        card: &RawCard,
    ) -> Result<Card, Beginning> {
        let step = StepName::TokenizeCard;
        let (clock, limits) = (self.ports.clock.as_ref(), &self.limits);
        let gives_up_at = later(started_at, limits.prepare_within);
        self.ports.observer.working(id, step, Direction::Forward);
        for attempt in 1..=limits.attempts {
            let left = gives_up_at
                .duration_since(clock.now())
                .try_into()
                .unwrap_or_default();
            let key = CallKey::of_token(id, attempt);
            let call = self.ports.gateway.tokenize_card(&key, card);
            let trouble = match bounded(clock, limits.call_timeout.min(left), call).await {
                Outcome::Done(method) => return Ok(Card::from_method(method)),
                Outcome::Declined(decline) => return Err(Beginning::Declined(decline)),
                Outcome::Rejected(trouble) => {
                    tracing::error!(registration = %id, trouble = trouble.summary,
                        "the gateway refused to tokenise a card");
                    return Err(Beginning::GatewayRejected);
                }
                Outcome::RequiresAction(_) => return Err(Beginning::GatewayRejected),
                Outcome::Retryable(trouble) | Outcome::InDoubt(trouble) => trouble,
            };
            let longest = limits.longest_pause;
            let pause = limits.pause_after(&trouble, attempt, longest, self.jitter());
            tracing::debug!(registration = %id, attempt, trouble = trouble.summary,
                "tokenising a card is tried again");
            if attempt == limits.attempts || later(clock.now(), pause) >= gives_up_at {
                break;
            }
            clock.sleep(pause).await;
        }
        Err(Beginning::GatewayUnavailable)
    }

    fn new_registration(
        &self,
        id: RegistrationId,
        started_at: Timestamp,
        person: Person,
        password_hash: PasswordHash,
        card: Card,
    ) -> Registration {
        let now = self.ports.clock.now();
        let random = self.ports.random.as_ref();
        let mut progress = Progress::default();
        progress.set(StepName::TokenizeCard, StepState::Done);
        progress.set(StepName::HoldEmail, StepState::Done);
        Registration {
            id,
            intent: Intent {
                user: UserId::new(now, random),
                subscription_row: UserId::new(now, random).0,
                email: person.email,
                password_hash,
                profile: person.profile,
                payment_method: card.method,
                tokenized: card.tokenized,
                card_was_raw: person.card_was_raw,
                plan: person.plan,
                gateway: self.ports.gateway.name().to_owned(),
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
            },
            next_seq: 1,
            mail_serial: 1,
            last_mail_at: None,
            code_attempts: 0,
        }
    }

    fn first_events(&self, registration: &mut Registration) -> Vec<Event> {
        let at = self.ports.clock.now();
        let generation = registration.lease.generation;
        let card = registration
            .intent
            .tokenized
            .as_ref()
            .map(|method| method.card.masked());
        let done = registration
            .intent
            .card_was_raw
            .then_some((StepName::TokenizeCard, card));
        let steps = done.into_iter().chain([(StepName::HoldEmail, None)]);
        let events: Vec<Event> = (registration.next_seq..)
            .zip(steps)
            .map(|(seq, (step, detail))| Event {
                seq,
                at,
                generation,
                step: Some(step),
                kind: EventKind::Done,
                detail,
            })
            .collect();
        registration.next_seq = events.last().map_or(1, |event| event.seq + 1);
        events
    }
}

impl Card {
    fn from_token(token: &PaymentToken) -> Self {
        Self {
            method: Some(PaymentMethodId(token.expose().to_owned())),
            tokenized: None,
        }
    }

    fn from_method(method: PaymentMethod) -> Self {
        Self {
            method: Some(method.id.clone()),
            tokenized: Some(method),
        }
    }
}
