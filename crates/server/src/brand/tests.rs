//! What a brand's files say.

use super::*;

const SHEETS: Sheets<'_> = Sheets {
    tokens: ":root { --ground: #f5f6f9; --accent: #2a3fb0; }\n\
             @media (prefers-color-scheme: dark) { :root { --ground: #10131a; --accent: #a3b1ff; } }\n",
    rules: "a { color: var(--accent); }\n",
    icon: "<svg><style>path{stroke:#2a3fb0}@media(prefers-color-scheme:dark){path{stroke:#a3b1ff}}</style></svg>",
};

fn brand(color: Option<&str>) -> Brand {
    let settings = BrandSettings {
        name: "Acme".to_owned(),
        logo: None,
        color: color.and_then(Rgb::parse),
        terms_url: None,
        privacy_url: None,
        imprint_url: None,
        support: None,
    };
    Brand::new(settings, &SHEETS)
}

fn style(brand: &Brand) -> &str {
    std::str::from_utf8(&brand.style.bytes).unwrap()
}

#[test]
fn without_a_color_the_style_sheet_is_the_built_in_one() {
    let brand = brand(None);
    assert_eq!(style(&brand), [SHEETS.tokens, SHEETS.rules].concat());
    assert_eq!(
        brand.style.href(),
        Brand::new(brand.settings.clone(), &SHEETS).style.href()
    );
}

#[test]
fn a_color_stands_after_the_built_in_one_and_changes_the_address() {
    let plain = brand(None);
    let red = brand(Some("#a0203c"));
    let sheet = style(&red);
    let own = sheet.find("--accent:#a0203c").unwrap();
    assert!(own > sheet.find("--accent: #2a3fb0").unwrap());
    assert!(own < sheet.find("a { color").unwrap());
    assert_ne!(red.style.href(), plain.style.href());
    assert!(red.served(&red.style.name).is_some() && red.served("style.css").is_none());
}

#[test]
fn the_icon_has_the_color_too() {
    let svg = |brand: &Brand| {
        let encoded = brand
            .icon
            .strip_prefix("data:image/svg+xml;base64,")
            .unwrap();
        String::from_utf8(STANDARD.decode(encoded).unwrap()).unwrap()
    };
    assert_eq!(svg(&brand(None)), SHEETS.icon);
    let red = svg(&brand(Some("#a0203c")));
    assert!(
        red.contains("{stroke:#a0203c}") && !red.contains("#a3b1ff"),
        "{red}"
    );
}
