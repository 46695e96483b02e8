//! Who signs up, with which card and plan, and what they do when it is their turn.

use enlist_domain::{
    CardRequirement, Country, Field, Plan, PlanCatalogue, RawSignUp, SignUp, SignUpRules,
};
use enlist_registration::state::Status;
use jiff::civil::date;

/// What nobody may ever find in the database.
pub(crate) const PASSWORD: &str = "walrus plinth okra tandem";
pub(crate) const SECURITY_CODE: &str = "987";

/// A card and a plan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) card: Card,
    pub(crate) plan: &'static str,
}

/// A card as it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Card {
    Raw(&'static str),
    Token(&'static str),
}

pub(crate) const RAW_PAID: Person = Person {
    name: "raw card, paid plan",
    card: Card::Raw("4242424242424242"),
    plan: "pro",
};
pub(crate) const TOKEN_PAID: Person = Person {
    name: "token, paid plan",
    card: Card::Token("pm_card_visa"),
    plan: "pro",
};
pub(crate) const TOKEN_FREE: Person = Person {
    name: "token, free plan",
    card: Card::Token("pm_card_visa"),
    plan: "free",
};
/// Their bank asks before the first charge.
pub(crate) const ASKED: Person = Person {
    name: "3-D Secure, paid plan",
    card: Card::Token("pm_card_threeDSecure2Required"),
    plan: "pro",
};

impl Person {
    pub(crate) const fn with(self, name: &'static str, card: Card) -> Self {
        Self { name, card, ..self }
    }

    pub(crate) fn pays(&self) -> bool {
        self.plan != "free"
    }

    /// The sign-up form, filled in and checked.
    pub(crate) fn sign_up(&self, email: &str) -> SignUp {
        let mut form = RawSignUp::default();
        let person = [
            (Field::Email, email),
            (Field::Password, PASSWORD),
            (Field::FirstName, "Jane"),
            (Field::LastName, "Doe"),
            (Field::Address, "1 Main Street"),
            (Field::City, "Springfield"),
            (Field::State, "IL"),
            (Field::Zip, "62701"),
            (Field::Plan, self.plan),
        ];
        let card = match self.card {
            Card::Token(token) => vec![(Field::PaymentMethod, token)],
            Card::Raw(number) => vec![
                (Field::CardNumber, number),
                (Field::ExpiryMonth, "4"),
                (Field::ExpiryYear, "2030"),
                (Field::Cvv, SECURITY_CODE),
            ],
        };
        for (field, value) in person.into_iter().chain(card) {
            form.set(field, value.to_owned());
        }
        let plans = plans();
        let rules = SignUpRules {
            plans: &plans,
            card: CardRequirement::Required,
            accept_raw_cards: true,
            default_country: Country::UNITED_STATES,
            today: date(2026, 11, 23),
        };
        form.parse(&rules).unwrap()
    }
}

/// The default plans, with the prices that Stripe has for them.
fn plans() -> PlanCatalogue {
    let plans = PlanCatalogue::default();
    let plans = plans.iter().map(|plan| Plan {
        gateway_price: plan
            .is_paid()
            .then(|| format!("price_{}_{}", plan.name, plan.interval.as_str())),
        ..plan.clone()
    });
    PlanCatalogue::new(plans.collect()).unwrap()
}

/// What a person does when their bank asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtTheBank {
    Confirms,
    /// The notice of the confirmation never comes.
    ConfirmsUnnoticed,
    Refuses,
    NeverAnswers,
    /// An operator undoes it before they answer.
    IsUndone,
}

/// What becomes of the verification mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inbox {
    Verifies,
    NeverVerifies,
    RefusesTheMail,
    /// An operator undoes it before they verify.
    IsUndone,
}

/// One sign-up from the form to where it rests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Journey {
    pub(crate) person: Person,
    pub(crate) bank: AtTheBank,
    pub(crate) inbox: Inbox,
    /// Where it rests if nothing fails.
    pub(crate) end: Status,
}

impl Journey {
    /// Verifies, whatever it takes.
    pub(crate) const fn verified(person: Person) -> Self {
        Self {
            person,
            bank: AtTheBank::Confirms,
            inbox: Inbox::Verifies,
            end: Status::Registered,
        }
    }

    /// Opens an account that nobody verifies: everything that was made is undone.
    pub(crate) const fn never_verified(person: Person) -> Self {
        Self {
            inbox: Inbox::NeverVerifies,
            end: Status::Undone,
            ..Self::verified(person)
        }
    }

    /// Ends as undone.
    pub(crate) const fn fails(person: Person, bank: AtTheBank, inbox: Inbox) -> Self {
        Self {
            person,
            bank,
            inbox,
            end: Status::Undone,
        }
    }
}

impl std::fmt::Display for Journey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {:?}, {:?}", self.person.name, self.bank, self.inbox)
    }
}
