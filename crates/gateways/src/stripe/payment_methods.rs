//! From a raw card to a token. Only where the operator has switched `gateway.accept_raw_cards` on; and
//! Stripe takes raw numbers only from accounts that it has allowed to.

use enlist_domain::RawCard;
use enlist_registration::ports::{CallKey, Outcome, PaymentMethod};

use super::Stripe;
use super::errors::outcome;
use super::form::Form;
use super::objects::{PaymentMethodObject, unreadable};

impl Stripe {
    /// The card ends here: the form that holds it is wiped once it was sent.
    pub(super) async fn make_payment_method(
        &self,
        key: &CallKey,
        card: &RawCard,
    ) -> Outcome<PaymentMethod> {
        let expiry = card.expiry;
        let form = Form::new()
            .with("type", "card")
            .with("card[number]", card.number.expose())
            .with("card[exp_month]", &expiry.month().to_string())
            .with("card[exp_year]", &expiry.year().to_string())
            .with("card[cvc]", card.security_code.expose());
        let made = self
            .client
            .post::<PaymentMethodObject>("payment_methods", form, Some(key));
        let method = made.await.and_then(|made| {
            let method = made.object.payment_method()?;
            method.ok_or_else(|| unreadable("the card of a payment method"))
        });
        outcome(method)
    }
}
