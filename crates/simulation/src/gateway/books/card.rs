//! The cards of the model.

use enlist_registration::ids::PaymentMethodId;

/// What a card does, by the token that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    /// It pays.
    Good,
    /// It cannot be attached to a customer.
    DeclinedWhenAttached,
    /// It can be attached, and not charged.
    DeclinedWhenCharged,
    /// The bank asks before the first charge.
    Asks,
}

impl Card {
    /// Every card.
    pub const ALL: [Self; 4] = [
        Self::Good,
        Self::DeclinedWhenAttached,
        Self::DeclinedWhenCharged,
        Self::Asks,
    ];

    /// The token under which everybody has it.
    pub fn token(self) -> &'static str {
        match self {
            Self::Good => "pm_good",
            Self::DeclinedWhenAttached => "pm_declined_when_attached",
            Self::DeclinedWhenCharged => "pm_declined_when_charged",
            Self::Asks => "pm_asks",
        }
    }

    /// The number that is typed where no token is.
    pub fn number(self) -> &'static str {
        match self {
            Self::Good => "4242424242424242",
            Self::DeclinedWhenAttached => "4000000000000002",
            Self::DeclinedWhenCharged => "4000000000000341",
            Self::Asks => "4000002760003184",
        }
    }

    pub(super) fn of_number(number: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|card| card.number() == number)
    }

    /// The token begins with the name of its card.
    pub(super) fn of_token(token: &PaymentMethodId) -> Option<Self> {
        let mut cards = Self::ALL.into_iter();
        cards.find(|card| token.as_str().starts_with(card.token()))
    }
}
