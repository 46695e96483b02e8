//! Which language a request is answered in: the one that its address asks for (`?lang=de`, which is then
//! remembered in a cookie), the one remembered, the one that its `Accept-Language` likes best, or
//! `server.language`.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use axum_extra::extract::cookie::CookieJar;
use enlist_domain::Language as Tag;
use fluent_langneg::{NegotiationStrategy, negotiate_languages};
use unic_langid::LanguageIdentifier;

use super::Language;
use crate::app::App;

const COOKIE: &str = "enlist_language";

/// A year. Browsers keep no cookie for much longer.
const REMEMBERED_FOR_SECONDS: u32 = 365 * 24 * 60 * 60;

/// Decides in which language the request is answered, and says so in the answer.
pub async fn negotiate(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let asked = request.uri().query().and_then(asked_in_query);
    let is_api = request.uri().path().starts_with("/api/");
    let headers = request.headers();
    let language = asked
        .or_else(|| remembered(headers))
        .or_else(|| accepted(headers))
        .unwrap_or_else(|| fallback(&app, is_api, headers));
    request.extensions_mut().insert(language);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Some(asked) = asked
        && let Ok(cookie) = HeaderValue::from_str(&cookie(&app, asked))
    {
        headers.append(header::SET_COOKIE, cookie);
    }
    if speaks(headers) {
        let code = HeaderValue::from_static(language.code());
        headers.entry(header::CONTENT_LANGUAGE).or_insert(code);
    }
    response
}

/// The language that somebody is to be written to in: what their request asks for, if it does.
pub fn wanted(headers: &HeaderMap) -> Option<Tag> {
    remembered(headers)
        .or_else(|| accepted(headers))
        .map(Language::tag)
}

/// What [`negotiate`] decided; English for what did not pass it.
impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let language = parts.extensions.get::<Self>().copied();
        Ok(language.unwrap_or_else(Self::english))
    }
}

/// A program that asks for no language gets English. A person whose languages are not here gets the
/// operator's, in pages and in what their scripts ask the API for.
fn fallback(app: &App, is_api: bool, headers: &HeaderMap) -> Language {
    if is_api && preferences(headers).is_empty() {
        Language::english()
    } else {
        app.settings.server.language
    }
}

fn asked_in_query(query: &str) -> Option<Language> {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, code) = pairs.find(|(name, _)| *name == "lang")?;
    Language::with_code(code)
}

fn remembered(headers: &HeaderMap) -> Option<Language> {
    let jar = CookieJar::from_headers(headers);
    Language::with_code(jar.get(COOKIE)?.value())
}

pub(super) fn accepted(headers: &HeaderMap) -> Option<Language> {
    let available: Vec<LanguageIdentifier> = Language::all()
        .map(|language| language.0.identifier.clone())
        .collect();
    let wanted = preferences(headers);
    let strategy = NegotiationStrategy::Lookup;
    let best = *negotiate_languages(&wanted, &available, None, strategy).first()?;
    Language::all().find(|language| language.0.identifier == *best)
}

/// The languages of `Accept-Language` that are named, the dearest first (RFC 9110, 12.5.4); `*` names
/// none.
fn preferences(headers: &HeaderMap) -> Vec<LanguageIdentifier> {
    let values = headers.get_all(header::ACCEPT_LANGUAGE).iter();
    let mut weighed: Vec<(f32, LanguageIdentifier)> = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|range| {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let weight = match parameters.trim().strip_prefix("q=") {
                None => 1.0,
                Some(weight) => weight.trim().parse().ok()?,
            };
            Some((weight, tag.trim().parse().ok()?))
        })
        .filter(|(weight, _)| *weight > 0.0)
        .collect();
    weighed.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    weighed.into_iter().map(|(_, tag)| tag).collect()
}

fn cookie(app: &App, language: Language) -> String {
    let secure = if app.public_url.starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    let code = language.code();
    let until = REMEMBERED_FOR_SECONDS;
    format!("{COOKIE}={code}; Path=/; Max-Age={until}; HttpOnly; SameSite=Lax{secure}")
}

/// Whether the answer has sentences for a person in it.
fn speaks(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.starts_with("text/html") || kind.starts_with("application/problem+json")
}
