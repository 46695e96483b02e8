//! Card or token: which is needed, and which is accepted.

use super::*;

#[test]
fn an_expired_card_is_refused() {
    let raw = form(&[
        &PERSON,
        &CARD,
        &[(Field::ExpiryMonth, "10"), (Field::ExpiryYear, "26")],
    ]);
    assert_eq!(faults(raw), [(Field::ExpiryYear, "expired")]);
}

#[test]
fn the_code_of_an_american_express_card_has_four_digits() {
    let amex = [(Field::CardNumber, "378282246310005")];
    assert_eq!(
        faults(form(&[&PERSON, &CARD, &amex])),
        [(Field::Cvv, "wrong_length")]
    );
    assert!(parse(form(&[&PERSON, &CARD, &amex, &[(Field::Cvv, "1234")]])).is_ok());
}

#[test]
fn a_token_together_with_any_card_field_is_refused() {
    for card_field in CARD {
        let raw = form(&[&PERSON, &[(Field::PaymentMethod, TOKEN), card_field]]);
        assert_eq!(
            faults(raw),
            [(Field::PaymentMethod, "conflict")],
            "{card_field:?}"
        );
    }
}

#[test]
fn a_raw_card_is_refused_where_only_tokens_are_accepted() {
    let outcome = parse_with(form(&[&PERSON, &CARD]), |rules| {
        rules.accept_raw_cards = false
    });
    let faults = outcome.expect_err("is refused");
    assert_eq!(codes(&faults), [(Field::CardNumber, "not_accepted")]);
}

#[test]
fn a_missing_card_is_a_missing_token_where_only_tokens_are_accepted() {
    let outcome = parse_with(form(&[&PERSON]), |rules| rules.accept_raw_cards = false);
    assert_eq!(
        codes(&outcome.expect_err("is refused")),
        [(Field::PaymentMethod, "required")]
    );
}

#[test]
fn the_payment_fields_are_taken_out_of_a_form_that_has_more_to_be_filled_in() {
    let plans = PlanCatalogue::default();
    let rules = SignUpRules {
        plans: &plans,
        card: CardRequirement::PaidPlans,
        accept_raw_cards: true,
        default_country: Country::UNITED_STATES,
        today: date(2026, 11, 15),
    };
    let mut raw = form(&[&[(Field::PaymentMethod, TOKEN)]]);
    let given = raw.parse_payment(None, &rules).expect("a token");
    assert!(matches!(given, Some(Payment::Token(token)) if token.expose() == TOKEN));
    assert!(
        raw.parse_payment(None, &rules)
            .expect("none is needed")
            .is_none()
    );
    let missing = raw.parse_payment(plans.get("pro"), &rules).map(|_| ());
    let missing = codes(&missing.expect_err("a card is needed"));
    assert_eq!(missing.len(), Field::RAW_CARD.len());
}

#[test]
fn half_a_card_is_refused_even_where_none_is_needed() {
    let outcome = parse_with(form(&[&PERSON, &CARD[..1]]), |rules| {
        rules.card = CardRequirement::PaidPlans
    });
    let missing =
        [Field::ExpiryMonth, Field::ExpiryYear, Field::Cvv].map(|field| (field, "required"));
    assert_eq!(codes(&outcome.expect_err("is refused")), missing);
}

#[test]
fn whether_a_card_is_needed_depends_on_the_rule_and_the_plan() {
    for (card, plan, needed) in [
        (CardRequirement::Required, "", true),
        (CardRequirement::Required, "free", true),
        (CardRequirement::Required, "pro", true),
        (CardRequirement::PaidPlans, "", false),
        (CardRequirement::PaidPlans, "free", false),
        (CardRequirement::PaidPlans, "pro", true),
    ] {
        let without = form(&[&PERSON, &[(Field::Plan, plan)]]);
        let outcome = parse_with(without, |rules| rules.card = card);
        assert_eq!(outcome.is_err(), needed, "{card:?} {plan:?}");
        if let Ok(sign_up) = outcome {
            assert!(sign_up.payment.is_none());
        }
        let with = form(&[&PERSON, &CARD, &[(Field::Plan, plan)]]);
        let sign_up = parse_with(with, |rules| rules.card = card).expect("has a card");
        assert!(
            sign_up.payment.is_some(),
            "a card given voluntarily is used: {card:?} {plan:?}"
        );
    }
}
