//! Customers: made with their card or not at all, deleted only by the registration that made them.

use enlist_registration::ids::{CustomerId, PaymentMethodId, RegistrationId};
use enlist_registration::ports::{
    CallKey, Customer, CustomerStanding, Decline, NewCustomer, Outcome, Trouble,
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
            Err(failure) => not_made(failure, customer.payment_method),
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

    /// Whether a customer is there, and the card that it pays with.
    pub(super) async fn customer_standing(
        &self,
        id: &CustomerId,
    ) -> Result<CustomerStanding, Failure> {
        let query = Form::new().with("expand[0]", DEFAULT_CARD);
        Ok(match self.find_customer(id, &query).await? {
            Some(found) => CustomerStanding::Live(found.customer()?.payment_method),
            None => CustomerStanding::Gone,
        })
    }
}

/// Where a card was sent, what is wrong with it is the visitor's to correct.
fn not_made(failure: Failure, sent: Option<&PaymentMethodId>) -> Outcome<Customer> {
    if sent.is_some() && failure.blames_payment_method() {
        return Outcome::Declined(Decline {
            code: Decline::INVALID_PAYMENT_METHOD.to_owned(),
        });
    }
    failure.into_outcome()
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
        .with_some("address[city]", address.city())
        .with_some("address[state]", address.state())
        .with_some("address[postal_code]", address.zip())
        .with("address[country]", address.country().as_str())
        .with_some("payment_method", method)
        .with_some("invoice_settings[default_payment_method]", method)
        .with(
            &format!("metadata[{REGISTRATION}]"),
            &registration.to_string(),
        )
        .with("expand[0]", DEFAULT_CARD)
}

#[cfg(test)]
mod tests {
    use super::super::client::Told;
    use super::super::errors::ErrorAnswer;
    use super::*;

    #[test]
    fn without_a_card_no_fault_is_the_visitors() {
        let refused = || {
            let body = br#"{"error":{"type":"invalid_request_error"}}"#;
            Failure::Answered(Box::new(ErrorAnswer::read(400, body, Told::default())))
        };
        let card = PaymentMethodId("pm_1".to_owned());
        let outcome = not_made(refused(), Some(&card));
        assert!(matches!(outcome, Outcome::Declined(_)), "{outcome:?}");
        let outcome = not_made(refused(), None);
        assert!(matches!(outcome, Outcome::Rejected(_)), "{outcome:?}");
    }
}
