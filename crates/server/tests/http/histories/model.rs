//! What clients may observe, without a database, a gateway or a clock: people sign up, prove their address,
//! go through the three steps, repeat themselves, and make mistakes. `apply` says what comes of it.

use std::collections::BTreeMap;

use super::transitions::{Card, Code, Form, Key, Password, Plan, Token, Transition};

/// `verification.code_attempts`, by default.
const CODE_ATTEMPTS: u32 = 5;
/// `verification.mails`, as the service under test is told.
pub(super) const MAILS: u32 = 3;

/// Everything that there is.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    /// Whatever somebody has the token of, in the order in which it began.
    pub(super) followed: Vec<Followed>,
    /// What was carried out or tried at the gateway, in the order in which it began.
    pub(super) attempts: Vec<Attempt>,
    /// What came first under each key.
    keys: BTreeMap<Key, (Request, usize)>,
    /// Mails that were sent.
    pub(super) mails: usize,
    /// What the last transition must have been answered.
    pub(super) expected: Expected,
}

/// A sign-up in one request, or a journey.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    /// Which address; however it is spelled.
    email: usize,
    pub(super) stage: Stage,
    is_journey: bool,
    /// The attempt that it led to last.
    attempt: Option<usize>,
    is_proved: bool,
    codes_tried: u32,
    mails: u32,
    /// Whether the newest mail had a code, and not only the news that there is an account.
    has_code: bool,
    /// What was said on the journey.
    has_profile: bool,
    card: Option<GivenCard>,
    plan: Option<Plan>,
}

/// A card of a journey; each that is given is another token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct GivenCard {
    card: Card,
    number: usize,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Pending,
    AwaitingVerification,
    Registered,
    Undone,
}

/// Something that was asked of the gateway.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) plan: Plan,
    pub(super) stands: bool,
    /// With which password it can be repeated.
    password: Password,
}

/// By what a request is recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Request {
    SignUp(Form),
    Completion {
        followed: usize,
        has_profile: bool,
        card: Option<usize>,
        plan: Plan,
        password: Password,
    },
}

/// The answer to one request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) status: u16,
    /// The last part of the problem's type; empty where it is none.
    pub(super) problem: &'static str,
    /// The first part that is missing, where the answer says so.
    pub(super) next: Option<&'static str>,
    /// The attempt that is told of; one that was told of before is told of in the same bytes.
    pub(super) attempt: Option<usize>,
    /// Whether somebody is given a new token.
    pub(super) begins: bool,
    /// Who was sent a mail.
    pub(super) mail_to: Option<usize>,
}

impl Expected {
    fn answer(status: u16) -> Self {
        Self {
            status,
            ..Self::default()
        }
    }

    fn problem(status: u16, problem: &'static str) -> Self {
        Self {
            problem,
            ..Self::answer(status)
        }
    }

    fn missing(part: &'static str) -> Self {
        Self {
            next: Some(part),
            ..Self::problem(409, "registration-incomplete")
        }
    }
}

impl Stage {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::AwaitingVerification => "awaiting_verification",
            Self::Registered => "registered",
            Self::Undone => "undone",
        }
    }
}

impl Followed {
    fn signed_up(email: usize, stage: Stage, attempt: usize) -> Self {
        Self {
            email,
            stage,
            is_journey: false,
            attempt: Some(attempt),
            is_proved: false,
            codes_tried: 0,
            mails: 1,
            has_code: true,
            has_profile: true,
            card: None,
            plan: None,
        }
    }

    fn journey(email: usize, has_code: bool) -> Self {
        Self {
            stage: Stage::Pending,
            is_journey: true,
            attempt: None,
            has_code,
            has_profile: false,
            ..Self::signed_up(email, Stage::Pending, 0)
        }
    }

    /// Whether nobody else can have the address.
    fn holds_address(&self) -> bool {
        matches!(self.stage, Stage::AwaitingVerification | Stage::Registered)
    }

    /// The first part that is missing, where one can be told.
    pub(super) fn next(&self) -> Option<&'static str> {
        if !self.is_journey || self.stage == Stage::Registered {
            return None;
        }
        // A card that an attempt has used up is none.
        let has_card = self.card.is_some() && self.stage != Stage::Undone;
        Some(match (self.is_proved, self.has_profile, has_card) {
            (false, ..) => "verification",
            (true, false, _) => "profile",
            (true, true, false) => "payment_method",
            (true, true, true) => "completion",
        })
    }

    /// Why nothing can be said on it by now, if so.
    fn refusal(&self) -> Option<Expected> {
        if !self.is_journey {
            return Some(Expected::problem(409, "registration-begun"));
        }
        (!self.is_proved).then(|| Expected::missing("verification"))
    }
}

