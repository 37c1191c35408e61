//! The limits of event streams, as `conversations serve` takes them.

use std::time::Duration;

use conversations_http::StreamSettings;

use super::duration;

#[derive(clap::Args)]
pub(super) struct StreamArguments {
    /// Maximum number of event streams and of requests that wait for events. Streams that come back
    /// may exceed it by a sixteenth
    #[arg(
        long,
        env = "CONVERSATIONS_STREAMS",
        value_name = "STREAMS",
        default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    streams: u32,

    /// Maximum number of event streams and waiting requests per key; further ones get 429
    #[arg(
        long,
        env = "CONVERSATIONS_KEY_STREAMS",
        value_name = "STREAMS",
        default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..=1_000_000)
    )]
    key_streams: u32,

    /// How long an event stream lasts, more or less a fifth; clients then connect again
    #[arg(
        long,
        env = "CONVERSATIONS_STREAM_LIFETIME",
        value_name = "TIME",
        default_value = "10min",
        value_parser = duration::parse
    )]
    stream_lifetime: Duration,

    /// After this time without an event, a stream sends its position, and its key is checked. A
    /// proxy must not close idle replies earlier
    #[arg(
        long,
        env = "CONVERSATIONS_HEARTBEAT",
        value_name = "TIME",
        default_value = "15s",
        value_parser = duration::parse
    )]
    heartbeat: Duration,
}

impl StreamArguments {
    pub(super) fn settings(self) -> anyhow::Result<StreamSettings> {
        let Self { streams, key_streams, stream_lifetime, heartbeat } = self;
        Ok(StreamSettings {
            streams: usize::try_from(streams)?,
            key_streams: usize::try_from(key_streams)?,
            lifetime: stream_lifetime,
            heartbeat,
        })
    }
}
