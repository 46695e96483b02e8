//! Requests that a page of another site has a visitor's browser send.

use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problems::{Problem, ProblemType};
use crate::msg;

/// Every browser of today says where a request came from (Fetch Metadata); one that another site sends in
/// a visitor's name is refused. What is no browser sends no such header and has no visitor.
pub async fn refuse_cross_site(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let from = request
        .headers()
        .get("sec-fetch-site")
        .map(|value| value.as_bytes());
    if !is_safe && from.is_some_and(|from| from == b"cross-site") {
        return Problem::new(ProblemType::CrossSite, msg!("open-here")).into_response();
    }
    next.run(request).await
}
