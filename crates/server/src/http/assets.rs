//! Style sheets, scripts and pictures, embedded in the binary.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problems::{Problem, not_found};
use crate::app::App;
use crate::brand::{Brand, Served, Sheets};
use crate::config::BrandSettings;

/// A year, which is as long as it makes sense to say (RFC 9111, 5.2.2.1).
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

const NO_SCRIPTS: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// Every colour and size.
const TOKENS: &str = "styles/tokens.css";

/// What uses them, by subject. Of two rules of the same weight the later one wins.
const STYLES: &[&str] = &[
    "styles/base.css",
    "styles/controls.css",
    "styles/ledger.css",
    "styles/sign-up.css",
    "styles/card.css",
    "styles/journey.css",
    "styles/registration.css",
    "styles/demonstration.css",
    "styles/documentation.css",
    "styles/media.css",
];

/// Scripts that are served as one, so that no page waits for more requests, and their parts. The first has what the
/// others need.
const JOINED: &[(&str, &[&str])] = &[
    (
        "fields.js",
        &[
            "fields/start.js",
            "fields/form.js",
            "fields/email.js",
            "fields/password.js",
            "fields/address.js",
            "fields/card.js",
            "fields/payment.js",
            "fields/stripe.js",
        ],
    ),
    (
        "journey.js",
        &[
            "journey/start.js",
            "journey/code.js",
            "journey/mail.js",
            "journey/registration.js",
            "journey/payment.js",
            "journey/steps.js",
        ],
    ),
];

/// One of them. Browsers keep it and ask whether it changed: with the binary, it may have.
pub async fn serve(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(served) = app.brand.served(&path) {
        return Ok(of_brand(served, FOR_GOOD));
    }
    // A page of another replica while versions are exchanged: nearly right is better than bare.
    if let Some(served) = app.brand.stand_in(&path) {
        return Ok(of_brand(served, "no-store"));
    }
    let Some(parts) = find(&path) else {
        return Err(not_found().await);
    };
    let tag = tag(&parts);
    let kept = [
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ETAG, tag.clone()),
    ];
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|seen| seen.as_bytes() == tag.as_bytes())
    {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    let kind = [(header::CONTENT_TYPE, content_type(&path))];
    Ok((kept, kind, whole(parts)).into_response())
}

/// What a path is made of: one file, or the parts of what is served as one.
fn find(path: &str) -> Option<Vec<EmbeddedFile>> {
    match JOINED.iter().find(|(name, _)| *name == path) {
        Some((_, parts)) => parts.iter().map(|part| Assets::get(part)).collect(),
        None => Some(vec![Assets::get(path)?]),
    }
}

fn whole(mut parts: Vec<EmbeddedFile>) -> Cow<'static, [u8]> {
    if parts.len() == 1 {
        return parts.remove(0).data;
    }
    let texts: Vec<&[u8]> = parts.iter().map(|part| part.data.as_ref()).collect();
    texts.join(&b'\n').into()
}

/// Half of each part's hash: another one whenever a part changes.
fn tag(parts: &[EmbeddedFile]) -> String {
    let hashes = parts.iter().map(|part| part.metadata.sha256_hash());
    let bytes = hashes.flat_map(|hash| hash.into_iter().take(16));
    let tag = bytes.fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}"));
    format!("{tag}\"")
}

/// What was made at start: its address changes with it, so browsers keep it for good. A logo that somebody
/// opens by itself must not run a script in our name.
fn of_brand(served: &Served, kept: &'static str) -> Response {
    let headers = [
        (header::CACHE_CONTROL, kept),
        (header::CONTENT_TYPE, served.kind),
        (header::CONTENT_SECURITY_POLICY, NO_SCRIPTS),
    ];
    (headers, served.bytes.clone()).into_response()
}

/// The style sheets and the icon that a brand is made from.
pub fn brand(settings: BrandSettings) -> Brand {
    let text = |path: &str| {
        let asset = Assets::get(path);
        let bytes = asset.map(|asset| asset.data.into_owned());
        String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
    };
    let rules: String = STYLES.iter().map(|part| text(part)).collect();
    let sheets = Sheets {
        tokens: &text(TOKENS),
        rules: &rules,
        icon: &text("favicon.svg"),
    };
    Brand::new(settings, &sheets)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::config::Settings;

    #[test]
    fn a_joined_script_has_every_part_once_and_no_name_twice() {
        for (name, parts) in JOINED {
            let folder = format!("{}/", name.trim_end_matches(".js"));
            let mut there: Vec<_> = Assets::iter()
                .filter(|path| path.starts_with(&folder))
                .collect();
            there.sort();
            let mut named = parts.to_vec();
            named.sort_unstable();
            assert_eq!(there, named);
            let script = whole(find(name).unwrap());
            let script = str::from_utf8(&script).unwrap();
            let mut names: Vec<&str> = script.lines().filter_map(defined).collect();
            assert!(names.len() > 20, "{names:?}");
            names.sort_unstable();
            let twice = names.windows(2).find(|pair| pair[0] == pair[1]);
            assert_eq!(twice, None, "{name}");
        }
    }

    /// The name that a line defines for its whole script.
    fn defined(line: &str) -> Option<&str> {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let line = line.strip_prefix("async ").unwrap_or(line);
        let rest = ["const ", "let ", "function ", "class "]
            .iter()
            .find_map(|keyword| line.strip_prefix(keyword))?;
        rest.split([' ', '(', ';']).next()
    }

    #[test]
    fn the_style_sheet_has_every_part_once() {
        let mut there: Vec<_> = Assets::iter()
            .filter(|path| path.ends_with(".css"))
            .collect();
        there.sort();
        let mut named = [&[TOKENS], STYLES].concat();
        named.sort_unstable();
        assert_eq!(there, named);
        let settings = Settings::from_sources(None, BTreeMap::new()).unwrap();
        let sheet = brand(settings.brand).style.bytes;
        let sheet = str::from_utf8(&sheet).unwrap();
        for part in named {
            let part = Assets::get(part).unwrap();
            let text = str::from_utf8(&part.data).unwrap();
            assert_eq!(sheet.matches(text).count(), 1);
        }
        assert_eq!(sheet.matches('{').count(), sheet.matches('}').count());
    }
}
