//! What a person can choose and how they pay for it: on the one form, and at the end of the journey.

use enlist_domain::{CardRequirement, Interval, Plan};
use enlist_gateways::stripe::Mode;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::views::{CardEntry, Offer, PlanView, StripeElement, TestCard};
use crate::app::App;
use crate::config::GatewaySettings;
use crate::language::{Language, Message};
use crate::msg;

/// What is offered, with the plan of this name chosen, or else the first.
pub(super) fn offer(app: &App, language: Language, chosen: &str) -> Offer {
    let today = app.clock.now().to_zoned_datetime(TimeZone::UTC).date();
    let plans = app.settings.plans.iter();
    Offer {
        plans: plans.map(|plan| plan_view(language, plan, today)).collect(),
        chosen: chosen.to_owned(),
        free_needs_card: app.settings.card == CardRequirement::Required,
        card_entry: card_entry(app, language),
    }
}

/// Cards that the page offers to fill in, with what the sandbox does with them.
fn test_cards() -> [(&'static str, Message); 5] {
    [
        ("4242 4242 4242 4242", msg!("sandbox-card-succeeds")),
        ("4000 0000 0000 0002", msg!("sandbox-card-declined")),
        ("4000 0000 0000 9995", msg!("sandbox-card-no-funds")),
        ("4000 0000 0000 0341", msg!("sandbox-card-fails-later")),
        ("4000 0025 0000 3155", msg!("sandbox-card-3ds")),
    ]
}

/// Where a card is entered: in fields of ours, or of Stripe's.
fn card_entry(app: &App, language: Language) -> CardEntry {
    match &app.settings.gateway {
        GatewaySettings::Sandbox(_) => {
            let cards = test_cards().map(|(number, outcome)| TestCard {
                number: number.to_owned(),
                outcome: language.tell(&outcome),
            });
            CardEntry::Fields(cards.into())
        }
        GatewaySettings::Stripe(stripe) => CardEntry::Stripe(StripeElement {
            script_url: stripe.script_url.to_string(),
            is_test: stripe.mode == Mode::Test,
        }),
    }
}

fn plan_view(language: Language, plan: &Plan, today: Date) -> PlanView {
    let next = match plan.interval {
        Interval::Month => today.saturating_add(1.month()),
        Interval::Year => today.saturating_add(1.year()),
    };
    let in_full = match plan.interval {
        Interval::Month => msg!("plan-price-month", price = plan.price),
        Interval::Year => msg!("plan-price-year", price = plan.price),
    };
    let free = !plan.is_paid();
    let [price, action, today, next_charge] = if free {
        [
            msg!("plan-free"),
            msg!("plan-start-free"),
            msg!("plan-charged-nothing"),
            msg!("plan-next-charge-none"),
        ]
        .map(|message| language.tell(&message))
    } else {
        [
            language.tell(&in_full),
            language.tell(msg!(
                "plan-start",
                title = &plan.title,
                price = in_full.clone()
            )),
            language.money(plan.price),
            language.tell(msg!("plan-next-charge", price = plan.price, date = next)),
        ]
    };
    PlanView {
        name: plan.name.clone(),
        title: plan.title.clone(),
        free,
        price,
        action,
        today,
        next_charge,
    }
}
