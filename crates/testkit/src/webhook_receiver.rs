//! A receiver of webhooks: keeps what it gets, and answers what it is told to.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::timeout;

/// Longer than any test waits for a request that comes.
const LONG: Duration = Duration::from_secs(60);

/// A request that a receiver got.
#[derive(Debug, Clone)]
pub struct ReceivedEvent {
    /// Its headers, with names in lower case.
    pub headers: HashMap<String, String>,
    /// Its body.
    pub event: Value,
}

/// Where webhooks arrive, on 127.0.0.1 and without TLS.
#[derive(Debug, Clone)]
pub struct WebhookReceiver(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    port: u16,
    /// The status of answers; 0 is none at all.
    status: AtomicUsize,
    received: Mutex<Vec<ReceivedEvent>>,
    arrived: Notify,
}

impl ReceivedEvent {
    /// The id of the event.
    #[must_use]
    pub fn id(&self) -> &str {
        self.event["_id"].as_str().expect("an id")
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.event["type"].as_str().expect("a type")
    }
}

impl WebhookReceiver {
    /// One that answers 204.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let receiver = Self(Arc::new(Shared {
            port,
            status: AtomicUsize::new(204),
            received: Mutex::default(),
            arrived: Notify::new(),
        }));
        let accepting = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().serve(stream));
            }
        });
        receiver
    }

    /// The URL for a webhook.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.0.port)
    }

    /// Answers with this status from now on; 0 is no answer.
    pub fn answer(&self, status: usize) {
        self.0.status.store(status, Ordering::SeqCst);
    }

    /// All that it got.
    #[must_use]
    pub fn received(&self) -> Vec<ReceivedEvent> {
        self.0.received.lock().expect("a lock").clone()
    }

    /// Waits until what it got fits.
    pub async fn wait_until(&self, fits: impl Fn(&[ReceivedEvent]) -> bool) -> Vec<ReceivedEvent> {
        let waiting = async {
            loop {
                let arrived = self.0.arrived.notified();
                let received = self.received();
                if fits(&received) {
                    return received;
                }
                // Another task may have taken the notice.
                let _noticed = timeout(Duration::from_millis(100), arrived).await;
            }
        };
        let waited = timeout(LONG, waiting).await;
        waited.unwrap_or_else(|_| panic!("only these arrived: {:#?}", self.received()))
    }

    /// Waits for this many requests.
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedEvent> {
        self.wait_until(|received| received.len() >= count).await
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut bytes = Vec::new();
        loop {
            let Some((received, length)) = parse(&bytes) else {
                match stream.read_buf(&mut bytes).await {
                    Ok(0) | Err(_) => return,
                    Ok(_) => continue,
                }
            };
            bytes.drain(..length);
            let body = received.event.to_string();
            self.0.received.lock().expect("a lock").push(received);
            self.0.arrived.notify_waiters();
            let status = self.0.status.load(Ordering::SeqCst);
            if status == 0 {
                std::future::pending::<()>().await;
            }
            // Receivers may send back what they got.
            let answer = if status == 204 {
                "HTTP/1.1 204 Answer\r\n\r\n".to_owned()
            } else {
                let length = body.len();
                format!("HTTP/1.1 {status} Answer\r\ncontent-length: {length}\r\n\r\n{body}")
            };
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// The first request in these bytes, and how long it is.
fn parse(bytes: &[u8]) -> Option<(ReceivedEvent, usize)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]);
    let headers: HashMap<_, _> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let body = bytes.get(end..end + length)?;
    let event = serde_json::from_slice(body).expect("JSON");
    Some((ReceivedEvent { headers, event }, end + length))
}
