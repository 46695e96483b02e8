//! The brand in use: the style sheet with the operator's colour, the logo, the icon. Made once, at start;
//! each stands at an address that has a hash of it, so browsers keep it for good.

mod color;

pub use color::Rgb;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use sha2::{Digest as _, Sha256};

use crate::config::{BrandSettings, LogoKind};
use color::{Accent, Ground};

/// The tokens of the style sheet that are backgrounds.
const GROUNDS: [&str; 6] = [
    "ground",
    "surface",
    "sunken",
    "done-wash",
    "error-wash",
    "waiting-wash",
];

/// How many characters of a hash stand in an address: 72 bits, so that no two files of ours share them.
const HASH_CHARACTERS: usize = 12;

/// What pages show of the brand, and what they load for it.
#[derive(Debug)]
pub struct Brand {
    /// As it was configured.
    pub settings: BrandSettings,
    /// The one style sheet of every page.
    pub style: Served,
    /// What stands beside the name; none: the built-in mark.
    pub logo: Option<Served>,
    /// The address of the icon in a browser's tab.
    pub icon: String,
}

/// A file that is made at start.
#[derive(Debug)]
pub struct Served {
    /// Below `/assets/`.
    pub name: String,
    /// Its `Content-Type`.
    pub kind: &'static str,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// The style sheets that a brand is made from, as they are embedded.
pub struct Sheets<'a> {
    /// Every colour and size.
    pub tokens: &'a str,
    /// What uses them.
    pub rules: &'a str,
    /// The built-in icon.
    pub icon: &'a str,
}

impl Brand {
    /// Makes what is served.
    pub fn new(settings: BrandSettings, sheets: &Sheets<'_>) -> Self {
        let (light, dark) = schemes(sheets.tokens);
        let (light, dark) = (Ground::light(values(light)), Ground::dark(values(dark)));
        let accents = settings
            .color
            .map(|color| (Accent::on(&light, color), Accent::on(&dark, color)));
        let own = accents.as_ref().map(|(light, dark)| {
            let (light, dark) = (in_css(light), in_css(dark));
            format!(":root{{{light}}}@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n")
        });
        // The brand's colours come after the built-in ones, and before the rules, of which those for
        // print have the last word.
        let style = [
            sheets.tokens,
            own.as_deref().unwrap_or_default(),
            sheets.rules,
        ]
        .concat();
        let logo = settings.logo.as_ref().map(|logo| {
            let (ending, kind) = match logo.kind {
                LogoKind::Svg => ("svg", "image/svg+xml"),
                LogoKind::Png => ("png", "image/png"),
            };
            Served::new("logo", ending, kind, logo.bytes.clone())
        });
        let icon = match &logo {
            Some(logo) => logo.href(),
            None => icon(sheets, accents.as_ref()),
        };
        Self {
            style: Served::new(
                "style",
                "css",
                "text/css; charset=utf-8",
                style.into_bytes(),
            ),
            logo,
            icon,
            settings,
        }
    }

    /// What was made at start and has this name.
    pub fn served(&self, name: &str) -> Option<&Served> {
        let all = std::iter::once(&self.style).chain(&self.logo);
        all.into_iter().find(|served| served.name == name)
    }

    /// What stands in for a name that another version, or another replica's brand, has given its own.
    pub fn stand_in(&self, name: &str) -> Option<&Served> {
        let of_kind = |served: &&Served| {
            let (kind, _) = served.name.split_once('-').unwrap_or_default();
            name.split_once('-').is_some_and(|(asked, _)| asked == kind)
        };
        std::iter::once(&self.style).chain(&self.logo).find(of_kind)
    }

    /// Where people turn to, to be read; `none` where no address is told.
    pub fn support_words(&self) -> &str {
        let support = self.settings.support.as_ref();
        support.map_or("none", |support| support.words())
    }
}

impl Served {
    fn new(name: &str, ending: &str, kind: &'static str, bytes: Vec<u8>) -> Self {
        let hash = URL_SAFE_NO_PAD.encode(Sha256::digest(&bytes));
        let hash = hash.get(..HASH_CHARACTERS).unwrap_or(&hash);
        Self {
            name: format!("{name}-{hash}.{ending}"),
            kind,
            bytes,
        }
    }

    /// Where it is.
    pub fn href(&self) -> String {
        format!("/assets/{}", self.name)
    }
}

/// The part of the style sheet that holds in light, and the part that holds in dark.
fn schemes(tokens: &str) -> (&str, &str) {
    let dark_from = tokens.find("prefers-color-scheme: dark");
    tokens.split_at(dark_from.unwrap_or(tokens.len()))
}

/// The backgrounds that text in the accent may stand on.
fn values(part: &str) -> Vec<Rgb> {
    GROUNDS
        .iter()
        .filter_map(|name| value(part, name))
        .collect()
}

fn value(part: &str, name: &str) -> Option<Rgb> {
    let (_, rest) = part.split_once(&format!("--{name}: "))?;
    Rgb::parse(rest.split(';').next()?)
}

fn in_css(accent: &Accent) -> String {
    let Accent {
        accent,
        strong,
        wash,
        on,
    } = accent;
    format!("--accent:{accent};--accent-strong:{strong};--accent-wash:{wash};--on-accent:{on}")
}

/// The built-in icon in the brand's colours, in the page itself: it is as long as the request for it.
fn icon(sheets: &Sheets<'_>, accents: Option<&(Accent, Accent)>) -> String {
    let mut svg = sheets.icon.trim().to_owned();
    if let Some((light, dark)) = accents {
        let (in_light, in_dark) = schemes(sheets.tokens);
        for (part, accent) in [(in_light, light.accent), (in_dark, dark.accent)] {
            if let Some(built_in) = value(part, "accent") {
                svg = svg.replace(&built_in.to_string(), &accent.to_string());
            }
        }
    }
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(svg))
}

#[cfg(test)]
mod tests;
