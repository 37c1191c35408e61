//! The sockets that the server listens on. They are opened here, and not by the framework, because
//! the framework can stop accepting, but not refuse: clients that connect then would wait for nothing.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, ToSocketAddrs};
use std::os::unix::net::UnixListener;
#[cfg(target_os = "linux")]
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};

use crate::unix_socket::{self, UnixSocket};

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;

/// How long a peer may leave what was sent unacknowledged, or take nothing of it.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);

/// Sockets that listen: those of addresses of the network, or one in the file system.
pub(crate) struct Listeners {
    network: Vec<TcpListener>,
    file: Option<UnixSocket>,
}

impl Listeners {
    /// Listens on every address that `host:port` stands for; one is enough. `unix:` and a path is a
    /// socket in the file system.
    pub(crate) fn open(address: &str) -> io::Result<Self> {
        if let Some(path) = unix_socket::path_in(address) {
            return Ok(Self { network: Vec::new(), file: Some(UnixSocket::open(path)?) });
        }
        let mut refused =
            io::Error::new(io::ErrorKind::InvalidInput, "the name does not resolve to an address");
        let mut listeners = Vec::new();
        for address in address.to_socket_addrs()? {
            match listen(address) {
                Ok(listener) => listeners.push(listener),
                Err(error) => refused = error,
            }
        }
        if listeners.is_empty() {
            Err(refused)
        } else {
            Ok(Self { network: listeners, file: None })
        }
    }

    /// The same network sockets for another owner.
    pub(crate) fn shared(&self) -> io::Result<Vec<TcpListener>> {
        self.network.iter().map(TcpListener::try_clone).collect()
    }

    /// The same Unix socket for another owner.
    pub(crate) fn shared_file(&self) -> io::Result<Option<UnixListener>> {
        self.file.as_ref().map(UnixSocket::shared).transpose()
    }

    /// The addresses of the network.
    pub(crate) fn addresses(&self) -> io::Result<Vec<SocketAddr>> {
        self.network.iter().map(TcpListener::local_addr).collect()
    }

    /// Refuses connections from now on, for all that share the sockets. Accepted ones go on.
    pub(crate) fn close(self) {
        let Self { network, file } = self;
        if let Some(file) = file {
            file.close();
        }
        for listener in network {
            // Where a system cannot, connections wait until the process has ended.
            let _refusing = SockRef::from(&listener).shutdown(Shutdown::Both);
        }
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // On Windows it would allow another process to take the address too.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    // Connections that are accepted inherit it. It ends those whose peer acknowledges nothing, or has
    // no room, for that long, also when all of a reply is with the system already.
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpStream;

    #[test]
    fn open_connections_stay_and_new_ones_are_refused() {
        let listeners = Listeners::open("127.0.0.1:0").expect("a socket");
        let shared = listeners.shared().expect("the same socket").remove(0);
        let address = shared.local_addr().expect("an address");
        let inside = TcpStream::connect(address).expect("a connection");
        let (accepted, _) = shared.accept().expect("the connection");

        listeners.close();

        let outside = TcpStream::connect(address).expect_err("no process listens");
        assert_eq!(outside.kind(), io::ErrorKind::ConnectionRefused);
        assert_eq!(inside.peer_addr().ok(), accepted.local_addr().ok());
    }

    #[test]
    fn an_address_that_is_taken_is_an_error() {
        let first = Listeners::open("127.0.0.1:0").expect("a socket");
        let address = first.network[0].local_addr().expect("an address").to_string();

        let second = Listeners::open(&address).err().map(|error| error.kind());

        assert_eq!(second, Some(io::ErrorKind::AddrInUse));
    }
}
