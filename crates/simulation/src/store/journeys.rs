//! The journeys' part of the port.

use async_trait::async_trait;
use enlist_domain::EmailAddress;
use enlist_registration::ids::{JobId, RegistrationId};
use enlist_registration::jobs::JobKind;
use enlist_registration::journey::Journey;
use enlist_registration::ports::{
    AddressRation, Entry, JourneyChange, JourneyFilter, JourneyStore, MailAsked, MailRation, Proof,
    StoreFault,
};
use jiff::Timestamp;

use super::{SimStore, read, told, write};
use crate::world::duty;

#[async_trait]
impl JourneyStore for SimStore {
    async fn begin_journey(
        &self,
        journey: &Journey,
        mail: JobId,
        ration: AddressRation,
    ) -> Result<(), StoreFault> {
        write!(self, "begin_journey", journey.id, async {
            let begun = self.ground().begin_journey(journey, mail, ration).await;
            self.alarm(self.world.executor.now(), duty::of(JobKind::JourneyMail));
            begun
        })
    }

    async fn journey(&self, id: RegistrationId) -> Result<Option<Journey>, StoreFault> {
        read!(self, self.ground().journey(id))
    }

    async fn count_journey_code(&self, id: RegistrationId) -> Result<u32, StoreFault> {
        write!(
            self,
            "count_journey_code",
            id,
            self.ground().count_journey_code(id)
        )
    }

    async fn verify_journey(
        &self,
        id: RegistrationId,
        proof: Proof,
        expires_at: Timestamp,
    ) -> Result<JourneyChange, StoreFault> {
        write!(self, "verify_journey", id, async {
            let change = self.ground().verify_journey(id, proof, expires_at).await;
            if let Ok(JourneyChange::Made(_)) = &change {
                self.world.check_proof(id, proof);
            }
            change
        })
    }

    async fn refuse_journey_mail(&self, id: RegistrationId) -> Result<JourneyChange, StoreFault> {
        write!(
            self,
            "refuse_journey_mail",
            id,
            self.ground().refuse_journey_mail(id)
        )
    }

    async fn journeys(&self, filter: &JourneyFilter) -> Result<Vec<Journey>, StoreFault> {
        read!(self, self.ground().journeys(filter))
    }

    async fn enter(&self, id: RegistrationId, entry: &Entry) -> Result<JourneyChange, StoreFault> {
        write!(self, "enter", id, async {
            let change = self.ground().enter(id, entry).await;
            if let Ok(JourneyChange::Made(_)) = &change {
                self.world.check_entry(id);
            }
            change
        })
    }

    async fn ask_for_journey_mail(
        &self,
        id: RegistrationId,
        job: JobId,
        ration: MailRation,
        of_address: AddressRation,
    ) -> Result<MailAsked, StoreFault> {
        write!(self, "ask_for_journey_mail", id, async {
            let ground = self.ground();
            let asked = ground
                .ask_for_journey_mail(id, job, ration, of_address)
                .await;
            self.alarm(self.world.executor.now(), duty::of(JobKind::JourneyMail));
            asked
        })
    }

    async fn has_account(&self, email: &EmailAddress) -> Result<bool, StoreFault> {
        read!(self, self.ground().has_account(email))
    }
}
