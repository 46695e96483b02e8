//! Declines in plain words. Codes are Stripe's, which the sandbox shares
//! (docs.stripe.com/declines/codes, …/error-codes); a code that is not known is told as a decline.

use enlist_registration::ports::Decline;

/// What kind of reason a code is.
enum Reason {
    /// Told as it is, in brackets.
    Told(&'static str),
    /// Told in a sentence of its own.
    Sentence(&'static str),
    /// A passing trouble of the bank's.
    Passing,
    /// Not told. The bank gives none; or whoever has a stolen card must not learn that it is known.
    Untold,
}

/// Why, in a sentence.
pub(super) fn sentence(code: &str) -> String {
    match reason(code) {
        Reason::Told(why) => format!("Your card was declined ({why})."),
        Reason::Sentence(sentence) => sentence.to_owned(),
        Reason::Passing => "Your bank could not process the payment just now.".to_owned(),
        Reason::Untold => "Your card was declined.".to_owned(),
    }
}

/// What to do about it, in a sentence.
pub(super) fn remedy(code: &str) -> &'static str {
    match reason(code) {
        Reason::Passing => "Try again in a moment, or take another card.",
        _ => "Try another card.",
    }
}

fn reason(code: &str) -> Reason {
    match code {
        "insufficient_funds" => Reason::Told("insufficient funds"),
        "card_velocity_exceeded" | "withdrawal_count_limit_exceeded" => {
            Reason::Told("the card has reached its limit")
        }
        "expired_card" => Reason::Told("the card has expired"),
        "incorrect_cvc" | "invalid_cvc" => Reason::Told("the security code is wrong"),
        "incorrect_number" | "invalid_number" | "invalid_account" => {
            Reason::Told("the card number is wrong")
        }
        "invalid_expiry_month" | "invalid_expiry_year" => {
            Reason::Told("the date on which it expires is wrong")
        }
        "incorrect_zip" | "incorrect_address" => {
            Reason::Told("the address is not the one that the bank knows")
        }
        "currency_not_supported" => Reason::Told("the card does not support this currency"),
        "card_not_supported"
        | "not_permitted"
        | "service_not_allowed"
        | "transaction_not_allowed"
        | "invalid_amount" => Reason::Told("the card cannot be used for this payment"),
        "authentication_required"
        | "authentication_failed"
        | "authentication_not_handled"
        | "mobile_device_authentication_required"
        | "payment_intent_authentication_failure"
        | "setup_intent_authentication_failure" => Reason::Told("you did not confirm the payment"),
        "subscription_canceled" => Reason::Told("the payment was not confirmed in time"),
        "duplicate_transaction" => Reason::Told("the bank has just seen the same payment"),
        "processing_error" | "issuer_not_available" | "reenter_transaction" | "try_again_later" => {
            Reason::Passing
        }
        Decline::INVALID_PAYMENT_METHOD => {
            Reason::Sentence("The payment method is unknown or was used before.")
        }
        "test_mode_live_card" => {
            Reason::Sentence("Only test cards are taken here, such as 4242 4242 4242 4242.")
        }
        "testmode_decline" | "live_mode_test_card" => {
            Reason::Sentence("This is a test card, and it pays for nothing.")
        }
        _ => Reason::Untold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thief_does_not_learn_that_the_card_is_known_to_be_stolen() {
        let generic = sentence("generic_decline");
        for code in [
            "stolen_card",
            "lost_card",
            "pickup_card",
            "fraudulent",
            "merchant_blacklist",
            "security_violation",
            "restricted_card",
            "do_not_honor",
            "call_issuer",
            "a code of next year",
        ] {
            assert_eq!(sentence(code), generic, "{code}");
            assert_eq!(remedy(code), remedy("generic_decline"), "{code}");
        }
        assert_ne!(sentence("insufficient_funds"), generic);
    }

    #[test]
    fn what_passes_is_worth_another_try_with_the_same_card() {
        assert!(sentence("issuer_not_available").contains("just now"));
        assert!(remedy("processing_error").starts_with("Try again"));
    }
}
