//! What the sandbox gateway holds, as tables for a person.

use enlist_domain::{CardBrand, Money};
use enlist_gateways::sandbox::Ledger;
use iso_currency::Currency;

use crate::language::{Language, Message};
use crate::msg;
use crate::pages::views::{Holding, HoldingTable};

/// How many rows of each kind the page shows; the ledger as JSON has them all.
const MOST_ROWS: usize = 200;

/// Customers, payment methods, subscriptions, charges, refunds.
pub(super) fn tables(language: Language, ledger: &Ledger) -> Vec<HoldingTable> {
    let say = |message: Message| language.tell(&message);
    let customers = ledger.customers.iter().rev().map(|customer| Holding {
        live: customer.live,
        state: say(if customer.live {
            msg!("holding-live")
        } else {
            msg!("holding-deleted")
        }),
        what: customer.email.clone().unwrap_or_default(),
        amount: String::new(),
        id: customer.id.to_string(),
        registration_id: customer.registration_id.to_string(),
    });
    let methods = ledger.payment_methods.iter().rev().map(|method| Holding {
        live: method.live,
        state: say(if method.live {
            msg!("holding-attached")
        } else {
            msg!("holding-not-attached")
        }),
        what: format!(
            "{} •••• {}",
            language.brand(CardBrand::from_name(&method.brand)),
            method.last4
        ),
        amount: String::new(),
        id: method.id.to_string(),
        registration_id: method
            .registration_id
            .map(|id| id.to_string())
            .unwrap_or_default(),
    });
    let subscriptions = ledger
        .subscriptions
        .iter()
        .rev()
        .map(|subscription| Holding {
            live: subscription.live,
            state: status(language, &subscription.status),
            what: subscription.plan.clone(),
            amount: money(language, subscription.amount_minor, &subscription.currency),
            id: subscription.id.to_string(),
            registration_id: subscription.registration_id.to_string(),
        });
    let charges = ledger.charges.iter().rev().map(|charge| Holding {
        live: charge.live,
        state: match charge.refunded_minor {
            0 => status(language, &charge.status),
            _ => say(msg!("holding-refunded")),
        },
        what: charge.failure_code.clone().unwrap_or_default(),
        amount: money(language, charge.amount_minor, &charge.currency),
        id: charge.id.to_string(),
        registration_id: charge.registration_id.to_string(),
    });
    let refunds = ledger.refunds.iter().rev().map(|refund| Holding {
        live: refund.live,
        state: status(language, "succeeded"),
        what: refund.charge_id.to_string(),
        amount: money(language, refund.amount_minor, &refund.currency),
        id: refund.id.clone(),
        registration_id: refund.registration_id.to_string(),
    });
    vec![
        table(
            "customers",
            say(msg!("holding-customers")),
            say(msg!("holding-customers-none")),
            customers,
        ),
        table(
            "payment_methods",
            say(msg!("holding-methods")),
            say(msg!("holding-methods-none")),
            methods,
        ),
        table(
            "subscriptions",
            say(msg!("holding-subscriptions")),
            say(msg!("holding-subscriptions-none")),
            subscriptions,
        ),
        table(
            "charges",
            say(msg!("holding-charges")),
            say(msg!("holding-charges-none")),
            charges,
        ),
        table(
            "refunds",
            say(msg!("holding-refunds")),
            say(msg!("holding-refunds-none")),
            refunds,
        ),
    ]
}

fn table(
    name: &str,
    title: String,
    empty: String,
    rows: impl Iterator<Item = Holding>,
) -> HoldingTable {
    HoldingTable {
        name: name.to_owned(),
        title,
        rows: rows.take(MOST_ROWS).collect(),
        empty,
    }
}

/// An amount of the books, whatever currency they name.
pub(super) fn money(language: Language, amount_minor: i64, currency: &str) -> String {
    match Currency::from_code(&currency.to_uppercase()) {
        Some(currency) => language.money(Money::new(amount_minor, currency)),
        None => format!("{amount_minor} {currency}"),
    }
}

/// A status of the books in words; one that is not known as it is spelled.
fn status(language: Language, status: &str) -> String {
    language.tell(&match status {
        "active" => msg!("holding-active"),
        "incomplete" => msg!("holding-incomplete"),
        "ended" => msg!("holding-ended"),
        "succeeded" => msg!("holding-succeeded"),
        "failed" => msg!("holding-failed"),
        other => return other.to_owned(),
    })
}
