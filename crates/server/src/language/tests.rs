//! The message files agree with each other and with what code, templates and scripts ask for; and what a
//! language writes is what it should be.

mod sources;
mod spelling;

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};

use super::*;
use sources::Use;

/// What the others are compared with.
const ENGLISH: &str = "en";

/// A message as far as the languages must agree on it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    variables: BTreeSet<String>,
    /// The markup, without what stands between it.
    tags: Vec<String>,
    chooses: bool,
}

/// The messages of a language by their names, each with the file that it stands in.
fn messages(code: &str) -> BTreeMap<String, (String, Shape)> {
    let mut found = BTreeMap::new();
    for (file, source) in files(code) {
        let resource = FluentResource::try_new(source)
            .unwrap_or_else(|(_, errors)| panic!("{code}/{file}: {errors:?}"));
        for entry in resource.entries() {
            let message = match entry {
                Entry::Message(message) => message,
                Entry::Comment(_) | Entry::GroupComment(_) | Entry::ResourceComment(_) => continue,
                other => panic!("{code}/{file}: only messages and comments: {other:?}"),
            };
            let id = message.id.name.to_owned();
            assert!(
                message.attributes.is_empty(),
                "{code}/{file}: {id} has attributes"
            );
            let pattern = message.value.as_ref().expect("a message has a text");
            let mut shape = Shape::default();
            read(pattern, &mut shape);
            shape.tags.sort();
            let earlier = found.insert(id.clone(), (file.clone(), shape));
            assert!(earlier.is_none(), "{code}/{file}: {id} stands twice");
        }
    }
    found
}

fn read(pattern: &Pattern<&str>, shape: &mut Shape) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => shape.tags.extend(tags(value)),
            PatternElement::Placeable { expression } => match expression {
                Expression::Inline(inline) => note_variable(inline, shape),
                Expression::Select { selector, variants } => {
                    shape.chooses = true;
                    note_variable(selector, shape);
                    for variant in variants {
                        read(&variant.value, shape);
                    }
                }
            },
        }
    }
}

fn note_variable(inline: &InlineExpression<&str>, shape: &mut Shape) {
    match inline {
        InlineExpression::VariableReference { id } => {
            shape.variables.insert(id.name.to_owned());
        }
        InlineExpression::StringLiteral { .. } => {}
        other => panic!("variables and literals are enough: {other:?}"),
    }
}

/// `<strong`, `</strong`, `href=`: how a tag begins and what else of it has a name.
fn tags(text: &str) -> Vec<String> {
    let pieces = text.split(['>', ' ']);
    pieces
        .filter_map(|piece| piece.find('<').map(|at| piece[at..].to_owned()))
        .collect()
}

/// Messages whose names are made from something else.
fn families() -> BTreeSet<String> {
    let months =
        (1..=12).flat_map(|number| [format!("month-{number}"), format!("month-short-{number}")]);
    let countries = Country::all().map(|country| format!("country-{country}"));
    months.chain(countries).collect()
}

#[test]
fn every_language_has_the_same_messages_with_the_same_variables_in_the_same_files() {
    let english = messages(ENGLISH);
    for code in Tag::ALL.map(Tag::tag) {
        assert!(
            code.parse::<LanguageIdentifier>().is_ok(),
            "{code} is no language"
        );
        let others = messages(code);
        let names = |of: &BTreeMap<String, _>| of.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&others), names(&english), "{code}");
        for (id, (file, shape)) in &english {
            let (other_file, other) = &others[id];
            assert_eq!(other_file, file, "{code}: {id}");
            assert_eq!(other.variables, shape.variables, "{code}: {id}");
            assert_eq!(other.tags, shape.tags, "{code}: {id}");
        }
    }
}

#[test]
fn every_message_that_is_asked_for_exists_with_the_values_that_it_is_given() {
    let english = messages(ENGLISH);
    for Use { id, values, place } in sources::all() {
        let (_, shape) = english
            .get(&id)
            .unwrap_or_else(|| panic!("{place}: there is no message {id}"));
        assert_eq!(values, shape.variables, "{place}: the values of {id}");
    }
}

#[test]
fn no_message_is_left_over() {
    let used: BTreeSet<String> = sources::all().into_iter().map(|found| found.id).collect();
    let families = families();
    let unused: Vec<String> = messages(ENGLISH)
        .into_keys()
        .filter(|id| !used.contains(id) && !families.contains(id))
        .collect();
    assert_eq!(unused, [""; 0]);
}

#[test]
fn scripts_are_given_what_they_say_and_need_not_choose() {
    let english = messages(ENGLISH);
    for found in sources::all() {
        if found.place.ends_with(".js") {
            assert_eq!(english[&found.id].0, FOR_SCRIPTS, "{}", found.id);
        }
    }
    for code in Tag::ALL.map(Tag::tag) {
        for (id, (file, shape)) in messages(code) {
            assert!(
                file != FOR_SCRIPTS || !shape.chooses,
                "{code}: {id} chooses"
            );
        }
    }
}

#[test]
fn what_scripts_say_is_json_that_can_stand_in_html() {
    for language in Language::all() {
        let json = language.for_scripts();
        assert!(!json.contains('<'));
        let said: BTreeMap<String, String> = serde_json::from_str(json).unwrap();
        assert!(said["short-password"].contains("{$missing}"), "{said:?}");
        assert_eq!(said["bank-confirm"], language.say("bank-confirm"));
    }
}

#[test]
fn values_in_markup_are_escaped_and_the_markup_is_not() {
    let email = "<b>\"o'hara\"&co@example.com";
    let said = Language::english().markup(&crate::msg!("account-ready-lead", email = email));
    assert_eq!(
        said,
        "<strong class=\"address\">&lt;b&gt;&quot;o&#39;hara&quot;&amp;co@example.com</strong> \
         is confirmed. Everything below exists."
    );
}

#[test]
fn sentences_follow_each_other() {
    let message = crate::msg!("declined").then(crate::msg!("nothing-is-left"));
    let message = message.then(crate::msg!("remedy-other-card"));
    assert_eq!(
        Language::english().tell(&message),
        "Your card was declined. No account was created and nothing was charged. Try another card."
    );
}
