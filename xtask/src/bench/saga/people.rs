//! Sign-ups, checked in advance: judging a password costs as much as everything that is measured here.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::anyhow;
use enlist_domain::{
    CardRequirement, Country, Field, PlanCatalogue, RawSignUp, SignUp, SignUpRules,
};
use jiff::civil::date;
use tokio::task::JoinSet;

use crate::bench::machine::now;

/// Makes every address new.
static NEXT_PERSON: AtomicU64 = AtomicU64::new(0);

/// People with a raw card who buy a paid plan, each `alike` of them with one address.
pub fn people(count: usize, alike: usize) -> anyhow::Result<Vec<SignUp>> {
    let first = NEXT_PERSON.fetch_add(count as u64, Ordering::Relaxed);
    (0..count)
        .map(|index| person(first + (index / alike) as u64))
        .collect()
}

fn person(number: u64) -> anyhow::Result<SignUp> {
    let email = format!("person-{number}@example.com");
    let mut form = RawSignUp::default();
    let fields = [
        (Field::Email, email.as_str()),
        // Short, because the time that judging takes grows with the length.
        (Field::Password, "q7Rz!wK2p"),
        (Field::FirstName, "Ada"),
        (Field::LastName, "Lovelace"),
        (Field::Address, "12 Main Street"),
        (Field::City, "Springfield"),
        (Field::State, "IL"),
        (Field::Zip, "62701"),
        (Field::Plan, "pro"),
        (Field::CardNumber, "4242424242424242"),
        (Field::ExpiryMonth, "12"),
        (Field::ExpiryYear, "2040"),
        (Field::Cvv, "123"),
    ];
    for (field, value) in fields {
        form.set(field, value.to_owned());
    }
    let plans = PlanCatalogue::default();
    let rules = SignUpRules {
        plans: &plans,
        card: CardRequirement::Required,
        accept_raw_cards: true,
        default_country: Country::UNITED_STATES,
        today: date(2026, 1, 1),
    };
    form.parse(&rules)
        .map_err(|faults| anyhow!("a sign-up is not right: {faults:?}"))
}

/// Does `work` for everybody, `at_once` at a time; how many per second.
pub async fn for_each<W, F>(people: Vec<SignUp>, at_once: usize, work: W) -> anyhow::Result<f64>
where
    W: Fn(SignUp) -> F + Clone + Send + 'static,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let count = people.len() as f64;
    let waiting = Arc::new(Mutex::new(people.into_iter()));
    let from = now();
    let mut tasks = JoinSet::new();
    for _ in 0..at_once {
        let (waiting, work) = (Arc::clone(&waiting), work.clone());
        tasks.spawn(async move {
            loop {
                let next = waiting
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .next();
                match next {
                    Some(person) => work(person).await?,
                    None => return anyhow::Ok(()),
                }
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended??;
    }
    Ok(count / from.elapsed().as_secs_f64())
}
