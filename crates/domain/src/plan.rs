//! The plans that a person can choose from, and what each costs.

use std::collections::HashSet;
use std::fmt;

use iso_currency::Currency;
use serde::{Deserialize, Serialize};

use crate::money::Money;

/// Most characters of a plan's name.
pub const MAX_NAME_CHARACTERS: usize = 64;

/// Most characters of a plan's title.
pub const MAX_TITLE_CHARACTERS: usize = 100;

/// Something to subscribe to. Checked by [`PlanCatalogue::new`]; a plan taken from a catalogue
/// keeps the rules named here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The name for programs: `[a-z0-9_-]`, 1 to [`MAX_NAME_CHARACTERS`] characters.
    pub name: String,
    /// The name for people: 1 to [`MAX_TITLE_CHARACTERS`] characters.
    pub title: String,
    /// What each interval costs; zero for a free plan, never negative.
    pub price: Money,
    /// How often it is charged.
    pub interval: Interval,
    /// The id of the same price at the gateway (Stripe `price_…`, a Braintree plan id), where the
    /// gateway needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway_price: Option<String>,
}

impl Plan {
    /// Whether it has a price. Only a paid plan has a subscription at the gateway.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        !self.price.is_zero()
    }
}

/// The price per interval, `$29.00 / month`, or `free`.
impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_paid() {
            write!(formatter, "{} / {}", self.price, self.interval.as_str())
        } else {
            formatter.write_str("free")
        }
    }
}

/// How often a plan is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// Every month.
    Month,
    /// Every year.
    Year,
}

impl Interval {
    /// `month` or `year`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
        }
    }
}

/// The plans of the configuration, in its order, each under a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanCatalogue(Vec<Plan>);

impl PlanCatalogue {
    /// Checks the plans. None at all is fine: then every sign-up is without one.
    ///
    /// # Errors
    ///
    /// The first [`PlanFault`], which names the plan.
    pub fn new(plans: Vec<Plan>) -> Result<Self, PlanFault> {
        let mut names = HashSet::new();
        for plan in &plans {
            let name = plan.name.clone();
            if !is_name(&name) {
                return Err(PlanFault::Name { name });
            }
            if plan.title.trim().is_empty() || plan.title.chars().count() > MAX_TITLE_CHARACTERS {
                return Err(PlanFault::Title { name });
            }
            if plan.price.amount_minor() < 0 {
                return Err(PlanFault::NegativePrice { name });
            }
            if !names.insert(plan.name.as_str()) {
                return Err(PlanFault::Duplicate { name });
            }
        }
        Ok(Self(plans))
    }

    /// The plan of that name, spelled exactly.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Plan> {
        self.0.iter().find(|plan| plan.name == name)
    }

    /// The plans in the order of the configuration.
    pub fn iter(&self) -> std::slice::Iter<'_, Plan> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a PlanCatalogue {
    type Item = &'a Plan;
    type IntoIter = std::slice::Iter<'a, Plan>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// `free`, `starter` ($9.00 / month) and `pro` ($29.00 / month): what the default configuration
/// has.
impl Default for PlanCatalogue {
    fn default() -> Self {
        let plan = |name: &str, title: &str, amount_minor| Plan {
            name: name.to_owned(),
            title: title.to_owned(),
            price: Money::new(amount_minor, Currency::USD),
            interval: Interval::Month,
            gateway_price: None,
        };
        Self(vec![
            plan("free", "Free", 0),
            plan("starter", "Starter", 900),
            plan("pro", "Pro", 2900),
        ])
    }
}

