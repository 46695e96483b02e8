//! Subscriptions: with their first charge or not at all, unless the bank wants the person to confirm;
//! ended so that nobody can pay them any more.

use enlist_registration::ids::SubscriptionId;
use enlist_registration::ports::{
    CallKey, Decline, NewSubscription, Outcome, RequiredAction, Subscription, Trouble,
};
use secrecy::SecretString;

use super::errors::{Failure, outcome};
use super::form::Form;
use super::objects::{
    Acknowledged, InvoiceObject, PaymentIntentObject, SubscriptionObject, SubscriptionState,
    unreadable,
};
use super::{REGISTRATION, Stripe};

/// Why a subscription that was cancelled, or was not confirmed in time, cannot be had.
const CANCELLED: &str = "subscription_canceled";

/// What the page confirms the payment with, and which payment that is.
const SECRET: &str = "latest_invoice.confirmation_secret";
const PAYMENTS: &str = "latest_invoice.payments";

/// What becomes of a subscription whose first payment does not succeed.
#[derive(Clone, Copy)]
enum Behavior {
    /// There is none (`error_if_incomplete`): nothing to clean up after a decline.
    AllOrNothing,
    /// It waits for the person (`default_incomplete`).
    Wait,
}

impl Stripe {
    /// First all or nothing. Only where the bank asks for the person is a second one made, under a key of
    /// its own, that waits for them: after a decline, which is far more frequent, nothing is left behind.
    pub(super) async fn make_subscription(
        &self,
        key: &CallKey,
        subscription: &NewSubscription<'_>,
    ) -> Outcome<Subscription> {
        let Some(price) = subscription.plan.gateway_price.as_deref() else {
            let name = &subscription.plan.name;
            let what = format!("the plan {name} has no gateway_price");
            return Outcome::Rejected(Trouble::new(what));
        };
        let form = |behavior| subscription_form(subscription, price, behavior);
        let all_or_nothing = form(Behavior::AllOrNothing);
        match self.post_subscription(key, all_or_nothing).await {
            Err(failure) if failure.asks_for_the_person() => {}
            other => return settled(other),
        }
        let waiting = form(Behavior::Wait);
        settled(
            self.post_subscription(&key.of_confirmation(), waiting)
                .await,
        )
    }

    /// How a subscription stands.
    pub(super) async fn look_at_subscription(&self, id: &SubscriptionId) -> Outcome<Subscription> {
        settled(self.standing_of(id).await)
    }

    /// Ends a subscription at once, and sees that its first invoice, if nobody has paid it, cannot be
    /// paid any more: a page that is still open could confirm it.
    pub(super) async fn end_subscription(&self, id: &SubscriptionId) -> Outcome<()> {
        outcome(self.end_with_invoice(id).await)
    }

    async fn post_subscription(&self, key: &CallKey, form: Form) -> Result<Stands, Failure> {
        let posted = self
            .client
            .post::<SubscriptionObject>("subscriptions", form, Some(key))
            .await?;
        // A stored answer says how it stood then. Where the person has refused since, this is a decline, and
        // the saga never hears the id of what is incomplete. It is ended all the same: whoever undoes the
        // customer ends whatever subscription hangs on it (`Caller::delete_all`).
        if posted.is_replayed && posted.object.status == SubscriptionState::Incomplete {
            return self.standing_of(&SubscriptionId(posted.object.id)).await;
        }
        match posted.object.status {
            SubscriptionState::Incomplete => waits(&posted.object),
            _ => stands(&posted.object),
        }
    }

    async fn standing_of(&self, id: &SubscriptionId) -> Result<Stands, Failure> {
        let query = Form::new()
            .with("expand[0]", SECRET)
            .with("expand[1]", PAYMENTS);
        let found: SubscriptionObject = self.client.get(&path_of(id), &query).await?;
        if found.status != SubscriptionState::Incomplete {
            return stands(&found);
        }
        let Some(payment) = found.invoice().and_then(InvoiceObject::payment_intent) else {
            return waits(&found);
        };
        let path = format!("payment_intents/{payment}");
        let payment: PaymentIntentObject = self.client.get(&path, &Form::new()).await?;
        match (payment.status.as_str(), payment.decline_code()) {
            // The money was taken; the subscription follows in a moment.
            ("succeeded", _) => runs(&found),
            ("requires_payment_method", Some(code)) => Ok(Stands::Over(code)),
            ("canceled", _) => Ok(Stands::Over(CANCELLED.to_owned())),
            _ => waits(&found),
        }
    }

