//! The journey in three steps: what a person says one after the other is kept until the last step, which
//! begins a registration.

use enlist_domain::{EmailAddress, Language, Password, Payment, Plan, Profile};
use jiff::Timestamp;
use secrecy::SecretString;

use super::beginning::{Draft, Person};
use super::preparing::{Card, NoToken};
use super::{Beginning, BeginningFault, Engine, Terms};
use crate::ids::{JobId, RegistrationId};
use crate::journey::{AddressIs, CardIs, Journey, JourneyCard, Part, Starter};
use crate::limits::{Limits, later};
use crate::ports::{
    AddressRation, Entry, JourneyChange, LinkUsedBy, MailAsked, MailRation, Proof, RequestRecord,
    StoreFault,
};
use crate::state::{Failure, Registration, Status, StepState};
use crate::steps::{Order, StepName};
use crate::tokens::code_digits;

/// What became of a proof of a journey's address.
#[derive(Debug)]
pub enum JourneyProof {
    /// It was accepted.
    Accepted(Box<Journey>),
    /// It was accepted before; nothing changed.
    AlreadyVerified(Box<Journey>),
    /// What was typed cannot be a code; it costs no try.
    NotACode,
    /// A wrong code; so many tries are left.
    WrongCode {
        /// Before another mail is needed.
        tries_left: u32,
    },
    /// Too many wrong codes: only another mail, or the link, helps.
    CodeExhausted,
    /// The link was used before, or one of a later mail.
    LinkIsUsed(Box<Journey>),
    /// Mail to the address was refused for good: the journey is over.
    MailRefused,
    /// The journey has expired.
    Expired,
    /// A forged link.
    Unknown,
}

/// What a genuine link of a journey's mail leads to.
#[derive(Debug)]
pub enum JourneyLink {
    /// The journey has not expired.
    Lives {
        /// It.
        journey: Box<Journey>,
        /// Which mail the link was in.
        serial: u32,
        /// How the registration stands that it led to, if it did.
        registration: Option<Status>,
    },
    /// It has expired, and had led to a registration that is not undone.
    Finished(Box<Journey>),
    /// It has expired, and led to nothing; or that was so long ago that the journal was stripped.
    Forgotten,
}

/// What became of something that was said on a journey.
#[derive(Debug)]
pub enum Given {
    /// It is kept.
    Kept(Box<Journey>),
    /// It is not: the address is not verified, or a registration that the journey led to is under way or
    /// done.
    Refused(Box<Journey>),
    /// The card could not be turned into a token.
    NoToken(NoToken),
    /// The journey has expired.
    Gone,
}

/// What became of the last step.
#[derive(Debug)]
pub enum Completing {
    /// As with a sign-up in one request.
    Went(Beginning),
    /// Something is missing; this is the first.
    Missing(Part),
}

impl Engine {
    /// Begins a journey and has a mail sent to the address. What is done, and how long it takes, does not
    /// depend on whether the address has an account: only the mail does.
    pub async fn begin_journey(
        &self,
        email: EmailAddress,
        language: Option<Language>,
    ) -> Result<Journey, StoreFault> {
        let now = self.ports.clock.now();
        let random = self.ports.random.as_ref();
        let journey = Journey {
            id: RegistrationId::new(now, random),
            email,
            language,
            profile: None,
            card: None,
            plan: None,
            verified_at: None,
            mail_refused_at: None,
            starter: Starter::Unproved,
            registration: None,
            begun_at: now,
            expires_at: later(now, self.limits.verify_within),
            mail_serial: 1,
            last_mail_at: now,
            code_attempts: 0,
        };
        let mail = JobId::new(now, random);
        let ration = self.address_ration();
        self.ports
            .store
            .begin_journey(&journey, mail, ration)
            .await?;
        Ok(journey)
    }

    /// One journey, unless it has expired.
    pub async fn journey(&self, id: RegistrationId) -> Result<Option<Journey>, StoreFault> {
        let found = self.ports.store.journey(id).await?;
        let now = self.ports.clock.now();
        Ok(found.filter(|journey| journey.expires_at > now))
    }

    /// One journey, and the registration that it led to. One that has expired only if that registration is
    /// not undone.
    pub async fn journey_and_registration(
        &self,
        id: RegistrationId,
    ) -> Result<Option<(Journey, Option<Registration>)>, StoreFault> {
        let Some(journey) = self.ports.store.journey(id).await? else {
            return Ok(None);
        };
        let registration = self.registration_of(&journey).await?;
        let leads_on = registration
            .as_ref()
            .is_some_and(|it| it.status != Status::Undone);
        let is_there = leads_on || journey.expires_at > self.ports.clock.now();
        Ok(is_there.then_some((journey, registration)))
    }

    /// The registration that a journey led to last.
    pub async fn registration_of(
        &self,
        journey: &Journey,
    ) -> Result<Option<Registration>, StoreFault> {
        match journey.registration {
            Some(id) => self.ports.store.registration(id).await,
            None => Ok(None),
        }
    }

