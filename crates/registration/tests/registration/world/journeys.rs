//! The part of the gated store that journeys are in.

use async_trait::async_trait;
use enlist_domain::EmailAddress;
use enlist_registration::ids::{JobId, RegistrationId};
use enlist_registration::journey::Journey;
use enlist_registration::ports::{
    AddressRation, Entry, JourneyChange, JourneyStore, MailAsked, MailRation, Proof, StoreFault,
};
use jiff::Timestamp;

use super::store::GatedStore;

#[async_trait]
impl JourneyStore for GatedStore {
    async fn begin_journey(
        &self,
        journey: &Journey,
        mail: JobId,
        ration: AddressRation,
    ) -> Result<(), StoreFault> {
        let begin = self.store().begin_journey(journey, mail, ration);
        self.access.make(begin).await
    }

    async fn journey(&self, id: RegistrationId) -> Result<Option<Journey>, StoreFault> {
        self.access.make(self.store().journey(id)).await
    }

    async fn count_journey_code(&self, id: RegistrationId) -> Result<u32, StoreFault> {
        self.access.make(self.store().count_journey_code(id)).await
    }

    async fn verify_journey(
        &self,
        id: RegistrationId,
        proof: Proof,
        expires_at: Timestamp,
    ) -> Result<JourneyChange, StoreFault> {
        let verify = self.store().verify_journey(id, proof, expires_at);
        self.access.make(verify).await
    }

    async fn enter(&self, id: RegistrationId, entry: &Entry) -> Result<JourneyChange, StoreFault> {
        self.access.make(self.store().enter(id, entry)).await
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
        self.access.make(ask).await
    }

    async fn has_account(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        self.access.make(self.store().has_account(email)).await
    }
}
