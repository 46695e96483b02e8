//! What is looked at before anything else: the key, the version, the kind of body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::StripeError;
use crate::form::Form;
use crate::message::Request;
use crate::objects::API_VERSION;

/// The account's two keys.
pub(crate) struct Keyring {
    secret: String,
    publishable: String,
}

impl Keyring {
    pub(crate) fn new((secret, publishable): (String, String)) -> Self {
        Self {
            secret,
            publishable,
        }
    }

    /// Only who has the secret key, and only in the version whose shapes are pretended.
    pub(crate) fn admit(&self, request: &Request) -> Result<(), StripeError> {
        let Some(key) = key_of(request.authorization.as_deref()) else {
            return Err(StripeError::unauthorized(
                "You did not provide an API key. Authorize with `Authorization: Bearer YOUR_SECRET_KEY`.",
            ));
        };
        if key != self.secret {
            return Err(StripeError::unauthorized("Invalid API Key provided."));
        }
        match request.version.as_deref() {
            Some(API_VERSION) => Ok(()),
            Some(other) => Err(StripeError::invalid(format!(
                "Invalid Stripe API version: {other}. This fake has {API_VERSION} only."
            ))),
            None => Err(StripeError::invalid(format!(
                "This fake wants `Stripe-Version: {API_VERSION}`: an account's own version is not to be relied on."
            ))),
        }
    }

    /// Whether a browser may act, as far as its key goes.
    pub(crate) fn admit_browser(&self, authorization: Option<&str>) -> Result<(), StripeError> {
        match key_of(authorization) {
            None => Ok(()),
            Some(key) if key == self.publishable => Ok(()),
            Some(_) => Err(StripeError::unauthorized("Invalid API Key provided.")),
        }
    }
}

/// The parameters of a request: in the address for `GET` and `DELETE`, else in the body.
pub(crate) fn read_form(request: &Request) -> Result<Form, StripeError> {
    let text = match (request.method.as_str(), request.body.as_str()) {
        ("POST", body) => body,
        (_, "") => &request.query,
        (_, body) => body,
    };
    if !request.body.is_empty() && !is_form(request.content_type.as_deref()) {
        return Err(StripeError::invalid(
            "Bodies are application/x-www-form-urlencoded.",
        ));
    }
    if request.method == "POST" && !request.query.is_empty() {
        return Err(StripeError::invalid(
            "The parameters of a POST belong into its body.",
        ));
    }
    let form = Form::parse(text);
    let mut names: Vec<&str> = form
        .parameters()
        .iter()
        .map(|parameter| parameter.name.as_str())
        .filter(|name| !name.contains("[]"))
        .collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(StripeError::invalid_parameter(
            pair[0],
            format!("Received {} twice.", pair[0]),
        )),
        None => Ok(form),
    }
}

fn is_form(content_type: Option<&str>) -> bool {
    let kind = content_type.and_then(|kind| kind.split(';').next());
    kind.is_some_and(|kind| kind.trim() == "application/x-www-form-urlencoded")
}

/// `Bearer KEY`, or `Basic` with the key as the user.
fn key_of(authorization: Option<&str>) -> Option<String> {
    let authorization = authorization?;
    if let Some(key) = authorization.strip_prefix("Bearer ") {
        return Some(key.trim().to_owned());
    }
    let pair = STANDARD.decode(authorization.strip_prefix("Basic ")?.trim());
    let pair = String::from_utf8(pair.ok()?).ok()?;
    pair.split(':').next().map(str::to_owned)
}
