//! The part of the gated store that journeys are in.

use async_trait::async_trait;
use enlist_domain::EmailAddress;
use enlist_registration::ids::{JobId, RegistrationId};
use enlist_registration::journey::Journey;
use enlist_registration::ports::{
    AddressRation, Entry, JourneyChange, JourneyFilter, JourneyStore, MailAsked, MailRation, Proof,
    StoreFault,
};
use jiff::Timestamp;

use super::gate::{Call, Passage, StoreCall};
use super::lies::Lie;
use super::store::{GatedStore, fault, gated};

impl GatedStore {
    async fn begin_unless_lying(
        &self,
        journey: &Journey,
        mail: JobId,
        ration: AddressRation,
    ) -> Result<(), StoreFault> {
        self.store().begin_journey(journey, mail, ration).await?;
        if self.lie == Some(Lie::JourneysGoOnUnverified) {
            let verify = self
                .store()
                .verify_journey(journey.id, Proof::Code, journey.expires_at);
            verify.await?;
        }
        Ok(())
    }

    async fn verify_unless_lying(
        &self,
        id: RegistrationId,
        proof: Proof,
        expires_at: Timestamp,
    ) -> Result<JourneyChange, StoreFault> {
        let change = self.store().verify_journey(id, proof, expires_at).await?;
        Ok(match change {
            JourneyChange::Refused(journey) if self.lie == Some(Lie::LinksWorkTwice) => {
                JourneyChange::Made(journey)
            }
            other => other,
        })
    }

    async fn enter_unless_lying(
        &self,
        id: RegistrationId,
        entry: &Entry,
    ) -> Result<JourneyChange, StoreFault> {
        if self.lie == Some(Lie::EntriesAreForgotten)
            && let Some(journey) = self.store().journey(id).await?
            && journey.verified_at.is_some()
        {
            return Ok(JourneyChange::Made(Box::new(journey)));
        }
        self.store().enter(id, entry).await
    }
}

#[async_trait]
impl JourneyStore for GatedStore {
    async fn begin_journey(
        &self,
        journey: &Journey,
        mail: JobId,
        ration: AddressRation,
    ) -> Result<(), StoreFault> {
        let begin = self.begin_unless_lying(journey, mail, ration);
        gated!(self, BeginJourney, begin)
    }

    async fn journey(&self, id: RegistrationId) -> Result<Option<Journey>, StoreFault> {
        self.access.make(self.store().journey(id)).await
    }

    async fn count_journey_code(&self, id: RegistrationId) -> Result<u32, StoreFault> {
        gated!(self, CountJourneyCode, self.store().count_journey_code(id))
    }

    async fn verify_journey(
        &self,
        id: RegistrationId,
        proof: Proof,
        expires_at: Timestamp,
    ) -> Result<JourneyChange, StoreFault> {
        let verify = self.verify_unless_lying(id, proof, expires_at);
        gated!(self, VerifyJourney, verify)
    }

    async fn refuse_journey_mail(&self, id: RegistrationId) -> Result<JourneyChange, StoreFault> {
        self.access.make(self.store().refuse_journey_mail(id)).await
    }

    async fn enter(&self, id: RegistrationId, entry: &Entry) -> Result<JourneyChange, StoreFault> {
        gated!(self, Enter, self.enter_unless_lying(id, entry))
    }

    async fn ask_for_journey_mail(
        &self,
        id: RegistrationId,
        job: JobId,
        ration: MailRation,
        of_address: AddressRation,
    ) -> Result<MailAsked, StoreFault> {
        let ask = self
            .store()
            .ask_for_journey_mail(id, job, ration, of_address);
        gated!(self, AskForJourneyMail, ask)
    }

    async fn journeys(&self, filter: &JourneyFilter) -> Result<Vec<Journey>, StoreFault> {
        self.access.make(self.store().journeys(filter)).await
    }

    async fn has_account(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        gated!(self, HasAccount, passage, async {
            match passage {
                Passage::EmailHasAccount => Ok(true),
                _ => self.store().has_account(email).await,
            }
        })
    }
}
