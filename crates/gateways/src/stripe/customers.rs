//! Customers: made with their card or not at all, deleted only by the registration that made them.

use enlist_registration::ids::{CustomerId, RegistrationId};
use enlist_registration::ports::{
    CallKey, Customer, Decline, NewCustomer, Outcome, PaymentMethod, Trouble,
};

use super::errors::Failure;
use super::form::Form;
use super::objects::{Acknowledged, CustomerObject};
use super::{REGISTRATION, Stripe};

/// Asks for the card with the customer, so that one call tells everything.
pub(super) const DEFAULT_CARD: &str = "invoice_settings.default_payment_method";

impl Stripe {
    /// One call attaches the card, which validates it, and makes it the default. A card that is declined
    /// leaves no customer.
    pub(super) async fn make_customer(
        &self,
        key: &CallKey,
        customer: &NewCustomer<'_>,
    ) -> Outcome<Customer> {
        let form = customer_form(customer);
        let made = self
            .client
            .post::<CustomerObject>("customers", form, Some(key));
        match made.await.and_then(|made| made.object.customer()) {
            Ok(made) => Outcome::Done(made),
            Err(failure) if failure.blames_payment_method() => Outcome::Declined(Decline {
                code: Decline::INVALID_PAYMENT_METHOD.to_owned(),
            }),
            Err(failure) => failure.into_outcome(),
        }
    }

    /// Deletes a customer that names the registration. Its subscriptions end with it; what was charged
    /// stays charged.
    pub(super) async fn remove_customer(
        &self,
        id: &CustomerId,
        registration: RegistrationId,
    ) -> Outcome<()> {
        let path = path_of(id);
        match self.find_customer(id, &Form::new()).await {
            Ok(None) => return Outcome::Done(()),
            Ok(Some(found)) if found.metadata.registration() == Some(registration) => {}
            Ok(Some(_)) => {
                return Outcome::Rejected(Trouble::new(format!(
                    "the customer {id} was not made by this registration"
                )));
            }
            Err(failure) => return failure.into_outcome(),
        }
        match self
            .client
            .delete::<Acknowledged>(&path, &Form::new())
            .await
        {
            Ok(_) => Outcome::Done(()),
            Err(failure) if failure.is_missing() => Outcome::Done(()),
            Err(failure) => failure.into_outcome(),
        }
    }

    /// A customer that exists and was not deleted.
    pub(super) async fn find_customer(
        &self,
        id: &CustomerId,
        query: &Form,
    ) -> Result<Option<CustomerObject>, Failure> {
        match self.client.get::<CustomerObject>(&path_of(id), query).await {
            Ok(found) => Ok(Some(found).filter(|found| !found.deleted)),
            Err(failure) if failure.is_missing() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The card that a customer pays with; none where it has none.
    pub(super) async fn customer_with_card(
        &self,
        id: &CustomerId,
    ) -> Result<Option<Option<PaymentMethod>>, Failure> {
        let query = Form::new().with("expand[0]", DEFAULT_CARD);
        let found = self.find_customer(id, &query).await?;
        found
            .map(|found| Ok(found.customer()?.payment_method))
            .transpose()
    }
}

fn path_of(id: &CustomerId) -> String {
    format!("customers/{id}")
}

/// The same, byte for byte, whenever it is sent: everything comes from the journal.
fn customer_form(customer: &NewCustomer<'_>) -> Form {
    let NewCustomer {
        registration,
        email,
        profile,
        payment_method,
    } = customer;
    let address = &profile.address;
    let method = payment_method.map(|method| method.as_str());
    Form::new()
        .with("email", email.as_typed())
        .with("name", &profile.full_name())
        .with("address[line1]", address.address())
        .with_some("address[line2]", address.address_line2())
        .with("address[city]", address.city())
        .with("address[state]", address.state())
        .with("address[postal_code]", address.zip())
        .with("address[country]", address.country().as_str())
        .with_some("payment_method", method)
        .with_some("invoice_settings[default_payment_method]", method)
        .with(
            &format!("metadata[{REGISTRATION}]"),
            &registration.to_string(),
        )
        .with("expand[0]", DEFAULT_CARD)
}
