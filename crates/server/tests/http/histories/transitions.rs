//! What somebody may do next: a few people, addresses, keys and cards, so that they meet.

use proptest::prelude::*;
use proptest::strategy::Union;
use proptest_state_machine::ReferenceStateMachine;

use super::model::Model;

/// Addresses that are signed up.
const EMAILS: usize = 3;

/// One request.
#[derive(Clone, Debug)]
pub(super) enum Transition {
    /// `POST /api/users`.
    SignUp { form: Form, key: Option<Key> },
    /// The same, with a field left out.
    SignUpWithout {
        field: &'static str,
        key: Option<Key>,
    },
    /// `POST /api/registrations`.
    Begin { email: usize, shouted: bool },
    /// `POST …/verification`.
    TypeCode { followed: usize, code: Code },
    /// `POST …/verification/mail`.
    AskForMail { followed: usize },
    /// `PUT …/profile`.
    GiveProfile { followed: usize },
    /// `PUT …/payment-method`.
    GiveCard {
        followed: usize,
        card: Card,
        plan: Option<Plan>,
    },
    /// `POST …/completion`.
    Complete {
        followed: usize,
        plan: Option<Plan>,
        password: Password,
        key: Option<Key>,
    },
    /// `GET …`.
    Look { followed: usize, token: Token },
    /// The same of an id that nobody was given.
    LookForNothing { has_form_of_id: bool },
}

/// What a sign-up in one request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) email: usize,
    /// In capitals: the same address, and another request.
    pub(super) shouted: bool,
    pub(super) plan: Plan,
    pub(super) card: Card,
    pub(super) password: Password,
}

/// An `Idempotency-Key`.
pub(super) type Key = u8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    None,
    Free,
    Starter,
    Pro,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Card {
    Good,
    OtherGood,
    /// Attaching it is refused.
    Declined,
    /// It attaches, and cannot be charged.
    FailsAtTheCharge,
    /// It may be a real one.
    NotOfTheSandbox,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Password {
    Usual,
    Other,
    Weak,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// Of the newest mail.
    Right,
    Wrong,
    /// What cannot be one.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Right,
    Wrong,
    None,
    OfAnother,
}

impl Plan {
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Free => Some("free"),
            Self::Starter => Some("starter"),
            Self::Pro => Some("pro"),
        }
    }

    pub(super) fn amount_minor(self) -> Option<i64> {
        match self {
            Self::None | Self::Free => None,
            Self::Starter => Some(900),
            Self::Pro => Some(2900),
        }
    }
}

impl Card {
    pub(super) fn number(self) -> &'static str {
        match self {
            Self::Good => "4242424242424242",
            Self::OtherGood => "5555555555554444",
            Self::Declined => "4000000000000002",
            Self::FailsAtTheCharge => "4000000000000341",
            Self::NotOfTheSandbox => "4111111111111111",
        }
    }

    /// Whether the gateway refuses it in the course of a registration.
    pub(super) fn is_declined(self, plan: Plan) -> bool {
        match self {
            Self::Good | Self::OtherGood => false,
            Self::Declined | Self::NotOfTheSandbox => true,
            Self::FailsAtTheCharge => plan.amount_minor().is_some(),
        }
    }
}

impl Password {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Usual => crate::person::PASSWORD,
            Self::Other => "quite another sentence of mine",
            Self::Weak => "password",
        }
    }
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Transition;

    fn init_state() -> BoxedStrategy<Self> {
        Just(Self::default()).boxed()
    }

    fn transitions(model: &Self) -> BoxedStrategy<Transition> {
        if model.followed.is_empty() {
            return prop_oneof![5 => sign_up(), 3 => begin(), 1 => mistake()].boxed();
        }
        let number = model.followed.len();
        // Whatever began last is asked about most.
        let any = prop_oneof![3 => Just(number - 1), 2 => 0..number].boxed();
        let journeys: Vec<usize> = (0..number).filter(|it| model.is_journey(*it)).collect();
        // The steps are for journeys; of another they are refused, which a few tries show.
        let journey = match journeys.is_empty() {
            true => any.clone(),
            false => prop_oneof![6 => prop::sample::select(journeys), 1 => any.clone()].boxed(),
        };
        prop_oneof![
            4 => sign_up(),
            2 => begin(),
            1 => mistake(),
            10 => goes_on(model),
            4 => type_code(any.clone()),
            2 => any.clone().prop_map(|followed| Transition::AskForMail { followed }),
            1 => journey.clone().prop_map(|followed| Transition::GiveProfile { followed }),
            2 => give_card(journey.clone()),
            5 => complete(journey),
            1 => look(any),
        ]
        .boxed()
    }

    fn apply(model: Self, transition: &Transition) -> Self {
        model.apply(transition)
    }

    /// While a history is made shorter, what a request is about may be gone.
    fn preconditions(model: &Self, transition: &Transition) -> bool {
        match transition {
            Transition::TypeCode { followed, .. }
            | Transition::AskForMail { followed }
            | Transition::GiveProfile { followed }
            | Transition::GiveCard { followed, .. }
            | Transition::Complete { followed, .. }
            | Transition::Look { followed, .. } => *followed < model.followed.len(),
            Transition::SignUp { .. }
            | Transition::SignUpWithout { .. }
            | Transition::Begin { .. }
            | Transition::LookForNothing { .. } => true,
        }
    }
}

