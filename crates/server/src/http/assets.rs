//! Style sheets, scripts and pictures, embedded in the binary.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::problems::{Problem, not_found};

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

/// One of them. Browsers keep it and ask whether it changed: with the binary, it may have.
pub async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(asset) = Assets::get(&path) else {
        return Err(not_found().await);
    };
    let hash = asset.metadata.sha256_hash();
    let tag = hash
        .iter()
        .take(16)
        .fold(String::from("\""), |tag, byte| format!("{tag}{byte:02x}"));
    let tag = format!("{tag}\"");
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
    Ok((kept, kind, asset.data).into_response())
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
