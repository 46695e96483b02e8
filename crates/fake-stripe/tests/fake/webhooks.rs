//! Events reach who asked for them, signed, and as badly as they do at Stripe.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use enlist_fake_stripe::{SubscriptionChange, Webhooks};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::support::World;

/// One delivery: the signature, and the body as it came.
struct Delivery {
    signature: String,
    body: String,
}

impl Delivery {
    fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn kind(&self) -> String {
        self.event()["type"].as_str().unwrap().to_owned()
    }
}

/// Takes deliveries, but refuses the first few.
fn receiver(refuse: usize) -> (String, Receiver<Delivery>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (taken, deliveries) = channel();
    std::thread::spawn(move || {
        for (index, connection) in listener.incoming().enumerate() {
            let is_refused = index < refuse;
            let delivery = read(&connection.unwrap(), if is_refused { 500 } else { 200 });
            if !is_refused && taken.send(delivery).is_err() {
                return;
            }
        }
    });
    (url, deliveries)
}

fn read(connection: &TcpStream, status: u16) -> Delivery {
    let mut reader = BufReader::new(connection);
    let (mut signature, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("stripe-signature") => {
                signature = value.to_owned();
            }
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().unwrap();
            }
            Some(_) => {}
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut connection = connection;
    write!(
        connection,
        "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let body = String::from_utf8(body).unwrap();
    Delivery { signature, body }
}

fn next(deliveries: &Receiver<Delivery>) -> Delivery {
    deliveries.recv_timeout(Duration::from_secs(10)).unwrap()
}

fn kinds(deliveries: &Receiver<Delivery>, count: usize) -> Vec<String> {
    (0..count).map(|_| next(deliveries).kind()).collect()
}

#[test]
fn events_are_signed_with_every_secret_and_delivered_until_they_are_taken() {
    let world = World::new();
    let (url, deliveries) = receiver(2);
    world.control.set_webhook(&url, &["whsec_old", "whsec_new"]);
    let customer = world
        .post("/v1/customers", "email=jane@example.com")
        .done()
        .id();
    let delivery = next(&deliveries);
    let event = delivery.event();
    assert_eq!(event["type"], "customer.created");
    assert_eq!(event["data"]["object"]["id"], customer);
    assert_eq!(event["livemode"], false);
    let (time, signatures) = delivery.signature.split_once(',').unwrap();
    let signed = format!("{}.{}", time.strip_prefix("t=").unwrap(), delivery.body);
    for (secret, signature) in ["whsec_old", "whsec_new"].iter().zip(signatures.split(',')) {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        let bytes = mac.finalize().into_bytes();
        let expected: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(signature, format!("v1={expected}"));
    }
}

#[test]
fn a_subscription_tells_its_whole_story() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    let (url, deliveries) = receiver(0);
    world.control.set_webhook(&url, &["whsec_a"]);
    let subscription = world
        .subscribe(&customer, "error_if_incomplete")
        .done()
        .id();
    let begun = [
        "customer.subscription.created",
        "invoice.created",
        "invoice.finalized",
        "charge.succeeded",
        "payment_intent.succeeded",
        "invoice.paid",
        "customer.subscription.updated",
    ];
    assert_eq!(kinds(&deliveries, begun.len()), begun);
    let late = SubscriptionChange {
        status: Some("past_due".to_owned()),
        ..SubscriptionChange::default()
    };
    world
        .control
        .change_subscription(&subscription, &late)
        .unwrap();
    let event = next(&deliveries).event();
    assert_eq!(event["data"]["object"]["status"], "past_due");
    world.delete(&format!("/v1/customers/{customer}")).done();
    assert_eq!(
        kinds(&deliveries, 2),
        ["customer.subscription.deleted", "customer.deleted"]
    );
}

#[test]
fn a_renewal_takes_a_second_charge() {
    let world = World::new();
    let customer = world.customer("pm_card_visa");
    let subscription = world.subscribe(&customer, "error_if_incomplete").done();
    let renewed = world.post_json(
        &format!("/_fake/subscriptions/{}", subscription.id()),
        &serde_json::json!({ "renew": true }),
    );
    let end = |body: &Value| {
        body["items"]["data"][0]["current_period_end"]
            .as_i64()
            .unwrap()
    };
    assert_eq!(renewed.body["status"], "active");
    assert!(end(&renewed.body) > end(&subscription.body));
    assert_eq!(world.charges(&customer).len(), 2);
}

#[test]
fn events_come_several_times_and_out_of_order_where_they_are_asked_to() {
    let world = World::new();
    let (url, deliveries) = receiver(0);
    world.control.set_webhooks(Webhooks {
        url: Some(url),
        secrets: vec!["whsec_a".to_owned()],
        repeat: 2,
        shuffle: true,
        seed: 7,
        delay: Duration::from_millis(300),
    });
    let customer = world.customer("pm_card_visa");
    world.subscribe(&customer, "error_if_incomplete").done();
    let came: Vec<String> = (0..18)
        .map(|_| next(&deliveries).event()["id"].to_string())
        .collect();
    let mut different = came.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), 9);
    let neighbours = came.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(neighbours < 9, "in order: {came:?}");
    let told = world.control.deliveries();
    assert_eq!((told.given_up, told.waiting + told.delivered), (0, 18));
}