fn sign_up() -> impl Strategy<Value = Transition> {
    let form = (0..EMAILS, shouted(), plan(), card(), password());
    let form = form.prop_map(|(email, shouted, plan, card, password)| Form {
        email,
        shouted,
        plan,
        card,
        password,
    });
    // A few forms that come again and again, so that a key meets the same request.
    let usual = (0..EMAILS).prop_map(|email| Form {
        email,
        shouted: false,
        plan: Plan::Pro,
        card: Card::Good,
        password: Password::Usual,
    });
    let declined = usual.clone().prop_map(|form| Form {
        card: Card::FailsAtTheCharge,
        ..form
    });
    let form = prop_oneof![3 => form, 3 => usual, 1 => declined];
    (form, key()).prop_map(|(form, key)| Transition::SignUp { form, key })
}

/// What somebody does next who wants an account; or they ask where they stand.
fn goes_on(model: &Model) -> BoxedStrategy<Transition> {
    let ways = (0..model.followed.len()).filter_map(|followed| {
        let which = Just(followed).boxed();
        Some(match model.followed[followed].next()? {
            "verification" => Just(Transition::TypeCode {
                followed,
                code: Code::Right,
            })
            .boxed(),
            "profile" => Just(Transition::GiveProfile { followed }).boxed(),
            "payment_method" => give_card(which).boxed(),
            _ => complete(which).boxed(),
        })
    });
    let ways: Vec<_> = ways.collect();
    match ways.is_empty() {
        true => begin().boxed(),
        false => Union::new(ways).boxed(),
    }
}

fn begin() -> impl Strategy<Value = Transition> {
    (0..EMAILS, shouted()).prop_map(|(email, shouted)| Transition::Begin { email, shouted })
}

fn mistake() -> impl Strategy<Value = Transition> {
    let field = prop::sample::select(vec!["email", "zip", "card_number", "last_name"]);
    prop_oneof![
        2 => (field, key()).prop_map(|(field, key)| Transition::SignUpWithout { field, key }),
        1 => any::<bool>().prop_map(|has_form_of_id| Transition::LookForNothing { has_form_of_id }),
    ]
}

fn type_code(which: BoxedStrategy<usize>) -> impl Strategy<Value = Transition> {
    let code = prop_oneof![5 => Just(Code::Right), 5 => Just(Code::Wrong), 1 => Just(Code::None)];
    (which, code).prop_map(|(followed, code)| Transition::TypeCode { followed, code })
}

fn give_card(which: BoxedStrategy<usize>) -> impl Strategy<Value = Transition> {
    let given = (which, card(), prop::option::of(plan_with_a_name()));
    given.prop_map(|(followed, card, plan)| Transition::GiveCard {
        followed,
        card,
        plan,
    })
}

fn complete(which: BoxedStrategy<usize>) -> impl Strategy<Value = Transition> {
    let said = (
        which,
        prop::option::of(plan_with_a_name()),
        password(),
        key(),
    );
    said.prop_map(|(followed, plan, password, key)| Transition::Complete {
        followed,
        plan,
        password,
        key,
    })
}

fn look(which: BoxedStrategy<usize>) -> impl Strategy<Value = Transition> {
    let token = vec![Token::Right, Token::Wrong, Token::None, Token::OfAnother];
    let look = (which, prop::sample::select(token));
    look.prop_map(|(followed, token)| Transition::Look { followed, token })
}

fn shouted() -> impl Strategy<Value = bool> + Clone {
    prop::bool::weighted(0.2)
}

fn key() -> impl Strategy<Value = Option<Key>> {
    prop_oneof![2 => Just(None), 3 => (0..2_u8).prop_map(Some)]
}

fn password() -> impl Strategy<Value = Password> {
    prop_oneof![
        8 => Just(Password::Usual),
        1 => Just(Password::Other),
        1 => Just(Password::Weak),
    ]
}

fn plan_with_a_name() -> impl Strategy<Value = Plan> {
    prop::sample::select(vec![Plan::Pro, Plan::Starter, Plan::Free])
}

fn plan() -> impl Strategy<Value = Plan> {
    prop_oneof![4 => plan_with_a_name(), 1 => Just(Plan::None)]
}

fn card() -> impl Strategy<Value = Card> {
    prop_oneof![
        5 => Just(Card::Good),
        2 => Just(Card::OtherGood),
        2 => Just(Card::FailsAtTheCharge),
        1 => Just(Card::Declined),
        1 => Just(Card::NotOfTheSandbox),
    ]
}
