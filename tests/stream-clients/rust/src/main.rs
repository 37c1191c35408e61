//! Follows the stream of events with the crate `eventsource-client`, which connects again by itself.
//!
//! CONVERSATIONS_URL and CONVERSATIONS_KEY say where and as whom, CONVERSATIONS_AFTER after which cursor, and
//! CONVERSATIONS_EVENTS for how many events. Prints the sequence of each event, and `closed` with the reason of
//! each end of a stream.

use std::env::var;
use std::error::Error;
use std::time::Duration;

use eventsource_client::{Client, ClientBuilder, ReconnectOptions, SSE};
use futures_util::StreamExt;
use launchdarkly_sdk_transport::HyperTransport;
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = format!("{}/api/v1/events/stream", var("CONVERSATIONS_URL")?);
    let mut left: u64 = var("CONVERSATIONS_EVENTS")?.parse()?;
    // Longer than the heartbeat: a stream that sends nothing for as long is broken.
    let transport = HyperTransport::builder()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(45))
        .build_http()?;
    let client = ClientBuilder::for_url(&url)
        .map_err(|error| format!("{error:?}"))?
        .header("Authorization", &format!("Bearer {}", var("CONVERSATIONS_KEY")?))
        .map_err(|error| format!("{error:?}"))?
        .last_event_id(var("CONVERSATIONS_AFTER")?)
        .reconnect(ReconnectOptions::reconnect(true).retry_initial(true).build())
        .build_with_transport(transport);

    let mut frames = client.stream();
    while left > 0 {
        match frames.next().await {
            Some(Ok(SSE::Event(event))) => {
                let data: Value = serde_json::from_str(&event.data)?;
                match event.event_type.as_str() {
                    "feed.close" => println!("closed {}", data["reason"].as_str().unwrap_or("?")),
                    kind if kind.starts_with("feed.") => {}
                    _ => {
                        println!("{}", data["sequence"]);
                        left -= 1;
                    }
                }
            }
            Some(Ok(SSE::Connected(_) | SSE::Comment(_))) => {}
            // An end is an error to it, after which it connects again.
            Some(Err(error)) => eprintln!("{error:?}"),
            None => return Err("it gave up".into()),
        }
    }
    Ok(())
}
