//! `/openapi.json`: the API, described by the code that answers it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder};
use utoipa::{OpenApi as _, ToSchema};

use super::offered::Offered;
use crate::app::App;

/// The fields of `POST /api/users`, in snake_case; camelCase is read as well. Numbers may be sent as
/// text. Other fields are refused.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes what `request_body` reads, field by field"
)]
#[schema(as = SignUp)]
pub struct SignUpBody {
    /// Unique without regard to case.
    #[schema(format = Email, max_length = 254, example = "ada@example.com")]
    email: String,
    /// 15 characters or more that are no common phrase, or 8 that are hard to guess. At most 1,024
    /// bytes. Must contain neither the e-mail address nor the name.
    #[schema(format = Password, min_length = 8, example = "a sentence only I know")]
    password: String,
    #[schema(max_length = 100, example = "Ada")]
    first_name: String,
    #[schema(max_length = 100, example = "Lovelace")]
    last_name: String,
    #[schema(max_length = 200, example = "12 St James's Square")]
    address: String,
    #[schema(max_length = 200)]
    address_line2: Option<String>,
    /// Required where the country's addresses cannot do without it; so are `state` and `zip`.
    #[schema(max_length = 100, example = "Springfield")]
    city: Option<String>,
    #[schema(max_length = 100, example = "IL")]
    state: Option<String>,
    /// In the US five digits, or five and four.
    #[schema(max_length = 16, example = "62701")]
    zip: Option<String>,
    /// ISO 3166-1 alpha-2; the configured country (US) where left out.
    #[schema(min_length = 2, max_length = 2, example = "US")]
    country: Option<String>,
    /// The name of a configured plan. A plan with a price makes the subscription and its first charge
    /// part of the registration.
    #[schema(example = "pro")]
    plan: Option<String>,
    /// A token that the gateway made in the browser: the recommended way. In test mode also a test card by
    /// name: `pm_card_visa`.
    #[schema(max_length = 255)]
    payment_method: Option<String>,
    /// Instead of `payment_method`: a raw card, where the operator has switched that on. Spaces and
    /// dashes are ignored.
    #[schema(example = "4242 4242 4242 4242")]
    card_number: Option<String>,
    /// 1 to 12.
    #[schema(example = "12")]
    expiry_month: Option<String>,
    /// Two or four digits.
    #[schema(example = "2030")]
    expiry_year: Option<String>,
    /// Three digits, four for American Express.
    #[schema(example = "123")]
    cvv: Option<String>,
}

/// The first step of a journey.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `request_body` reads")]
#[schema(as = Email)]
pub struct EmailBody {
    #[schema(format = Email, max_length = 254, example = "ada@example.com")]
    email: String,
}

/// Names and billing address, as in `POST /api/users`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `request_body` reads")]
#[schema(as = Profile)]
pub struct ProfileBody {
    #[schema(max_length = 100, example = "Ada")]
    first_name: String,
    #[schema(max_length = 100, example = "Lovelace")]
    last_name: String,
    #[schema(max_length = 200, example = "12 St James's Square")]
    address: String,
    #[schema(max_length = 200)]
    address_line2: Option<String>,
    /// Required where the country's addresses cannot do without it; so are `state` and `zip`.
    #[schema(max_length = 100, example = "Springfield")]
    city: Option<String>,
    #[schema(max_length = 100, example = "IL")]
    state: Option<String>,
    #[schema(max_length = 16, example = "62701")]
    zip: Option<String>,
    /// ISO 3166-1 alpha-2; the configured country (US) where left out.
    #[schema(min_length = 2, max_length = 2, example = "US")]
    country: Option<String>,
}

/// The card: `payment_method`, or where that is accepted the four fields of a raw one, as in
/// `POST /api/users`.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `request_body` reads")]
#[schema(as = PaymentMethod)]
pub struct PaymentMethodBody {
    #[schema(max_length = 255, example = "pm_card_visa")]
    payment_method: Option<String>,
    card_number: Option<String>,
    expiry_month: Option<String>,
    expiry_year: Option<String>,
    cvv: Option<String>,
    /// The name of a configured plan; it can also be named with the last step.
    #[schema(example = "pro")]
    plan: Option<String>,
}

/// The last step of a journey.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes what `request_body` reads")]
#[schema(as = Completion)]
pub struct CompletionBody {
    /// As in `POST /api/users`.
    #[schema(format = Password, min_length = 8, example = "a sentence only I know")]
    password: String,
    /// The name of a configured plan; the one that was named with the card where left out.
    #[schema(example = "pro")]
    plan: Option<String>,
}

/// A fault of the sandbox.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = Fault)]
pub struct FaultBody {
    /// `tokenize_card`, `create_customer`, `start_subscription`, `retrieve_subscription`,
    /// `list_holdings`, `cancel_subscription`, `refund_charge`, `delete_customer`, or `*` for all.
    #[schema(example = "create_customer")]
    step: String,
    /// `fail_before`, `fail_after`, `lose_reply`, `hang`, `refuse` or `rate_limit`.
    #[schema(example = "lose_reply")]
    kind: String,
    /// How many calls are struck. Without a count and a rate: one.
    #[schema(minimum = 1, example = 3)]
    count: Option<u32>,
    /// What share of the calls is struck, instead of a count.
    #[schema(minimum = 0, maximum = 1)]
    rate: Option<f64>,
}

/// The faults that are switched on.
#[derive(Serialize, ToSchema)]
#[schema(as = Faults)]
pub struct FaultsBody {
    faults: Vec<FaultBody>,
}

/// What the sandbox gateway holds. Each entry has `id`, `registration_id`, `live`, and amounts in
/// minor units.
#[derive(Serialize, ToSchema)]
#[schema(as = Ledger)]
pub struct LedgerBody {
    customers: Vec<serde_json::Value>,
    payment_methods: Vec<serde_json::Value>,
    subscriptions: Vec<serde_json::Value>,
    charges: Vec<serde_json::Value>,
    refunds: Vec<serde_json::Value>,
}

const DESCRIPTION: &str = "Self-hosted sign-up, completely or not at all.\n\nWhat is meant for a person (`title`, \
    `detail`, the `message` of a field, the titles of steps) is in English, or in another language of the service \
    that `Accept-Language` asks for. Types, codes and names are the same in every language.";

/// What holds for the whole API.
pub fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Enlist")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(utoipa::openapi::License::new("Apache-2.0")))
        .build();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = ComponentsBuilder::new()
        .security_scheme("access_token", bearer)
        .build();
    let own = OpenApiBuilder::new()
        .info(info)
        .components(Some(components))
        .build();
    own.merge_from(Links::openapi())
}

/// What is a page for people, and answers programs as well.
#[derive(utoipa::OpenApi)]
#[openapi(paths(crate::pages::verification::confirm))]
struct Links;

/// The description of what is offered.
pub fn document(offered: Offered) -> OpenApi {
    let (_, document) = super::api(offered).split_for_parts();
    document
}

/// The description of this API (OpenAPI 3.1), as this process answers it.
#[utoipa::path(get, path = "/openapi.json", tag = "operation", responses((status = 200, body = Object)))]
pub async fn serve(State(app): State<Arc<App>>) -> Json<OpenApi> {
    Json(document(Offered::by(&app)))
}
