//! What agrees and what does not.

use enlist_domain::PlanCatalogue;
use enlist_gateways::stripe::Recurring;

use super::super::Verdict;
use super::*;

fn pro() -> Plan {
    PlanCatalogue::default().get("pro").unwrap().clone()
}

fn price() -> PriceFacts {
    PriceFacts {
        active: true,
        is_live: false,
        currency: "usd".to_owned(),
        unit_amount: Some(2900),
        recurring: Some(Recurring {
            interval: "month".to_owned(),
            interval_count: 1,
        }),
    }
}

fn endpoint(events: &[&str]) -> EndpointFacts {
    EndpointFacts {
        url: "https://example.com/hook".to_owned(),
        status: "enabled".to_owned(),
        enabled_events: events.iter().map(|event| (*event).to_owned()).collect(),
    }
}

fn verdict(endpoint: Option<&EndpointFacts>) -> Verdict {
    judge(Subject::Webhook, "https://example.com/hook", endpoint).verdict
}

#[test]
fn a_price_that_is_the_plans_agrees() {
    assert_eq!(differences(&pro(), &price(), Mode::Test), [""; 0]);
}

#[test]
fn each_difference_is_told() {
    let yearly = Recurring {
        interval: "month".to_owned(),
        interval_count: 12,
    };
    let other = PriceFacts {
        active: false,
        is_live: true,
        currency: "eur".to_owned(),
        unit_amount: Some(2500),
        recurring: Some(yearly),
    };
    assert_eq!(
        differences(&pro(), &other, Mode::Test),
        [
            "its amount in minor units is 2500, the plan's 2900",
            "its currency is EUR, the plan's USD",
            "its interval is 12 months, the plan's month",
            "its mode is live, the plan's test",
            "it is archived, so nobody can subscribe to it",
        ]
    );
}

#[test]
fn a_price_without_a_sum_or_an_interval_differs() {
    let odd = PriceFacts {
        unit_amount: None,
        recurring: None,
        ..price()
    };
    assert_eq!(differences(&pro(), &odd, Mode::Test).len(), 2);
}

#[test]
fn an_endpoint_is_there_enabled_and_told_of_everything() {
    assert_eq!(verdict(Some(&endpoint(&["*"]))), Verdict::Good);
    assert_eq!(verdict(Some(&endpoint(EVENTS))), Verdict::Good);
    assert_eq!(
        verdict(Some(&endpoint(&["invoice.paid"]))),
        Verdict::Warning
    );
    let disabled = EndpointFacts {
        status: "disabled".to_owned(),
        ..endpoint(&["*"])
    };
    assert_eq!(verdict(Some(&disabled)), Verdict::Bad);
    assert_eq!(verdict(None), Verdict::Bad);
}
