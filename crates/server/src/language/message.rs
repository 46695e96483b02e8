//! Something to be told to a person, before it is known in which language.

use enlist_domain::Money;
use fluent_bundle::FluentValue;
use jiff::Timestamp;
use jiff::civil::Date;

use super::Language;

/// A message by its name in the message files, with its values. Made by [`msg!`](crate::msg). As small as
/// a pointer, since errors carry it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message(Box<Parts>);

#[derive(Clone, Debug, PartialEq)]
struct Parts {
    id: &'static str,
    arguments: Vec<(&'static str, Argument)>,
    then: Option<Message>,
}

/// A value that stands in a sentence, to be written as the language writes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    /// As it is.
    Text(String),
    /// A number, by which a language may choose its words.
    Number(u64),
    /// An amount.
    Money(Money),
    /// A day.
    Date(Date),
    /// A day and a time.
    Moment(Timestamp),
    /// Another message.
    Message(Message),
    /// Several things in a row.
    List(Vec<String>),
}

/// Names a message and its values: `msg!("declined")`, `msg!("check-code", left = tries_left)`. A test
/// finds every one that the message files do not have, or have with other variables.
#[macro_export]
macro_rules! msg {
    ($id:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::language::Message::new($id, vec![
            $((stringify!($name), $crate::language::Argument::from($value))),*
        ])
    };
}

impl Message {
    /// See [`msg!`](crate::msg).
    pub fn new(id: &'static str, arguments: Vec<(&'static str, Argument)>) -> Self {
        Self(Box::new(Parts {
            id,
            arguments,
            then: None,
        }))
    }

    /// This, and after it another sentence.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.0.then = Some(match self.0.then.take() {
            None => next,
            Some(then) => then.then(next),
        });
        self
    }

    /// Its name in the message files.
    pub fn id(&self) -> &'static str {
        self.0.id
    }

    pub(super) fn arguments(&self) -> &[(&'static str, Argument)] {
        &self.0.arguments
    }

    /// This one, and those that follow it.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |message| message.0.then.as_ref())
    }
}

impl Argument {
    /// As Fluent takes it; whatever is text went through `finish`.
    pub(super) fn in_language(
        &self,
        language: Language,
        finish: fn(&str) -> String,
    ) -> FluentValue<'static> {
        let text = match self {
            Self::Number(number) => return FluentValue::from(*number),
            Self::Text(text) => text.clone(),
            Self::Money(money) => language.money(*money),
            Self::Date(date) => language.date(*date),
            Self::Moment(moment) => language.moment(*moment),
            Self::Message(message) => language.tell(message),
            Self::List(parts) => parts.join(&language.say("list-mark")),
        };
        FluentValue::from(finish(&text))
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Argument {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<usize> for Argument {
    fn from(number: usize) -> Self {
        Self::Number(number as u64)
    }
}

impl From<u32> for Argument {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<Money> for Argument {
    fn from(money: Money) -> Self {
        Self::Money(money)
    }
}

impl From<Date> for Argument {
    fn from(date: Date) -> Self {
        Self::Date(date)
    }
}

impl From<Timestamp> for Argument {
    fn from(moment: Timestamp) -> Self {
        Self::Moment(moment)
    }
}

impl From<Message> for Argument {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<Vec<String>> for Argument {
    fn from(parts: Vec<String>) -> Self {
        Self::List(parts)
    }
}
