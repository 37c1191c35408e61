//! Callers that send one request after the other, whatever they are told.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::attacks::Attack;
use crate::attacks::outcome::Answers;
use crate::attacks::stage::Stage;
use crate::attacks::wire::Request;

/// How soon a caller that was refused comes again: sooner than it was told.
const AGAIN: Duration = Duration::from_millis(100);

/// There may be a thousand of them.
const STACK: usize = 256 * 1024;

/// Callers that do not stop calling.
pub(crate) struct Senders {
    /// How many at once.
    pub(crate) callers: usize,
    /// What they ask for, in turns. Each list is that of an attacker with an address of its own, of
    /// whom each caller is one.
    pub(crate) requests: Vec<Vec<Request>>,
    /// What no answer may hold.
    pub(crate) secret: Option<&'static str>,
}

impl Senders {
    /// Callers of one attacker.
    pub(crate) fn new(callers: usize, requests: Vec<Request>) -> Self {
        Self { callers, requests: vec![requests], secret: None }
    }

    fn call(&self, number: usize, stage: &Stage, stop: &AtomicBool) -> Answers {
        let who = number % self.requests.len();
        let mut caller = stage.endpoint(who).caller();
        let mut answers = Answers::default();
        for request in self.requests[who].iter().cycle().skip(number) {
            if stop.load(Ordering::SeqCst) {
                break;
            }
            let reply = caller.ask(request);
            answers.note(&reply);
            let Ok(reply) = reply else { continue };
            let body = String::from_utf8_lossy(&reply.body);
            if self.secret.is_some_and(|secret| body.contains(secret)) {
                answers.broken("an attacker was shown what it may not read");
            }
            if reply.status >= 400 {
                thread::sleep(AGAIN);
            }
        }
        answers
    }
}

impl Attack for Senders {
    fn go(&self, stage: &Stage, stop: &AtomicBool) -> Answers {
        let mut all = Answers::default();
        thread::scope(|scope| {
            let callers = (0..self.callers).map(|number| {
                let thread = thread::Builder::new().stack_size(STACK);
                let calls = move || self.call(number, stage, stop);
                thread.spawn_scoped(scope, calls).expect("a thread")
            });
            for caller in callers.collect::<Vec<_>>() {
                all.add(caller.join().expect("a caller"));
            }
        });
        all
    }
}
