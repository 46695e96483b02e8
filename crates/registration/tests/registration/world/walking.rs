//! Somebody who signs up in three steps, one request after the other. They are no part of a process: when
//! one dies they go on with the next, from what they were told and what is in the database.

use std::sync::MutexGuard;
use std::time::Duration;

use enlist_domain::{Payment, SignUp};
use enlist_registration::engine::{
    Beginning, BeginningFault, Completing, Engine, Given, JourneyProof, NoToken,
};
use enlist_registration::ids::RegistrationId;
use enlist_registration::journey::{Journey as Pending, Part, Starter};
use enlist_registration::limits::later;
use enlist_registration::ports::{Clock, LinkUsedBy, MailAsked, StoreFault};
use enlist_registration::state::Status;
use secrecy::ExposeSecret;

use super::World;
use super::living::{EMAIL, IDLE, drive_what_is_due};
use super::people::{By, Card, Corrects, Inbox, Journey, TOKEN_PAID, Way};

/// How long a person takes to read a mail, or to fill in what was declined.
pub(crate) const READING: Duration = Duration::from_secs(2);

/// How long a person leaves it alone that did not work, or a mail that has not come: within an outage
/// they do not use up the mails that their address gets.
const PATIENCE: Duration = Duration::from_secs(60);

/// What was answered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Walker {
    pub(crate) journey: Option<RegistrationId>,
    /// What may not be done yet was tried.
    was_hasty: bool,
    is_verified: bool,
    has_profile: bool,
    card: Option<Card>,
    /// What was sent last, whether or not it was answered.
    sent_card: Option<Card>,
    has_plan: bool,
    /// A card was declined when it was given.
    was_declined: bool,
    gave_up: bool,
}

/// One request failed, and is to be made again.
struct TryAgain;

impl From<StoreFault> for TryAgain {
    fn from(_: StoreFault) -> Self {
        Self
    }
}

impl From<BeginningFault> for TryAgain {
    fn from(_: BeginningFault) -> Self {
        Self
    }
}

/// Whether it is the person's turn to say something on their journey.
pub(crate) fn has_something_to_say(world: &World, journey: &Journey) -> bool {
    if !journey.way.is_in_three_steps() {
        return false;
    }
    let walker = world.walker();
    let waits_for_ever = journey.inbox == Inbox::NeverVerifies && walker.journey.is_some();
    if walker.gave_up || waits_for_ever {
        return false;
    }
    drop(walker);
    match world.registrations(2).as_slice() {
        [] => true,
        [only] => {
            matches!(journey.corrects, Corrects::AfterAnUndo(_)) && only.status == Status::Undone
        }
        _ => false,
    }
}

/// One more request; after one that failed, a pause, in which the process does what is due.
pub(crate) async fn say_one_thing(world: &World, engine: &Engine, journey: &Journey) {
    let walk = Walk {
        world,
        engine,
        journey,
    };
    if walk.one_request().await.is_ok() {
        return;
    }
    let again_at = later(world.clock.now(), PATIENCE);
    while world.clock.now() < again_at && !world.is_retiring() {
        world.clock.sleep(IDLE).await;
        drive_what_is_due(engine).await;
    }
}

/// After everything rests: the journey of an account leads nowhere else.
pub(crate) fn nothing_more_can_be_said(world: &World, journey: &Journey) {
    let engine = world.process();
    let pending = world
        .run(world.pending(&engine))
        .expect("it has not expired");
    let SignUp { profile, .. } = journey.person.sign_up(EMAIL);
    let given = world.run(engine.give_profile(pending.id, profile));
    let refused = matches!(given, Ok(Given::Refused(_)));
    world.check(
        "a_journey_that_led_to_an_account_is_closed",
        refused,
        &given,
    );
    let newest = world.newest().map(|newest| newest.id);
    let leads_there = pending.registration == newest;
    world.check(
        "a_journey_leads_to_its_registration",
        leads_there,
        (&pending, newest),
    );
    let again = world.run(complete(&engine, journey, pending));
    let closed = matches!(again, Ok(Completing::Went(Beginning::JourneyIsClosed)));
    world.check("a_journey_that_led_to_an_account_is_closed", closed, &again);
}

