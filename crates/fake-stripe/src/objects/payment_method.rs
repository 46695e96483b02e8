//! Cards. What is kept of one is how it behaves, never its number.

use enlist_domain::CardBrand;
use enlist_gateways::sandbox::Behaviour;
use enlist_registration::ports::CvcCheck;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::seconds;
use crate::books::{Books, Entry, Table};

#[derive(Clone)]
pub(crate) struct PaymentMethod {
    pub(crate) id: String,
    pub(crate) created: Timestamp,
    pub(crate) brand: CardBrand,
    pub(crate) last4: String,
    pub(crate) exp_month: i64,
    pub(crate) exp_year: i64,
    pub(crate) behaviour: Behaviour,
    /// What comes of its security code once it is attached; none where there was no code.
    pub(crate) cvc_check: Option<CvcCheck>,
    pub(crate) attachment: Attachment,
    pub(crate) billing_details: Value,
    pub(crate) metadata: Value,
}

/// Whose a card is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attachment {
    /// A token that nobody has used.
    None,
    /// This customer's.
    To(String),
    /// It was this customer's, and can never be anybody's again.
    DetachedFrom(String),
}

impl PaymentMethod {
    /// Whose it is now.
    pub(crate) fn customer(&self) -> Option<&str> {
        match &self.attachment {
            Attachment::To(customer) => Some(customer),
            Attachment::None | Attachment::DetachedFrom(_) => None,
        }
    }

    fn cvc_check(&self) -> Option<&'static str> {
        let check = self.cvc_check.as_ref()?;
        Some(match (&self.attachment, check) {
            (Attachment::None, _) | (_, CvcCheck::Unchecked) => "unchecked",
            (_, CvcCheck::Pass) => "pass",
            (_, CvcCheck::Fail) => "fail",
            (_, CvcCheck::Unavailable) => "unavailable",
        })
    }
}

impl Entry for PaymentMethod {
    const NOUN: &'static str = "PaymentMethod";

    fn table(books: &Books) -> &Table<Self> {
        &books.payment_methods
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> Timestamp {
        self.created
    }

    fn to_json(&self, _: &Books) -> Value {
        json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": self.billing_details,
            "card": {
                "brand": self.brand.as_str(),
                "checks": {
                    "address_line1_check": null,
                    "address_postal_code_check": null,
                    "cvc_check": self.cvc_check(),
                },
                "country": "US",
                "display_brand": self.brand.as_str(),
                "exp_month": self.exp_month,
                "exp_year": self.exp_year,
                "funding": "credit",
                "generated_from": null,
                "last4": self.last4,
                "networks": { "available": [self.brand.as_str()], "preferred": null },
                "three_d_secure_usage": { "supported": true },
                "wallet": null,
            },
            "created": seconds(self.created),
            "customer": self.customer(),
            "livemode": false,
            "metadata": self.metadata,
            "type": "card",
        })
    }
}
