//! The end of a run: everything comes to rest, then all that is there is compared.

use std::time::Duration;

use enlist_gateways::sandbox::Ledger;

use super::checks;
use super::client::Client;
use super::figures::Figures;
use super::load::Load;
use super::rest::{
    wait_until_expired, wait_until_forgotten, wait_until_noticed, wait_until_settled,
};
use super::service::{Service, Settings};
use super::site::Site;
use super::world::World;

/// How long a service without faults may take to bring everything to rest. It is far longer than any
/// deadline that a round gives, and longer than the longest pause between two tries of an undo.
pub const SETTLING_LIMIT: Duration = Duration::from_secs(150);

/// With a service that has no faults any more: lets the clients repeat what they had no answer to,
/// and waits until everything rests or waits for a person.
pub fn settle(site: &Site, load: &mut Load, client: &Client, figures: &mut Figures) -> Ledger {
    site.gateway.calm(client);
    load.ask_again(client);
    figures.settled_after = wait_until_settled(site, SETTLING_LIMIT);
    figures.noticed_after = wait_until_noticed(site, SETTLING_LIMIT);
    load.repeat_keys(client);
    wait_until_settled(site, SETTLING_LIMIT);
    site.gateway.ledger(client)
}

/// What has expired is deleted at every start; the next look is an hour later.
fn start_once_more(site: &Site) {
    wait_until_expired(site, SETTLING_LIMIT);
    let mut service = Service::start(site, &Settings::without_faults());
    service.port();
    wait_until_forgotten(site, SETTLING_LIMIT);
    service.stop();
}

/// Compares everything and prints what the run amounted to, once the service has ended. `what` says
/// how to run the same again. Returns what is there.
pub fn take(
    site: Site,
    mut load: Load,
    ledger: Ledger,
    figures: &mut Figures,
    what: &str,
) -> World {
    start_once_more(&site);
    load.harvest();
    let (world, told) = (World::read(&site, ledger), load.into_told());
    let gateway = &site.gateway;
    figures.count(&world, &told, gateway);
    println!("{figures}");
    figures.expect_every_way();
    let broken = checks::broken(&world, &told);
    if !broken.is_empty() {
        panic!("{what}, data in {}\n{broken}", site.keep().display());
    }
    world
}
