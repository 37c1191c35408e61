//! Connections that take up room and do nothing.

use std::io::{Error, ErrorKind, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::attacks::outcome::Answers;
use crate::attacks::stage::Stage;
use crate::attacks::wire::{Reply, Request};
use crate::attacks::{Attack, IN_TIME};

/// How often it is looked whether connections were ended.
const TICK: Duration = Duration::from_millis(50);

/// How many files of the server others may have opened meanwhile.
const OTHERS: usize = 20;

/// Connections that stall.
#[derive(Default)]
pub(crate) struct Sockets {
    pub(crate) count: usize,
    /// How many are opened a second, at most.
    pub(crate) per_second: usize,
    /// What is answered on each before it begins to stall.
    pub(crate) before: Option<Request>,
    /// What is sent then, in turns; each is that of an attacker with an address of its own.
    pub(crate) sends: Vec<Vec<u8>>,
    /// How many bytes each takes at most. What comes is not read then.
    pub(crate) receives: Option<usize>,
    /// When the server has to have ended all of them.
    pub(crate) ended_within: Option<Duration>,
}

impl Sockets {
    fn open(&self, number: usize, stage: &Stage) -> Result<TcpStream, Error> {
        let who = number % self.sends.len().max(1);
        let mut stream = stage.endpoint(who).socket(self.receives)?;
        if let Some(before) = &self.before {
            stream.write_all(&before.bytes())?;
            let _answered = Reply::read(&mut stream)?;
        }
        if let Some(bytes) = self.sends.get(who) {
            stream.write_all(bytes)?;
        }
        Ok(stream)
    }

    /// What an ended connection was told at last, if it was ended.
    fn told(stream: &mut TcpStream) -> Option<Result<Reply, Error>> {
        let waiting = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut [0]));
        match waiting {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
            Ok(1) => {}
            _ => return Some(Err(ErrorKind::UnexpectedEof.into())),
        }
        let blocks = stream.set_nonblocking(false);
        Some(
            blocks
                .and_then(|()| stream.set_read_timeout(Some(IN_TIME)))
                .and_then(|()| Reply::read(stream)),
        )
    }

    /// Whether what comes is a refusal, which leaves a connection idle, and not stalled.
    fn is_refused(stream: &TcpStream) -> bool {
        let mut status = [0; 10];
        let peeked = stream.set_nonblocking(true).and_then(|()| stream.peek(&mut status));
        peeked.is_ok_and(|length| length == status.len() && status[9] >= b'4')
    }

    /// Whether the server has ended them, which it may do before all are opened.
    fn are_ended(stage: &Stage, files: usize) -> bool {
        stage.server.open_files() <= files + OTHERS
    }
}

impl Attack for Sockets {
    fn go(&self, stage: &Stage, stop: &AtomicBool) -> Answers {
        let mut answers = Answers::default();
        let files = stage.server.open_files();
        let mut open: Vec<TcpStream> = Vec::new();
        let per_tick = (self.per_second / 20).max(1);
        let (mut opened, mut last) = (0, Instant::now());
        // Connections that the server has to end are not opened again.
        let renewed = self.ended_within.is_none();
        while !stop.load(Ordering::SeqCst) || (opened < self.count && !renewed) {
            if self.receives.is_none() {
                open.retain_mut(|stream| match Self::told(stream) {
                    None => true,
                    Some(Ok(reply)) => {
                        answers.note(&Ok(reply));
                        false
                    }
                    Some(Err(_)) => {
                        answers.count("ended", 1);
                        false
                    }
                });
            }
            if self.receives.is_some() {
                let before = open.len();
                open.retain(|stream| !Self::is_refused(stream));
                answers.count("refused", before - open.len());
            }
            let missing = self.count - if renewed { open.len() } else { opened };
            for _ in 0..missing.min(per_tick) {
                match self.open(opened, stage) {
                    Ok(stream) => open.push(stream),
                    Err(_) => answers.count("ended", 1),
                }
                (opened, last) = (opened + 1, Instant::now());
            }
            thread::sleep(TICK);
        }
        answers.count("opened", opened);
        if let Some(within) = self.ended_within {
            while !Self::are_ended(stage, files) && last.elapsed() < within {
                thread::sleep(TICK);
            }
            let left = stage.server.open_files().saturating_sub(files);
            if left > OTHERS {
                answers.broken(format!("{left} connections are still open after {within:?}"));
            }
        }
        answers
    }
}
