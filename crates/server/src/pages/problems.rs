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
use crate::language::Language;
use crate::msg;

#[derive(RustEmbed)]
#[folder = "../../docs/problems/"]
struct Documentation;

/// A problem that a person's request ran into.
pub fn problem(app: &App, language: Language, problem: &Problem) -> Response {
    let (slug, status, title) = problem.kind.row();
    let begin_again = || Link {
        href: "/join".to_owned(),
        label: language.say("begin-again"),
    };
    let explained = || Link {
        href: format!("/problems/{slug}"),
        label: language.say("what-this-means"),
    };
    let (title, text, action) = match problem.kind {
        ProblemType::Unauthorized => (
            msg!("other-browser"),
            msg!("only-this-browser"),
            begin_again(),
        ),
        ProblemType::VerificationExpired => (
            msg!("sign-up-forgotten"),
            problem.detail.clone(),
            begin_again(),
        ),
        ProblemType::MailRefused => {
            let action = Link {
                href: "/join".to_owned(),
                label: language.say("use-another-address"),
            };
            (title, problem.detail.clone(), action)
        }
        ProblemType::NotFound => {
            let action = Link {
                href: "/".to_owned(),
                label: language.say("go-to-sign-up"),
            };
            (title, problem.detail.clone(), action)
        }
        ProblemType::DatabaseUnavailable => (title, msg!("remedy-try-again"), explained()),
        _ => (title, problem.detail.clone(), explained()),
    };
    let template = MessagePage {
        site: site(app, language),
        title: language.tell(&title),
        text: language.tell(&text),
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
pub(super) async fn show(
    State(app): State<Arc<App>>,
    language: Language,
    Path(slug): Path<String>,
) -> Response {
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
            site: site(&app, language),
            // The documentation is written once, in English.
            language: Some(Language::english().code()).filter(|code| *code != language.code()),
            title,
            body_html,
        },
    )
}

/// Where to read on.
pub(super) async fn index(State(app): State<Arc<App>>, language: Language) -> Response {
    let lead = language.markup(&msg!("documentation-lead"));
    let mut body_html = format!("<p>{lead}</p><ul>");
    for kind in ProblemType::ALL {
        let (slug, status, title) = kind.row();
        let title = language.markup(&title);
        body_html.push_str(&format!(
            "<li><a href=\"/problems/{slug}\">{title}</a> ({})</li>",
            status.as_u16()
        ));
    }
    body_html.push_str("</ul>");
    page(
        StatusCode::OK,
        &ProblemPage {
            site: site(&app, language),
            language: None,
            title: language.say("documentation"),
            body_html,
        },
    )
}
