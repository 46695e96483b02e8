//! Problems as pages: the one that just happened, and the documentation of each type.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use super::views::{Link, MessagePage, ProblemPage};
use super::{page, site};
use crate::app::App;
use crate::http::{Problem, ProblemType};

#[derive(RustEmbed)]
#[folder = "../../docs/problems/"]
struct Documentation;

/// A problem that a person's request ran into.
pub fn problem(app: &App, problem: &Problem) -> Response {
    let (slug, status, title) = problem.kind.row();
    let action = match problem.kind {
        ProblemType::NotFound | ProblemType::Unauthorized => Link {
            href: "/".to_owned(),
            label: "Go to the sign-up".to_owned(),
        },
        _ => Link {
            href: format!("/problems/{slug}"),
            label: "What this means".to_owned(),
        },
    };
    let text = match problem.kind {
        ProblemType::Unauthorized => {
            "This sign-up can only be followed in the browser that began it. Its mail has a link \
             that works everywhere."
        }
        _ => &problem.detail,
    };
    let template = MessagePage {
        site: site(app),
        title: title.to_owned(),
        text: text.to_owned(),
        action: Some(action),
    };
    page(status, &template)
}

/// The documentation of one type, as it is written.
pub fn problem_page_source(slug: &str) -> Option<String> {
    let file = Documentation::get(&format!("{slug}.md"))?;
    String::from_utf8(file.data.into_owned()).ok()
}

/// The documentation of one type of problem.
pub(super) async fn show(State(app): State<Arc<App>>, Path(slug): Path<String>) -> Response {
    let Some(source) = problem_page_source(&slug) else {
        return crate::http::not_found().await.into_response();
    };
    let (title, rest) = source.split_once('\n').unwrap_or((&source, ""));
    let mut body_html = String::new();
    pulldown_cmark::html::push_html(&mut body_html, pulldown_cmark::Parser::new(rest));
    let title = title.trim_start_matches('#').trim().to_owned();
    page(
        StatusCode::OK,
        &ProblemPage {
            site: site(&app),
            title,
            body_html,
        },
    )
}

/// Where to read on.
pub(super) async fn index(State(app): State<Arc<App>>) -> Response {
    let mut body_html = String::from(
        "<p>The API is described in <a href=\"/openapi.json\">/openapi.json</a> (OpenAPI 3.1). \
         Every error names one of these types:</p><ul>",
    );
    for kind in ProblemType::ALL {
        let (slug, status, title) = kind.row();
        body_html.push_str(&format!(
            "<li><a href=\"/problems/{slug}\">{title}</a> ({})</li>",
            status.as_u16()
        ));
    }
    body_html.push_str("</ul>");
    page(
        StatusCode::OK,
        &ProblemPage {
            site: site(&app),
            title: "Documentation".to_owned(),
            body_html,
        },
    )
}
