//! What `[brand]` takes and what it refuses, by key.

use std::collections::BTreeMap;

use super::*;
use crate::config::Settings;

fn settings(keys: &[(&str, &str)]) -> Result<BrandSettings, Vec<String>> {
    let environment: BTreeMap<String, String> = keys
        .iter()
        .map(|(name, value)| (format!("ENLIST_BRAND__{name}"), (*value).to_owned()))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("enlist.toml");
    std::fs::write(&file, "").unwrap();
    match Settings::from_sources(Some(&file), environment) {
        Ok(settings) => Ok(settings.brand),
        Err(unusable) => Err(unusable.0.into_iter().map(|fault| fault.key).collect()),
    }
}

fn picture(name: &str, bytes: &[u8]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn without_any_key_the_brand_is_our_own() {
    let brand = settings(&[]).unwrap();
    assert_eq!(brand.name, "Enlist");
    assert!(brand.logo.is_none() && brand.color.is_none() && brand.support.is_none());
}

#[test]
fn every_key_that_is_wrong_is_named() {
    let (_folder, text) = picture("logo.svg", b"no picture");
    let wrong = settings(&[
        ("NAME", ""),
        ("LOGO", &text),
        ("COLOR", "blue"),
        ("TERMS_URL", "/terms"),
        ("PRIVACY_URL", "javascript:alert(1)"),
        ("IMPRINT_URL", "https://"),
        ("SUPPORT", "help@example.com"),
    ]);
    let mut keys = wrong.unwrap_err();
    keys.sort();
    let expected = [
        "color",
        "imprint_url",
        "logo",
        "name",
        "privacy_url",
        "support",
        "terms_url",
    ];
    assert_eq!(keys, expected.map(|key| format!("brand.{key}")));
}

#[test]
fn a_color_is_six_hexadecimal_digits() {
    for color in ["#2A3fb0", "#000000"] {
        assert!(
            settings(&[("COLOR", color)]).unwrap().color.is_some(),
            "{color}"
        );
    }
    for color in [
        "2a3fb0", "#2a3fb", "#2a3fb00", "#gggggg", "#+12345", "#éé12",
    ] {
        assert_eq!(
            settings(&[("COLOR", color)]).unwrap_err(),
            ["brand.color"],
            "{color}"
        );
    }
}

#[test]
fn a_logo_is_told_by_how_it_begins() {
    for (bytes, kind) in [
        (
            &b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"[..],
            LogoKind::Svg,
        ),
        (
            b"<?xml version=\"1.0\"?>\n<!-- ours --><svg/>",
            LogoKind::Svg,
        ),
        (b"\x89PNG\r\n\x1a\n....", LogoKind::Png),
    ] {
        let (_folder, path) = picture("logo", bytes);
        let logo = settings(&[("LOGO", &path)]).unwrap().logo.unwrap();
        assert_eq!((logo.kind, &logo.bytes[..]), (kind, bytes));
    }
    let (_folder, html) = picture("logo.svg", b"<html></html>");
    assert_eq!(settings(&[("LOGO", &html)]).unwrap_err(), ["brand.logo"]);
    assert_eq!(
        settings(&[("LOGO", "/nowhere.svg")]).unwrap_err(),
        ["brand.logo"]
    );
}

#[test]
fn a_logo_that_is_too_large_is_refused() {
    let mut bytes = b"<svg>".to_vec();
    bytes.resize(LARGEST_LOGO, b' ');
    let (_folder, path) = picture("logo.svg", &bytes);
    assert!(settings(&[("LOGO", &path)]).is_ok());
    bytes.push(b' ');
    let (_folder, path) = picture("logo.svg", &bytes);
    assert_eq!(settings(&[("LOGO", &path)]).unwrap_err(), ["brand.logo"]);
}

#[test]
fn a_support_address_is_read_without_mailto() {
    let support = |text| settings(&[("SUPPORT", text)]).unwrap().support.unwrap();
    let mail = support("mailto:help@example.com");
    assert_eq!(
        (mail.href(), mail.words()),
        ("mailto:help@example.com", "help@example.com")
    );
    let page = support("https://example.com/help");
    assert_eq!(
        (page.href(), page.words()),
        ("https://example.com/help", "https://example.com/help")
    );
}
