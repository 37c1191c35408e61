//! Connections whose every byte a story decides, in a thread of its own: what is measured is the
//! server, and not a client that shares its work with attackers.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// How long a caller waits for the next bytes of a reply: long enough for what is erased.
const PATIENCE: Duration = Duration::from_secs(60);

/// What lies between a head and its body that are sent apart, as many clients do.
const BETWEEN_HEAD_AND_BODY: Duration = Duration::from_millis(5);

/// Where a server listens, and from which address it is called.
#[derive(Clone)]
pub(crate) struct Endpoint {
    server: SocketAddr,
    source: Ipv4Addr,
    tls: Option<Arc<ClientConfig>>,
}

/// A caller with one connection, which is opened again when the server has closed it.
pub(crate) struct Caller {
    endpoint: Endpoint,
    connection: Option<Box<dyn Connection>>,
}

/// A request, ready to be sent.
#[derive(Clone)]
pub(crate) struct Request {
    head: String,
    body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: bool,
    /// As it was sent: of a body in chunks the lines between them are a part.
    pub(crate) body: Vec<u8>,
    closes: bool,
}

trait Connection: Read + Write + Send {}

impl<T: Read + Write + Send> Connection for T {}

impl Endpoint {
    /// A server of plain HTTP.
    pub(crate) fn plain(listen: &str) -> Self {
        let server = listen.parse().expect("an address and a port");
        Self { server, source: Ipv4Addr::LOCALHOST, tls: None }
    }

    /// The same over TLS.
    pub(crate) fn over_tls(self, config: ClientConfig) -> Self {
        Self { tls: Some(Arc::new(config)), ..self }
    }

    /// The same, called from another address of this machine.
    pub(crate) fn called_from(&self, number: u8) -> Self {
        Self { source: Ipv4Addr::new(127, 0, 0, number), ..self.clone() }
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller { endpoint: self.clone(), connection: None }
    }

    /// A TCP connection, which buffers this many bytes before they are read.
    pub(crate) fn socket(&self, receives: Option<usize>) -> Result<TcpStream> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        if let Some(bytes) = receives {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.bind(&SocketAddr::new(IpAddr::V4(self.source), 0).into())?;
        socket.connect_timeout(&self.server.into(), PATIENCE)?;
        socket.set_tcp_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(socket.into())
    }

    fn connect(&self) -> Result<Box<dyn Connection>> {
        let socket = self.socket(None)?;
        let Some(config) = &self.tls else { return Ok(Box::new(socket)) };
        let name = ServerName::try_from("localhost").map_err(Error::other)?;
        let session = ClientConnection::new(Arc::clone(config), name).map_err(Error::other)?;
        Ok(Box::new(StreamOwned::new(session, socket)))
    }
}

impl Request {
    pub(crate) fn get(key: &str, path: &str) -> Self {
        Self::new("GET", key, path, Vec::new())
    }

    pub(crate) fn delete(key: &str, path: &str) -> Self {
        Self::new("DELETE", key, path, Vec::new())
    }

    pub(crate) fn post(key: &str, path: &str, body: &Value) -> Self {
        Self::new("POST", key, path, body.to_string().into_bytes())
    }

    fn new(method: &str, key: &str, path: &str, body: Vec<u8>) -> Self {
        let length = match body.len() {
            0 => String::new(),
            length => format!("Content-Type: application/json\r\nContent-Length: {length}\r\n"),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {key}\r\n{length}\r\n"
        );
        Self { head, body }
    }

    /// All its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), &self.body].concat()
    }
}

impl Caller {
    /// Sends a request once, or a second time when a connection that lay unused was closed meanwhile.
    pub(crate) fn ask(&mut self, request: &Request) -> Result<Reply> {
        if let Some(connection) = self.connection.take()
            && let Ok(reply) = self.exchange(connection, request)
        {
            return Ok(reply);
        }
        let fresh = self.endpoint.connect()?;
        self.exchange(fresh, request)
    }

    /// Sends a request on a connection of its own.
    pub(crate) fn ask_anew(&mut self, request: &Request) -> Result<Reply> {
        self.connection = None;
        self.ask(request)
    }

    /// The data of a request that must succeed.
    pub(crate) fn data(&mut self, request: &Request) -> Value {
        let reply = self.ask(request).expect("a reply");
        let body = String::from_utf8_lossy(&reply.body);
        assert!((200..300).contains(&reply.status), "{} {body}", reply.status);
        let body: Value = serde_json::from_str(&body).expect("a body in JSON");
        body["data"].clone()
    }

    fn exchange(
        &mut self,
        mut connection: Box<dyn Connection>,
        request: &Request,
    ) -> Result<Reply> {
        connection.write_all(request.head.as_bytes())?;
        if !request.body.is_empty() {
            connection.flush()?;
            std::thread::sleep(BETWEEN_HEAD_AND_BODY);
            connection.write_all(&request.body)?;
        }
        connection.flush()?;
        let reply = Reply::read(&mut connection)?;
        self.connection = (!reply.closes).then_some(connection);
        Ok(reply)
    }
}

impl Reply {
    /// What stands for the exit code of a program.
    pub(crate) fn made_up(status: u16) -> Self {
        Self { status, retry_after: false, body: Vec::new(), closes: true }
    }

    /// Reads a reply to the end of its body.
    pub(crate) fn read(from: &mut impl Read) -> Result<Self> {
        let mut bytes = Vec::new();
        let end = loop {
            let end = bytes.windows(4).position(|part| part == b"\r\n\r\n");
            match end {
                Some(end) => break end + 4,
                None => more(from, &mut bytes)?,
            }
        };
        let mut body = bytes.split_off(end);
        let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let header = |name: &str| {
            let mut lines = head.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
        };
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let status = status.ok_or(ErrorKind::InvalidData)?;
        let length: Option<usize> = header("content-length").and_then(|length| length.parse().ok());
        let in_chunks = header("transfer-encoding") == Some("chunked");
        // JSON has no line feed of its own at the end, so this is the last chunk and nothing else.
        let whole = |body: &[u8]| match length {
            Some(length) => body.len() >= length,
            None => !in_chunks || body.ends_with(b"\r\n0\r\n\r\n"),
        };
        while !whole(&body) {
            more(from, &mut body)?;
        }
        let closes = header("connection") == Some("close");
        Ok(Self { status, retry_after: header("retry-after").is_some(), body, closes })
    }
}

fn more(from: &mut impl Read, into: &mut Vec<u8>) -> Result<()> {
    let mut buffer = [0; 16 * 1024];
    match from.read(&mut buffer)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        read => {
            into.extend_from_slice(&buffer[..read]);
            Ok(())
        }
    }
}
