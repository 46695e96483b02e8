//! The configuration as an operator meets it.

mod database;
mod gateway;
mod mail;

use super::*;

fn load(variables: &[(&str, &str)]) -> Result<Settings, Unusable> {
    let environment = variables
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    Settings::from_sources(None, environment.collect())
}

#[test]
fn nothing_needs_to_be_configured() {
    let settings = load(&[]).unwrap();
    assert_eq!(settings.limits.deadline, Duration::from_secs(60));
    assert_eq!(settings.database.to_string(), "./enlist-data/enlist.db");
    assert_eq!(settings.plans.iter().count(), 3);
}

#[test]
fn every_key_is_read_and_every_default_is_valid() {
    let reader = Reader::new(BTreeMap::new());
    assert!(Settings::read(&reader, Some(PlanCatalogue::default())).is_some());
    let read = reader.read_keys();
    let listed = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(read, listed);
    assert!(reader.into_faults().is_empty());
}

#[test]
fn the_environment_wins_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("enlist.toml");
    std::fs::write(
        &file,
        "data_dir = \"/from/file\"\n[registration]\ndeadline = \"30s\"\n[limits]\nenabled = false\n\
         [[plans]]\nname = \"solo\"\namount_minor = 500\ncurrency = \"EUR\"\ninterval = \"year\"\n",
    )
    .unwrap();
    let environment = [("ENLIST_DATA_DIR".to_owned(), "/from/environment".to_owned())];
    let settings = Settings::from_sources(Some(&file), environment.into()).unwrap();
    assert_eq!(settings.data_dir, Path::new("/from/environment"));
    assert_eq!(settings.limits.deadline, Duration::from_secs(30));
    assert!(settings.sign_up_rate.is_none());
    assert_eq!(
        settings.plans.get("solo").unwrap().to_string(),
        "€5.00 / year"
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once_by_key() {
    let Unusable(faults) = load(&[
        ("ENLIST_REGISTRATION__DEADLINE", "soon"),
        ("ENLIST_GATEWAY__KIND", "braintree"),
        ("ENLIST_REGISTRATION__DEADLIN", "60s"),
        (
            "ENLIST_DATABASE__URL",
            "postgres://user:canary-password@host/db?sslmode=canary",
        ),
        ("ENLIST_GATEWAY__TIMEOUT", "10s"),
    ])
    .unwrap_err();
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
    for key in [
        "registration.deadline",
        "gateway.kind",
        "registration.deadlin",
        "database.url",
        "gateway.timeout",
    ] {
        assert!(keys.contains(&key), "{key} is missing in {keys:?}");
    }
    let words = format!("{}", Unusable(faults));
    assert!(
        words.contains("did you mean registration.deadline?"),
        "{words}"
    );
    assert!(!words.contains("canary-password"), "{words}");
}

/// Found by fuzzing.
#[test]
fn a_file_that_is_not_toml_is_refused_without_repeating_its_line() {
    for (text, place) in [
        ("log = \"info\"\nsecret_key = \"canary\n", "line 2, column "),
        ("secret_key = canary\n", "line 1, column "),
        ("secret_key = \"canary\" x\n", "line 1, column "),
        ("secret_key = \"canary\\q\"\n", "line 1, column "),
        (
            "secret_key = \"a\"\nsecret_key = \"canary\"\n",
            "line 2, column 1",
        ),
    ] {
        let refused = Settings::from_text("enlist.toml", text, BTreeMap::new());
        let words = refused.unwrap_err().to_string();
        assert!(words.contains(place), "{words}");
        assert!(words.contains("enlist.toml: "), "{words}");
        assert!(!words.contains("canary"), "{words}");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_why() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no.toml");
    let refused = Settings::from_sources(Some(&missing), BTreeMap::new());
    let words = refused.unwrap_err().to_string();
    assert!(words.contains("no.toml: cannot be read"), "{words}");
    let binary = folder.path().join("binary.toml");
    std::fs::write(&binary, b"log = \"\xff\"").unwrap();
    let refused = Settings::from_sources(Some(&binary), BTreeMap::new());
    let words = refused.unwrap_err().to_string();
    assert!(words.contains("binary.toml: is not in UTF-8"), "{words}");
}

#[test]
fn a_key_of_a_later_version_is_no_mistake() {
    let settings = load(&[("ENLIST_ADMIN__TOKEN", "canary-token")]).unwrap();
    let named: Vec<&str> = settings.without_effect.iter().map(|it| it.key).collect();
    assert_eq!(named, ["admin.token"]);
}

#[test]
fn the_example_file_is_what_the_program_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../enlist.example.toml");
    let kept = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        kept,
        example(),
        "run `cargo run -- config --toml > enlist.example.toml`"
    );
}

