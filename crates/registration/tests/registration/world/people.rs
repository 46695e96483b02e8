//! Who signs up, in what way, with which card and plan, and what they do when it is their turn.

use enlist_domain::{
    CardRequirement, Country, Field, Plan, PlanCatalogue, RawSignUp, SignUp, SignUpRules,
};
use enlist_registration::journey::CardIs;
use enlist_registration::state::Status;
use enlist_registration::steps::Order;
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
    /// None is given, where the plan needs none.
    None,
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
/// As `billing.card = "paid_plans"` allows.
pub(crate) const NO_CARD: Person = Person {
    name: "no card, free plan",
    card: Card::None,
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

    pub(crate) fn has_card(&self) -> bool {
        self.card != Card::None
    }

    /// Whether the service asks them for a card.
    pub(crate) fn card_is(&self) -> CardIs {
        match self.has_card() {
            true => CardIs::Needed,
            false => CardIs::Optional,
        }
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
            Card::None => vec![],
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
            card: match self.has_card() {
                true => CardRequirement::Required,
                false => CardRequirement::PaidPlans,
            },
            accept_raw_cards: true,
            default_country: Country::UNITED_STATES,
            today: date(2026, 11, 23),
        };
        form.parse(&rules).unwrap()
    }
}

/// The default plans, with the prices that Stripe has for them.
pub(crate) fn plans() -> PlanCatalogue {
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

/// In what way somebody signs up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// In one request, whose steps are taken in this order.
    AtOnce(Order),
    /// In three steps, of which the first proves the address.
    InThreeSteps(By),
}

/// How somebody who signs up in three steps proves the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Code,
    /// The first mail does not come, and they ask for another.
    CodeOfASecondMail,
    /// In the browser in which they began.
    Link,
    /// On another device, where they go on with what the link gives them.
    LinkElsewhere,
}

impl Way {
    /// The list of steps that its registration follows.
    pub(crate) fn order(self) -> Order {
        match self {
            Self::AtOnce(order) => order,
            Self::InThreeSteps(_) => Order::VerifyFirst,
        }
    }

    /// Which list of steps, and whether it is gone through in one request.
    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::AtOnce(Order::VerifyAfter) => "verify after",
            Self::AtOnce(Order::VerifyFirst) => "verify first",
            Self::AtOnce(Order::ChargeAtVerification) => "charge at verification",
            Self::InThreeSteps(_) => "in three steps",
        }
    }

    pub(crate) fn is_in_three_steps(self) -> bool {
        matches!(self, Self::InThreeSteps(_))
    }
}

/// What somebody who signs up in three steps does after a decline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Corrects {
    Nothing,
    /// The card was declined when it was given: they give this one.
    BeforeTheLastStep(Card),
    /// Their last step was undone: they give this card, and take the last step again.
    AfterAnUndo(Card),
}

/// One sign-up from the form to where it rests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Journey {
    pub(crate) way: Way,
    pub(crate) person: Person,
    pub(crate) corrects: Corrects,
    pub(crate) bank: AtTheBank,
    pub(crate) inbox: Inbox,
    /// Where it rests if nothing fails.
    pub(crate) end: Status,
}

impl Journey {
    /// Verifies, whatever it takes.
    pub(crate) const fn verified(person: Person) -> Self {
        Self {
            way: Way::AtOnce(Order::VerifyAfter),
            person,
            corrects: Corrects::Nothing,
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
            bank,
            inbox,
            end: Status::Undone,
            ..Self::verified(person)
        }
    }

    /// The same, signed up for in another way.
    pub(crate) const fn by_way_of(self, way: Way) -> Self {
        Self { way, ..self }
    }

    /// The same, in one request whose steps are taken in this order.
    pub(crate) const fn in_order(self, order: Order) -> Self {
        self.by_way_of(Way::AtOnce(order))
    }

    /// The same, in three steps.
    pub(crate) const fn in_three_steps(self, by: By) -> Self {
        self.by_way_of(Way::InThreeSteps(by))
    }

    /// How many registrations come of it.
    pub(crate) fn attempts(&self) -> usize {
        match self.corrects {
            Corrects::Nothing | Corrects::BeforeTheLastStep(_) => 1,
            Corrects::AfterAnUndo(_) => 2,
        }
    }
}

impl std::fmt::Display for Journey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.way {
            Way::AtOnce(order) => write!(f, "{order:?}, ")?,
            Way::InThreeSteps(by) => write!(f, "three steps, {by:?}, ")?,
        }
        write!(f, "{}, {:?}, {:?}", self.person.name, self.bank, self.inbox)?;
        match self.corrects {
            Corrects::Nothing => Ok(()),
            Corrects::BeforeTheLastStep(_) => write!(f, ", another card before the last step"),
            Corrects::AfterAnUndo(_) => write!(f, ", another card after an undo"),
        }
    }
}
