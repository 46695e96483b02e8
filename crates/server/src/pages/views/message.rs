//! Pages that say one thing: an error, a hint, the documentation of a problem type.

use super::{Link, Site};
use askama::Template;

/// Any answer that has no page of its own: 403, 404, 429, 500, 503.
#[derive(Debug, Clone, Template)]
#[template(path = "message.html")]
pub(crate) struct MessagePage {
    /// Header and footer.
    pub(crate) site: Site,
    /// What happened.
    pub(crate) title: String,
    /// Why, and what to do.
    pub(crate) text: String,
    /// The way on.
    pub(crate) action: Option<Link>,
}

/// `/problems/{type}`: what a problem type means.
#[derive(Debug, Clone, Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// In which the text is written, where that is not the page's language.
    pub(crate) language: Option<&'static str>,
    /// The problem's title.
    pub(crate) title: String,
    /// Written as it is: from the project's own documentation, never from a request. Starts below
    /// `<h1>`, which the template writes.
    pub(crate) body_html: String,
}
