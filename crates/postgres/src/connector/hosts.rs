//! One host at a time.
//!
//! tokio-postgres asks the hosts of a `Config` one after the other, but its `connect_timeout` ends with the socket: a host
//! that accepts and keeps silent is waited for without a limit, and the next one is never asked. So each gets a `Config`,
//! and with it a limit, of its own.

use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, LoadBalanceHosts};

/// A configuration for each host, in the order in which they are to be asked. Where the order is to be by chance they stay
/// together: tokio-postgres rolls the dice.
pub(super) fn each(config: &Config) -> Vec<Config> {
    let hosts = config.get_hosts();
    if hosts.len() < 2 || config.get_load_balance_hosts() == LoadBalanceHosts::Random {
        return vec![config.clone()];
    }
    let ports = config.get_ports();
    let with_host = |(index, host): (usize, &Host)| {
        let mut one = without_host(config);
        match host {
            Host::Tcp(name) => one.host(name),
            Host::Unix(path) => one.host_path(path),
        };
        if let Some(address) = config.get_hostaddrs().get(index) {
            one.hostaddr(*address);
        }
        if let Some(port) = ports.get(index).or_else(|| ports.first()) {
            one.port(*port);
        }
        one
    };
    hosts.iter().enumerate().map(with_host).collect()
}

/// Keeps time for what is said once a socket is open, and for one more address of the same name.
pub(super) fn limit_sockets(config: &mut Config, limit: Duration) {
    let hosts = u32::try_from(config.get_hosts().len()).unwrap_or(u32::MAX);
    let share = limit / hosts.saturating_add(1);
    let asked_for = config.get_connect_timeout().copied();
    config.connect_timeout(asked_for.map_or(share, |asked_for| asked_for.min(share)));
}

/// A `Config` does not let go of a host: everything else is copied.
fn without_host(config: &Config) -> Config {
    let mut copy = Config::new();
    copy.ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .target_session_attrs(config.get_target_session_attrs())
        .channel_binding(config.get_channel_binding())
        .load_balance_hosts(config.get_load_balance_hosts());
    if let Some(user) = config.get_user() {
        copy.user(user);
    }
    if let Some(password) = config.get_password() {
        copy.password(password);
    }
    if let Some(name) = config.get_dbname() {
        copy.dbname(name);
    }
    if let Some(options) = config.get_options() {
        copy.options(options);
    }
    if let Some(name) = config.get_application_name() {
        copy.application_name(name);
    }
    if let Some(timeout) = config.get_connect_timeout() {
        copy.connect_timeout(*timeout);
    }
    if let Some(timeout) = config.get_tcp_user_timeout() {
        copy.tcp_user_timeout(*timeout);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        copy.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        copy.keepalives_retries(retries);
    }
    copy
}

#[cfg(test)]
mod tests {
    use super::each;
    use crate::PostgresUrl;

    /// Every setting that tokio-postgres reads, at another value than its own.
    const EVERY_SETTING: &str = "application_name=x&options=-csearch_path%3Ds&sslmode=require\
        &sslnegotiation=direct&connect_timeout=7&tcp_user_timeout=8&keepalives=0&keepalives_idle=9\
        &keepalives_interval=10&keepalives_retries=11&target_session_attrs=read-write\
        &channel_binding=require";

    fn hosts(hosts: &str, more: &str) -> Vec<tokio_postgres::Config> {
        let text = format!("postgres://ada:secret@{hosts}/db?{EVERY_SETTING}{more}");
        let url = PostgresUrl::parse(&text).unwrap();
        each(url.connector().unwrap().config())
    }

    #[test]
    fn each_host_keeps_every_setting_and_its_own_address_and_port() {
        let both = hosts("one:6000,two:6001", "&hostaddr=127.0.0.1,127.0.0.2");
        let one = hosts("one:6000", "&hostaddr=127.0.0.1");
        let two = hosts("two:6001", "&hostaddr=127.0.0.2");
        assert_eq!(both, [one, two].concat());
    }

    #[test]
    fn the_order_is_left_to_chance_where_that_is_asked_for() {
        let both = hosts("one,two", "&load_balance_hosts=random");
        assert_eq!(both.len(), 1);
        assert_eq!(both[0].get_hosts().len(), 2);
    }
}