#[test]
fn variables_that_tell_where_a_neighbour_is_are_passed_over() {
    let told = [
        ("ENLIST_SERVICE_HOST", "10.96.0.7"),
        ("ENLIST_SERVICE_PORT", "8080"),
        ("ENLIST_SERVICE_PORT_HTTP", "8080"),
        ("ENLIST_PORT", "tcp://10.96.0.7:8080"),
        ("ENLIST_PORT_8080_TCP", "tcp://10.96.0.7:8080"),
        ("ENLIST_PORT_8080_TCP_ADDR", "10.96.0.7"),
    ];
    assert!(load(&told).is_ok());
    for mistaken in ["ENLIST_PORT", "ENLIST_SERVER", "ENLIST_SERVICE"] {
        let Unusable(faults) = load(&[(mistaken, "8080")]).unwrap_err();
        assert_eq!(faults.len(), 1, "{mistaken}: {faults:?}");
    }
}

#[test]
fn visitors_reach_the_service_at_a_host_of_its_own() {
    let public_url = |url| load(&[("ENLIST_SERVER__PUBLIC_URL", url)]);
    for right in ["https://join.acme.example/", "http://[::1]:8080"] {
        let settings = public_url(right).unwrap();
        let expected = right.trim_end_matches('/');
        assert_eq!(settings.server.public_url.as_deref(), Some(expected));
    }
    for wrong in [
        "join.acme.example",
        "ftp://join.acme.example",
        "https://",
        "https://acme.example/join",
        "https://acme.example?from=mail",
        "https://acme.example/#join",
        "https://ada:canary@acme.example",
        "https://acme .example",
    ] {
        let Unusable(faults) = public_url(wrong).unwrap_err();
        assert_eq!(faults[0].key, "server.public_url", "{wrong}");
        assert!(!faults[0].message.contains("canary"), "{faults:?}");
    }
}

#[test]
fn whom_to_tell_of_a_weakness_is_a_uri() {
    let contact = |contact| load(&[("ENLIST_SERVER__SECURITY_CONTACT", contact)]);
    for right in [
        "mailto:security@acme.example",
        "https://acme.example/security",
    ] {
        let settings = contact(right).unwrap();
        assert_eq!(settings.server.security_contact.as_deref(), Some(right));
    }
    let Unusable(faults) = contact("security@acme.example").unwrap_err();
    assert_eq!(faults[0].key, "server.security_contact");
}

/// Fuzzing: the process was ended for want of memory.
#[test]
fn a_key_that_looks_like_a_place_in_a_list_is_none() {
    for (text, named) in [
        ("\"a.b[-20000000000001]\" = 3", "a.b[-20000000000001]"),
        ("\"mail[20000000000001]\" = 1", "mail[20000000000001]"),
        ("[mail]\n\"url[3]\" = 1", "url[3]"),
        ("[[plans]]\n\"name[3]\" = 1", "name[3]"),
    ] {
        let Unusable(faults) =
            Settings::from_text("enlist.toml", text, BTreeMap::new()).unwrap_err();
        let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!(keys, [named]);
        assert!(faults[0].message.starts_with("there is no such key"));
    }
    let variable = "ENLIST_MAIL__URL[20000000000001]";
    let Unusable(faults) = load(&[(variable, "x")]).unwrap_err();
    assert_eq!(faults[0].key, variable);
}
