//! Replays what is in `fuzz/corpus`, and varies it: the same inputs on every machine, on a stable compiler.

#![expect(
    clippy::expect_used,
    reason = "clippy allows it in tests, but not in the functions that tests share"
)]

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use enlist_fuzz_targets::{TARGETS, Target};

/// Variations of each file, unless `ENLIST_TEST_VARIATIONS` says otherwise.
const VARIATIONS: u64 = 100;

/// No longer than what libFuzzer makes up: see `fuzz/README.md`.
const MOST_BYTES: usize = 4096;

fn folder(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz")
        .join(part)
}

/// The files of a target, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder("corpus").join(target)).expect("a corpus");
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("a file").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            (name.into_owned(), fs::read(&path).expect("a file"))
        })
        .collect();
    files.sort();
    files
}

/// Words that libFuzzer is given as well.
fn dictionary(target: &str) -> Vec<Vec<u8>> {
    let path = folder("dictionaries").join(format!("{target}.dict"));
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let words = lines.filter_map(|line| Some(line.split_once('"')?.1.rsplit_once('"')?.0));
    words.map(unescaped).collect()
}

/// `\xAB`, `\\` and `\"`, as libFuzzer reads them.
fn unescaped(word: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'\\', [b'x', high, low, after @ ..]) => {
                let hex = [*high, *low];
                let hex = std::str::from_utf8(&hex).expect("hexadecimal digits");
                bytes.push(u8::from_str_radix(hex, 16).expect("hexadecimal digits"));
                rest = after;
            }
            (b'\\', [escaped, after @ ..]) => {
                bytes.push(*escaped);
                rest = after;
            }
            _ => bytes.push(*first),
        }
    }
    bytes
}

fn run(target: &Target, name: &str, data: &[u8]) {
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.check)(data)));
    assert!(
        outcome.is_ok(),
        "{} does not hold for {name}; the input:\n{}",
        target.name,
        data.escape_ascii()
    );
}

/// A few changes: bits, bytes, pieces out, pieces of another file or words of the dictionary in.
fn varied(data: &[u8], other: &[u8], words: &[Vec<u8>], chance: &mut fastrand::Rng) -> Vec<u8> {
    let mut varied = data.to_vec();
    for _ in 0..chance.usize(1..=4) {
        let at = chance.usize(..=varied.len());
        let until = (at + chance.usize(..=12)).min(varied.len());
        match chance.u8(..6) {
            0 if at < varied.len() => varied[at] ^= 1 << chance.u8(..8),
            1 if at < varied.len() => varied[at] = chance.u8(..),
            2 => drop(varied.drain(at..until)),
            3 => {
                let piece = varied[at..until].to_vec();
                varied.splice(at..at, piece);
            }
            4 if !words.is_empty() => {
                let word = &words[chance.usize(..words.len())];
                varied.splice(at..until, word.iter().copied());
            }
            _ => {
                let begin = chance.usize(..=other.len());
                let end = (begin + chance.usize(..=64)).min(other.len());
                varied.splice(at..until, other[begin..end].iter().copied());
            }
        }
    }
    varied.truncate(MOST_BYTES);
    varied
}

fn replay(name: &str) {
    let target = TARGETS.iter().find(|it| it.name == name).expect("a target");
    let (files, words) = (corpus(name), dictionary(name));
    assert!(files.len() >= 5, "{} files", files.len());
    let variations = std::env::var("ENLIST_TEST_VARIATIONS").ok();
    let variations = variations.map_or(VARIATIONS, |it| it.parse().expect("a number"));
    for (file, data) in &files {
        run(target, file, data);
    }
    let mut chance = fastrand::Rng::with_seed(20_261_130);
    for number in 0..variations {
        for (file, data) in &files {
            let (_, other) = &files[chance.usize(..files.len())];
            let varied = varied(data, other, &words, &mut chance);
            run(target, &format!("variation {number} of {file}"), &varied);
        }
    }
}

#[test]
fn bodies_of_requests_are_read_or_refused_with_their_fields() {
    replay("request_body");
}

#[test]
fn an_address_is_one_account_however_often_it_is_read() {
    replay("email");
}

#[test]
fn only_what_was_signed_is_believed() {
    replay("webhook");
}

#[test]
fn idempotency_keys_are_what_the_documentation_says() {
    replay("idempotency_key");
}

#[test]
fn a_configuration_is_read_or_refused_by_key_and_shows_no_secret() {
    replay("configuration");
}

#[test]
fn every_target_has_a_program_a_corpus_and_a_test() {
    let tests = include_str!("replay.rs");
    for Target { name, .. } in TARGETS {
        let program = folder("fuzz_targets").join(format!("{name}.rs"));
        assert!(program.is_file(), "{name} has a program");
        assert!(tests.contains(&format!("replay(\"{name}\")")), "{name}");
    }
    let folders = fs::read_dir(folder("corpus")).expect("the corpus");
    assert_eq!(folders.count(), TARGETS.len(), "no folder is left over");
}

/// What libFuzzer would do with a target that does not hold; or nothing here could fail.
#[test]
fn an_input_for_which_a_target_does_not_hold_is_shown() {
    let planted = Target {
        name: "planted",
        check: |data| assert_ne!(data, b"bad\n"),
    };
    run(&planted, "good", b"good");
    let failed = catch_unwind(|| run(&planted, "bad", b"bad\n")).expect_err("does not hold");
    let told = failed.downcast_ref::<String>().expect("a sentence");
    assert!(told.contains("bad\\n"), "{told}");
}
