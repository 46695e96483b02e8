//! An e-mail address: parsed once, compared by a normalised form that decides who is who.

use std::fmt;
use std::hash::{Hash, Hasher};

use email_address::Options;
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use unicode_normalization::UnicodeNormalization;

/// Longest address, in bytes: RFC 5321 section 4.5.3.1.3 allows a path of 256, two of which are the
/// angle brackets (RFC 3696, erratum 1690).
pub const MAX_ADDRESS_BYTES: usize = 254;

/// Longest part before the `@`, in bytes (RFC 5321 section 4.5.3.1.1).
pub const MAX_LOCAL_PART_BYTES: usize = 64;

/// An address that a mail can be sent to, as far as its spelling tells.
///
/// The syntax is that of RFC 5321 and RFC 6531 without what only test suites use: no display name,
/// no comment, no quoted local part, no address literal (`user@[192.0.2.1]`), and the domain has at
/// least two labels.
///
/// Two values are equal when their [normalised](Self::normalised) forms are.
#[derive(Clone)]
pub struct EmailAddress {
    as_typed: String,
    normalised: String,
}

impl EmailAddress {
    /// Reads an address as a person typed it; white space around it is dropped.
    ///
    /// # Errors
    ///
    /// [`EmailFault`] says what to correct. No sentence of it repeats the input.
    pub fn parse(raw: &str) -> Result<Self, EmailFault> {
        let trimmed = raw.trim();
        if trimmed.is_empty() {
            return Err(EmailFault::Empty);
        }
        // Before any work on it: what follows is linear, but need not be done for a megabyte.
        if trimmed.len() > MAX_ADDRESS_BYTES {
            return Err(EmailFault::TooLong);
        }
        // A Mac types `é` as two code points; composed, it is a letter again.
        let as_typed: String = trimmed.nfc().collect();
        let (local_part, domain) = as_typed.rsplit_once('@').ok_or(EmailFault::NoAtSign)?;
        let domain = ascii_domain(domain)?;
        check(local_part, &domain)?;

        let local_part = normalised_local_part(local_part);
        // Compatibility forms can hide an `@` or a parenthesis, so the outcome is checked as well.
        check(&local_part, &domain)?;
        let normalised = format!("{local_part}@{domain}");
        let address = Self {
            as_typed,
            normalised,
        };
        // In ASCII a domain may be longer than as it was typed, and with wide letters before it, what is
        // mailed to longer than either.
        let deliverable = address.deliverable();
        let forms = [&address.as_typed, &address.normalised, &deliverable];
        if forms.iter().any(|form| form.len() > MAX_ADDRESS_BYTES) {
            return Err(EmailFault::TooLong);
        }
        Ok(address)
    }

    /// The address as the person typed it, without the white space around it and in Unicode NFC:
    /// what to show them.
    #[must_use]
    pub fn as_typed(&self) -> &str {
        &self.as_typed
    }

    /// The form that decides whether two addresses are the same account.
    ///
    /// The local part is in NFKC and lower case, the domain in lower-case ASCII (UTS #46), so
    /// `Jane@BÜCHER.example` and `jane@xn--bcher-kva.example` are one. RFC 5321 section 2.4 leaves
    /// the case of a local part to its host; folding it is our decision: hosts that tell `Jane`
    /// from `jane` do not exist in practice, and a phone's automatic capital must not make a second
    /// account. Dots and `+tags` are kept: what they mean differs from host to host.
    ///
    /// Normalising a normalised address changes nothing.
    #[must_use]
    pub fn normalised(&self) -> &str {
        &self.normalised
    }

    /// The address to hand to a mail server: the local part as typed, since RFC 5321 section 2.4
    /// leaves it to its host, and the domain in ASCII, since not every server speaks SMTPUTF8.
    #[must_use]
    pub fn deliverable(&self) -> String {
        let local_part = self
            .as_typed
            .rsplit_once('@')
            .map_or("", |(local, _)| local);
        let domain = self
            .normalised
            .rsplit_once('@')
            .map_or("", |(_, domain)| domain);
        format!("{local_part}@{domain}")
    }
}

