//! 3-D Secure: what the person's bank would ask on a page of its own is asked by the sandbox's.

use enlist_domain::{CardSummary, Money};
use enlist_registration::ids::{RegistrationId, SubscriptionId};
use serde::{Deserialize, Serialize};

use super::books::Books;
use super::cards::Behaviour;
use super::charges;
use super::error::SandboxError;
use super::payment_methods;
use super::subscriptions::{self, Entry, Status};

/// Why a subscription ended whose first payment the person refused to confirm.
pub const AUTHENTICATION_FAILED: &str = "authentication_failed";

/// What the person does when their bank asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authentication {
    /// Confirms the payment.
    Confirm,
    /// Refuses it, or fails to show who they are.
    Refuse,
}

/// What the bank asks the person about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Whose payment it is.
    pub registration: RegistrationId,
    /// How much is to be taken.
    pub amount: Money,
    /// From which card.
    pub card: CardSummary,
}

/// What the bank's question came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Authenticated {
    /// Whose payment it was: the registration that now has to be driven on.
    pub registration: RegistrationId,
    /// Which subscription waited for it.
    pub subscription: SubscriptionId,
    /// How it stands now.
    pub result: AuthenticationResult,
}

/// How a subscription stands after the bank's question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum AuthenticationResult {
    /// The first charge was taken, the subscription is active.
    Active,
    /// Nothing was taken, the subscription has ended.
    Ended {
        /// Why, as [`retrieve_subscription`] will say when it declines.
        ///
        /// [`retrieve_subscription`]: enlist_registration::ports::PaymentGateway::retrieve_subscription
        code: String,
    },
}

/// Why a question could not be put.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationFault {
    /// No subscription has this id or client secret.
    #[error("no payment of that name waits for a confirmation")]
    Unknown,
    /// It was confirmed or refused before, or has ended.
    #[error("the payment for {subscription} was settled before")]
    Settled {
        /// Whose payment it was.
        registration: RegistrationId,
        /// Which subscription it was for.
        subscription: SubscriptionId,
    },
    /// The sandbox itself failed.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
}

type Settled = Result<Authenticated, AuthenticationFault>;

/// The question about a subscription, named by its id or client secret, while it is open.
pub(super) fn question(
    books: &Books<'_>,
    name: &str,
) -> Result<Result<Question, AuthenticationFault>, SandboxError> {
    let Some(entry) = subscriptions::find(books, name)? else {
        return Ok(Err(AuthenticationFault::Unknown));
    };
    let (Status::Incomplete { .. }, Some(card)) = (
        &entry.status,
        payment_methods::of_customer(books, &entry.customer)?,
    ) else {
        let Entry {
            registration,
            subscription,
            ..
        } = entry;
        let subscription = subscription.id;
        return Ok(Err(AuthenticationFault::Settled {
            registration,
            subscription,
        }));
    };
    Ok(Ok(Question {
        registration: entry.registration,
        amount: entry.price,
        card: card.method.card,
    }))
}

/// Carries out what the person decided about a subscription, named by its id or client secret.
pub(super) fn settle(
    books: &Books<'_>,
    name: &str,
    decision: Authentication,
) -> Result<Settled, SandboxError> {
    let Some(entry) = subscriptions::find(books, name)? else {
        return Ok(Err(AuthenticationFault::Unknown));
    };
    let Status::Incomplete { .. } = entry.status else {
        let Entry {
            registration,
            subscription,
            ..
        } = entry;
        let subscription = subscription.id;
        let settled = AuthenticationFault::Settled {
            registration,
            subscription,
        };
        return Ok(Err(settled));
    };
    let result = match decision {
        Authentication::Confirm => confirm(books, &entry)?,
        Authentication::Refuse => end(books, &entry, AUTHENTICATION_FAILED)?,
    };
    let Entry {
        registration,
        subscription,
        ..
    } = entry;
    Ok(Ok(Authenticated {
        registration,
        subscription: subscription.id,
        result,
    }))
}

fn confirm(books: &Books<'_>, entry: &Entry) -> Result<AuthenticationResult, SandboxError> {
    let card = payment_methods::of_customer(books, &entry.customer)?;
    match card.map(|card| card.behaviour) {
        Some(Behaviour::AsksBeforeTheCharge {
            then_declines: Some(code),
        }) => {
            charges::take(books, &entry.taking(), Some(&code))?;
            end(books, entry, &code)
        }
        // Without a card there is no customer either, and its subscriptions have ended with it.
        _ => {
            subscriptions::activate(books, entry)?;
            Ok(AuthenticationResult::Active)
        }
    }
}

fn end(books: &Books<'_>, entry: &Entry, code: &str) -> Result<AuthenticationResult, SandboxError> {
    subscriptions::end(books, &entry.subscription.id, code)?;
    Ok(AuthenticationResult::Ended {
        code: code.to_owned(),
    })
}