/// Why plans are refused; meant for the operator who wrote them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanFault {
    /// The name is not a slug.
    #[error("the plan name {name:?} must be 1 to 64 characters of a-z, 0-9, underscore and dash")]
    Name {
        /// The name as written.
        name: String,
    },
    /// The title is empty or longer than [`MAX_TITLE_CHARACTERS`].
    #[error("the title of plan {name:?} must have 1 to 100 characters")]
    Title {
        /// The plan's name.
        name: String,
    },
    /// The price is below zero.
    #[error("the price of plan {name:?} must not be negative")]
    NegativePrice {
        /// The plan's name.
        name: String,
    },
    /// Two plans have this name.
    #[error("two plans have the name {name:?}: rename one")]
    Duplicate {
        /// The name.
        name: String,
    },
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_CHARACTERS).contains(&name.len())
        && name
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(name: &str, amount_minor: i64) -> Plan {
        Plan {
            name: name.to_owned(),
            title: "Pro".to_owned(),
            price: Money::new(amount_minor, Currency::USD),
            interval: Interval::Year,
            gateway_price: None,
        }
    }

    #[test]
    fn the_default_catalogue_keeps_its_own_rules() {
        let catalogue = PlanCatalogue::default();
        let shown: Vec<String> = catalogue
            .iter()
            .map(|plan| format!("{} {plan}", plan.name))
            .collect();
        assert_eq!(
            shown,
            ["free free", "starter $9.00 / month", "pro $29.00 / month"]
        );
        assert_eq!(PlanCatalogue::new(catalogue.0.clone()), Ok(catalogue));
    }

    #[test]
    fn the_plans_come_in_the_order_of_the_configuration() {
        let catalogue = PlanCatalogue::new(vec![plan("pro", 1), plan("basic", 1)]).expect("valid");
        let mut names = Vec::new();
        for plan in &catalogue {
            names.push(plan.name.as_str());
        }
        assert_eq!(names, ["pro", "basic"]);
    }

    #[test]
    fn a_plan_is_found_by_its_exact_name() {
        let catalogue = PlanCatalogue::default();
        assert_eq!(
            catalogue.get("pro").map(|plan| plan.title.as_str()),
            Some("Pro")
        );
        assert_eq!(catalogue.get("Pro"), None);
        assert_eq!(catalogue.get("gold"), None);
    }

    #[test]
    fn only_a_plan_with_a_price_is_paid() {
        assert!(plan("pro", 1).is_paid());
        assert!(!plan("free", 0).is_paid());
        assert_eq!(plan("pro", 29_000).to_string(), "$290.00 / year");
    }

    #[test]
    fn a_name_that_is_not_a_slug_is_refused() {
        for name in ["", "Pro", "pro plan", "pró", "pro/1", &"p".repeat(65)] {
            let fault = PlanFault::Name {
                name: name.to_owned(),
            };
            assert_eq!(PlanCatalogue::new(vec![plan(name, 1)]), Err(fault));
        }
        assert!(PlanCatalogue::new(vec![plan(&"p".repeat(64), 1), plan("a-b_9", 1)]).is_ok());
    }

    #[test]
    fn two_plans_of_one_name_are_refused() {
        let fault = PlanFault::Duplicate {
            name: "pro".to_owned(),
        };
        assert_eq!(
            PlanCatalogue::new(vec![plan("pro", 1), plan("pro", 2)]),
            Err(fault)
        );
    }

    #[test]
    fn a_negative_price_is_refused() {
        let fault = PlanFault::NegativePrice {
            name: "pro".to_owned(),
        };
        assert_eq!(PlanCatalogue::new(vec![plan("pro", -1)]), Err(fault));
    }

    #[test]
    fn a_plan_without_a_title_is_refused() {
        let untitled = Plan {
            title: " ".to_owned(),
            ..plan("pro", 1)
        };
        let fault = PlanFault::Title {
            name: "pro".to_owned(),
        };
        assert_eq!(PlanCatalogue::new(vec![untitled]), Err(fault));
    }

    #[test]
    fn a_plan_is_read_back_as_it_was_written() {
        let json = serde_json::to_string(&plan("pro", 2900)).expect("serialises");
        let expected = concat!(
            r#"{"name":"pro","title":"Pro","price":{"amount_minor":2900,"currency":"USD"},"#,
            r#""interval":"year"}"#,
        );
        assert_eq!(json, expected);
        assert_eq!(
            serde_json::from_str::<Plan>(&json).expect("deserialises"),
            plan("pro", 2900)
        );
    }
}
