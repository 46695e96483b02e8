//! The languages that people are written to in.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A language. A new one is a variant here, its templates of mails, and what the compiler asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// Stands in for what is not there in another.
    #[default]
    English,
    /// German.
    German,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// Its tag (BCP 47), by which it is also stored.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The language of that tag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag() == tag)
    }
}

/// Its tag.
impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.tag())
    }
}

impl<'de> Deserialize<'de> for Language {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tag = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::from_tag(&tag).ok_or_else(|| D::Error::custom("not the tag of a language"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_stored_as_its_tag_and_read_back() {
        for (language, tag) in [(Language::English, "en"), (Language::German, "de")] {
            assert_eq!(language.tag(), tag);
            assert_eq!(Language::from_tag(tag), Some(language));
            let json = serde_json::to_string(&language).expect("serialises");
            assert_eq!(json, format!("\"{tag}\""));
            let read: Language = serde_json::from_str(&json).expect("deserialises");
            assert_eq!(read, language);
        }
    }

    #[test]
    fn what_is_not_a_tag_of_ours_is_no_language() {
        for tag in ["", "fr", "DE", "de-AT"] {
            assert_eq!(Language::from_tag(tag), None, "{tag}");
            assert!(serde_json::from_str::<Language>(&format!("\"{tag}\"")).is_err());
        }
    }
}
