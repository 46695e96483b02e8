//! `[brand]`: what makes the pages the operator's own.

use std::fmt;
use std::path::Path;

use axum::http::Uri;

use super::reader::Reader;
use crate::brand::Rgb;

/// The longest name, in characters: it stands in one line on a phone.
const LONGEST_NAME: usize = 60;

/// The largest logo, in bytes. A page, its styles and scripts have some 30 KB, and 100 KB is what a page
/// may weigh.
const LARGEST_LOGO: usize = 64 * 1024;

/// Name, logo, colour and legal links.
#[derive(Clone, Debug)]
pub struct BrandSettings {
    /// The name that pages carry.
    pub name: String,
    /// What stands beside it; none: the built-in mark.
    pub logo: Option<Logo>,
    /// The colour of buttons and links; none: the built-in one.
    pub color: Option<Rgb>,
    /// Where the terms are.
    pub terms_url: Option<String>,
    /// Where the privacy policy is.
    pub privacy_url: Option<String>,
    /// Where the imprint is.
    pub imprint_url: Option<String>,
    /// Where people are told to turn to.
    pub support: Option<Support>,
}

/// A picture, as it was read.
#[derive(Clone)]
pub struct Logo {
    /// What kind of file it is.
    pub kind: LogoKind,
    /// The file.
    pub bytes: Vec<u8>,
}

/// What kind of file a logo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogoKind {
    /// Scalable Vector Graphics.
    Svg,
    /// Portable Network Graphics.
    Png,
}

/// Where people are told to turn to: a `mailto:` or `https:` address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support(String);

impl Support {
    /// To be linked.
    pub fn href(&self) -> &str {
        &self.0
    }

    /// To be read: a mail address without `mailto:`.
    pub fn words(&self) -> &str {
        self.0.strip_prefix("mailto:").unwrap_or(&self.0)
    }
}

impl Logo {
    /// Which kind of picture a file is, by how it begins, whatever its name.
    fn read(bytes: Vec<u8>) -> Option<Self> {
        let kind = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            LogoKind::Png
        } else {
            let text = std::str::from_utf8(&bytes).ok()?;
            let begins = text.trim_start_matches('\u{feff}').trim_start();
            (begins.starts_with('<') && begins.contains("<svg")).then_some(LogoKind::Svg)?
        };
        Some(Self { kind, bytes })
    }
}

/// Its size; what is in it is of no use in a log.
impl fmt::Debug for Logo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} of {} bytes", self.kind, self.bytes.len())
    }
}

/// Reads the section.
pub(super) fn read(reader: &Reader) -> Option<BrandSettings> {
    let name = reader.text("brand.name");
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)
    {
        let remedy = format!("write 1 to {LONGEST_NAME} characters");
        reader.fault("brand.name", format!("`{name}` is not valid; {remedy}"));
    }
    let color = reader.text("brand.color");
    let parsed = Rgb::parse(&color);
    if parsed.is_none() && !color.is_empty() {
        let remedy = "write # and six hexadecimal digits, such as #2a3fb0";
        reader.fault("brand.color", format!("`{color}` is not valid; {remedy}"));
    }
    Some(BrandSettings {
        name,
        logo: logo(reader),
        color: parsed,
        terms_url: link(reader, "brand.terms_url"),
        privacy_url: link(reader, "brand.privacy_url"),
        imprint_url: link(reader, "brand.imprint_url"),
        support: support(reader),
    })
}

fn logo(reader: &Reader) -> Option<Logo> {
    let key = "brand.logo";
    let path = reader.text(key);
    if path.is_empty() {
        return None;
    }
    let bytes = match std::fs::read(Path::new(&path)) {
        Ok(bytes) => bytes,
        Err(error) => {
            reader.fault(key, format!("`{path}` cannot be read ({error})"));
            return None;
        }
    };
    if bytes.len() > LARGEST_LOGO {
        let (size, most) = (bytes.len(), LARGEST_LOGO / 1024);
        let remedy = format!("take one of at most {most} KiB");
        reader.fault(key, format!("`{path}` has {size} bytes; {remedy}"));
        return None;
    }
    let logo = Logo::read(bytes);
    if logo.is_none() {
        let remedy = "take an SVG or a PNG file";
        reader.fault(key, format!("`{path}` is no picture; {remedy}"));
    }
    logo
}

fn link(reader: &Reader, key: &'static str) -> Option<String> {
    let text = reader.text(key);
    if text.is_empty() {
        return None;
    }
    if !is_web_address(&text, &["https", "http"]) {
        let remedy = "write an address that starts with https://";
        reader.fault(key, format!("`{text}` is not valid; {remedy}"));
    }
    Some(text)
}

fn support(reader: &Reader) -> Option<Support> {
    let key = "brand.support";
    let text = reader.text(key);
    if text.is_empty() {
        return None;
    }
    let is_valid = match text.strip_prefix("mailto:") {
        Some(address) => enlist_domain::EmailAddress::parse(address).is_ok(),
        None => is_web_address(&text, &["https"]),
    };
    if !is_valid {
        let remedy = "write mailto: and an e-mail address, or an address that starts with https://";
        reader.fault(key, format!("`{text}` is not valid; {remedy}"));
    }
    Some(Support(text))
}

fn is_web_address(text: &str, schemes: &[&str]) -> bool {
    text.parse::<Uri>().is_ok_and(|address| {
        let has_scheme = address.scheme_str().is_some_and(|it| schemes.contains(&it));
        has_scheme && address.host().is_some_and(|host| !host.is_empty())
    })
}

#[cfg(test)]
mod tests;
