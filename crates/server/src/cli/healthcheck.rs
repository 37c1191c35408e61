//! `conversations healthcheck`: whether a running server can answer, for supervisors such as Docker
//! that restart it when it cannot. It uses no library: it sends one request to our own server, and
//! runs every few seconds.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::{insecure_tls, say};
use crate::unix_socket;

/// More than any answer to this question has.
const MOST: u64 = 16 * 1024;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The address that the server listens on
    #[arg(
        long,
        env = "CONVERSATIONS_LISTEN",
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:8080"
    )]
    listen: String,

    /// Connect over TLS, if set. The file is not read, because the certificate of a server on this
    /// machine is not verified
    #[arg(long, env = "CONVERSATIONS_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,

    /// Timeout in seconds
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 3,
        value_parser = clap::value_parser!(u64).range(1..=300)
    )]
    timeout: u64,
}

/// Ends well when the server is ready.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { listen, tls_cert, timeout } = arguments;
    let end = Instant::now() + Duration::from_secs(*timeout);
    let answer = if let Some(path) = unix_socket::path_in(listen) {
        ask_in_file(path, end)
    } else {
        let addresses = listen.to_socket_addrs().with_context(|| {
            format!("--listen {listen} is not an address such as 127.0.0.1:8080")
        })?;
        ask_each(addresses.map(reachable), tls_cert.is_some(), end)
    };
    match answer.as_deref().map(status) {
        Ok(Some(200)) => {
            say("ready\n")?;
            return Ok(ExitCode::SUCCESS);
        }
        Ok(Some(status)) => eprintln!("conversations: {listen} is not ready: status {status}"),
        Ok(None) => {
            eprintln!("conversations: {listen} does not answer like a Conversations server");
        }
        Err(error) => eprintln!("conversations: {listen} does not answer: {error}"),
    }
    Ok(ExitCode::from(1))
}

/// How a program on this machine reaches an address: one that means every interface is reached
/// through loopback.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Asks one address after the other until one answers.
fn ask_each(
    addresses: impl Iterator<Item = SocketAddr>,
    tls: bool,
    end: Instant,
) -> io::Result<Vec<u8>> {
    let mut answer = Err(io::Error::other("the name does not resolve to an address"));
    for address in addresses {
        answer = ask(address, tls, end);
        if answer.is_ok() {
            break;
        }
    }
    answer
}

/// Asks a server that listens on a socket in the file system.
fn ask_in_file(path: &Path, end: Instant) -> io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(path)?;
    stream.set_write_timeout(Some(left(end)?))?;
    stream.set_read_timeout(Some(left(end)?))?;
    exchange(&mut stream, "localhost", end)
}

/// Asks for a sign of life, and reads what comes until the server closes or the head is whole.
fn ask(address: SocketAddr, tls: bool, end: Instant) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, left(end)?)?;
    stream.set_write_timeout(Some(left(end)?))?;
    stream.set_read_timeout(Some(left(end)?))?;
    if tls {
        let mut connection = insecure_tls::connection(address.ip())?;
        exchange(&mut rustls::Stream::new(&mut connection, &mut stream), &address.to_string(), end)
    } else {
        exchange(&mut stream, &address.to_string(), end)
    }
}

fn exchange(stream: &mut (impl Read + Write), host: &str, end: Instant) -> io::Result<Vec<u8>> {
    let request =
        format!("GET /health/ready HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    let mut part = [0; 1024];
    while answer.len() as u64 <= MOST && status(&answer).is_none() {
        left(end)?;
        match stream.read(&mut part)? {
            0 => break,
            read => answer.extend_from_slice(&part[..read]),
        }
    }
    Ok(answer)
}

/// The time until then.
fn left(end: Instant) -> io::Result<Duration> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

/// The status in the first line of an answer, once that has come whole.
fn status(answer: &[u8]) -> Option<u16> {
    let end = answer.windows(2).position(|two| two == b"\r\n")?;
    let line = std::str::from_utf8(&answer[..end]).ok()?;
    let rest = line.strip_prefix("HTTP/1.1 ")?;
    rest.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_status_is_read_once_its_line_is_whole() {
        assert_eq!(status(b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n"), Some(200));
        assert_eq!(status(b"HTTP/1.1 503 Service Unavailable\r\n"), Some(503));
        for other in [b"HTTP/1.1 200 OK".as_slice(), b"", b"SSH-2.0-OpenSSH\r\n", b"\xff\r\n"] {
            assert_eq!(status(other), None, "{other:?}");
        }
    }

    #[test]
    fn waits_briefly_for_a_server_that_accepts_and_says_nothing() {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = silent.local_addr().expect("an address");
        let begun = Instant::now();

        let answer = ask(address, false, begun + Duration::from_millis(200));

        assert!(answer.is_err(), "{answer:?}");
        assert!(begun.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn every_interface_is_reached_through_loopback() {
        let reached = |text: &str| text.parse().map(|address| reachable(address).to_string());

        assert_eq!(reached("0.0.0.0:80"), Ok("127.0.0.1:80".to_owned()));
        assert_eq!(reached("[::]:8080"), Ok("[::1]:8080".to_owned()));
        assert_eq!(reached("192.0.2.1:8080"), Ok("192.0.2.1:8080".to_owned()));
    }
}
