//! The table of contents: every call that there is, what it is for, what it may be asked, and who does it.

use crate::api::{
    Answer, Ask, account, charges, customers, invoices, payment_intents, payment_methods, prices,
    refunds, setup_intents, subscriptions,
};
use crate::books::Desk;
use crate::error::StripeError;
use crate::expand::Shape::{self, List, One, Plain};
use crate::form::Form;
use crate::operation::Operation::{self, *};

/// One call of the API.
pub(crate) struct Route {
    pub(crate) method: &'static str,
    /// `/v1/customers/{id}`
    pub(crate) template: &'static str,
    pub(crate) operation: Operation,
    pub(crate) shape: Shape,
    /// The parameters that are pretended, of the many that Stripe has: as [`Form::names`] says them, groups of
    /// names with a space between.
    parameters: &'static [&'static str],
    pub(crate) work: fn(&mut Desk<'_>, &Ask<'_>) -> Answer,
}

const EXPAND: &str = "expand[]";
const PAGE: &str = "limit starting_after expand[]";
const CREATED: &str = "created created[gt] created[gte] created[lt] created[lte]";
const ADDRESS: &str = "address[line1] address[line2] address[city] address[state] address[postal_code] address[country]";
const CARD: &str = "type card[number] card[exp_month] card[exp_year] card[cvc]";
const BILLING_DETAILS: &str = "billing_details[name] billing_details[email] billing_details[phone] \
    billing_details[address][line1] billing_details[address][line2] billing_details[address][city] \
    billing_details[address][state] billing_details[address][postal_code] billing_details[address][country]";
const CUSTOMER: &str =
    "email name phone payment_method invoice_settings[default_payment_method] metadata[*] expand[]";
const SUBSCRIPTION: &str = "customer items[][price] items[][quantity] payment_behavior off_session \
    default_payment_method payment_settings[save_default_payment_method] \
    payment_settings[payment_method_types][] metadata[*] expand[]";
const SETUP_INTENT: &str = "usage allowed_payment_method_types[] automatic_payment_methods[enabled] \
    automatic_payment_methods[allow_redirects] metadata[*] expand[]";
const REFUND: &str = "charge amount reason metadata[*] expand[]";

#[rustfmt::skip]
pub(crate) const ROUTES: &[Route] = &[
    route("POST", "/v1/payment_methods", TokenizeCard, One("payment_method"), &[CARD, BILLING_DETAILS, "metadata[*] expand[]"], payment_methods::create),
    route("GET", "/v1/payment_methods/{id}", RetrieveOther, One("payment_method"), &[EXPAND], payment_methods::retrieve),
    route("POST", "/v1/customers", CreateCustomer, One("customer"), &[CUSTOMER, ADDRESS], customers::create),
    route("GET", "/v1/customers", ListHoldings, List("customer"), &["email", CREATED, PAGE], customers::list_all),
    route("GET", "/v1/customers/{id}", RetrieveCustomer, One("customer"), &[EXPAND], customers::retrieve),
    route("DELETE", "/v1/customers/{id}", DeleteCustomer, Plain, &[], customers::delete),
    route("POST", "/v1/subscriptions", StartSubscription, One("subscription"), &[SUBSCRIPTION], subscriptions::create),
    route("GET", "/v1/subscriptions", ListHoldings, List("subscription"), &["customer status price", CREATED, PAGE], subscriptions::list_all),
    route("GET", "/v1/subscriptions/search", ListHoldings, List("subscription"), &["query limit", EXPAND], subscriptions::search),
    route("GET", "/v1/subscriptions/{id}", RetrieveSubscription, One("subscription"), &[EXPAND], subscriptions::retrieve),
    route("DELETE", "/v1/subscriptions/{id}", CancelSubscription, One("subscription"), &["invoice_now prorate", EXPAND], subscriptions::cancel),
    route("GET", "/v1/invoices", ListHoldings, List("invoice"), &["customer subscription status", CREATED, PAGE], invoices::list_all),
    route("GET", "/v1/invoices/{id}", RetrieveOther, One("invoice"), &[EXPAND], invoices::retrieve),
    route("POST", "/v1/invoices/{id}/void", CancelSubscription, One("invoice"), &[EXPAND], invoices::void),
    route("GET", "/v1/payment_intents/{id}", RetrievePaymentIntent, One("payment_intent"), &[EXPAND], payment_intents::retrieve),
    route("GET", "/v1/charges", ListHoldings, List("charge"), &["customer payment_intent", CREATED, PAGE], charges::list_all),
    route("GET", "/v1/charges/{id}", RetrieveOther, One("charge"), &[EXPAND], charges::retrieve),
    route("POST", "/v1/refunds", RefundCharge, One("refund"), &[REFUND], refunds::create),
    route("GET", "/v1/refunds/{id}", RetrieveOther, One("refund"), &[EXPAND], refunds::retrieve),
    route("POST", "/v1/setup_intents", CreateSetupIntent, One("setup_intent"), &[SETUP_INTENT], setup_intents::create),
    route("GET", "/v1/setup_intents/{id}", RetrieveOther, One("setup_intent"), &[EXPAND], setup_intents::retrieve),
    route("GET", "/v1/prices/{id}", RetrieveOther, One("price"), &[EXPAND], prices::retrieve),
    route("GET", "/v1/account", RetrieveOther, Plain, &[], account::retrieve),
    route("GET", "/v1/balance", RetrieveOther, Plain, &[], account::balance),
    route("GET", "/v1/webhook_endpoints", RetrieveOther, List("webhook_endpoint"), &[PAGE], account::webhook_endpoints),
];

const fn route(
    method: &'static str,
    template: &'static str,
    operation: Operation,
    shape: Shape,
    parameters: &'static [&'static str],
    work: fn(&mut Desk<'_>, &Ask<'_>) -> Answer,
) -> Route {
    Route {
        method,
        template,
        operation,
        shape,
        parameters,
        work,
    }
}

impl Route {
    /// The call that a path is, and the id in it.
    pub(crate) fn find<'a>(method: &str, path: &'a str) -> Option<(&'static Self, &'a str)> {
        ROUTES
            .iter()
            .filter(|route| route.method == method)
            .find_map(|route| Some((route, route.id_in(path)?)))
    }

    /// `POST /v1/customers`
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// Whether every parameter is one that is pretended.
    pub(crate) fn check_names(&self, form: &Form) -> Result<(), StripeError> {
        for parameter in form.parameters() {
            let pattern = parameter.pattern();
            if !self.patterns().any(|known| known == pattern) {
                return Err(StripeError::parameter_unknown(&parameter.name));
            }
        }
        Ok(())
    }

    /// The parameters that are pretended.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &'static str> {
        self.parameters
            .iter()
            .flat_map(|group| group.split_whitespace())
    }

    fn id_in<'a>(&self, path: &'a str) -> Option<&'a str> {
        let Some((before, after)) = self.template.split_once("{id}") else {
            return (path == self.template).then_some("");
        };
        let id = path.strip_prefix(before)?.strip_suffix(after)?;
        (!id.is_empty() && !id.contains('/')).then_some(id)
    }
}

/// Every call that there is, as `POST /v1/customers`.
#[must_use]
pub fn calls() -> Vec<String> {
    ROUTES.iter().map(Route::name).collect()
}
