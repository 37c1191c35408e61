//! What is much is deleted: it is hidden immediately, and others write meanwhile.

use std::io::{self, BufRead, BufReader};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use conversations_testkit::{Engine, Random};
use serde_json::{Value, json};

use crate::attacks::outcome::{Answers, Bounds, ms, tolerated};
use crate::attacks::stage::{Attacker, EVIL, Stage};
use crate::attacks::wire::{Reply, Request};
use crate::attacks::{Attack, Case, PATIENCE, Plan, tell};
use crate::serial_stories::sized;

pub(super) const CASE: Case = Case {
    name: "a_long_deletion_delays_nobody",
    short: &[Engine::Sqlite],
    over_tls: false,
    prepare,
};

/// How many callers bring in what is deleted.
const WRITERS: usize = 16;

/// How often it is looked whether something can still be seen.
const TICK: Duration = Duration::from_millis(10);

/// How much longer than alone a write may take.
const WRITE_DELAY: Duration = Duration::from_millis(200);

/// What an attack is called, and how what it deletes is brought in.
type Named = (&'static str, fn(&Stage) -> Deletion);

/// A deletion, once.
struct Deletion {
    how: How,
    /// What is hidden afterwards.
    seen_at: Request,
}

enum How {
    /// Asked for by a caller.
    Request(Request),
    /// Asked for by the operator, of this workspace.
    Workspace(&'static str),
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_deletion_delays_nobody() {
    tell(&CASE).await;
}

fn prepare(stage: &Stage) -> Vec<Plan> {
    let bounds = Bounds { write_delay: Some(sized(tolerated(), WRITE_DELAY)), memory: None };
    let all: [Named; 4] = [
        ("a long conversation is deleted", conversation),
        ("a customer with many conversations is erased", customer),
        ("a user with many conversations is deleted", user),
        ("a workspace is deleted", workspace),
    ];
    let some = &all[..sized(2, all.len())];
    some.iter().map(|(name, make)| Plan::new(name, make(stage)).bounded(bounds)).collect()
}

/// A conversation of many messages, each of many different words.
fn conversation(stage: &Stage) -> Deletion {
    let (messages, words) = sized((240, 1_000), (37_000, 150));
    let mut attacker = stage.attacker(EVIL);
    let body = json!({ "subject": "Without end", "inboxId": attacker.inbox });
    let conversation = attacker.make("/api/v1/conversations", &body);
    let path = format!("/api/v1/conversations/{conversation}");
    let into = format!("{path}/messages");
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (into, key) = (&into, &attacker.key);
            scope.spawn(move || {
                let mut random = Random::new(writer as u64);
                let mut caller = stage.endpoint(writer).caller();
                for _ in 0..messages / WRITERS {
                    caller.data(&Request::post(key, into, &message(&mut random, words)));
                }
            });
        }
    });
    let seen_at = Request::get(&attacker.key, &path);
    Deletion { how: How::Request(Request::delete(&attacker.key, &path)), seen_at }
}

fn message(random: &mut Random, words: usize) -> Value {
    let words: Vec<_> = (0..words).map(|_| format!("{:x}", random.below(1 << 20))).collect();
    json!({ "body": words.join(" "), "author": { "type": "system" } })
}

/// A customer of all conversations of a workspace.
fn customer(stage: &Stage) -> Deletion {
    let mut attacker = someone_with_all(stage, "owned", "customers");
    let customer = attacker.first("/api/v1/customers");
    let path = format!("/api/v1/customers/{customer}");
    let delete = Request::delete(&attacker.key, &format!("{path}?erase=true"));
    Deletion { how: How::Request(delete), seen_at: Request::get(&attacker.key, &path) }
}

/// The only user with conversations in a workspace.
fn user(stage: &Stage) -> Deletion {
    let mut attacker = someone_with_all(stage, "assigned", "users");
    let user = attacker.first("/api/v1/users");
    let path = format!("/api/v1/users/{user}");
    let delete = Request::delete(&attacker.key, &path);
    Deletion { how: How::Request(delete), seen_at: Request::get(&attacker.key, &path) }
}

fn workspace(stage: &Stage) -> Deletion {
    let attacker = someone_with_all(stage, "closed", "users");
    let seen_at = Request::get(&attacker.key, "/api/v1/conversations?limit=1");
    Deletion { how: How::Workspace("closed"), seen_at }
}

fn someone_with_all(stage: &Stage, workspace: &str, who: &str) -> Attacker {
    let conversations = sized(1_500, 40_000);
    stage.seed(workspace, &[("conversations", conversations), (who, 1), ("messages-per", 3)]);
    stage.attacker(workspace)
}

impl Attack for Deletion {
    fn go(&self, stage: &Stage, stop: &AtomicBool) -> Answers {
        let mut answers = Answers::default();
        let began = Instant::now();
        thread::scope(|scope| {
            let (says_gone, gone) = mpsc::channel();
            let deleting = scope.spawn(move || self.delete(stage, &says_gone));
            // Another process has up to a second until it forgets a key: the operator is told when
            // it has.
            let told = if matches!(self.how, How::Workspace(_)) {
                gone.recv_timeout(PATIENCE).unwrap_or(began)
            } else {
                began
            };
            match self.unseen_after(stage, told) {
                Some(after) if after <= tolerated() => {}
                Some(after) => answers.broken(format!("can still be seen for {}", ms(after))),
                None => answers.broken("can still be seen"),
            }
            answers.note(&deleting.join().expect("a deletion"));
        });
        answers.count(&format!("answered after {}", ms(began.elapsed())), 1);
        // What is deleted in steps goes on meanwhile.
        while !stop.load(Ordering::SeqCst) {
            thread::sleep(TICK);
        }
        answers
    }
}

impl Deletion {
    /// Deletes it; sends the moment at which the command line says that it is no longer accessible.
    fn delete(&self, stage: &Stage, says_gone: &mpsc::Sender<Instant>) -> io::Result<Reply> {
        match &self.how {
            How::Request(request) => stage.endpoint(0).caller().ask(request),
            How::Workspace(name) => {
                let mut delete = stage.server.command(&["workspaces", "delete", name, "--yes"]);
                let mut delete = delete.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
                for line in BufReader::new(delete.stdout.take().expect("its output")).lines() {
                    if line?.starts_with("The workspace") {
                        let _ = says_gone.send(Instant::now());
                    }
                }
                Ok(Reply::made_up(if delete.wait()?.success() { 200 } else { 500 }))
            }
        }
    }

    /// When it was no longer visible.
    fn unseen_after(&self, stage: &Stage, began: Instant) -> Option<Duration> {
        let mut caller = stage.endpoint(1).caller();
        while began.elapsed() < PATIENCE {
            if matches!(caller.ask(&self.seen_at), Ok(Reply { status: 401 | 404, .. })) {
                return Some(began.elapsed());
            }
            thread::sleep(TICK);
        }
        None
    }
}
