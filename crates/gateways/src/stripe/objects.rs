//! What is read of Stripe's objects: the few fields that are used. Unknown fields are no fault, so that
//! what Stripe adds breaks nothing.

use std::collections::BTreeMap;

use enlist_domain::{CardBrand, CardSummary, Expiry, Money};
use enlist_registration::ids::{ChargeId, CustomerId, PaymentMethodId, RegistrationId};
use enlist_registration::ports::{Customer, CvcCheck, HeldCharge, PaymentMethod};
use iso_currency::Currency;
use jiff::Timestamp;
use serde::Deserialize;

use super::REGISTRATION;
use super::errors::Failure;

/// An object, or only its id where it was not asked for.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Expandable<T> {
    /// As it is without `expand`.
    Id(String),
    /// As it was asked for.
    Object(T),
}

impl<T> Expandable<T> {
    /// The object, if it is there.
    pub(super) fn object(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(object),
        }
    }
}

/// `metadata`: what whoever made the object wrote into it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Metadata(BTreeMap<String, String>);

impl Metadata {
    /// For which registration the object was made, if for one of ours.
    pub(super) fn registration(&self) -> Option<RegistrationId> {
        self.0.get(REGISTRATION)?.parse().ok()
    }
}

/// A customer, or what is left of a deleted one: its id.
#[derive(Debug, Deserialize)]
pub(super) struct CustomerObject {
    pub(super) id: String,
    #[serde(default)]
    pub(super) deleted: bool,
    #[serde(default)]
    pub(super) metadata: Metadata,
    invoice_settings: Option<InvoiceSettings>,
}

#[derive(Debug, Deserialize)]
struct InvoiceSettings {
    default_payment_method: Option<Expandable<PaymentMethodObject>>,
}

impl CustomerObject {
    /// As the port has it. The card is there where it was asked for (`expand`).
    pub(super) fn customer(&self) -> Result<Customer, Failure> {
        let settings = self.invoice_settings.as_ref();
        let method = settings.and_then(|it| it.default_payment_method.as_ref()?.object());
        Ok(Customer {
            id: CustomerId(self.id.clone()),
            payment_method: match method {
                Some(method) => method.payment_method()?,
                None => None,
            },
        })
    }
}

/// A payment method.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PaymentMethodObject {
    id: String,
    card: Option<CardObject>,
}

#[derive(Clone, Debug, Deserialize)]
struct CardObject {
    brand: String,
    last4: String,
    exp_month: u8,
    exp_year: u16,
    checks: Option<Checks>,
}

#[derive(Clone, Debug, Deserialize)]
struct Checks {
    cvc_check: Option<String>,
}

impl PaymentMethodObject {
    /// As the port has it; none where it is no card.
    pub(super) fn payment_method(&self) -> Result<Option<PaymentMethod>, Failure> {
        let Some(card) = &self.card else {
            return Ok(None);
        };
        let expiry = Expiry::new(card.exp_month, card.exp_year)
            .map_err(|_| unreadable("the expiry of a card"))?;
        let checked = card.checks.as_ref().and_then(|it| it.cvc_check.as_deref());
        Ok(Some(PaymentMethod {
            id: PaymentMethodId(self.id.clone()),
            card: CardSummary {
                brand: CardBrand::from_name(&card.brand),
                last4: card.last4.clone(),
                expiry,
            },
            cvc_check: match checked {
                Some("pass") => CvcCheck::Pass,
                Some("fail") => CvcCheck::Fail,
                Some("unavailable") => CvcCheck::Unavailable,
                _ => CvcCheck::Unchecked,
            },
        }))
    }
}

/// A subscription.
#[derive(Debug, Deserialize)]
pub(super) struct SubscriptionObject {
    pub(super) id: String,
    pub(super) status: SubscriptionState,
    pub(super) latest_invoice: Option<Expandable<InvoiceObject>>,
    cancel_at: Option<i64>,
    #[serde(default)]
    cancel_at_period_end: bool,
    items: Page<ItemObject>,
}

/// `status` of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SubscriptionState {
    Active,
    Canceled,
    Incomplete,
    IncompleteExpired,
    PastDue,
    Paused,
    Trialing,
    Unpaid,
}

#[derive(Debug, Deserialize)]
struct ItemObject {
    current_period_end: i64,
}

impl SubscriptionObject {
    /// When the next charge is due: of several items, the first.
    pub(super) fn current_period_end(&self) -> Result<Timestamp, Failure> {
        let ends = self.items.data.iter().map(|item| item.current_period_end);
        let first = ends.min();
        first
            .and_then(|end| Timestamp::from_second(end).ok())
            .ok_or_else(|| unreadable("the period of a subscription"))
    }

