//! A socket in the file system, for a proxy on this machine. The permissions of its file decide who
//! may connect.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use socket2::SockRef;

/// What the address of such a socket begins with.
const SCHEME: &str = "unix:";

/// Who may connect: its owner, and its group.
const MODE: u32 = 0o660;

/// The path in an address, if it is that of a socket in the file system.
pub(crate) fn path_in(address: &str) -> Option<&Path> {
    address.strip_prefix(SCHEME).filter(|path| !path.is_empty()).map(Path::new)
}

/// A socket that listens, and its file.
pub(crate) struct UnixSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl UnixSocket {
    /// Listens on this path. A file that a server left behind is replaced, one that is in use is not.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let is_left_behind = fs::symlink_metadata(path).is_ok_and(|file| {
            file.file_type().is_socket()
                && UnixStream::connect(path).is_err_and(|error| refused(&error))
        });
        if is_left_behind {
            fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, Permissions::from_mode(MODE))?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Another handle of the same socket.
    pub(crate) fn shared(&self) -> io::Result<UnixListener> {
        self.listener.try_clone()
    }

    /// Refuses connections from now on. Those that were accepted go on.
    pub(crate) fn close(self) {
        let Self { listener, path } = self;
        let _refusing = SockRef::from(&listener).shutdown(std::net::Shutdown::Both);
        // What cannot be removed is replaced by the next server.
        let _gone = fs::remove_file(path);
    }
}

/// Whether no process listens there.
fn refused(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::ConnectionRefused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_the_file_system_are_told_from_those_of_the_network() {
        assert_eq!(path_in("unix:/run/a.sock"), Some(Path::new("/run/a.sock")));
        for other in ["unix:", "127.0.0.1:8080", "/run/a.sock"] {
            assert_eq!(path_in(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_left_behind_is_replaced_and_what_is_in_use_is_not() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.sock");
        drop(UnixSocket::open(&path).expect("a socket").listener);
        assert!(path.exists(), "as after a crash");

        let second = UnixSocket::open(&path).expect("a socket that replaces it");

        let taken = UnixSocket::open(&path).err().map(|error| error.kind());
        assert_eq!(taken, Some(io::ErrorKind::AddrInUse));
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, MODE);
        second.close();
        assert!(!path.exists());
        fs::write(&path, "not a socket").expect("a file");
        assert!(UnixSocket::open(&path).is_err());
        assert!(path.exists(), "it belongs to another process");
    }
}
