//! Building a secret without leaving copies of it behind.

use secrecy::SecretString;

/// Collects characters into a secret in one allocation of exactly the needed size.
///
/// A `String` that grows, or that shrinks into a `Box<str>`, may move and leave the secret in freed
/// memory, where nothing wipes it. Counting first avoids both.
pub(crate) fn collect(chars: impl Iterator<Item = char> + Clone) -> SecretString {
    let size_bytes = chars.clone().map(char::len_utf8).sum();
    let mut text = String::with_capacity(size_bytes);
    text.extend(chars);
    SecretString::from(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn characters_are_collected_in_order() {
        let secret = collect("a b\u{e9}c".chars().filter(|character| *character != ' '));
        assert_eq!(secret.expose_secret(), "ab\u{e9}c");
    }
}
