//! `EmailAddress::parse`: whatever is accepted is one account under one name, can be mailed to, and stays
//! what it is however often it is read again.
//!
//! Input: addresses, one a line. Each is looked at alone, and each two together.

use std::hash::{DefaultHasher, Hash, Hasher};

use enlist_domain::EmailAddress;
use enlist_domain::email::{MAX_ADDRESS_BYTES, MAX_LOCAL_PART_BYTES};

/// Looked at of one input: pairs grow with the square.
const MOST_ADDRESSES: usize = 6;

/// See the module.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let addresses: Vec<EmailAddress> = text
        .lines()
        .take(MOST_ADDRESSES)
        .filter_map(|line| EmailAddress::parse(line).ok())
        .collect();
    for address in &addresses {
        alone(address);
        for other in &addresses {
            together(address, other);
        }
    }
}

fn alone(address: &EmailAddress) {
    let deliverable = address.deliverable();
    for form in [address.as_typed(), address.normalised(), &deliverable] {
        fits(form);
        let again = EmailAddress::parse(form);
        let again = again.expect("a form of an address is an address");
        assert_eq!(&again, address, "{form:?} is the same account");
        assert_eq!(again.normalised(), address.normalised());
    }
    let normalised = EmailAddress::parse(address.normalised());
    let normalised = normalised.expect("a normalised address is an address");
    assert_eq!(normalised.as_typed(), address.normalised(), "idempotent");
    is_kept(address);
    is_masked(address);
}

fn fits(form: &str) {
    assert!(form.len() <= MAX_ADDRESS_BYTES, "{form:?} is too long");
    let strange = |character: char| character.is_control() || character.is_whitespace();
    assert!(!form.contains(strange), "{form:?}");
    let (local_part, domain) = form.split_once('@').expect("an @");
    assert!(!domain.contains('@'), "{form:?} has one @");
    assert!((1..=MAX_LOCAL_PART_BYTES).contains(&local_part.len()));
}

/// The domain of what is compared and of what is mailed to is plain, and the journal gives back what it
/// was given.
fn is_kept(address: &EmailAddress) {
    for form in [address.normalised(), &address.deliverable()] {
        let (_, domain) = form.split_once('@').expect("an @");
        let is_plain = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-')
        };
        assert!(domain.bytes().all(is_plain), "{domain:?}");
        assert!(domain.contains('.'), "{domain:?} is whole");
    }
    let written = serde_json::to_string(address).expect("text");
    let read: EmailAddress = serde_json::from_str(&written).expect("what was written");
    assert_eq!(read.as_typed(), address.as_typed());
    assert_eq!(read.normalised(), address.normalised());
}

fn is_masked(address: &EmailAddress) {
    let (local_part, domain) = address.normalised().split_once('@').expect("an @");
    let first = local_part.chars().next().expect("not empty");
    assert_eq!(format!("{address:?}"), format!("{first}•••@{domain}"));
}

fn together(one: &EmailAddress, other: &EmailAddress) {
    let are_equal = one == other;
    assert_eq!(other == one, are_equal, "symmetric");
    assert_eq!(one.normalised() == other.normalised(), are_equal);
    if are_equal {
        assert_eq!(hash(one), hash(other), "equal, and found in the same place");
    }
}

fn hash(address: &EmailAddress) -> u64 {
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    hasher.finish()
}
