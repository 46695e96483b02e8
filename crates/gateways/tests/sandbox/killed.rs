//! `kill -9` in the middle of it: what was answered is there, and what was not is whole or absent.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use enlist_registration::ids::RegistrationId;

use crate::home::Home;
use crate::support::Rig;

/// Where the process that is to be killed finds the file; unset, it is not that process.
const VICTIM: &str = "ENLIST_GATEWAYS_TEST_VICTIM";

/// How many registrations the victim is left time for.
const ANSWERED: usize = 25;

#[tokio::test]
async fn what_was_answered_survives_a_kill() {
    if let Some(path) = std::env::var_os(VICTIM) {
        return be_the_victim(path.as_ref()).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "killed::what_was_answered_survives_a_kill",
            "--nocapture",
        ])
        .env(VICTIM, &path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let answered: Vec<(RegistrationId, String)> = lines
        .filter_map(|line| {
            let line = line.unwrap();
            let (registration, charge) = line.strip_prefix("answered ")?.split_once(' ')?;
            Some((registration.parse().unwrap(), charge.to_owned()))
        })
        .take(ANSWERED)
        .collect();
    victim.kill().unwrap();
    victim.wait().unwrap();

    assert_eq!(answered.len(), ANSWERED);
    let rig = Rig::at(Home::File(path)).await;
    let ledger = rig.sandbox.ledger().await.unwrap();
    for (registration, charge) in &answered {
        assert_eq!(rig.only_charge(*registration).await.id.as_str(), charge);
        rig.subscriber(*registration).await;
        assert_eq!(
            rig.only_charge(*registration).await.id.as_str(),
            charge,
            "the key is there"
        );
    }
    // An active subscription has its charge, also the one that nobody heard of any more.
    assert_eq!(ledger.subscriptions.len(), ledger.charges.len());
    assert_eq!(rig.sandbox.ledger().await.unwrap(), ledger);
}

/// What the test does in the process that it starts: registers, and says so, until it is killed.
async fn be_the_victim(path: &Path) {
    let rig = Rig::at(Home::File(path.to_owned())).await;
    let mut out = std::io::stdout();
    loop {
        let registration = rig.registration();
        rig.subscriber(registration).await;
        let charge = rig.only_charge(registration).await.id;
        writeln!(out, "\nanswered {registration} {charge}").unwrap();
    }
}