    /// What a link leads to, if it is a genuine one of a journey. Changes nothing.
    pub async fn journey_of_link(&self, token: &str) -> Result<Option<JourneyLink>, StoreFault> {
        let Some((id, serial)) = self.tokens.journey_of_link(token) else {
            return Ok(None);
        };
        let found = self.journey_and_registration(id).await?;
        let now = self.ports.clock.now();
        Ok(Some(match found {
            None => JourneyLink::Forgotten,
            Some((journey, _)) if journey.expires_at <= now => {
                JourneyLink::Finished(Box::new(journey))
            }
            Some((journey, registration)) => JourneyLink::Lives {
                journey: Box::new(journey),
                serial,
                registration: registration.map(|it| it.status),
            },
        }))
    }

    /// The link of a mail was used. It works once; `by` says whether by whoever began the journey.
    pub async fn verify_journey_by_link(
        &self,
        token: &str,
        by: LinkUsedBy,
    ) -> Result<JourneyProof, StoreFault> {
        let Some((id, serial)) = self.tokens.journey_of_link(token) else {
            return Ok(JourneyProof::Unknown);
        };
        let proof = Proof::Link { serial, by };
        let change = self.verify_journey(id, proof).await?;
        Ok(match change {
            JourneyChange::Made(journey) => JourneyProof::Accepted(journey),
            JourneyChange::Refused(journey) if journey.address_is() == AddressIs::Refused => {
                JourneyProof::MailRefused
            }
            JourneyChange::Refused(journey) => JourneyProof::LinkIsUsed(journey),
            JourneyChange::Gone => JourneyProof::Expired,
        })
    }

    /// What whoever used the link of mail number `serial` goes on with.
    pub fn journey_access(&self, journey: RegistrationId, serial: u32) -> SecretString {
        self.tokens.journey_access(journey, serial)
    }

    /// The mailed code was typed. A try is counted before it is looked at, so that many at once are not
    /// more than were allowed.
    pub async fn verify_journey_by_code(
        &self,
        id: RegistrationId,
        code: &str,
    ) -> Result<JourneyProof, StoreFault> {
        let Some(journey) = self.journey(id).await? else {
            return Ok(JourneyProof::Expired);
        };
        if journey.address_is() == AddressIs::Refused {
            return Ok(JourneyProof::MailRefused);
        }
        if journey.starter == Starter::Proved {
            return Ok(JourneyProof::AlreadyVerified(Box::new(journey)));
        }
        if code_digits(code).is_none() {
            return Ok(JourneyProof::NotACode);
        }
        let allowed = self.limits.code_attempts;
        let tried = self.ports.store.count_journey_code(id).await?;
        if tried > allowed {
            return Ok(JourneyProof::CodeExhausted);
        }
        // What was never mailed proves nothing: or the codes of journeys beyond an address's ration could be
        // guessed without an end.
        let was_mailed = journey.mail_serial > 0;
        if !was_mailed || !self.tokens.code_is_right(id, journey.mail_serial, code) {
            return Ok(match allowed - tried {
                0 => JourneyProof::CodeExhausted,
                tries_left => JourneyProof::WrongCode { tries_left },
            });
        }
        Ok(match self.verify_journey(id, Proof::Code).await? {
            JourneyChange::Made(journey) => JourneyProof::Accepted(journey),
            // A code proves again what was proved before: it is refused only where the mail was.
            JourneyChange::Refused(_) => JourneyProof::MailRefused,
            JourneyChange::Gone => JourneyProof::Expired,
        })
    }

    /// Mail to a journey's address was refused for good, which ends it: nobody can prove the address. One
    /// that was proved meanwhile goes on.
    pub async fn refuse_journey_mail(
        &self,
        id: RegistrationId,
    ) -> Result<JourneyChange, StoreFault> {
        self.ports.store.refuse_journey_mail(id).await
    }

    /// Another mail, with a new link and a new code: to go on on another device, or because the first has
    /// not come.
    pub async fn resend_journey_mail(&self, id: RegistrationId) -> Result<MailAsked, StoreFault> {
        let job = JobId::new(self.ports.clock.now(), self.ports.random.as_ref());
        let ration = MailRation {
            mails: self.limits.mails,
            apart: self.limits.resend_after,
        };
        let of_address = self.address_ration();
        self.ports
            .store
            .ask_for_journey_mail(id, job, ration, of_address)
            .await
    }

    /// Names and billing address, in the place of earlier ones.
    pub async fn give_profile(
        &self,
        id: RegistrationId,
        profile: Profile,
    ) -> Result<Given, StoreFault> {
        self.enter(id, &Entry::Profile(Box::new(profile))).await
    }

    /// The chosen plan, in the place of an earlier one.
    pub async fn give_plan(&self, id: RegistrationId, plan: &Plan) -> Result<Given, StoreFault> {
        self.enter(id, &Entry::Plan(plan.name.clone())).await
    }

