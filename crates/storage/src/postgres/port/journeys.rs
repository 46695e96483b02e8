//! The part of the port that journeys are in.

use async_trait::async_trait;
use enlist_domain::EmailAddress;
use enlist_registration::ids::{JobId, RegistrationId};
use enlist_registration::journey::Journey;
use enlist_registration::ports::{
    AddressRation, Entry, JourneyChange, JourneyFilter, JourneyStore, MailAsked, MailRation, Proof,
    StoreFault,
};
use jiff::Timestamp;

use crate::postgres::{PostgresStore, journeys};

#[async_trait]
impl JourneyStore for PostgresStore {
    async fn begin_journey(
        &self,
        journey: &Journey,
        mail: JobId,
        ration: AddressRation,
    ) -> Result<(), StoreFault> {
        journeys::begin(&self.database, journey, mail, ration)
            .await
            .map_err(|fault| fault.into_store("begin a journey"))
    }

    async fn journey(&self, id: RegistrationId) -> Result<Option<Journey>, StoreFault> {
        journeys::journey(&self.database, id)
            .await
            .map_err(|fault| fault.into_store("read a journey"))
    }

    async fn count_journey_code(&self, id: RegistrationId) -> Result<u32, StoreFault> {
        journeys::count_code(&self.database, id)
            .await
            .map_err(|fault| fault.into_store("count a code"))
    }

    async fn verify_journey(
        &self,
        id: RegistrationId,
        proof: Proof,
        expires_at: Timestamp,
    ) -> Result<JourneyChange, StoreFault> {
        journeys::verify(&self.database, id, proof, expires_at)
            .await
            .map_err(|fault| fault.into_store("verify a journey's address"))
    }

    async fn refuse_journey_mail(&self, id: RegistrationId) -> Result<JourneyChange, StoreFault> {
        journeys::refuse_mail(&self.database, id)
            .await
            .map_err(|fault| fault.into_store("end a journey"))
    }

    async fn enter(&self, id: RegistrationId, entry: &Entry) -> Result<JourneyChange, StoreFault> {
        journeys::enter(&self.database, id, entry)
            .await
            .map_err(|fault| fault.into_store("keep what was said on a journey"))
    }

    async fn ask_for_journey_mail(
        &self,
        id: RegistrationId,
        job: JobId,
        ration: MailRation,
        of_address: AddressRation,
    ) -> Result<MailAsked, StoreFault> {
        journeys::ask_for_mail(&self.database, id, job, ration, of_address)
            .await
            .map_err(|fault| fault.into_store("queue a mail"))
    }

    async fn journeys(&self, filter: &JourneyFilter) -> Result<Vec<Journey>, StoreFault> {
        journeys::journeys(&self.database, filter)
            .await
            .map_err(|fault| fault.into_store("list journeys"))
    }

    async fn has_account(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        journeys::has_account(&self.database, email)
            .await
            .map_err(|fault| fault.into_store("look for an account"))
    }
}