impl Model {
    pub(super) fn apply(mut self, transition: &Transition) -> Self {
        self.expected = match transition {
            Transition::SignUp { form, key } => self.sign_up(form, *key),
            Transition::SignUpWithout { .. } => Expected::problem(422, "invalid-input"),
            Transition::Begin { email, .. } => self.begin(*email),
            Transition::TypeCode { followed, code } => self.type_code(*followed, *code),
            Transition::AskForMail { followed } => self.ask_for_mail(*followed),
            Transition::GiveProfile { followed, .. } => self.give_profile(*followed),
            Transition::GiveCard {
                followed,
                card,
                plan,
            } => self.give_card(*followed, *card, *plan),
            Transition::Complete {
                followed,
                plan,
                password,
                key,
            } => self.complete(*followed, *plan, *password, *key),
            Transition::Look { followed, token } => self.look(*followed, *token),
            Transition::LookForNothing { has_form_of_id } => match has_form_of_id {
                true => Expected::problem(401, "unauthorized"),
                false => Expected::problem(404, "not-found"),
            },
        };
        if self.expected.mail_to.is_some() {
            self.mails += 1;
        }
        self
    }

    /// Whether the newest mail to somebody had a code.
    pub(super) fn has_code(&self, which: usize) -> bool {
        self.followed[which].has_code
    }

    /// Whether somebody is on a journey, or was.
    pub(super) fn is_journey(&self, which: usize) -> bool {
        self.followed[which].is_journey
    }

    fn is_taken(&self, email: usize) -> bool {
        let mut others = self.followed.iter();
        others.any(|it| it.email == email && it.holds_address())
    }

    /// The answer to what came under the same key, if something did.
    fn repeated(&self, key: Option<Key>, request: &Request) -> Option<Expected> {
        let (first, attempt) = self.keys.get(&key?)?;
        Some(match first == request {
            true => self.told_again(*attempt),
            false => Expected::problem(422, "idempotency-key-reused"),
        })
    }

    fn told_again(&self, attempt: usize) -> Expected {
        let answer = match self.attempts[attempt].stands {
            true => Expected::answer(201),
            false => Expected::problem(402, "card-declined"),
        };
        Expected {
            attempt: Some(attempt),
            ..answer
        }
    }

    /// Carries something out at the gateway.
    fn attempt(
        &mut self,
        (card, plan): (Card, Plan),
        password: Password,
        (key, request): (Option<Key>, Request),
    ) -> Expected {
        let attempt = self.attempts.len();
        let stands = !card.is_declined(plan);
        self.attempts.push(Attempt {
            plan,
            stands,
            password,
        });
        if let Some(key) = key {
            self.keys.insert(key, (request, attempt));
        }
        self.told_again(attempt)
    }

    fn sign_up(&mut self, form: &Form, key: Option<Key>) -> Expected {
        if form.password == Password::Weak {
            return Expected::problem(422, "invalid-input");
        }
        let request = Request::SignUp(form.clone());
        if let Some(repeated) = self.repeated(key, &request) {
            return repeated;
        }
        if self.is_taken(form.email) {
            return Expected::problem(409, "email-taken");
        }
        if form.card == Card::NotOfTheSandbox {
            // Refused before anything begins: nothing is known by the key.
            return Expected::problem(402, "card-declined");
        }
        let told = self.attempt((form.card, form.plan), form.password, (key, request));
        let attempt = self.attempts.len() - 1;
        let (stage, mail_to) = match self.attempts[attempt].stands {
            true => (Stage::AwaitingVerification, Some(self.followed.len())),
            false => (Stage::Undone, None),
        };
        let begun = Followed::signed_up(form.email, stage, attempt);
        self.followed.push(begun);
        Expected {
            begins: true,
            mail_to,
            ..told
        }
    }

    fn begin(&mut self, email: usize) -> Expected {
        let has_code = !self.is_taken(email);
        self.followed.push(Followed::journey(email, has_code));
        Expected {
            next: Some("verification"),
            begins: true,
            mail_to: Some(self.followed.len() - 1),
            ..Expected::answer(202)
        }
    }