/// After everything was undone: on the same journey, another card leads to an account.
pub(crate) fn try_again_with_another_card(world: &World, journey: &Journey) {
    let engine = world.process();
    let Some(pending) = world.run(world.pending(&engine)) else {
        return world.check("an_undone_journey_goes_on", false, "it has expired");
    };
    if let (true, Some(payment)) = (journey.person.has_card(), TOKEN_PAID.sign_up(EMAIL).payment) {
        let given = world.run(engine.give_card(pending.id, payment));
        let kept = matches!(given, Ok(Given::Kept(_)));
        world.check("an_undone_journey_goes_on", kept, &given);
    }
    let pending = world
        .run(world.pending(&engine))
        .expect("it has not expired");
    world.run(async {
        match complete(&engine, journey, pending).await {
            Ok(Completing::Went(Beginning::Begun(registration))) => {
                drop(engine.drive(*registration).await);
            }
            other => world.check("an_undone_journey_goes_on", false, other),
        }
    });
}

/// One request of somebody's walk.
struct Walk<'a> {
    world: &'a World,
    engine: &'a Engine,
    journey: &'a Journey,
}

impl Walk<'_> {
    /// Whatever comes next, by what was answered so far.
    async fn one_request(&self) -> Result<(), TryAgain> {
        if self.world.walker().journey.is_none() {
            return self.begin().await;
        }
        let Some(pending) = self.world.pending(self.engine).await else {
            self.check("nothing_said_is_lost", false, "the journey is gone");
            return Err(TryAgain);
        };
        self.nothing_said_is_lost(&pending);
        let next = {
            let walker = self.world.walker();
            match (walker.is_verified, walker.has_profile) {
                (false, _) => Part::Verification,
                (true, false) => Part::Profile,
                (true, true) if walker.card != self.card(&walker) => Part::PaymentMethod,
                (true, true) => Part::Completion,
            }
        };
        match next {
            Part::Verification => self.prove(pending).await,
            Part::Profile => self.give_profile(pending.id).await,
            Part::PaymentMethod => self.give_card(pending.id).await,
            Part::Completion if !self.world.walker().has_plan => self.give_plan(pending.id).await,
            Part::Completion => self.complete(pending).await,
        }
    }

    async fn begin(&self) -> Result<(), TryAgain> {
        let email = self.journey.person.sign_up(EMAIL).email;
        let begun = self.engine.begin_journey(email, None).await?;
        if !self.world.is_retiring() {
            self.world.walker().journey = Some(begun.id);
        }
        Ok(())
    }

    /// Tries first what may not be done yet; reads the newest mail; proves by it.
    async fn prove(&self, pending: Pending) -> Result<(), TryAgain> {
        let (world, engine, id) = (self.world, self.engine, pending.id);
        if !std::mem::replace(&mut world.walker().was_hasty, true) {
            self.be_hasty(pending).await?;
        }
        world.clock.sleep(READING).await;
        if world.is_retiring() {
            return Ok(());
        }
        let Way::InThreeSteps(by) = self.journey.way else {
            unreachable!("who signs up in one request proves nothing before")
        };
        let Some(serial) = world.newest_mail(id) else {
            self.check("a_journey_has_its_mail", false, id);
            return Err(TryAgain);
        };
        let used_by = match by {
            By::CodeOfASecondMail if serial == 1 => return self.ask_for_another_mail(id).await,
            By::Code | By::CodeOfASecondMail => {
                let code = engine.tokens().code(id, serial);
                let proof = engine.verify_journey_by_code(id, code.expose_secret());
                return self.take(proof.await?, id).await;
            }
            By::Link => LinkUsedBy::Starter,
            By::LinkElsewhere => LinkUsedBy::Reader,
        };
        let link = engine.tokens().journey_link(id, serial);
        let proof = engine.verify_journey_by_link(link.expose_secret(), used_by);
        let proof = proof.await?;
        let is_accepted = matches!(proof, JourneyProof::Accepted(_));
        self.take(proof, id).await?;
        if is_accepted && !world.is_retiring() {
            // It does not matter whether this is answered.
            let again = engine.verify_journey_by_link(link.expose_secret(), used_by);
            if let Ok(again) = again.await {
                let used = matches!(again, JourneyProof::LinkIsUsed(_));
                self.check("a_link_works_once", used, &again);
            }
        }
        Ok(())
    }

    /// Before the address is verified nothing is kept, and nothing begins.
    async fn be_hasty(&self, pending: Pending) -> Result<(), TryAgain> {
        let SignUp { profile, .. } = self.journey.person.sign_up(EMAIL);
        let given = self.engine.give_profile(pending.id, profile).await?;
        if self.world.is_retiring() {
            return Ok(());
        }
        let refused = matches!(given, Given::Refused(_));
        self.check("nothing_goes_on_unverified", refused, &given);
        let completed = complete(self.engine, self.journey, pending).await?;
        let missing = matches!(completed, Completing::Missing(Part::Verification));
        self.check("nothing_goes_on_unverified", missing, &completed);
        Ok(())
    }

    /// What came of a proof.
    async fn take(&self, proof: JourneyProof, id: RegistrationId) -> Result<(), TryAgain> {
        let is_verified = match proof {
            JourneyProof::Accepted(_) | JourneyProof::AlreadyVerified(_) => true,
            // The answer was lost, and whoever began it may go on all the same. Whoever read the mail
            // elsewhere needs another, and so does whoever typed too many codes.
            JourneyProof::LinkIsUsed(pending) if pending.starter == Starter::Proved => true,
            JourneyProof::LinkIsUsed(_) | JourneyProof::CodeExhausted => {
                return self.ask_for_another_mail(id).await;
            }
            other => {
                self.check("a_right_proof_is_taken", false, other);
                return Err(TryAgain);
            }
        };
        if !self.world.is_retiring() {
            self.world.walker().is_verified |= is_verified;
        }
        Ok(())
    }

    async fn ask_for_another_mail(&self, id: RegistrationId) -> Result<(), TryAgain> {
        self.world.clock.sleep(PATIENCE).await;
        if self.world.is_retiring() {
            return Ok(());
        }
        match self.engine.resend_journey_mail(id).await? {
            // Too soon: it is on its way, and the answer that said so was lost.
            MailAsked::Queued | MailAsked::TooSoon(_) => Ok(()),
            other => {
                self.check("a_journey_has_its_mail", false, other);
                Err(TryAgain)
            }
        }
    }

    async fn give_profile(&self, id: RegistrationId) -> Result<(), TryAgain> {
        let SignUp { profile, .. } = self.journey.person.sign_up(EMAIL);
        let given = self.engine.give_profile(id, profile).await?;
        self.note(&given, |walker| walker.has_profile = true)
    }

    async fn give_plan(&self, id: RegistrationId) -> Result<(), TryAgain> {
        let plan = self.journey.person.sign_up(EMAIL).plan;
        let plan = plan.expect("everybody here has chosen one");
        let given = self.engine.give_plan(id, &plan).await?;
        self.note(&given, |walker| walker.has_plan = true)
    }

    async fn give_card(&self, id: RegistrationId) -> Result<(), TryAgain> {
        let card = self.card(&self.world.walker());
        let payment = card.and_then(|card| self.payment(card));
        let Some(payment) = payment else {
            return self.note_card(card);
        };
        self.world.walker().sent_card = card;
        let given = self.engine.give_card(id, payment).await?;
        if let Given::NoToken(no_token) = &given {
            let is_declined = matches!(no_token, NoToken::Declined(_));
            if is_declined && !self.world.is_retiring() {
                let mut walker = self.world.walker();
                walker.was_declined = true;
                walker.gave_up = self.journey.corrects == Corrects::Nothing;
                return Ok(());
            }
            return Err(TryAgain);
        }
        self.note(&given, |walker| walker.card = card)
    }

    /// The last step. Who has begun a registration is driven, whoever asked.
    async fn complete(&self, pending: Pending) -> Result<(), TryAgain> {
        // Before the person takes the last step for the second time, they have read why.
        self.world.clock.sleep(READING).await;
        if self.world.is_retiring() {
            return Ok(());
        }
        match complete(self.engine, self.journey, pending).await? {
            Completing::Went(Beginning::Begun(registration)) => {
                drop(self.engine.drive(*registration).await);
                Ok(())
            }
            // By an earlier last step, of which nothing was heard.
            Completing::Went(Beginning::JourneyIsClosed) => Ok(()),
            other => {
                self.check("the_last_step_is_taken", false, other);
                Err(TryAgain)
            }
        }
    }

    /// Something that was given is kept, unless it came late.
    fn note(&self, given: &Given, told: impl FnOnce(&mut Walker)) -> Result<(), TryAgain> {
        if self.world.is_retiring() {
            return Ok(());
        }
        let kept = matches!(given, Given::Kept(_));
        self.check("what_is_given_is_kept", kept, given);
        told(&mut self.world.walker());
        Ok(())
    }

    fn note_card(&self, card: Option<Card>) -> Result<(), TryAgain> {
        self.world.walker().card = card;
        Ok(())
    }

    /// The card that is to be given.
    fn card(&self, walker: &Walker) -> Option<Card> {
        Some(match self.journey.corrects {
            Corrects::BeforeTheLastStep(second) if walker.was_declined => second,
            Corrects::AfterAnUndo(second) if self.world.newest().is_some() => second,
            _ => self.journey.person.card,
        })
    }

    fn payment(&self, card: Card) -> Option<Payment> {
        self.journey.person.with("", card).sign_up(EMAIL).payment
    }

    fn nothing_said_is_lost(&self, pending: &Pending) {
        let person = &self.journey.person;
        let token = pending.card.as_ref().map(|card| card.method.as_str());
        let is_held = |given| match given {
            Card::None => true,
            Card::Token(given) => token == Some(given),
            Card::Raw(_) => token.is_some(),
        };
        let walker = *self.world.walker();
        let has_card = walker.card.is_none_or(is_held) || walker.sent_card.is_some_and(is_held);
        let holds = (pending.verified_at.is_some() || !walker.is_verified)
            && (pending.profile.is_some() || !walker.has_profile)
            && (pending.plan.as_deref() == Some(person.plan) || !walker.has_plan)
            && has_card;
        self.check("nothing_said_is_lost", holds, (walker, pending));
    }

    /// Whoever is told something that cannot be goes away.
    fn check(&self, check: &'static str, holds: bool, what: impl std::fmt::Debug) {
        self.world.walker().gave_up |= !holds;
        self.world.check(check, holds, what);
    }
}

/// Password and plan, and that all of it is meant.
async fn complete(
    engine: &Engine,
    journey: &Journey,
    pending: Pending,
) -> Result<Completing, BeginningFault> {
    let SignUp { password, plan, .. } = journey.person.sign_up(EMAIL);
    let card_is = journey.person.card_is();
    engine
        .complete(pending, password, plan, card_is, None)
        .await
}

impl World {
    pub(crate) fn walker(&self) -> MutexGuard<'_, Walker> {
        self.walker.lock().unwrap()
    }

    /// What there is of the journey of whoever signs up in three steps.
    async fn pending(&self, engine: &Engine) -> Option<Pending> {
        let id = self.walker().journey?;
        engine.journey(id).await.unwrap()
    }

    /// The number of the newest mail that a journey has caused.
    fn newest_mail(&self, journey: RegistrationId) -> Option<u32> {
        let id = journey.to_string();
        let jobs = self.rows("jobs").into_iter();
        let mails = jobs.filter(|job| {
            job["kind"].as_deref() == Some("journey_mail")
                && job["registration_id"].as_deref() == Some(id.as_str())
        });
        let serials = mails.filter_map(|mail| mail["serial"].as_deref()?.parse().ok());
        serials.max()
    }
}
