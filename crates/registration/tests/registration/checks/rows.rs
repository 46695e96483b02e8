//! What the tables hold (invariants 2, 3 and 6).

use enlist_registration::state::Status;
use enlist_registration::steps::Order;
use enlist_storage::TextRow;

use super::{Findings, Scene};
use crate::world::TABLES;
use crate::world::people::{Card, PASSWORD, SECURITY_CODE, Way};

pub(super) fn check(scene: &Scene<'_>, findings: &mut Findings) {
    account_is_whole_or_absent(scene, findings);
    account_is_what_the_gateway_has(scene, findings);
    jobs_are_what_happened(scene, findings);
    nothing_secret_is_kept(scene, findings);
}

fn account_is_whole_or_absent(scene: &Scene<'_>, findings: &mut Findings) {
    let registered = usize::from(scene.is_registered());
    let paid = usize::from(scene.is_registered() && scene.journey.person.pays());
    let mut count = |check, table, expected| {
        let rows = scene.world.rows(table);
        findings.check(check, rows.len() == expected, &rows);
    };
    count("rows_of_users", "users", registered);
    count("rows_of_profiles", "profiles", registered);
    count("rows_of_billing_info", "billing_info", registered);
    count("rows_of_subscriptions", "subscriptions", paid);
    let unverified = scene.world.rows("users");
    let verified = unverified
        .iter()
        .all(|user| user["email_verified_at"].is_some());
    findings.check("registered_is_verified", verified, &unverified);
}

/// The ids in the tables are those of what lives at the gateway, and the price is what was charged.
fn account_is_what_the_gateway_has(scene: &Scene<'_>, findings: &mut Findings) {
    let ledger = scene.world.ledger();
    let text = |row: &TextRow, column: &str| row[column].clone().unwrap_or_default();
    for billing in scene.world.rows("billing_info") {
        let customer = text(&billing, "payment_gateway_customer_id");
        let lives = ledger
            .customers
            .iter()
            .any(|it| it.live && it.id.as_str() == customer);
        findings.check("customer_of_the_account_lives", lives, &billing);
        let token = text(&billing, "payment_method_id");
        if !scene.journey.person.has_card() {
            findings.check(
                "card_of_the_account_is_attached",
                token.is_empty(),
                &billing,
            );
            continue;
        }
        let attached = ledger.payment_methods.iter().any(|it| {
            it.live
                && it.id.as_str() == token
                && it
                    .customer_id
                    .as_ref()
                    .is_some_and(|id| id.as_str() == customer)
        });
        findings.check("card_of_the_account_is_attached", attached, &billing);
    }
    for row in scene.world.rows("subscriptions") {
        let id = text(&row, "payment_gateway_subscription_id");
        let amount_minor = text(&row, "amount_minor");
        let runs = ledger.subscriptions.iter().any(|it| {
            it.status == "active"
                && it.id.as_str() == id
                && it.amount_minor.to_string() == amount_minor
        });
        findings.check("subscription_of_the_account_runs", runs, &row);
        let charged = ledger.charges.iter().any(|it| {
            it.live
                && it.amount_minor.to_string() == amount_minor
                && it
                    .subscription_id
                    .as_ref()
                    .is_some_and(|charged| charged.as_str() == id)
        });
        findings.check("subscription_of_the_account_is_paid", charged, &row);
    }
}

/// The mails that are to be sent, two second looks if an undoing left a doubt, nothing else.
fn jobs_are_what_happened(scene: &Scene<'_>, findings: &mut Findings) {
    let jobs = scene.world.rows("jobs");
    let count = |kind: &str| {
        let of_kind = jobs
            .iter()
            .filter(|job| job["kind"].as_deref() == Some(kind));
        of_kind.count()
    };
    let mails = scene.registrations().filter(|it| match scene.journey.way {
        Way::AtOnce(Order::VerifyAfter | Order::ChargeAtVerification) => it.opened_at.is_some(),
        // Unless its time was over before it began.
        Way::AtOnce(Order::VerifyFirst) => it.act_by.is_some() || it.verified_at.is_some(),
        // The address was verified before.
        Way::InThreeSteps(_) => false,
    });
    findings.check(
        "one_verification_mail",
        count("verification_mail") == mails.count(),
        &jobs,
    );
    // As many as the address was promised.
    let journeys = scene.world.rows("pending_registrations");
    let serials = journeys
        .iter()
        .filter_map(|it| it["mail_serial"].as_deref());
    let promised: usize = serials.filter_map(|it| it.parse::<usize>().ok()).sum();
    findings.check(
        "mails_of_journeys",
        count("journey_mail") == promised,
        (&jobs, &journeys),
    );
    let doubted = scene
        .registrations()
        .filter(|it| it.status == Status::Undone && it.progress.doubted);
    findings.check(
        "second_looks_after_a_doubt",
        count("recheck") == 2 * doubted.count(),
        &jobs,
    );
    let held = jobs.iter().any(|job| job["owner"].is_some());
    findings.check("no_job_is_held", !held, &jobs);
}

fn nothing_secret_is_kept(scene: &Scene<'_>, findings: &mut Findings) {
    let number = match scene.journey.person.card {
        Card::Raw(number) => number,
        Card::Token(_) | Card::None => PASSWORD,
    };
    for table in TABLES {
        for row in scene.world.rows(table) {
            let told = row.values().flatten().any(|text| {
                text.contains(PASSWORD) || text.contains(number) || text == SECURITY_CODE
            });
            findings.check("nothing_secret_is_kept", !told, (table, &row));
        }
    }
}
