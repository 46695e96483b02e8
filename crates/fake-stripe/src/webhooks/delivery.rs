//! The task that delivers.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;
use tokio_util::sync::CancellationToken;

use super::Webhooks;
use crate::books::hex;
use crate::core::Core;
use crate::events::Event;

/// How often a delivery is tried. Stripe goes on for three days; a test does not wait that long.
const MOST_ATTEMPTS: u32 = 8;

/// How long the second attempt waits; each further one waits twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// How long somebody may take to take an event.
const PATIENCE: Duration = Duration::from_secs(5);

/// One event on its way.
struct Parcel {
    body: String,
    attempts: u32,
}

/// Delivers until the server stops.
pub(crate) async fn deliver(core: Arc<Core>, stopping: CancellationToken) {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(PATIENCE))
        .build()
        .new_agent();
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            () = core.news() => {}
        }
        let webhooks = core.lock().webhooks.clone();
        core.clock().sleep(webhooks.delay).await;
        let parcels = parcels_of(&core.take_events(), &webhooks);
        tokio::select! {
            () = stopping.cancelled() => return,
            () = deliver_all(&core, &agent, &webhooks, parcels) => {}
        }
    }
}

/// Delivers each, those that were not taken once more after a pause.
async fn deliver_all(
    core: &Core,
    agent: &ureq::Agent,
    webhooks: &Webhooks,
    mut parcels: Vec<Parcel>,
) {
    core.lock().deliveries.waiting += parcels.len() as u64;
    let mut pause = FIRST_PAUSE;
    while !parcels.is_empty() {
        let mut left = Vec::new();
        for mut parcel in parcels {
            let is_taken = send(agent, webhooks, core.clock().now(), &parcel.body).await;
            parcel.attempts += 1;
            let mut state = core.lock();
            if is_taken {
                state.deliveries.delivered += 1;
                state.deliveries.waiting -= 1;
            } else if parcel.attempts < MOST_ATTEMPTS {
                left.push(parcel);
            } else {
                state.deliveries.given_up += 1;
                state.deliveries.waiting -= 1;
            }
        }
        parcels = left;
        if !parcels.is_empty() {
            core.clock().sleep(pause).await;
            pause *= 2;
        }
    }
}

fn parcels_of(events: &[Event], webhooks: &Webhooks) -> Vec<Parcel> {
    let repeat = usize::try_from(webhooks.repeat.max(1)).unwrap_or(1);
    let bodies = events.iter().map(|event| event.to_json().to_string());
    let mut parcels: Vec<Parcel> = bodies
        .flat_map(|body| std::iter::repeat_n(body, repeat))
        .map(|body| Parcel { body, attempts: 0 })
        .collect();
    if webhooks.shuffle {
        shuffle(&mut parcels, webhooks.seed);
    }
    parcels
}

/// Whether it was taken.
async fn send(agent: &ureq::Agent, webhooks: &Webhooks, now: Timestamp, body: &str) -> bool {
    let Some(url) = webhooks.url.clone() else {
        return true;
    };
    let request = agent
        .post(url)
        .header("content-type", "application/json; charset=utf-8")
        .header("stripe-signature", signature(&webhooks.secrets, now, body));
    let body = body.to_owned();
    let sent = tokio::task::spawn_blocking(move || request.send(body)).await;
    matches!(sent, Ok(Ok(answer)) if answer.status().is_success())
}

/// `t=…,v1=…`, one `v1` for each secret. The time is that of the clock that the fake was given, however far the
/// account's is ahead: whoever takes it compares it with their own.
fn signature(secrets: &[String], now: Timestamp, body: &str) -> String {
    let time = now.as_second();
    let mut header = format!("t={time}");
    for secret in secrets {
        // A key of HMAC has any length.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
            mac.update(format!("{time}.{body}").as_bytes());
            header.push_str(",v1=");
            header.push_str(&hex(&mac.finalize().into_bytes()));
        }
    }
    header
}

/// Fisher and Yates, with the numbers of SplitMix64, so that a seed replays an order.
fn shuffle<T>(entries: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..entries.len()).rev() {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        // Below the length, which is a `usize`.
        let place = usize::try_from(bits % (last as u64 + 1)).unwrap_or(0);
        entries.swap(last, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_signs() {
        let now = Timestamp::from_second(1_492_774_577).unwrap();
        let secrets = ["whsec_a".to_owned(), "whsec_b".to_owned()];
        let header = signature(&secrets, now, "{}");
        let parts: Vec<&str> = header.split(',').collect();
        assert_eq!(parts[0], "t=1492774577");
        assert!(parts[1].starts_with("v1=") && parts[1].len() == 3 + 64);
        assert_ne!(parts[1], parts[2]);
    }

    #[test]
    fn a_seed_replays_an_order() {
        let order = |seed| {
            let mut entries: Vec<u32> = (0..20).collect();
            shuffle(&mut entries, seed);
            entries
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        let mut sorted = order(3);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }
}