    /// A card, in the place of an earlier one; a raw one is turned into a token first, which leaves
    /// nothing behind.
    pub async fn give_card(
        &self,
        id: RegistrationId,
        payment: Payment,
    ) -> Result<Given, StoreFault> {
        let now = self.ports.clock.now();
        // Each card is another call to the gateway, with a key of its own.
        let call = RegistrationId::new(now, self.ports.random.as_ref());
        let card = match self.take_card(call, now, Some(payment)).await {
            Ok(card) => card,
            Err(no_token) => return Ok(Given::NoToken(no_token)),
        };
        let Some(method) = card.method else {
            return Ok(Given::NoToken(NoToken::GatewayRejected));
        };
        let card = JourneyCard {
            gateway: self.ports.gateway.name().to_owned(),
            method,
            tokenized: card.tokenized,
            was_raw: card.was_raw,
        };
        self.enter(id, &Entry::Card(card)).await
    }

    /// The last step: everything that was said begins a registration, whose address is verified already.
    /// `request` is by what it is known again.
    pub async fn complete(
        &self,
        journey: Journey,
        password: Password,
        plan: Option<Plan>,
        card_is: CardIs,
        request: Option<RequestRecord>,
    ) -> Result<Completing, BeginningFault> {
        let started_at = self.ports.clock.now();
        let gateway = self.ports.gateway.name();
        let last = self.registration_of(&journey).await?;
        let missing = journey.first_missing(card_is, gateway, last.as_ref());
        let (Part::Completion, Some(profile), Some(verified_at)) =
            (missing, journey.profile.clone(), journey.verified_at)
        else {
            return Ok(Completing::Missing(missing));
        };
        let card = journey.usable_card(gateway, last.as_ref());
        let person = Person {
            email: journey.email.clone(),
            password_hash: self.ports.hasher.hash(password).await?,
            profile,
            plan,
            card: card.map(Card::from).unwrap_or_default(),
        };
        let terms = Terms {
            order: Order::VerifyFirst,
            language: journey.language,
        };
        let id = self.id_of_next_registration(&journey, started_at).await?;
        let mut registration = self.new_registration(id, started_at, person, terms);
        registration.verified_at = Some(verified_at);
        let progress = &mut registration.progress;
        progress.set(StepName::VerifyEmail, StepState::Done);
        let begun = Draft {
            registration,
            request,
            mail: None,
            journey: Some(journey.id),
        };
        let mut beginning = self.write_beginning(begun).await?;
        if let Beginning::Begun(registration) = &mut beginning {
            self.look_for_account_again(registration).await;
        }
        Ok(Completing::Went(beginning))
    }

    /// Who held the address may have become its account, and so have let go of it, between our looking for
    /// one and our claim: a journey's registration opens its account and rests in one step. Seen now, it
    /// is undone before the gateway was asked for anything. If this look fails, opening the account decides.
    async fn look_for_account_again(&self, registration: &mut Registration) {
        let email = &registration.intent.email;
        if matches!(self.ports.store.has_account(email).await, Ok(true)) {
            registration.failure = Some(Failure::EmailTaken);
        }
    }

    /// The first registration has the journey's id, if whoever began the journey has proved the address:
    /// they bear the token for it. Every other one has an id of its own, and so new keys at the gateway.
    async fn id_of_next_registration(
        &self,
        journey: &Journey,
        now: Timestamp,
    ) -> Result<RegistrationId, StoreFault> {
        let is_free = self.ports.store.registration(journey.id).await?.is_none();
        Ok(match (journey.starter, is_free) {
            (Starter::Proved, true) => journey.id,
            _ => RegistrationId::new(now, self.ports.random.as_ref()),
        })
    }

    async fn verify_journey(
        &self,
        id: RegistrationId,
        proof: Proof,
    ) -> Result<JourneyChange, StoreFault> {
        let expires_at = later(self.ports.clock.now(), self.limits.verify_within);
        self.ports.store.verify_journey(id, proof, expires_at).await
    }

    async fn enter(&self, id: RegistrationId, entry: &Entry) -> Result<Given, StoreFault> {
        Ok(match self.ports.store.enter(id, entry).await? {
            JourneyChange::Made(journey) => Given::Kept(journey),
            JourneyChange::Refused(journey) => Given::Refused(journey),
            JourneyChange::Gone => Given::Gone,
        })
    }

    fn address_ration(&self) -> AddressRation {
        AddressRation {
            mails: self.limits.mails_per_address,
            within: Limits::ADDRESS_RATION_WITHIN,
        }
    }
}

impl From<&JourneyCard> for Card {
    fn from(card: &JourneyCard) -> Self {
        Self {
            method: Some(card.method.clone()),
            tokenized: card.tokenized.clone(),
            was_raw: card.was_raw,
        }
    }
}
