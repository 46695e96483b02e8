//! Values and rules of a sign-up: e-mail, password, card, profile, money, plan, language, and the form
//! that holds them all.
//!
//! The crate is pure: no async, SQL, HTTP, clock or randomness. Today's date and a password's salt
//! are parameters. Raw input becomes a domain type once, at the edge ([`RawSignUp::parse`]);
//! inside, a value of the type is proof that it was checked.
//!
//! Secrets (password, card number, security code) are held in types that cannot be cloned, printed
//! or serialised and that are wiped when dropped. The only way in is a method named `expose`, so
//! that `grep expose` finds every place where one leaves.

pub mod card;
pub mod email;
mod language;
pub mod money;
pub mod password;
pub mod plan;
pub mod profile;
mod secret;
pub mod sign_up;
mod text;

pub use card::{CardBrand, CardNumber, CardSummary, Expiry, RawCard, SecurityCode};
pub use email::EmailAddress;
pub use language::Language;
pub use money::Money;
pub use password::{HashParameters, Password, PasswordHash, Strength};
pub use plan::{Interval, Plan, PlanCatalogue};
pub use profile::{AddressForm, Country, PostalAddress, Profile};
pub use sign_up::{
    CardRequirement, Fault, Field, FieldFault, FieldFaults, Payment, PaymentToken, RawSignUp,
    SignUp, SignUpRules,
};
