//! What the account holds, in the very form in which the sandbox gateway shows it, so that the same tests read
//! both.

use enlist_gateways::sandbox::{
    Ledger, LedgerCharge, LedgerCustomer, LedgerPaymentMethod, LedgerRefund, LedgerSubscription,
};
use enlist_registration::ids::{
    ChargeId, CustomerId, PaymentMethodId, RegistrationId, SubscriptionId,
};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::books::Books;
use crate::objects::{
    Attachment, Charge, Customer, Invoice, InvoiceStatus, PaymentMethod, Refund, RefundStatus,
    Subscription, SubscriptionStatus,
};

/// An invoice that was not paid and not voided: who has its client secret can pay it, unless its customer was
/// deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenInvoice {
    /// `in_…`.
    pub id: String,
    /// For which registration its subscription was made; all zeros where for none.
    pub registration_id: RegistrationId,
    /// `status` of its PaymentIntent; none where it has none.
    pub payment_status: Option<&'static str>,
}

pub(crate) fn open_invoices(books: &Books) -> Vec<OpenInvoice> {
    let open = |invoice: &&Invoice| invoice.status == InvoiceStatus::Open;
    let shown = books
        .invoices
        .iter()
        .filter(open)
        .map(|invoice| OpenInvoice {
            id: invoice.id.clone(),
            registration_id: in_metadata(&invoice.subscription_metadata).unwrap_or_else(none),
            payment_status: invoice
                .payment_intent
                .as_deref()
                .and_then(|payment| Some(books.payment_intents.get(payment)?.status.as_str())),
        });
    shown.collect()
}

/// Everything, dead or alive, in the order it was made, but for refunds that failed, which gave nothing back.
/// What names no registration in its metadata has the registration with all zeros.
pub(crate) fn read(books: &Books) -> Ledger {
    Ledger {
        customers: books.customers.iter().map(customer).collect(),
        payment_methods: books
            .payment_methods
            .iter()
            .map(|card| payment_method(books, card))
            .collect(),
        subscriptions: books.subscriptions.iter().map(subscription).collect(),
        charges: books
            .charges
            .iter()
            .map(|entry| charge(books, entry))
            .collect(),
        refunds: books
            .refunds
            .iter()
            .filter(|entry| entry.status != RefundStatus::Failed)
            .map(|entry| refund(books, entry))
            .collect(),
    }
}

fn customer(entry: &Customer) -> LedgerCustomer {
    LedgerCustomer {
        id: CustomerId(entry.id.clone()),
        registration_id: in_metadata(&entry.metadata).unwrap_or_else(none),
        live: !entry.is_deleted,
        email: entry.email.clone(),
        created_at: entry.created,
    }
}

fn payment_method(books: &Books, entry: &PaymentMethod) -> LedgerPaymentMethod {
    let customer = match &entry.attachment {
        Attachment::None => None,
        Attachment::To(customer) | Attachment::DetachedFrom(customer) => Some(customer),
    };
    LedgerPaymentMethod {
        id: PaymentMethodId(entry.id.clone()),
        registration_id: in_metadata(&entry.metadata)
            .or_else(|| customer.map(|customer| of_customer(books, customer))),
        live: entry.customer().is_some(),
        customer_id: customer.cloned().map(CustomerId),
        brand: entry.brand.as_str().to_owned(),
        last4: entry.last4.clone(),
        created_at: entry.created,
    }
}

fn subscription(entry: &Subscription) -> LedgerSubscription {
    let status = match entry.status {
        SubscriptionStatus::Incomplete => "incomplete",
        status if status.is_ended() => "ended",
        _ => "active",
    };
    let plan = entry.metadata.get("plan").and_then(Value::as_str);
    LedgerSubscription {
        id: SubscriptionId(entry.id.clone()),
        registration_id: in_metadata(&entry.metadata).unwrap_or_else(none),
        live: !entry.status.is_ended(),
        customer_id: CustomerId(entry.customer.clone()),
        plan: plan.unwrap_or(&entry.price).to_owned(),
        status: status.to_owned(),
        end_code: entry.end_code.map(str::to_owned),
        amount_minor: entry.amount,
        currency: entry.currency.to_uppercase(),
        current_period_end: entry.current_period_end,
        created_at: entry.created,
    }
}

fn charge(books: &Books, entry: &Charge) -> LedgerCharge {
    LedgerCharge {
        id: ChargeId(entry.id.clone()),
        registration_id: of_customer(books, &entry.customer),
        live: entry.is_kept(),
        customer_id: CustomerId(entry.customer.clone()),
        subscription_id: entry.subscription.clone().map(SubscriptionId),
        status: entry.status().to_owned(),
        failure_code: entry.decline.clone(),
        amount_minor: entry.amount,
        refunded_minor: entry.amount_refunded,
        currency: entry.currency.to_uppercase(),
        created_at: entry.created,
    }
}

fn refund(books: &Books, entry: &Refund) -> LedgerRefund {
    let of_charge = || {
        let charge = books.charges.get(&entry.charge)?;
        Some(of_customer(books, &charge.customer))
    };
    LedgerRefund {
        id: entry.id.clone(),
        registration_id: in_metadata(&entry.metadata)
            .or_else(of_charge)
            .unwrap_or_else(none),
        live: false,
        charge_id: ChargeId(entry.charge.clone()),
        amount_minor: entry.amount,
        currency: entry.currency.to_uppercase(),
        created_at: entry.created,
    }
}

fn of_customer(books: &Books, customer: &str) -> RegistrationId {
    books
        .customers
        .get(customer)
        .and_then(|customer| in_metadata(&customer.metadata))
        .unwrap_or_else(none)
}

fn in_metadata(metadata: &Value) -> Option<RegistrationId> {
    metadata.get("registration_id")?.as_str()?.parse().ok()
}

fn none() -> RegistrationId {
    RegistrationId(Uuid::nil())
}
