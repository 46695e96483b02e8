//! What a secret may look like where it must not be, and the search for it in any bytes.

use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// A secret and what is searched for.
struct Needle {
    secret: String,
    encoding: &'static str,
    bytes: Vec<u8>,
}

/// Looks for many secrets in every encoding, in one pass.
pub(crate) struct Detector {
    needles: Vec<Needle>,
    search: AhoCorasick,
}

impl Detector {
    /// Looks for these secrets. Each must be too long to turn up by chance: 10 characters of text.
    pub(crate) fn of<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut needles = Vec::new();
        for secret in secrets {
            assert!(secret.len() >= 10, "too short to be told from chance");
            needles.extend(spellings(secret).into_iter().chain(digests(secret)).map(
                |(encoding, bytes)| Needle {
                    secret: secret.to_owned(),
                    encoding,
                    bytes,
                },
            ));
        }
        Self::search(needles)
    }

    /// Looks for hashes of these texts, which themselves may be short.
    pub(crate) fn of_digests(texts: impl IntoIterator<Item = String>) -> Self {
        let mut needles = Vec::new();
        for secret in texts {
            needles.extend(
                digests(&secret)
                    .into_iter()
                    .map(|(encoding, bytes)| Needle {
                        secret: secret.clone(),
                        encoding,
                        bytes,
                    }),
            );
        }
        Self::search(needles)
    }

    fn search(needles: Vec<Needle>) -> Self {
        let search = AhoCorasick::new(needles.iter().map(|needle| &needle.bytes)).unwrap();
        Self { needles, search }
    }

    /// What was found: `secret in encoding`, each once.
    pub(crate) fn find(&self, haystack: &[u8]) -> Vec<String> {
        let found = self.search.find_overlapping_iter(haystack);
        let mut found: Vec<String> = found
            .map(|found| {
                let needle = &self.needles[found.pattern().as_usize()];
                format!("{:?} in {}", needle.secret, needle.encoding)
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The secret itself, in every way in which software writes text.
fn spellings(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let text = |text: String| text.into_bytes();
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    let percent: String = bytes.iter().map(|byte| format!("%{byte:02X}")).collect();
    let json_escapes: String = bytes.iter().map(|byte| format!("\\u{byte:04x}")).collect();
    let as_list: Vec<String> = bytes.iter().map(u8::to_string).collect();
    let form = form_urlencoded::byte_serialize(bytes).collect::<String>();
    let mut found = vec![
        ("plain text", bytes.to_vec()),
        ("reversed text", reversed),
        ("lower hexadecimal", text(hex(bytes))),
        ("upper hexadecimal", text(hex(bytes).to_uppercase())),
        ("percent encoding", text(percent)),
        ("form encoding", text(form.clone())),
        ("percent encoding of spaces", text(form.replace('+', "%20"))),
        ("JSON escapes", text(json_escapes)),
        ("a list of bytes", text(as_list.join(", "))),
        ("a dense list of bytes", text(as_list.join(","))),
        ("UTF-16, little end first", utf16(secret, u16::to_le_bytes)),
        ("UTF-16, big end first", utf16(secret, u16::to_be_bytes)),
    ];
    found.extend(base64_at_each_offset(bytes));
    if let Ok(number) = secret.parse::<u64>() {
        found.extend(numbers(secret, number));
    }
    found
}

/// What only digits can look like.
fn numbers(digits: &str, number: u64) -> Vec<(&'static str, Vec<u8>)> {
    let grouped = |separator: &str| {
        let groups: Vec<&str> = (0..digits.len())
            .step_by(4)
            .map(|start| &digits[start..digits.len().min(start + 4)])
            .collect();
        groups.join(separator).into_bytes()
    };
    let packed: Vec<u8> = (0..digits.len() / 2)
        .map(|place| u8::from_str_radix(&digits[2 * place..2 * place + 2], 16).unwrap())
        .collect();
    vec![
        ("groups with spaces", grouped(" ")),
        ("groups with dashes", grouped("-")),
        ("groups with plus signs", grouped("+")),
        ("packed decimals", packed),
        // SQLite stores integers so; seven bytes suffice for any card number.
        (
            "a number, big end first",
            number.to_be_bytes()[1..].to_vec(),
        ),
        (
            "a number, little end first",
            number.to_le_bytes()[..7].to_vec(),
        ),
    ]
}

/// Hashes of the secret, which for a card number can be undone by trying.
fn digests(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let all: [(&'static [&'static str; 5], Vec<u8>); 3] = [
        (
            &[
                "SHA-256",
                "SHA-256, hex",
                "SHA-256, HEX",
                "SHA-256, base64",
                "SHA-256, base64url",
            ],
            Sha256::digest(secret).to_vec(),
        ),
        (
            &[
                "SHA-1",
                "SHA-1, hex",
                "SHA-1, HEX",
                "SHA-1, base64",
                "SHA-1, base64url",
            ],
            Sha1::digest(secret).to_vec(),
        ),
        (
            &[
                "MD5",
                "MD5, hex",
                "MD5, HEX",
                "MD5, base64",
                "MD5, base64url",
            ],
            Md5::digest(secret).to_vec(),
        ),
    ];
    let mut found = Vec::new();
    for (names, digest) in all {
        let hex = hex(&digest);
        let written = [
            digest.clone(),
            hex.clone().into_bytes(),
            hex.to_uppercase().into_bytes(),
            // Without padding: one spelling finds both.
            STANDARD.encode(&digest).trim_end_matches('=').into(),
            URL_SAFE.encode(&digest).trim_end_matches('=').into(),
        ];
        found.extend(names.iter().copied().zip(written));
    }
    found
}

/// Wherever the secret begins in what was encoded, its middle looks like one of three.
fn base64_at_each_offset(bytes: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let names = [
        ["base64", "base64url"],
        ["base64, one byte on", "base64url, one byte on"],
        ["base64, two bytes on", "base64url, two bytes on"],
    ];
    let mut found = Vec::new();
    for (offset, names) in names.into_iter().enumerate() {
        let padded = [&vec![0; offset], bytes].concat();
        // Characters that are made of the secret's bits alone.
        let first = (8 * offset).div_ceil(6);
        let end = 8 * padded.len() / 6;
        for (name, encoded) in names
            .into_iter()
            .zip([STANDARD.encode(&padded), URL_SAFE.encode(&padded)])
        {
            found.push((name, encoded.as_bytes()[first..end].to_vec()));
        }
    }
    found
}

fn utf16(secret: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    secret.encode_utf16().flat_map(to_bytes).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The card number of these tests, as other programs write it (`python3`, `sha256sum`, `base64`):
/// what the search is tried on was not made by the code that searches.
const PAN: &str = "4000056655665556";
const WRITTEN_BY_OTHERS: &[(&str, &str)] = &[
    ("plain text", "4000056655665556"),
    ("groups with spaces", "4000 0566 5566 5556"),
    ("groups with dashes", "4000-0566-5566-5556"),
    ("reversed text", "6555665566500004"),
    ("lower hexadecimal", "34303030303536363535363635353536"),
    (
        "JSON escapes",
        r"\u0034\u0030\u0030\u0030\u0030\u0035\u0036\u0036\u0035\u0035\u0036\u0036\u0035\u0035\u0035\u0036",
    ),
    (
        "percent encoding",
        "%34%30%30%30%30%35%36%36%35%35%36%36%35%35%35%36",
    ),
    ("base64", "NDAwMDA1NjY1NTY2NTU1Ng=="),
    ("base64, one byte on", "eDQwMDAwNTY2NTU2NjU1NTY="),
    ("base64, two bytes on", "eHk0MDAwMDU2NjU1NjY1NTU2"),
    (
        "SHA-256, hex",
        "68594afe9c9cda525f6aca7a7316ca06c9db4952ba6f5217944581dc4a07e0b6",
    ),
    (
        "SHA-256, base64",
        "aFlK/pyc2lJfasp6cxbKBsnbSVK6b1IXlEWB3EoH4LY=",
    ),
    ("SHA-1, hex", "d510ca86026aae9dac29f562b103e06891758beb"),
    ("MD5, hex", "fc4567a7c609b4e6e264e97079386963"),
];

#[test]
fn a_secret_is_found_in_whatever_other_programs_make_of_it() {
    let detector = Detector::of([PAN]);
    for (encoding, written) in WRITTEN_BY_OTHERS {
        let found = detector.find(format!("noise{written}noise").as_bytes());
        assert!(
            found.contains(&format!("{PAN:?} in {encoding}")),
            "{encoding}: {found:?}"
        );
    }
}

#[test]
fn a_secret_is_found_in_a_file_in_every_encoding_and_nothing_in_a_clean_one() {
    let folder = tempfile::tempdir().unwrap();
    let password = "canary plum/orbit?saxophone";
    let detector = Detector::of([PAN, password]);
    let noise: Vec<u8> = (0..=u8::MAX).cycle().take(10_000).collect();
    let file = folder.path().join("file");
    for secret in [PAN, password] {
        for (encoding, bytes) in spellings(secret).into_iter().chain(digests(secret)) {
            std::fs::write(&file, [&noise[..], &bytes, &noise].concat()).unwrap();
            let found = detector.find(&std::fs::read(&file).unwrap());
            assert!(
                found.contains(&format!("{secret:?} in {encoding}")),
                "{encoding}: {found:?}"
            );
        }
    }
    std::fs::write(&file, &noise).unwrap();
    assert!(detector.find(&std::fs::read(&file).unwrap()).is_empty());
    let others = "5555555555554444 400005665566555 another password";
    assert!(detector.find(others.as_bytes()).is_empty());
}