    /// When it is going to end, if that was decided.
    pub(super) fn cancel_at(&self) -> Result<Option<Timestamp>, Failure> {
        if self.cancel_at_period_end {
            return self.current_period_end().map(Some);
        }
        let moment = self.cancel_at.map(Timestamp::from_second).transpose();
        moment.map_err(|_| unreadable("the end of a subscription"))
    }

    /// The invoice of the present period, where it was asked for.
    pub(super) fn invoice(&self) -> Option<&InvoiceObject> {
        self.latest_invoice.as_ref()?.object()
    }
}

/// A subscription among everybody's: who pays for it, and for which registration it was made. Nothing
/// else is read, so that what others bought, whatever it is, is in nobody's way.
#[derive(Debug, Deserialize)]
pub(super) struct PaidObject {
    id: String,
    customer: Expandable<CustomerObject>,
    #[serde(default)]
    metadata: Metadata,
}

impl PaidObject {
    /// The customer who pays, if it was made for this registration.
    pub(super) fn payer(&self, registration: RegistrationId) -> Option<CustomerId> {
        if self.metadata.registration() != Some(registration) {
            return None;
        }
        Some(CustomerId(match &self.customer {
            Expandable::Id(id) => id.clone(),
            Expandable::Object(customer) => customer.id.clone(),
        }))
    }
}

/// An invoice.
#[derive(Debug, Deserialize)]
pub(super) struct InvoiceObject {
    pub(super) id: String,
    pub(super) status: Option<String>,
    confirmation_secret: Option<ConfirmationSecret>,
    payments: Option<Page<InvoicePayment>>,
}

#[derive(Debug, Deserialize)]
struct ConfirmationSecret {
    client_secret: String,
}

#[derive(Debug, Deserialize)]
struct InvoicePayment {
    payment: Payment,
}

#[derive(Debug, Deserialize)]
struct Payment {
    payment_intent: Option<String>,
}

impl InvoiceObject {
    /// Nobody has paid it, and somebody still could.
    pub(super) fn is_open(&self) -> bool {
        self.status.as_deref() == Some("open")
    }

    /// What the page confirms the payment with, where it was asked for.
    pub(super) fn client_secret(&self) -> Option<&str> {
        let secret = self.confirmation_secret.as_ref()?;
        Some(&secret.client_secret)
    }

    /// The payment that waits to be confirmed, where it was asked for.
    pub(super) fn payment_intent(&self) -> Option<&str> {
        let payments = self.payments.as_ref()?;
        payments
            .data
            .iter()
            .find_map(|it| it.payment.payment_intent.as_deref())
    }
}

/// A payment that is under way.
#[derive(Debug, Deserialize)]
pub(super) struct PaymentIntentObject {
    pub(super) status: String,
    last_payment_error: Option<PaymentError>,
}

#[derive(Debug, Deserialize)]
struct PaymentError {
    code: Option<String>,
    decline_code: Option<String>,
}

impl PaymentIntentObject {
    /// The bank's word for the last failure, if there was one.
    pub(super) fn decline_code(&self) -> Option<String> {
        let error = self.last_payment_error.as_ref()?;
        error.decline_code.clone().or_else(|| error.code.clone())
    }
}

/// A charge.
#[derive(Debug, Deserialize)]
pub(super) struct ChargeObject {
    pub(super) id: String,
    amount: i64,
    amount_refunded: i64,
    currency: String,
    status: String,
}

impl ChargeObject {
    /// As the port has it; none where nothing was taken.
    pub(super) fn held(&self) -> Result<Option<HeldCharge>, Failure> {
        if self.status == "failed" {
            return Ok(None);
        }
        let currency = Currency::from_code(&self.currency.to_uppercase())
            .ok_or_else(|| unreadable("the currency of a charge"))?;
        Ok(Some(HeldCharge {
            id: ChargeId(self.id.clone()),
            amount: Money::new(self.amount, currency),
            refunded_minor: self.amount_refunded,
        }))
    }
}

/// What is said of something that was deleted, cancelled or voided: nothing that is used.
#[derive(Debug, Deserialize)]
pub(super) struct Acknowledged {}

/// One page of a list.
#[derive(Debug, Deserialize)]
pub(super) struct Page<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// What has an id, by which the next page is asked for.
pub(super) trait Identified {
    /// The id.
    fn id(&self) -> &str;
}

macro_rules! identified {
    ($($object:ident),*) => {
        $(impl Identified for $object {
            fn id(&self) -> &str {
                &self.id
            }
        })*
    };
}
identified!(CustomerObject, SubscriptionObject, PaidObject, ChargeObject);

/// A success that makes no sense is a doubt, never a failure.
pub(super) fn unreadable(what: &str) -> Failure {
    Failure::Unanswered(format!("{what} in Stripe's answer cannot be read"))
}
