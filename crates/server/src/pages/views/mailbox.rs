//! `/mailbox`: the mails that the embedded mailbox kept instead of sending.

use super::Site;
use askama::Template;

/// GET `/mailbox`.
#[derive(Debug, Clone, Template)]
#[template(path = "mailbox.html")]
pub(crate) struct MailboxPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// Newest first.
    pub(crate) mails: Vec<MailSummary>,
}

/// One line of the mailbox.
#[derive(Debug, Clone)]
pub(crate) struct MailSummary {
    /// The mail's own page.
    pub(crate) href: String,
    /// To whom.
    pub(crate) to: String,
    /// About what.
    pub(crate) subject: String,
    /// When, for a person: "23 Nov 2026, 12:29 UTC".
    pub(crate) sent_at: String,
    /// When, in RFC 3339; the script shows it in the local zone.
    pub(crate) sent_at_rfc3339: String,
}

/// One mail.
#[derive(Debug, Clone, Template)]
#[template(path = "mail.html")]
pub(crate) struct MailPage {
    /// Header and footer.
    pub(crate) site: Site,
    /// Headers.
    pub(crate) mail: MailSummary,
    /// From whom.
    pub(crate) from: String,
    /// The text part: see [`split_links`].
    pub(crate) body: Vec<TextPart>,
    /// Where the HTML part can be seen as it was sent, if there is one.
    pub(crate) html_href: Option<String>,
}

/// A piece of a text that has links in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TextPart {
    /// As it is.
    Text(String),
    /// An http or https address, to be clicked.
    Link(String),
}

/// Cuts a plain text at its http and https addresses. Only these two schemes become links, and
/// punctuation that ends a sentence is not part of one.
pub(crate) fn split_links(text: &str) -> Vec<TextPart> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(start) = next_link(rest) {
        let (before, from_link) = rest.split_at(start);
        let end = from_link
            .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'))
            .unwrap_or(from_link.len());
        let link = from_link[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', ']']);
        if !before.is_empty() {
            parts.push(TextPart::Text(before.to_owned()));
        }
        parts.push(TextPart::Link(link.to_owned()));
        rest = &from_link[link.len()..];
    }
    if !rest.is_empty() {
        parts.push(TextPart::Text(rest.to_owned()));
    }
    parts
}

fn next_link(text: &str) -> Option<usize> {
    [text.find("https://"), text.find("http://")]
        .into_iter()
        .flatten()
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_cut_out_without_the_punctuation_after_them() {
        let text = "Open http://localhost:8080/verify/abc. Or (https://example.com/a?b=c).\nBye";
        assert_eq!(
            split_links(text),
            [
                TextPart::Text("Open ".to_owned()),
                TextPart::Link("http://localhost:8080/verify/abc".to_owned()),
                TextPart::Text(". Or (".to_owned()),
                TextPart::Link("https://example.com/a?b=c".to_owned()),
                TextPart::Text(").\nBye".to_owned()),
            ]
        );
    }

    #[test]
    fn other_schemes_stay_text() {
        let text = "javascript:alert(1) and ftp://example.com";
        assert_eq!(split_links(text), [TextPart::Text(text.to_owned())]);
    }

    #[test]
    fn nothing_of_the_text_is_lost() {
        for text in [
            "http://",
            "a http://... b",
            "https://x\n\nhttps://y",
            "",
            "é https://é.example, ",
        ] {
            let joined: String = split_links(text)
                .into_iter()
                .map(|part| match part {
                    TextPart::Text(piece) | TextPart::Link(piece) => piece,
                })
                .collect();
            assert_eq!(joined, text);
        }
    }
}