    fn type_code(&mut self, which: usize, code: Code) -> Expected {
        let followed = &mut self.followed[which];
        match followed.stage {
            Stage::Undone => return Expected::problem(410, "verification-expired"),
            Stage::Registered => return Expected::answer(200),
            Stage::Pending if followed.is_proved => {
                let next = followed.next();
                return Expected {
                    next,
                    ..Expected::answer(200)
                };
            }
            Stage::Pending | Stage::AwaitingVerification => {}
        }
        if code == Code::None {
            return Expected::problem(422, "wrong-code");
        }
        // Counted before it is looked at, the right one as well.
        followed.codes_tried += 1;
        let is_right = code == Code::Right && followed.has_code;
        match followed.codes_tried {
            tried if tried > CODE_ATTEMPTS => Expected::problem(429, "code-exhausted"),
            _ if is_right => {
                followed.is_proved = true;
                if !followed.is_journey {
                    followed.stage = Stage::Registered;
                }
                Expected {
                    next: followed.next(),
                    ..Expected::answer(200)
                }
            }
            CODE_ATTEMPTS => Expected::problem(429, "code-exhausted"),
            _ => Expected::problem(422, "wrong-code"),
        }
    }

    fn ask_for_mail(&mut self, which: usize) -> Expected {
        let is_taken = self.is_taken(self.followed[which].email);
        let followed = &mut self.followed[which];
        if matches!(followed.stage, Stage::Registered | Stage::Undone) {
            return Expected::problem(409, "nothing-to-verify");
        }
        if followed.mails == MAILS {
            return Expected::problem(429, "mail-limited");
        }
        followed.mails += 1;
        followed.codes_tried = 0;
        followed.has_code = !(followed.is_journey && is_taken);
        Expected {
            mail_to: Some(which),
            ..Expected::answer(202)
        }
    }

    fn give_profile(&mut self, which: usize) -> Expected {
        let followed = &mut self.followed[which];
        if let Some(refusal) = followed.refusal() {
            return refusal;
        }
        if followed.stage == Stage::Registered {
            return Expected::problem(409, "registration-begun");
        }
        followed.has_profile = true;
        Expected {
            next: followed.next(),
            ..Expected::answer(200)
        }
    }

    fn give_card(&mut self, which: usize, card: Card, plan: Option<Plan>) -> Expected {
        let number = self.cards_given();
        let followed = &mut self.followed[which];
        if let Some(refusal) = followed.refusal() {
            return refusal;
        }
        // It is made a token of before anything else, which leaves nothing behind.
        if card == Card::NotOfTheSandbox {
            return Expected::problem(402, "card-declined");
        }
        if followed.stage == Stage::Registered {
            return Expected::problem(409, "registration-begun");
        }
        // Another card makes what came of the last one of no interest.
        followed.stage = Stage::Pending;
        followed.card = Some(GivenCard { card, number });
        followed.plan = plan.or(followed.plan);
        Expected {
            next: followed.next(),
            ..Expected::answer(200)
        }
    }

    /// A number that no card has.
    fn cards_given(&self) -> usize {
        let given = self.followed.iter().filter_map(|it| it.card);
        given.map(|it| it.number + 1).max().unwrap_or_default()
    }

    fn complete(
        &mut self,
        which: usize,
        plan: Option<Plan>,
        password: Password,
        key: Option<Key>,
    ) -> Expected {
        let followed = self.followed[which].clone();
        if let Some(refusal) = followed.refusal() {
            return refusal;
        }
        let plan = plan.or(followed.plan).unwrap_or(Plan::None);
        let request = Request::Completion {
            followed: which,
            has_profile: followed.has_profile,
            card: followed.card.map(|it| it.number),
            plan,
            password,
        };
        if let Some(repeated) = self.repeated(key, &request) {
            return repeated;
        }
        if let (Stage::Registered, Some(attempt)) = (followed.stage, followed.attempt) {
            let done = &self.attempts[attempt];
            return match (done.plan, done.password) == (plan, password) {
                true => self.told_again(attempt),
                false => Expected::problem(409, "registration-begun"),
            };
        }
        if password == Password::Weak {
            return Expected::problem(422, "invalid-input");
        }
        let card = match (followed.next(), followed.card) {
            (Some("completion"), Some(given)) => given.card,
            (next, _) => return Expected::missing(next.unwrap_or_default()),
        };
        if self.is_taken(followed.email) {
            return Expected::problem(409, "email-taken");
        }
        let told = self.attempt((card, plan), password, (key, request));
        let attempt = self.attempts.len() - 1;
        let followed = &mut self.followed[which];
        followed.attempt = Some(attempt);
        followed.stage = match self.attempts[attempt].stands {
            true => Stage::Registered,
            false => Stage::Undone,
        };
        told
    }

    fn look(&self, which: usize, token: Token) -> Expected {
        match token {
            Token::Right => Expected {
                next: self.followed[which].next(),
                ..Expected::answer(200)
            },
            Token::None | Token::Wrong | Token::OfAnother => Expected::problem(401, "unauthorized"),
        }
    }
}
