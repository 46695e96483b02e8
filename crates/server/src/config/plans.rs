//! `[[plans]]`: what is offered. Only in the file; without any, the default catalogue holds.

use enlist_domain::{Interval, Money, Plan, PlanCatalogue};
use iso_currency::Currency;
use serde::Deserialize;

use super::reader::Reader;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlan {
    name: String,
    title: Option<String>,
    amount_minor: i64,
    currency: String,
    interval: Interval,
    gateway_price: Option<String>,
}

/// Reads the plans, or tells what is wrong with them.
pub(super) fn read(value: Option<config::Value>, reader: &Reader) -> Option<PlanCatalogue> {
    let Some(value) = value else {
        return Some(PlanCatalogue::default());
    };
    let raw: Vec<RawPlan> = match value.try_deserialize() {
        Ok(raw) => raw,
        Err(error) => {
            let form = "each [[plans]] has name, title, amount_minor, currency, interval (month or \
                        year) and, if the gateway has one, gateway_price";
            reader.fault("plans", format!("{error}; {form}"));
            return None;
        }
    };
    let mut plans = Vec::new();
    for plan in raw {
        let Some(currency) = Currency::from_code(&plan.currency.to_uppercase()) else {
            let remedy = "write a code of three letters, such as USD";
            reader.fault(
                "plans",
                format!("`{}` is no currency; {remedy}", plan.currency),
            );
            continue;
        };
        plans.push(Plan {
            title: plan.title.unwrap_or_else(|| plan.name.clone()),
            name: plan.name,
            price: Money::new(plan.amount_minor, currency),
            interval: plan.interval,
            gateway_price: plan.gateway_price,
        });
    }
    match PlanCatalogue::new(plans) {
        Ok(plans) => Some(plans),
        Err(fault) => {
            reader.fault("plans", fault.to_string());
            None
        }
    }
}
