//! Sign-ups, as many as go.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::json;

use super::machine::now;

/// Makes every address new.
static NEXT_PERSON: AtomicU64 = AtomicU64::new(0);

/// What a person brings and buys: decides how many calls the gateway gets.
#[derive(Clone, Copy)]
pub enum Kind {
    PaidByCard,
    PaidByToken,
    FreeByToken,
}

/// Keeps `clients` busy for `length`, each at one of `ports`; returns sign-ups per second.
pub fn sign_ups_per_second(ports: &[u16], clients: usize, length: Duration) -> anyhow::Result<f64> {
    let from = now();
    let done: anyhow::Result<Vec<u64>> = thread::scope(|scope| {
        let ports = ports.iter().copied().cycle();
        let clients: Vec<_> = ports
            .take(clients)
            .map(|port| {
                scope.spawn(move || -> anyhow::Result<u64> {
                    let agent = agent();
                    let mut done = 0;
                    while from.elapsed() < length {
                        sign_up(&agent, port, Kind::PaidByCard)?;
                        done += 1;
                    }
                    Ok(done)
                })
            })
            .collect();
        let joined = clients.into_iter().map(|client| client.join());
        joined
            .map(|done| done.unwrap_or_else(|_| bail!("a client panicked")))
            .collect()
    });
    let took = from.elapsed().as_secs_f64();
    Ok(done?.iter().sum::<u64>() as f64 / took)
}

/// Signs one person up, and sees that it worked.
pub fn sign_up(agent: &ureq::Agent, port: u16, kind: Kind) -> anyhow::Result<()> {
    let person = NEXT_PERSON.fetch_add(1, Ordering::Relaxed);
    let mut body = json!({
        "email": format!("person-{person}@example.com"),
        "password": "a sentence only I know",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "address": "12 Main Street",
        "city": "Springfield",
        "state": "IL",
        "zip": "62701",
    });
    body["plan"] = match kind {
        Kind::PaidByCard | Kind::PaidByToken => json!("pro"),
        Kind::FreeByToken => json!("free"),
    };
    match kind {
        Kind::PaidByToken | Kind::FreeByToken => {
            body["payment_method"] = json!("pm_card_visa");
        }
        Kind::PaidByCard => {
            body["card_number"] = json!("4242424242424242");
            body["expiry_month"] = json!(12);
            body["expiry_year"] = json!(2040);
            body["cvv"] = json!("123");
        }
    }
    let mut answer = agent
        .post(format!("http://127.0.0.1:{port}/api/users"))
        .header("content-type", "application/json")
        .send(body.to_string())
        .context("a sign-up got no answer")?;
    let text = answer.body_mut().read_to_string()?;
    if answer.status() != 201 {
        bail!("a sign-up was answered {}: {text}", answer.status());
    }
    Ok(())
}

/// A client that keeps its connection.
pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .proxy(None)
        .build()
        .into()
}
