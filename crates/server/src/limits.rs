//! How often one client may call. In memory and per process: it keeps one client from taking all;
//! what must hold in any case (one account per address, codes per mail) the database counts.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::HeaderMap;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;

use crate::config::Rate;

/// Known addresses above which those that have not called for a while are forgotten.
const MANY_ADDRESSES: usize = 10_000;

/// How often a password that is being chosen is judged for one client: whoever types on is judged once per pause,
/// and some people share an address. More than that is somebody who tries passwords, or our cores.
pub const PASSWORDS_JUDGED: Rate = Rate {
    per_minute: NonZeroU32::new(60).unwrap(),
    burst: NonZeroU32::new(30).unwrap(),
};

/// Limits what clients ask for, per client address.
pub struct ClientLimiter {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
}

impl ClientLimiter {
    /// At most `rate`.
    pub fn new(rate: Rate) -> Self {
        let quota = Quota::per_minute(rate.per_minute).allow_burst(rate.burst);
        Self {
            limiter: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
        }
    }

    /// Counts one call of `client`; too many: how long to wait.
    pub fn count(&self, client: IpAddr) -> Result<(), Duration> {
        if self.limiter.len() > MANY_ADDRESSES {
            self.limiter.retain_recent();
        }
        self.limiter
            .check_key(&network_of(client))
            .map_err(|until| until.wait_time_from(self.clock.now()))
    }
}

/// Who calls: the peer, or, behind a proxy that is trusted, whom the proxy names. Of the names in
/// X-Forwarded-For, the last that is no trusted proxy itself: those before it anyone can invent.
pub fn client_address(peer: SocketAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let peer = peer.ip().to_canonical();
    if !is_trusted(&peer) {
        return peer;
    }
    let named: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    let mut client = peer;
    for name in named.iter().rev() {
        let Some(address) = address_of(name.trim()) else {
            break;
        };
        client = address.to_canonical();
        if !is_trusted(&client) {
            break;
        }
    }
    client
}

/// An address as a proxy writes it: some add the port.
fn address_of(name: &str) -> Option<IpAddr> {
    let with_port = || Some(name.parse::<SocketAddr>().ok()?.ip());
    name.parse().ok().or_else(with_port)
}

/// One subscriber has a whole /64 of IPv6 addresses.
fn network_of(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(forwarded: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().unwrap());
        headers
    }

    #[test]
    fn only_a_trusted_proxy_may_name_the_client() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let stranger = "192.0.2.1:80".parse().unwrap();
        let proxy = "10.0.0.1:80".parse().unwrap();
        let claimed = headers("203.0.113.9, 198.51.100.7, 10.0.0.2");
        assert_eq!(client_address(stranger, &claimed, &trusted), stranger.ip());
        let named: IpAddr = "198.51.100.7".parse().unwrap();
        assert_eq!(client_address(proxy, &claimed, &trusted), named);
    }

    #[test]
    fn a_proxy_may_write_the_clients_port_too() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let proxy = "10.0.0.1:80".parse().unwrap();
        for (named, address) in [
            ("198.51.100.7:52341", "198.51.100.7"),
            ("[2001:db8::7]:52341", "2001:db8::7"),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(client_address(proxy, &headers(named), &trusted), address);
        }
        let nobody = headers("unknown");
        assert_eq!(client_address(proxy, &nobody, &trusted), proxy.ip());
    }

    #[test]
    fn a_client_that_calls_too_often_is_told_when_to_come_back() {
        let one = NonZeroU32::MIN;
        let limiter = ClientLimiter::new(Rate {
            per_minute: one,
            burst: one,
        });
        let client = "2001:db8::1".parse().unwrap();
        let neighbour = "2001:db8::2".parse().unwrap();
        assert!(limiter.count(client).is_ok());
        assert!(limiter.count(neighbour).unwrap_err() > Duration::from_secs(30));
        assert!(limiter.count("192.0.2.1".parse().unwrap()).is_ok());
    }
}
