//! How a gateway beside the service behaves for a while.

use serde_json::{Value, json};

use super::chance::Chance;

/// Faults, latency, and how it tells of what happens.
#[derive(Clone, Default)]
pub struct Weather {
    pub latency_ms: u64,
    /// As the sandbox is told its faults; empty: none.
    pub faults: &'static str,
    pub telling: Telling,
}

/// Webhooks.
#[derive(Clone)]
pub enum Telling {
    /// What happens meanwhile is never told.
    Nobody,
    /// Each so often, gathered for so long.
    Webhooks {
        repeat: u32,
        /// Out of order, in the order of this seed.
        shuffle: Option<u64>,
        delay_ms: u64,
    },
}

impl Default for Telling {
    fn default() -> Self {
        Self::Webhooks {
            repeat: 1,
            shuffle: None,
            delay_ms: 0,
        }
    }
}

/// Rates low enough that most registrations still succeed. Beside what the sandbox has, answers are lost in
/// all ways in which a network loses them.
const FAULTS: &[&str] = &[
    "*:lose_reply:0.05, *:rate_limit:0.03",
    "*:fail_after:0.04, *:fail_before:0.04",
    "*:hang:0.02, *:refuse:0.05, *:lose_reply:0.02",
    "*:reset:0.04, *:truncate:0.04, *:garble:0.04, *:bad_gateway:0.04",
    "create_customer:fail_after:0.1, start_subscription:fail_after:0.1",
    "create_customer:lose_reply:0.2, start_subscription:lose_reply:0.2",
    "create_customer:truncate:0.1, start_subscription:garble:0.1, retrieve_subscription:bad_gateway:0.3",
    "start_subscription:hang:0.1, refund_charge:fail_after:0.3, delete_customer:lose_reply:0.3",
    "cancel_subscription:reset:0.4, list_holdings:truncate:0.1, start_subscription:bad_gateway:0.1",
];

impl Weather {
    /// Half of the time something fails; a third of the time nothing is told.
    pub fn any(chance: &mut Chance) -> Self {
        Self {
            latency_ms: chance.pick(&[0, 1, 4, 12]),
            faults: if chance.one_in(2) {
                chance.pick(FAULTS)
            } else {
                ""
            },
            telling: if chance.one_in(3) {
                Telling::Nobody
            } else {
                Telling::Webhooks {
                    repeat: chance.pick(&[1, 2, 3]),
                    shuffle: chance.one_in(2).then(|| chance.next()),
                    delay_ms: chance.pick(&[0, 0, 100, 700]),
                }
            },
        }
    }

    /// The faults one by one, as they are asked for.
    pub fn each_fault(&self) -> impl Iterator<Item = Value> {
        let each = self.faults.split(',').map(str::trim);
        each.filter(|one| !one.is_empty()).map(|one| {
            let parts: Vec<&str> = one.split(':').collect();
            let rate: f64 = parts[2].parse().expect("a rate");
            json!({ "step": parts[0], "kind": parts[1], "rate": rate })
        })
    }
}