    async fn end_with_invoice(&self, id: &SubscriptionId) -> Result<(), Failure> {
        let path = path_of(id);
        let query = Form::new().with("expand[0]", "latest_invoice");
        let ended = match self
            .client
            .delete::<SubscriptionObject>(&path, &query)
            .await
        {
            Ok(ended) => ended,
            // It has ended, or never was; an earlier try may not have come to the invoice.
            Err(failure) if failure.is_missing() => {
                match self.client.get::<SubscriptionObject>(&path, &query).await {
                    Ok(found) => found,
                    Err(failure) if failure.is_missing() => return Ok(()),
                    Err(failure) => return Err(failure),
                }
            }
            Err(failure) => return Err(failure),
        };
        if !has_ended(ended.status) {
            let what = format!("the subscription {id} goes on although it was cancelled");
            return Err(Failure::Unanswered(what));
        }
        match ended.invoice().filter(|invoice| invoice.is_open()) {
            Some(invoice) => self.void(&invoice.id).await,
            None => Ok(()),
        }
    }

    /// Where it was paid or voided a moment ago, Stripe refuses; whoever asks again finds it settled.
    async fn void(&self, invoice: &str) -> Result<(), Failure> {
        let path = format!("invoices/{invoice}/void");
        let voided = self.client.post::<Acknowledged>(&path, Form::new(), None);
        voided.await.map(|_| ())
    }
}

/// How a subscription stands, for somebody who signs up.
enum Stands {
    Runs(Subscription),
    Waits(RequiredAction),
    /// It cannot be had any more, for this reason.
    Over(String),
}

fn settled(stands: Result<Stands, Failure>) -> Outcome<Subscription> {
    match stands {
        Ok(Stands::Runs(subscription)) => Outcome::Done(subscription),
        Ok(Stands::Waits(action)) => Outcome::RequiresAction(action),
        Ok(Stands::Over(code)) => Outcome::Declined(Decline { code }),
        Err(failure) => failure.into_outcome(),
    }
}

fn stands(found: &SubscriptionObject) -> Result<Stands, Failure> {
    match found.status {
        SubscriptionState::Active | SubscriptionState::Trialing => runs(found),
        SubscriptionState::Incomplete => waits(found),
        SubscriptionState::Canceled
        | SubscriptionState::IncompleteExpired
        | SubscriptionState::PastDue
        | SubscriptionState::Paused
        | SubscriptionState::Unpaid => Ok(Stands::Over(CANCELLED.to_owned())),
    }
}

fn runs(found: &SubscriptionObject) -> Result<Stands, Failure> {
    Ok(Stands::Runs(Subscription {
        id: SubscriptionId(found.id.clone()),
        current_period_end: found.current_period_end()?,
    }))
}

fn waits(found: &SubscriptionObject) -> Result<Stands, Failure> {
    let secret = found
        .invoice()
        .and_then(InvoiceObject::client_secret)
        .ok_or_else(|| unreadable("the client secret of a subscription"))?;
    Ok(Stands::Waits(RequiredAction {
        subscription: SubscriptionId(found.id.clone()),
        client_secret: SecretString::from(secret),
    }))
}

/// Nothing will be charged for it any more.
pub(super) fn has_ended(state: SubscriptionState) -> bool {
    matches!(
        state,
        SubscriptionState::Canceled | SubscriptionState::IncompleteExpired
    )
}

pub(super) fn path_of(id: &SubscriptionId) -> String {
    format!("subscriptions/{id}")
}

fn subscription_form(subscription: &NewSubscription<'_>, price: &str, behavior: Behavior) -> Form {
    let form = Form::new()
        .with("customer", subscription.customer.as_str())
        .with("items[0][price]", price)
        .with(
            &format!("metadata[{REGISTRATION}]"),
            &subscription.registration.to_string(),
        );
    match behavior {
        Behavior::AllOrNothing => form.with("payment_behavior", "error_if_incomplete"),
        Behavior::Wait => form
            .with("payment_behavior", "default_incomplete")
            .with("expand[0]", SECRET),
    }
}
