//! Connections whose every byte the test decides.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// A connection to a server.
pub(crate) struct RawConnection(TcpStream);

/// The head of a request with a body of this length.
pub(crate) fn head(line: &str, key: &str, length: usize) -> String {
    format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// A reply, read to the end of its body.
#[derive(Debug)]
pub(crate) struct RawReply {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Value,
}

impl RawReply {
    pub(crate) fn says(&self, header: &str) -> bool {
        self.head.lines().any(|line| line.eq_ignore_ascii_case(header))
    }
}

impl RawConnection {
    pub(crate) fn connect(address: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self(stream))
    }

    pub(crate) fn send(&mut self, text: &str) -> std::io::Result<()> {
        self.0.write_all(text.as_bytes())
    }

    /// Reads a whole reply; what is none is an error that says what came instead.
    pub(crate) fn reply(&mut self) -> Result<RawReply, String> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let text = String::from_utf8_lossy(&bytes);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
                let length = head.lines().find_map(|line| {
                    line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok()
                });
                let (status, length) = (status.ok_or("no status")?, length.ok_or("no length")?);
                if body.len() >= length {
                    let read = serde_json::from_str(&body[..length]);
                    let body = read.map_err(|error| format!("{error}: {text:?}"))?;
                    return Ok(RawReply { status, head: head.to_owned(), body });
                }
            }
            match self.0.read(&mut chunk) {
                Ok(0) => return Err(format!("the end after {text:?}")),
                Ok(read) => bytes.extend_from_slice(&chunk[..read]),
                Err(error) => return Err(format!("{error} after {text:?}")),
            }
        }
    }

    /// Whether the server has nothing more to say and closes.
    pub(crate) fn ends(&mut self) -> bool {
        matches!(self.0.read(&mut [0; 1]), Ok(0))
    }
}
