//! The settings of webhooks at the command line.

use std::net::IpAddr;
use std::time::Duration;

use conversations_webhooks::SenderSettings;
use ipnet::IpNet;

use super::duration;
use crate::settings::WebhookSettings;

/// The longest time-out of a request.
const LONGEST: Duration = Duration::from_secs(60);

#[derive(clap::Args)]
pub(super) struct Webhooks {
    /// How long deliveries of webhooks stay in their logs, such as 7d or 24h, up to 90d
    #[arg(
        long,
        env = "CONVERSATIONS_DELIVERIES_KEEP",
        value_name = "TIME",
        default_value = "7d",
        value_parser = duration::parse
    )]
    deliveries_keep: Duration,

    /// How long the receiver of a webhook may take to answer, from 1s to 60s; 3 seconds of it are to
    /// connect
    #[arg(
        long,
        env = "CONVERSATIONS_WEBHOOK_TIMEOUT",
        value_name = "TIME",
        default_value = "10s",
        value_parser = parse_timeout
    )]
    webhook_timeout: Duration,

    /// A network that webhooks may be sent to although it is not part of the public internet, such as
    /// `10.1.0.0/16`; repeat it for more. Who may create webhooks can reach all its addresses
    #[arg(
        long = "webhook-allow",
        env = "CONVERSATIONS_WEBHOOK_ALLOW",
        value_name = "NETWORK",
        value_delimiter = ',',
        value_parser = parse_network
    )]
    webhook_allow: Vec<IpNet>,

    /// Allow webhooks with `http://`. What they contain can be read on the network
    #[arg(long, env = "CONVERSATIONS_WEBHOOK_ALLOW_HTTP")]
    webhook_allow_http: bool,

    /// Send no webhooks from this process. Other processes on the same database do
    #[arg(long = "no-webhooks", env = "CONVERSATIONS_NO_WEBHOOKS")]
    is_off: bool,
}

impl Webhooks {
    pub(super) fn settings(self) -> WebhookSettings {
        let Self { deliveries_keep, webhook_timeout, webhook_allow, webhook_allow_http, is_off } =
            self;
        WebhookSettings {
            sender: SenderSettings {
                timeout: webhook_timeout,
                allowed_networks: webhook_allow,
                allow_http: webhook_allow_http,
            },
            deliveries_keep,
            is_sending: !is_off,
        }
    }
}

fn parse_timeout(text: &str) -> Result<Duration, &'static str> {
    let timeout = duration::parse(text).ok().filter(|timeout| *timeout <= LONGEST);
    timeout.ok_or("must be a whole number of seconds, from 1s to 60s")
}

/// Reads a network, or one address.
fn parse_network(text: &str) -> Result<IpNet, &'static str> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| "must be a network such as 10.1.0.0/16, or an address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_may_be_an_address() {
        for (text, network) in [
            ("10.1.0.0/16", "10.1.0.0/16"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("fd00::/8", "fd00::/8"),
            ("::1", "::1/128"),
        ] {
            assert_eq!(
                parse_network(text).map(|parsed| parsed.to_string()),
                Ok(network.to_owned())
            );
        }
        for text in ["", "10.1.0.0/33", "localhost", "10.1"] {
            assert!(parse_network(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_timeout_is_a_few_seconds() {
        assert_eq!(parse_timeout("60s"), Ok(LONGEST));
        for text in ["0s", "61s", "2min", "10"] {
            assert!(parse_timeout(text).is_err(), "{text}");
        }
    }
}
