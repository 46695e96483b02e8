//! Style sheets, scripts and pictures, embedded in the binary.

use std::borrow::Cow;

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problems::{Problem, not_found};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// What pages load as one style sheet, so that none waits for a request more.
const STYLE_SHEET: &str = "enlist.css";

/// Its parts, by subject. Of two rules of the same weight the later one wins.
const STYLES: &[&str] = &[
    "styles/tokens.css",
    "styles/base.css",
    "styles/controls.css",
    "styles/ledger.css",
    "styles/sign-up.css",
    "styles/card.css",
    "styles/registration.css",
    "styles/demonstration.css",
    "styles/documentation.css",
    "styles/media.css",
];

/// One of them. Browsers keep it and ask whether it changed: with the binary, it may have.
pub async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
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

/// What a path is made of: one file, but for the style sheet.
fn find(path: &str) -> Option<Vec<EmbeddedFile>> {
    if path == STYLE_SHEET {
        return STYLES.iter().map(|part| Assets::get(part)).collect();
    }
    Some(vec![Assets::get(path)?])
}

fn whole(mut parts: Vec<EmbeddedFile>) -> Cow<'static, [u8]> {
    if parts.len() == 1 {
        return parts.remove(0).data;
    }
    let texts: Vec<&[u8]> = parts.iter().map(|part| part.data.as_ref()).collect();
    texts.concat().into()
}

/// Half of each part's hash: another one whenever a part changes.
fn tag(parts: &[EmbeddedFile]) -> String {
    let hashes = parts.iter().map(|part| part.metadata.sha256_hash());
    let bytes = hashes.flat_map(|hash| hash.into_iter().take(16));
    let tag = bytes.fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}"));
    format!("{tag}\"")
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
    use super::*;

    #[test]
    fn the_style_sheet_has_every_part_once() {
        let mut there: Vec<_> = Assets::iter()
            .filter(|path| path.ends_with(".css"))
            .collect();
        there.sort();
        let mut named = STYLES.to_vec();
        named.sort_unstable();
        assert_eq!(there, named);
        let sheet = whole(find(STYLE_SHEET).unwrap());
        let sheet = str::from_utf8(&sheet).unwrap();
        for part in STYLES {
            let part = Assets::get(part).unwrap();
            let text = str::from_utf8(&part.data).unwrap();
            assert_eq!(sheet.matches(text).count(), 1);
        }
        assert_eq!(sheet.matches('{').count(), sheet.matches('}').count());
    }
}
