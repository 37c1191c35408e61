//! What lies between a program and PostgreSQL in a test, and reads the plans that PostgreSQL tells.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::partitions::flaw_of;

/// The kind of a message that is a notice (PostgreSQL's documentation, 55.7).
const NOTICE: u8 = b'N';

/// A way to a server, which ends the test with a panic if a statement touched several partitions.
pub(crate) struct PlanProxy {
    address: std::net::SocketAddr,
    flaws: Arc<Mutex<Vec<String>>>,
    accepting: JoinHandle<()>,
}

impl PlanProxy {
    /// A way to this server, as `host:port`.
    pub(crate) async fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let flaws = Arc::<Mutex<Vec<String>>>::default();
        let found = Arc::clone(&flaws);
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (server, found) = (server.clone(), Arc::clone(&found));
                tokio::spawn(async move {
                    let _ended = pass(client, &server, &found).await;
                });
            }
        });
        Self { address, flaws, accepting }
    }

    /// Where it is reached.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.address
    }
}

impl Drop for PlanProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        let flaws = self.flaws.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::thread::panicking() {
            assert!(flaws.is_empty(), "statements touch several partitions: {flaws:#?}");
        }
    }
}

async fn pass(client: TcpStream, server: &str, flaws: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking =
        tokio::spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
    let mut held = Vec::new();
    loop {
        let count = from_server.read_buf(&mut held).await?;
        if count == 0 {
            break;
        }
        while let Some(length) = whole(&held) {
            if held[0] == NOTICE {
                flaws
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend(flaw_of(&String::from_utf8_lossy(&held[..length])));
            }
            to_client.write_all(&held[..length]).await?;
            held.drain(..length);
        }
    }
    asking.abort();
    Ok(())
}

/// The length of the message that these bytes begin with, if all of it is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_be_bytes(*bytes.get(1..)?.first_chunk()?);
    let length = usize::try_from(length).ok()? + 1;
    (bytes.len() >= length).then_some(length)
}