/// Why a text is not an e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailFault {
    /// Nothing but white space.
    #[error("the e-mail address is empty")]
    Empty,
    /// Longer than [`MAX_ADDRESS_BYTES`].
    #[error("the e-mail address is longer than {MAX_ADDRESS_BYTES} bytes")]
    TooLong,
    /// No `@`.
    #[error("the e-mail address has no @")]
    NoAtSign,
    /// Longer than [`MAX_LOCAL_PART_BYTES`] before the `@`.
    #[error("the part before the @ is longer than {MAX_LOCAL_PART_BYTES} bytes")]
    LocalPartTooLong,
    /// The part before the `@` is empty or has a character or dot where none can be.
    #[error("the part before the @ is not valid")]
    LocalPart,
    /// The part after the `@` is not a domain name.
    #[error("the part after the @ is not a domain name")]
    Domain,
    /// The domain has one label only, as in `jane@localhost`.
    #[error("the part after the @ has one label only")]
    DomainNotComplete,
}

impl EmailFault {
    /// The fault's stable name for programs, in snake_case.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "required",
            Self::TooLong | Self::LocalPartTooLong => "too_long",
            Self::NoAtSign | Self::LocalPart | Self::Domain | Self::DomainNotComplete => "invalid",
        }
    }
}

/// The domain in lower-case ASCII by UTS #46, with the limits and characters of host names.
fn ascii_domain(domain: &str) -> Result<String, EmailFault> {
    let ascii = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| EmailFault::Domain)?
        .into_owned();
    let (_, top_level) = ascii
        .rsplit_once('.')
        .ok_or(EmailFault::DomainNotComplete)?;
    // RFC 3696 section 2: no top-level domain is all digits, so that `user@192.0.2.1` is no name.
    if top_level.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(EmailFault::Domain);
    }
    Ok(ascii)
}

/// Compatibility forms composed, then lower case, and that composed again: a small letter may have a
/// composed form where its capital has none (`Ά` with an iota below).
fn normalised_local_part(local_part: &str) -> String {
    let lowered = local_part.nfkc().flat_map(char::to_lowercase);
    lowered.nfkc().collect()
}

/// Leaves the syntax of RFC 5321/6531 to the library, without the forms that we refuse.
fn check(local_part: &str, domain: &str) -> Result<(), EmailFault> {
    if local_part.len() > MAX_LOCAL_PART_BYTES {
        return Err(EmailFault::LocalPartTooLong);
    }
    if local_part.contains('"') {
        return Err(EmailFault::LocalPart);
    }
    let options = Options::default()
        .with_required_tld()
        .without_domain_literal()
        .without_display_text();
    email_address::EmailAddress::parse_with_options(&format!("{local_part}@{domain}"), options)
        .map(|_| ())
        // The domain went through UTS #46 before, so what is wrong is the local part.
        .map_err(|_| EmailFault::LocalPart)
}

/// Equal when the normalised forms are.
impl PartialEq for EmailAddress {
    fn eq(&self, other: &Self) -> bool {
        self.normalised == other.normalised
    }
}

impl Eq for EmailAddress {}

impl Hash for EmailAddress {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normalised.hash(state);
    }
}

/// Masked, `j•••@example.com`: an address is personal data and logs are read by many. There is no
/// `Display`, so that printing one in full is a deliberate act.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (local_part, domain) = self.normalised.rsplit_once('@').unwrap_or_default();
        let first = local_part.chars().take(1).collect::<String>();
        write!(formatter, "{first}•••@{domain}")
    }
}

/// As typed: normalising is repeated when it is read back.
impl Serialize for EmailAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.as_typed)
    }
}

impl<'de> Deserialize<'de> for EmailAddress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = String::deserialize(deserializer)?;
        Self::parse(&raw).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
