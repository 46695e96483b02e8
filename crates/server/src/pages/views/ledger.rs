//! The ledger: the steps of one registration, a line each, and the sentence that closes it.

use askama::Template;

use crate::language::Language;
use crate::words::Line;

/// The steps of one registration in order. `{{ ledger|safe }}` writes it.
#[derive(Debug, Clone, Template)]
#[template(path = "_ledger.html")]
pub(crate) struct Ledger {
    /// In which it is written.
    pub(crate) language: Language,
    /// One line per step, in the order they are done.
    pub(crate) lines: Vec<Line>,
    /// The sentence under the double rule, such as "Nothing was created. Nothing was charged."
    pub(crate) closing: Option<String>,
}

impl Ledger {
    /// One without lines, for a script to fill.
    pub(crate) fn empty(language: Language) -> Self {
        Self {
            language,
            lines: Vec::new(),
            closing: None,
        }
    }
}
