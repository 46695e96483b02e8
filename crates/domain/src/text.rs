//! The rule that every line of text from a person keeps, and the types that prove it.

use unicode_normalization::UnicodeNormalization;

/// Why a text is refused. What a person is told is written where their language is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextFault {
    /// Nothing but white space.
    #[error("nothing but white space")]
    Empty,
    /// More characters than fit.
    #[error("more than {max_characters} characters")]
    TooLong {
        /// Most characters (Unicode code points, in NFC).
        max_characters: usize,
    },
    /// A line end, a tab, or an invisible character that turns the direction of text.
    #[error("a line end, a tab or another invisible character")]
    ControlCharacter,
}

impl TextFault {
    /// The fault's stable name for programs, in snake_case.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::TooLong { .. } => "too_long",
            Self::ControlCharacter => "invalid",
        }
    }
}

/// One line of text: trimmed, in NFC, not empty, of at most `max_characters`, and without
/// characters that would break a line or disguise what a mail or a log shows.
pub(crate) fn line(raw: &str, max_characters: usize) -> Result<String, TextFault> {
    let trimmed = raw.trim();
    if trimmed.is_empty() {
        return Err(TextFault::Empty);
    }
    // At most four code points compose into one, so nothing longer can fit; this bounds the work.
    if trimmed
        .chars()
        .nth(max_characters.saturating_mul(4))
        .is_some()
    {
        return Err(TextFault::TooLong { max_characters });
    }
    if trimmed.chars().any(is_invisible) {
        return Err(TextFault::ControlCharacter);
    }
    let text: String = trimmed.nfc().collect();
    if text.chars().count() > max_characters {
        return Err(TextFault::TooLong { max_characters });
    }
    Ok(text)
}

/// Control characters, line and paragraph separators, the marks that turn the direction of text
/// (Unicode TR 36), and the byte-order mark. Joiners stay: Persian and Hindi names need them.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}'
        )
}

/// Defines a type for one kind of text: `parse`, `as_str`, serde both ways (reading parses), and a
/// `Debug` that shows the first character only, since logs are no place for personal data.
macro_rules! text_type {
    ($(#[$documentation:meta])* $name:ident, $max_characters:expr) => {
        $(#[$documentation])*
        #[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads the text: white space around it is dropped, the rest is put in NFC.
            ///
            /// # Errors
            ///
            /// [`TextFault`] when it is empty, too long, or contains a control character.
            pub fn parse(raw: &str) -> Result<Self, $crate::profile::TextFault> {
                $crate::text::line(raw, $max_characters).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::profile::TextFault;

            fn try_from(raw: String) -> Result<Self, Self::Error> {
                Self::parse(&raw)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&$crate::text::masked(&self.0))
            }
        }
    };
}

pub(crate) use text_type;

/// The first character and a mask, whatever the length.
pub(crate) fn masked(text: &str) -> String {
    text.chars().take(1).chain("•••".chars()).collect()
}
