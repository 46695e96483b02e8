//! What leaves nothing behind, and is done before anything is begun: hashing the password beside turning
//! the card into a token.

use enlist_domain::{Password, PasswordHash, Payment, PaymentToken, RawCard};
use jiff::Timestamp;

use super::Engine;
use crate::ids::{PaymentMethodId, RegistrationId};
use crate::leaves::bounded;
use crate::limits::later;
use crate::ports::{CallKey, Decline, Direction, HashingFault, Outcome, PaymentMethod};
use crate::steps::StepName;

/// A card, ready to be attached.
#[derive(Default)]
pub(super) struct Card {
    pub(super) method: Option<PaymentMethodId>,
    pub(super) tokenized: Option<PaymentMethod>,
    /// The server saw the raw card.
    pub(super) was_raw: bool,
}

/// Why there is no token. Nothing was begun.
#[derive(Debug)]
pub enum NoToken {
    /// The card was declined.
    Declined(Decline),
    /// The gateway could not be reached.
    GatewayUnavailable,
    /// The gateway refused to make one: our fault.
    GatewayRejected,
}

impl Engine {
    /// The two things that take time and leave nothing behind, side by side. A declined card does not
    /// wait for the hash.
    pub(super) async fn prepare(
        &self,
        id: RegistrationId,
        started_at: Timestamp,
        password: Password,
        payment: Option<Payment>,
    ) -> Result<Result<(PasswordHash, Card), NoToken>, HashingFault> {
        let hash = async { Ok(self.ports.hasher.hash(password).await) };
        let card = self.take_card(id, started_at, payment);
        match tokio::try_join!(hash, card) {
            Ok((hash, card)) => Ok(Ok((hash?, card))),
            Err(ended) => Ok(Err(ended)),
        }
    }

    /// What was given in order to pay, as what can be kept of it. `id` is what the gateway's calls carry.
    pub(super) async fn take_card(
        &self,
        id: RegistrationId,
        started_at: Timestamp,
        payment: Option<Payment>,
    ) -> Result<Card, NoToken> {
        match payment {
            None => Ok(Card::default()),
            Some(Payment::Token(token)) => Ok(Card::from_token(&token)),
            Some(Payment::Card(card)) => self.tokenize(id, started_at, &card).await,
        }
    }

    /// Turns a raw card into a token. Leaves nothing, so a doubt is a reason to ask again, no more.
    async fn tokenize(
        &self,
        id: RegistrationId,
        started_at: Timestamp,
        card: &RawCard,
    ) -> Result<Card, NoToken> {
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
                Outcome::Declined(decline) => return Err(NoToken::Declined(decline)),
                Outcome::Rejected(trouble) => {
                    tracing::error!(registration = %id, trouble = trouble.summary,
                        "the gateway refused to tokenise a card");
                    return Err(NoToken::GatewayRejected);
                }
                Outcome::RequiresAction(_) => return Err(NoToken::GatewayRejected),
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
        Err(NoToken::GatewayUnavailable)
    }
}

impl Card {
    fn from_token(token: &PaymentToken) -> Self {
        Self {
            method: Some(PaymentMethodId(token.expose().to_owned())),
            tokenized: None,
            was_raw: false,
        }
    }

    fn from_method(method: PaymentMethod) -> Self {
        Self {
            method: Some(method.id.clone()),
            tokenized: Some(method),
            was_raw: true,
        }
    }
}
