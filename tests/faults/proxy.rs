//! A proxy between server and database, which loses what it is told to lose.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use conversations_testkit::Random;

/// How soon who waits for bytes notices that the connection is to be reset.
const TICK: Duration = Duration::from_millis(20);

/// What the proxy does with what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Passes it on.
    Pass,
    /// Holds it until the mode changes: nothing passes.
    Hole,
    /// Resets every connection, and every new one.
    Reset,
    /// Passes it on, but drops the outcome of some commits.
    CutCommits,
    /// Passes it on, but the messages of errors in another language than English.
    Foreign,
}

/// A proxy that listens until this value is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    mode: Mutex<Mode>,
    cuts: AtomicUsize,
    random: Mutex<Random>,
    pairs: Mutex<Vec<Weak<Pair>>>,
    closed: AtomicBool,
}

/// Both ends of a connection. Its sockets are closed when both directions have let go of it.
struct Pair {
    client: TcpStream,
    server: TcpStream,
    /// The next thing that the server says is lost, and the connection with it.
    cut: AtomicBool,
    /// The connection is at its end.
    over: AtomicBool,
    /// Nothing that is sent on it arrives, and neither side is told.
    forgotten: AtomicBool,
    /// When something was said last.
    spoke: Mutex<Instant>,
}

impl Proxy {
    /// A proxy in front of this port of this machine.
    pub(crate) fn before(port: u16, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            mode: Mutex::new(Mode::Pass),
            cuts: AtomicUsize::new(0),
            random: Mutex::new(Random::new(seed)),
            pairs: Mutex::new(Vec::new()),
            closed: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || accepting.accept(&listener, port));
        Self { address, shared }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// From now on, for connections that are there as well.
    pub(crate) fn set(&self, mode: Mode) {
        *self.shared.mode.lock().unwrap_or_else(PoisonError::into_inner) = mode;
        if mode == Mode::Reset {
            for pair in self.shared.pairs.lock().expect("no panic").drain(..) {
                pair.upgrade().iter().for_each(|pair| pair.reset());
            }
        }
    }

    /// Forgets every connection on which nothing was said for so long, without a word, as routers do.
    /// Answers how many those are.
    pub(crate) fn forget_idle_for(&self, idle: Duration) -> usize {
        let pairs = self.shared.pairs.lock().expect("no panic");
        let pairs = pairs.iter().filter_map(Weak::upgrade);
        let idle = pairs.filter(|pair| pair.spoke.lock().expect("no panic").elapsed() >= idle);
        idle.map(|pair| pair.forgotten.store(true, Ordering::SeqCst)).count()
    }

    /// How many outcomes of commits were dropped.
    pub(crate) fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.set(Mode::Reset);
        // It notices the next connection.
        let _gone = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn mode(&self) -> Mode {
        *self.mode.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener, port: u16) {
        for client in listener.incoming() {
            if self.closed.load(Ordering::SeqCst) {
                return;
            }
            let Ok(client) = client else { continue };
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
            for stream in [&client, &server] {
                stream.set_nodelay(true).expect("a socket");
                stream.set_read_timeout(Some(TICK)).expect("a socket");
            }
            let (cut, over) = (AtomicBool::new(false), AtomicBool::new(false));
            let (forgotten, spoke) = (AtomicBool::new(false), Mutex::new(Instant::now()));
            let pair = Arc::new(Pair { client, server, cut, over, forgotten, spoke });
            if self.mode() == Mode::Reset {
                pair.reset();
                continue;
            }
            let mut pairs = self.pairs.lock().expect("no panic");
            pairs.retain(|pair| pair.strong_count() > 0);
            pairs.push(Arc::downgrade(&pair));
            let (shared, both) = (Arc::clone(self), Arc::clone(&pair));
            std::thread::spawn(move || shared.pump(&both, true));
            let shared = Arc::clone(self);
            std::thread::spawn(move || shared.pump(&pair, false));
        }
    }

    /// Passes on what one end says, until it has nothing more to say.
    fn pump(&self, pair: &Pair, from_client: bool) {
        let (mut from, mut to) =
            if from_client { (&pair.client, &pair.server) } else { (&pair.server, &pair.client) };
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = match from.read(&mut buffer) {
                _ if pair.over.load(Ordering::SeqCst) => return,
                Ok(read @ 1..) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
                Ok(_) | Err(_) => break,
            };
            while self.mode() == Mode::Hole {
                std::thread::sleep(TICK);
            }
            if pair.forgotten.load(Ordering::SeqCst) {
                continue;
            }
            *pair.spoke.lock().expect("no panic") = Instant::now();
            if !from_client && self.mode() == Mode::Foreign {
                garble(&mut buffer[..read]);
            }
            let said = &buffer[..read];
            if from_client && self.loses_reply_to(said) {
                pair.cut.store(true, Ordering::SeqCst);
            }
            if !from_client && pair.cut.load(Ordering::SeqCst) {
                self.cuts.fetch_add(1, Ordering::SeqCst);
                pair.reset();
                return;
            }
            if to.write_all(said).is_err() {
                break;
            }
        }
        let _gone = to.shutdown(Shutdown::Write);
    }

    /// Whether the reply to this is to be lost: to a message that says COMMIT and nothing else.
    fn loses_reply_to(&self, said: &[u8]) -> bool {
        const COMMIT: &[u8] = b"COMMIT\0";
        self.mode() == Mode::CutCommits
            && said.windows(COMMIT.len()).any(|part| part == COMMIT)
            && self.random.lock().expect("no panic").percent(50)
    }
}

/// Makes other words of the messages of errors, of the same length: what follows their code.
fn garble(said: &mut [u8]) {
    const BEFORE: &[u8] = b"\0VERROR\0C";
    const BETWEEN: usize = BEFORE.len() + b"57014\0M".len();
    let errors = said.windows(BEFORE.len()).enumerate().filter(|(_, part)| *part == BEFORE);
    let messages: Vec<_> = errors.map(|(at, _)| at + BETWEEN).collect();
    for start in messages {
        let message = said.iter_mut().skip(start).take_while(|byte| **byte != 0);
        message.filter(|byte| byte.is_ascii_alphabetic()).for_each(|byte| *byte = b'x');
    }
}

impl Pair {
    /// Ends the connection without a farewell.
    fn reset(&self) {
        for stream in [&self.client, &self.server] {
            let _gone = socket2::SockRef::from(stream).set_linger(Some(Duration::ZERO));
        }
        self.over.store(true, Ordering::SeqCst);
    }
}
