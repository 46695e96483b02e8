//! Declines in plain words. Codes are Stripe's, which the sandbox shares
//! (docs.stripe.com/declines/codes, …/error-codes); a code that is not known is told as a decline.

use enlist_registration::ports::Decline;

use crate::language::Message;
use crate::msg;

/// What kind of reason a code is.
enum Reason {
    /// Told as it is.
    Told(Message),
    /// A passing trouble of the bank's.
    Passing,
    /// Not told. The bank gives none; or whoever has a stolen card must not learn that it is known.
    Untold,
}

/// Why, in a sentence.
pub(super) fn sentence(code: &str) -> Message {
    match reason(code) {
        Reason::Told(why) => why,
        Reason::Passing => msg!("declined-passing"),
        Reason::Untold => msg!("declined"),
    }
}

/// What to do about it, in a sentence.
pub(super) fn remedy(code: &str) -> Message {
    match reason(code) {
        Reason::Passing => msg!("remedy-again-or-other-card"),
        _ => msg!("remedy-other-card"),
    }
}

fn reason(code: &str) -> Reason {
    match code {
        "insufficient_funds" => Reason::Told(msg!("declined-funds")),
        "card_velocity_exceeded" | "withdrawal_count_limit_exceeded" => {
            Reason::Told(msg!("declined-limit"))
        }
        "expired_card" => Reason::Told(msg!("declined-expired")),
        "incorrect_cvc" | "invalid_cvc" => Reason::Told(msg!("declined-security-code")),
        "incorrect_number" | "invalid_number" | "invalid_account" => {
            Reason::Told(msg!("declined-number"))
        }
        "invalid_expiry_month" | "invalid_expiry_year" => Reason::Told(msg!("declined-expiry")),
        "incorrect_zip" | "incorrect_address" => Reason::Told(msg!("declined-address")),
        "currency_not_supported" => Reason::Told(msg!("declined-currency")),
        "card_not_supported"
        | "not_permitted"
        | "service_not_allowed"
        | "transaction_not_allowed"
        | "invalid_amount" => Reason::Told(msg!("declined-use")),
        "authentication_required"
        | "authentication_failed"
        | "authentication_not_handled"
        | "mobile_device_authentication_required"
        | "payment_intent_authentication_failure"
        | "setup_intent_authentication_failure" => Reason::Told(msg!("declined-not-confirmed")),
        "subscription_canceled" => Reason::Told(msg!("declined-too-late")),
        "duplicate_transaction" => Reason::Told(msg!("declined-duplicate")),
        "processing_error" | "issuer_not_available" | "reenter_transaction" | "try_again_later" => {
            Reason::Passing
        }
        Decline::INVALID_PAYMENT_METHOD => Reason::Told(msg!("declined-method")),
        "test_mode_live_card" => Reason::Told(msg!("declined-real-card")),
        "testmode_decline" | "live_mode_test_card" => Reason::Told(msg!("declined-test-card")),
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
        assert_eq!(sentence("issuer_not_available"), msg!("declined-passing"));
        assert_eq!(
            remedy("processing_error"),
            msg!("remedy-again-or-other-card")
        );
    }
}
