//! Who may follow a registration: whoever bears the access token of the creating answer, in the
//! `Authorization` header, or in the cookie that the sign-up page sets.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use enlist_registration::ids::RegistrationId;
use enlist_registration::state::Registration;

use super::problems::{Problem, ProblemType};
use crate::app::App;
use crate::msg;

/// The cookie of the page: the id and the token of the registration that was begun last.
const COOKIE: &str = "enlist_registration";

/// A registration that the caller may follow, as it stands now.
pub struct Accessible(pub Registration);

impl FromRequestParts<Arc<App>> for Accessible {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let Path(id) = Path::<String>::from_request_parts(parts, app)
            .await
            .map_err(|_| not_found())?;
        let id: RegistrationId = id.parse().map_err(|_| not_found())?;
        let token = presented(&parts.headers, id).ok_or_else(unauthorized)?;
        // Checked before the journal is asked: whether an id exists is nobody else's business.
        if !app.engine.tokens().access_token_is_right(id, &token) {
            return Err(unauthorized());
        }
        app.store
            .registration(id)
            .await?
            .map(Self)
            .ok_or_else(not_found)
    }
}

/// The cookie that lets a browser follow its registration. For as long as the browser is open.
pub fn cookie(app: &App, id: RegistrationId, token: &str) -> Cookie<'static> {
    Cookie::build((COOKIE, format!("{id}.{token}")))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.public_url.starts_with("https://"))
        .build()
}

fn presented(headers: &HeaderMap, id: RegistrationId) -> Option<String> {
    if let Some(header) = headers.get(axum::http::header::AUTHORIZATION) {
        let (scheme, token) = header.to_str().ok()?.split_once(' ')?;
        return scheme
            .eq_ignore_ascii_case("bearer")
            .then(|| token.trim().to_owned());
    }
    let jar = CookieJar::from_headers(headers);
    let (of, token) = jar.get(COOKIE)?.value().split_once('.')?;
    (of == id.to_string()).then(|| token.to_owned())
}

fn unauthorized() -> Problem {
    Problem::new(ProblemType::Unauthorized, msg!("send-access-token"))
}

fn not_found() -> Problem {
    Problem::new(ProblemType::NotFound, msg!("no-registration"))
}
