//! What an operator puts in the place of our name, mark and colour.

use crate::service::Service;

const LOGO: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";

/// The address of the style sheet that a page loads.
fn style_sheet(page: &str) -> &str {
    let (_, rest) = page.split_once("rel=\"stylesheet\" href=\"").unwrap();
    rest.split('"').next().unwrap()
}

#[tokio::test]
async fn one_style_sheet_has_everything_and_is_kept_for_good() {
    let service = Service::start().await;
    let page = service.open("/").await.text();
    assert_eq!(page.matches("rel=\"stylesheet\"").count(), 1);
    let sheet = service.get(style_sheet(&page)).await;
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(
        sheet.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    let of_another_version = service.get("/assets/style-0123456789ab.css").await;
    assert_eq!(of_another_version.body, sheet.body);
    assert_eq!(of_another_version.header("cache-control"), "no-store");
    assert_eq!(
        service.get("/assets/logo-0123456789ab.svg").await.status,
        404
    );
    let css = sheet.text();
    assert!(css.contains("--accent: #2a3fb0") && css.contains(".button"));
    assert!(page.contains(">Enlist</span>") && page.contains("brand-mark"));
    assert!(!page.contains("class=\"legal\""));
}

#[tokio::test]
async fn name_color_logo_and_links_are_the_operators() {
    let folder = tempfile::tempdir().unwrap();
    let logo = folder.path().join("logo.svg");
    std::fs::write(&logo, LOGO).unwrap();
    let service = Service::with(&[
        ("brand.name", "Acme & Sons"),
        ("brand.color", "#ffcc00"),
        ("brand.logo", logo.to_str().unwrap()),
        ("brand.terms_url", "https://acme.example/terms?a=1&b=2"),
        ("brand.privacy_url", "https://acme.example/privacy"),
        ("brand.imprint_url", "https://acme.example/imprint"),
        ("brand.support", "mailto:help@acme.example"),
    ])
    .await;
    let page = service.open("/").await.text();
    for part in [
        "– Acme &#38; Sons</title>",
        "By signing up you accept the <a href=\"https://acme.example/terms?a=1&amp;b=2\"",
        "<a href=\"https://acme.example/imprint\">Imprint</a>",
        "<a href=\"mailto:help@acme.example\">Contact</a>",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(
        !page.contains("brand-mark") && !page.contains("Enlist"),
        "{page}"
    );

    let css = service.get(style_sheet(&page)).await.text();
    let accents: Vec<&str> = css
        .split("--accent:#")
        .skip(1)
        .map(|rest| &rest[..6])
        .collect();
    assert_eq!(accents.len(), 2, "on light and on dark");
    assert_eq!(accents[1], "ffcc00", "which can be read on dark as it is");
    assert_ne!(accents[0], "ffcc00", "but not on light");

    let (_, rest) = page.split_once("class=\"brand-logo\" src=\"").unwrap();
    let address = rest.split('"').next().unwrap();
    assert!(page.contains(&format!("rel=\"icon\" href=\"{address}\"")));
    let served = service.get(address).await;
    assert_eq!(served.body, LOGO);
    assert_eq!(served.header("content-type"), "image/svg+xml");
    let policy = served.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("sandbox"),
        "{policy}"
    );
}
