//! An address that has an account is answered like any other.

use enlist::system::SystemClock;
use enlist_registration::ports::Clock;
use serde_json::Value;

use super::traveller::{ADDRESS, begin};
use crate::answer::Answer;
use crate::person::Person;
use crate::service::{Service, until};

#[tokio::test]
async fn an_address_with_an_account_is_answered_alike_and_only_its_owner_is_told() {
    let service = Service::start().await;
    let owner = service.sign_up(&Person::new(ADDRESS)).await;
    assert_eq!(owner.status, 201);
    let _verification = service.mail_to(ADDRESS, 1).await;
    let known = begin(&service, "Ada@Example.com").await;
    let unknown = begin(&service, "grace@example.com").await;
    assert_eq!(blurred(&known), blurred(&unknown));
    let told = until("the owner is told", async || {
        let mails = service.get("/mailbox/messages").await.json();
        let mut mails = mails.as_array().unwrap().clone().into_iter();
        mails.find(|mail| mail["to"] == "Ada@example.com")
    })
    .await;
    assert_eq!(told["subject"], "You have an account already");
    for part in ["text", "html"] {
        let text = told[part].as_str().unwrap();
        assert!(!text.contains("/verify/"), "nobody gets in by it: {text}");
    }
    // Whoever guessed is none the wiser.
    let guess = service.type_code(&known.begun(), "000000").await;
    let other_guess = service.type_code(&unknown.begun(), "000000").await;
    assert_eq!(guess.status, other_guess.status);
}

/// An answer without what differs from one registration to the next.
fn blurred(answer: &Answer) -> (u16, Vec<String>, Value) {
    let mut body = answer.json();
    for member in ["id", "created_at", "expires_at", "verify_by"] {
        assert!(body["registration"][member].take().is_string(), "{member}");
    }
    assert!(body["access_token"].take().is_string());
    let headers = answer.headers.keys().map(ToString::to_string).collect();
    (answer.status, headers, body)
}

/// Not a limit on a time: whether the one kind of answer takes longer than the other more often than chance
/// would have it. Of two kinds that take equally long, one is slower in half of all pairs.
#[tokio::test]
async fn how_long_the_answer_takes_does_not_tell_whether_the_address_is_known() {
    const PAIRS: usize = 150;
    const MOST_UNEVEN: f64 = 0.15;
    let service = Service::with(&[
        ("limits.enabled", "false"),
        ("passwords.memory_kib", "8"),
        ("passwords.passes", "1"),
    ])
    .await;
    for number in 0..PAIRS {
        let person = Person::new(&format!("known{number}@example.com"));
        let person = person.without(&["plan"]);
        let answer = service.sign_up(&person).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..PAIRS {
        // Which goes first changes, so that neither always follows the other.
        for is_known in [number % 2 == 0, number % 2 != 0] {
            let name = if is_known { "known" } else { "other" };
            let asked_at = SystemClock.now();
            let answer = begin(&service, &format!("{name}{number}@example.com")).await;
            let took = SystemClock.now().duration_since(asked_at);
            assert_eq!(answer.status, 202);
            if is_known { &mut known } else { &mut unknown }.push(took);
        }
    }
    let pairs = known
        .iter()
        .flat_map(|one| unknown.iter().map(move |other| (one, other)));
    let slower = pairs.map(|(one, other)| match one.cmp(other) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    });
    let share = slower.sum::<f64>() / (PAIRS * PAIRS) as f64;
    known.sort();
    unknown.sort();
    let medians = (known[PAIRS / 2], unknown[PAIRS / 2]);
    eprintln!("a known address is slower in {share:.3} of all pairs; medians {medians:?}");
    assert!(
        (share - 0.5).abs() < MOST_UNEVEN,
        "{share:.3}, medians {medians:?}"
    );
}
