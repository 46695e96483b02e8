//! Parameters as Stripe takes them: a form whose names nest in brackets, `items[0][price]=…`.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::error::StripeError;

/// The parameters of one request, in the order they came. Not to be printed: a card may be among them.
#[derive(Clone, Default)]
pub struct Form(Vec<Parameter>);

/// One parameter.
#[derive(Clone)]
pub(crate) struct Parameter {
    /// As it was sent.
    pub(crate) name: String,
    /// `["items", "0", "price"]`; an empty part is a list's next entry.
    pub(crate) path: Vec<String>,
    pub(crate) value: String,
}

impl Form {
    /// Reads a body or the query of an address.
    pub fn parse(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes());
        Self(
            pairs
                .map(|(name, value)| Parameter {
                    path: path_of(&name),
                    name: name.into_owned(),
                    value: value.into_owned(),
                })
                .collect(),
        )
    }

    pub(crate) fn parameters(&self) -> &[Parameter] {
        &self.0
    }

    /// The names with the numbers of lists and the keys of metadata taken out: what may be remembered of a
    /// request.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(Parameter::pattern)
    }

    /// A value by its pattern, `address[line1]` or `items[][price]`. An empty one is as good as none.
    pub(crate) fn text(&self, pattern: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|parameter| parameter.pattern() == pattern)
            .map(|parameter| parameter.value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// Every value with this pattern.
    pub(crate) fn texts(&self, pattern: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |parameter| parameter.pattern() == pattern)
            .map(|parameter| parameter.value.as_str())
    }

    /// A value that must be there.
    pub(crate) fn required(&self, pattern: &str) -> Result<&str, StripeError> {
        self.text(pattern)
            .ok_or_else(|| StripeError::parameter_missing(pattern))
    }

    /// A whole number.
    pub(crate) fn integer(&self, pattern: &str) -> Result<Option<i64>, StripeError> {
        let Some(text) = self.text(pattern) else {
            return Ok(None);
        };
        text.parse()
            .map(Some)
            .map_err(|_| StripeError::invalid_integer(pattern, format!("Invalid integer: {text}")))
    }

    /// The entries of a map such as `metadata`, as JSON.
    pub(crate) fn map(&self, name: &str) -> Value {
        let entries = self
            .0
            .iter()
            .filter_map(|parameter| match parameter.path.as_slice() {
                [first, key] if first == name => {
                    Some((key.clone(), Value::from(parameter.value.as_str())))
                }
                _ => None,
            });
        Value::Object(entries.collect::<Map<_, _>>())
    }

    /// What makes one request another, as a hash: card numbers are among the parameters. The order of the
    /// parameters does not count.
    pub(crate) fn fingerprint(&self, method: &str, path: &str) -> [u8; 32] {
        let mut pairs: Vec<(&str, &str)> = self
            .0
            .iter()
            .map(|parameter| (parameter.name.as_str(), parameter.value.as_str()))
            .collect();
        pairs.sort_by_key(|(name, _)| *name);
        let mut hash = Sha256::new();
        for part in [method, path]
            .into_iter()
            .chain(pairs.into_iter().flat_map(|(name, value)| [name, value]))
        {
            // With its length, so that no part can pass for the end of another.
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

impl Parameter {
    /// The name with `[]` for every entry of a list and `[*]` for every key of a map.
    pub(crate) fn pattern(&self) -> String {
        let mut pattern = String::new();
        for (depth, part) in self.path.iter().enumerate() {
            let is_index = part.is_empty() || part.bytes().all(|byte| byte.is_ascii_digit());
            let is_key = depth == 1 && self.path[0] == "metadata";
            match (depth, is_key, is_index) {
                (0, ..) => pattern.push_str(part),
                (_, true, _) => pattern.push_str("[*]"),
                (_, _, true) => pattern.push_str("[]"),
                _ => {
                    pattern.push('[');
                    pattern.push_str(part);
                    pattern.push(']');
                }
            }
        }
        pattern
    }
}

/// `items[0][price]` as its parts. A name with brackets that do not match stays one part, and is then
/// unknown to everybody.
fn path_of(name: &str) -> Vec<String> {
    let whole = || vec![name.to_owned()];
    let Some((first, rest)) = name.split_once('[') else {
        return whole();
    };
    let Some(inner) = rest.strip_suffix(']') else {
        return whole();
    };
    let parts = inner.split("][").map(str::to_owned);
    let path: Vec<String> = std::iter::once(first.to_owned()).chain(parts).collect();
    if path.iter().any(|part| part.contains(['[', ']'])) {
        return whole();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_nest() {
        let form = Form::parse("items%5B0%5D%5Bprice%5D=p&expand[]=a&expand[1]=b&metadata[k]=v");
        assert_eq!(form.text("items[][price]"), Some("p"));
        assert_eq!(form.texts("expand[]").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(form.map("metadata"), serde_json::json!({"k": "v"}));
        let names: Vec<String> = form.names().collect();
        assert_eq!(
            names,
            ["items[][price]", "expand[]", "expand[]", "metadata[*]"]
        );
    }

    #[test]
    fn brackets_that_do_not_match_stay_one_name() {
        for name in ["a[b", "a]b", "a[b]c", "a[[b]]"] {
            assert_eq!(path_of(name), [name], "{name}");
        }
    }

    #[test]
    fn the_order_of_parameters_does_not_make_another_request() {
        let print = |text: &str| Form::parse(text).fingerprint("POST", "/v1/customers");
        assert_eq!(print("a=1&b=2"), print("b=2&a=1"));
        assert_ne!(print("a=1&b=2"), print("a=1&b=3"));
        assert_ne!(print("ab=c"), print("a=bc"));
    }
}
