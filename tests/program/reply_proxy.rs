//! Who stands between a program and the server, and does what goes wrong in between.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Output};
use std::time::Duration;

/// What becomes of a reply.
#[derive(PartialEq, Eq)]
pub(crate) enum ReplyFate {
    /// It arrives.
    Arrives,
    /// It gets lost after the request was done.
    IsLost,
}

/// A place to which requests to a server can be sent instead.
pub(crate) struct ReplyProxy {
    listener: TcpListener,
    server: String,
}

impl ReplyProxy {
    /// One in front of the server at `host:port`.
    pub(crate) fn new(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a listener that does not wait");
        Self { listener, server: server.to_owned() }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.listener.local_addr().expect("an address"))
    }

    /// Passes requests on, one after the other, until the program ends. `meddle` is told the method and
    /// the target of each before it is passed on. Answers how the program ended, and the statuses of all replies.
    pub(crate) fn watch(
        &self,
        mut program: Child,
        mut meddle: impl FnMut(&str) -> ReplyFate,
    ) -> (Output, Vec<u16>) {
        let mut statuses = Vec::new();
        while program.try_wait().expect("a child").is_none() {
            match self.listener.accept() {
                Ok((stream, _)) => statuses.extend(self.pass(stream, &mut meddle)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err(error) => panic!("{error}"),
            }
        }
        (program.wait_with_output().expect("the output"), statuses)
    }

    /// Passes one request on, and answers the status of its reply. The connection ends with it.
    fn pass(
        &self,
        mut client: TcpStream,
        meddle: &mut impl FnMut(&str) -> ReplyFate,
    ) -> Option<u16> {
        client.set_nonblocking(false).expect("a connection that waits");
        let (line, request) = read_request(&client)?;
        let fate = meddle(&line);

        let mut server = TcpStream::connect(&self.server).expect("the server");
        server.write_all(&request).expect("the request is sent");
        let mut reply = Vec::new();
        server.read_to_end(&mut reply).expect("a reply");
        let head = String::from_utf8_lossy(&reply);
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        if fate == ReplyFate::Arrives {
            client.write_all(&reply).expect("the reply is passed on");
        }
        status
    }
}

/// The method and the target of a request, and all of it; none if the client went away.
fn read_request(client: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(client);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        if line == "\r\n" {
            head.push_str("Connection: close\r\n\r\n");
            break;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut request = head.clone().into_bytes();
    let head_length = request.len();
    request.resize(head_length + length, 0);
    reader.read_exact(&mut request[head_length..]).ok()?;
    let line = head.split(" HTTP/").next().unwrap_or_default().to_owned();
    Some((line, request))
}
