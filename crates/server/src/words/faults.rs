//! What is wrong with a field, in plain words: the domain says what, the message files say it.

use enlist_domain::card::{
    CardNumberFault, ExpiryFault, MAX_DIGITS, MIN_DIGITS, SecurityCodeFault,
};
use enlist_domain::email::{EmailFault, MAX_ADDRESS_BYTES, MAX_LOCAL_PART_BYTES};
use enlist_domain::password::{PasswordAdvice, PasswordFault};
use enlist_domain::profile::{TextFault, ZipFault};
use enlist_domain::sign_up::PaymentTokenFault;
use enlist_domain::{Fault, Field, FieldFault};

use crate::language::Message;
use crate::msg;

/// Cause and remedy.
pub fn of_field(found: &FieldFault) -> Message {
    match &found.fault {
        Fault::Missing => missing(found.field),
        Fault::MissingPart(part) => super::address::missing(*part),
        Fault::Email(fault) => email(*fault),
        Fault::Password(fault) => password(fault),
        Fault::Text(fault) | Fault::Zip(ZipFault::Text(fault)) => text(*fault),
        Fault::Zip(ZipFault::UnitedStates) => msg!("fault-zip-us"),
        Fault::Zip(ZipFault::Characters) => msg!("fault-zip-characters"),
        Fault::Country(_) => msg!("fault-country"),
        Fault::UnknownPlan { known } if known.is_empty() => msg!("fault-plan-none"),
        Fault::UnknownPlan { known } => msg!("fault-plan-unknown", plans = known.clone()),
        Fault::PaymentToken(fault) => token(*fault),
        Fault::TokenAndCard => msg!("fault-token-and-card"),
        Fault::CardNotAccepted => msg!("fault-card-not-accepted"),
        Fault::CardNumber(fault) => card_number(*fault),
        Fault::Expiry(fault) => expiry(*fault),
        Fault::SecurityCode(fault) => security_code(*fault),
    }
}

fn missing(field: Field) -> Message {
    match field {
        Field::Email => msg!("fault-missing-email"),
        Field::Password => msg!("fault-missing-password"),
        Field::FirstName => msg!("fault-missing-first-name"),
        Field::LastName => msg!("fault-missing-last-name"),
        Field::Address => msg!("fault-missing-address"),
        Field::ExpiryMonth => msg!("fault-missing-expiry-month"),
        Field::ExpiryYear => msg!("fault-missing-expiry-year"),
        Field::Cvv => msg!("fault-missing-cvv"),
        Field::CardNumber => msg!("fault-missing-card-number"),
        Field::PaymentMethod => msg!("fault-missing-token"),
        Field::AddressLine2
        | Field::City
        | Field::State
        | Field::Zip
        | Field::Country
        | Field::Plan => msg!("fault-missing"),
    }
}

fn text(fault: TextFault) -> Message {
    match fault {
        TextFault::Empty => msg!("fault-missing"),
        TextFault::TooLong { max_characters } => msg!("fault-text-long", most = max_characters),
        TextFault::ControlCharacter => msg!("fault-text-invisible"),
    }
}

fn email(fault: EmailFault) -> Message {
    match fault {
        EmailFault::Empty => msg!("fault-missing-email"),
        EmailFault::TooLong => msg!("fault-email-long", most = MAX_ADDRESS_BYTES),
        EmailFault::NoAtSign => msg!("fault-email-no-at"),
        EmailFault::LocalPartTooLong => msg!("fault-email-local-long", most = MAX_LOCAL_PART_BYTES),
        EmailFault::LocalPart => msg!("fault-email-local"),
        EmailFault::Domain => msg!("fault-email-domain"),
        EmailFault::DomainNotComplete => msg!("fault-email-domain-incomplete"),
    }
}

fn password(fault: &PasswordFault) -> Message {
    match fault {
        PasswordFault::TooShort { minimum } => msg!("fault-password-short", least = *minimum),
        PasswordFault::TooLong { max_bytes } => msg!("fault-password-long", most = *max_bytes),
        PasswordFault::ControlCharacter => msg!("fault-password-invisible"),
        PasswordFault::TooCommon => msg!("fault-password-common"),
        PasswordFault::ContainsPersonal => msg!("fault-password-personal"),
        PasswordFault::TooWeak { advice } => {
            let weak = msg!("fault-password-weak");
            match advice.iter().copied().map(advised).reduce(Message::then) {
                Some(advice) => weak.then(advice),
                None => weak.then(msg!("advice-uncommon-words")),
            }
        }
    }
}

