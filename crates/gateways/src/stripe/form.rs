//! The parameters of a request, as Stripe nests them: `metadata[registration_id]=…`. May hold a card:
//! what it holds is wiped, and there is room for all of it from the start, so that no copy is left
//! behind by growing.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

/// More than a customer with every field at its longest needs, each character written as three.
const ROOM_BYTES: usize = 16 * 1024;

/// Names and values, encoded as they go over the wire.
#[derive(Default)]
pub(super) struct Form(Zeroizing<Vec<u8>>);

impl Form {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(ROOM_BYTES)))
    }

    /// With one parameter more.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        if !self.0.is_empty() {
            self.0.push(b'&');
        }
        // Brackets stay as they are, so that a log of Stripe's can be read.
        let name = byte_serialize(name.as_bytes()).map(|part| match part {
            "%5B" => "[",
            "%5D" => "]",
            part => part,
        });
        for part in name {
            self.0.extend_from_slice(part.as_bytes());
        }
        self.0.push(b'=');
        for part in byte_serialize(value.as_bytes()) {
            self.0.extend_from_slice(part.as_bytes());
        }
        self
    }

    /// The same, where there is a value.
    #[must_use]
    pub(super) fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// As the query of a URL. Nothing that is secret goes there.
    pub(super) fn as_query(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// As a body, which is wiped once it was sent.
    pub(super) fn into_body(self) -> Bytes {
        Bytes::from_owner(self.0)
    }
}

/// Shows nothing.
impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Form(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded_and_names_keep_their_brackets() {
        let form = Form::new()
            .with("metadata[registration_id]", "a&b=c")
            .with_some("name", Some("Ada Lövelace"))
            .with_some("phone", None);
        assert_eq!(
            form.as_query(),
            "metadata[registration_id]=a%26b%3Dc&name=Ada+L%C3%B6velace"
        );
    }

    #[test]
    fn debug_shows_nothing() {
        let form = Form::new().with("card[number]", "4242424242424242");
        assert_eq!(format!("{form:?}"), "Form(…)");
    }
}
