//! The kinds of mails: what each is called, and what may stand in its templates. A new one is a module like
//! `verification`, a line in [`KINDS`], and its templates in `templates/mail`.

use super::{account_exists, journey, verification};

/// Every kind.
pub(super) static KINDS: [&Kind; 3] = [&verification::KIND, &journey::KIND, &account_exists::KIND];

/// A kind of mail.
pub(super) struct Kind {
    /// What its templates' files are called, before the dot.
    pub(super) name: &'static str,
    /// What may stand in them.
    pub(super) placeholders: &'static [Placeholder],
}

/// What stands in a template for something that differs from mail to mail.
pub(super) struct Placeholder {
    /// As it is written between braces.
    pub(super) name: &'static str,
    /// What the templates are tried out with.
    pub(super) example: &'static str,
    /// Whether there is always something to put in, and whether a mail can do without it.
    pub(super) presence: Presence,
}

/// Where a placeholder is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// Must be in every text and every HTML part: what the mail is for.
    Needed,
    /// May be left out.
    Optional,
    /// May be left out, and stands for nothing in some mails.
    Sometimes,
}

/// What is put in for each placeholder of a mail's kind; `None` only where that is [`Presence::Sometimes`].
pub(super) type Content = Vec<(&'static str, Option<String>)>;

impl Kind {
    /// Examples to try the templates out with: with everything, and without what is not always there.
    pub(super) fn examples(&self) -> [Content; 2] {
        [true, false].map(|is_full| {
            let placeholders = self.placeholders.iter();
            let examples = placeholders.map(|it| {
                let is_there = is_full || it.presence != Presence::Sometimes;
                (it.name, is_there.then(|| it.example.to_owned()))
            });
            examples.collect()
        })
    }

    /// Whether something can be put in for a name.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.placeholders.iter().any(|it| it.name == name)
    }

    /// The names of all placeholders, for a person.
    pub(super) fn names(&self) -> String {
        let names = self.placeholders.iter().map(|it| format!("`{}`", it.name));
        names.collect::<Vec<_>>().join(", ")
    }
}