fn advised(advice: PasswordAdvice) -> Message {
    use PasswordAdvice as A;
    match advice {
        A::UseAFewWordsAvoidCommonPhrases => msg!("advice-few-words"),
        A::NoNeedForSymbolsDigitsOrUppercaseLetters => msg!("advice-no-symbols-needed"),
        A::AddAnotherWordOrTwo => msg!("advice-another-word"),
        A::CapitalizationDoesntHelpVeryMuch => msg!("advice-capitals"),
        A::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => msg!("advice-all-capitals"),
        A::ReversedWordsArentMuchHarderToGuess => msg!("advice-reversed"),
        A::PredictableSubstitutionsDontHelpVeryMuch => msg!("advice-substitutions"),
        A::UseALongerKeyboardPatternWithMoreTurns => msg!("advice-keyboard"),
        A::AvoidRepeatedWordsAndCharacters => msg!("advice-repeats"),
        A::AvoidSequences => msg!("advice-sequences"),
        A::AvoidRecentYears => msg!("advice-recent-years"),
        A::AvoidYearsThatAreAssociatedWithYou => msg!("advice-your-years"),
        A::AvoidDatesAndYearsThatAreAssociatedWithYou => msg!("advice-your-dates"),
    }
}

fn token(fault: PaymentTokenFault) -> Message {
    match fault {
        PaymentTokenFault::Empty => msg!("fault-missing-token"),
        PaymentTokenFault::TooLong => msg!("fault-token-long"),
        PaymentTokenFault::Characters => msg!("fault-token-characters"),
        PaymentTokenFault::CardNumber => msg!("fault-token-card-number"),
    }
}

fn card_number(fault: CardNumberFault) -> Message {
    match fault {
        CardNumberFault::NotDigits => msg!("fault-card-number-digits"),
        CardNumberFault::WrongLength => {
            msg!(
                "fault-card-number-length",
                least = MIN_DIGITS,
                most = MAX_DIGITS
            )
        }
        CardNumberFault::Luhn => msg!("fault-card-number-luhn"),
    }
}

fn expiry(fault: ExpiryFault) -> Message {
    match fault {
        ExpiryFault::Month => msg!("fault-expiry-month"),
        ExpiryFault::Year => msg!("fault-expiry-year"),
        ExpiryFault::Past => msg!("fault-expiry-past"),
        ExpiryFault::TooFarAhead => msg!("fault-expiry-far"),
    }
}

fn security_code(fault: SecurityCodeFault) -> Message {
    match fault {
        SecurityCodeFault::NotDigits => msg!("fault-cvv-digits"),
        SecurityCodeFault::WrongLength { expected: 4 } => {
            msg!("fault-cvv-length-front", digits = 4_usize)
        }
        SecurityCodeFault::WrongLength { expected } => {
            msg!("fault-cvv-length-back", digits = expected)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn told(field: Field, fault: impl Into<Fault>) -> String {
        let fault = fault.into();
        Language::english().tell(of_field(&FieldFault { field, fault }))
    }

    #[test]
    fn the_sentence_says_where_to_look_for_the_code() {
        let length = |expected| told(Field::Cvv, SecurityCodeFault::WrongLength { expected });
        assert_eq!(
            length(4),
            "The security code has 4 digits: look on the front of your card."
        );
        assert_eq!(
            length(3),
            "The security code has 3 digits: look on the back of your card."
        );
    }

    #[test]
    fn an_unknown_plan_is_answered_with_those_that_exist() {
        let known = ["free", "starter", "pro"].map(str::to_owned).to_vec();
        let some = told(Field::Plan, Fault::UnknownPlan { known });
        assert_eq!(
            some,
            "There is no such plan: choose one of free, starter, pro."
        );
        let none = told(Field::Plan, Fault::UnknownPlan { known: Vec::new() });
        assert_eq!(none, "There are no plans here: leave the plan out.");
    }

    #[test]
    fn advice_is_given_even_without_a_suggestion() {
        let weak = |advice| told(Field::Password, PasswordFault::TooWeak { advice });
        assert_eq!(
            weak(Vec::new()),
            "This password is easy to guess. Use a few uncommon words."
        );
        assert_eq!(
            weak(vec![
                PasswordAdvice::AvoidSequences,
                PasswordAdvice::AvoidRecentYears
            ]),
            "This password is easy to guess. Avoid sequences. Avoid recent years."
        );
    }
}
