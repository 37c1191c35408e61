//! What an attack came to: what its callers were told, what the honest tenant met with meanwhile,
//! and which promises did not hold.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::time::Duration;

use conversations_testkit::Engine;

use crate::attacks::honest_tenant::{Measured, RequestKind};
use crate::attacks::wire::Reply;
use crate::serial_stories::sized;

/// What is asked of a release build on a machine of its own is 250 ms; a short story runs with a debug
/// build, beside whatever else the machine does.
pub(crate) fn tolerated() -> Duration {
    sized(Duration::from_millis(1_500), Duration::from_millis(250))
}

/// What an attacker was told.
#[derive(Default)]
pub(crate) struct Answers {
    counts: BTreeMap<String, usize>,
    broken: Vec<String>,
}

/// How an attack is bounded, beside what holds for all.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bounds {
    /// By how much the memory of the server may grow, in MiB.
    pub(crate) memory: Option<usize>,
    /// How much longer than alone any write of others may take.
    pub(crate) write_delay: Option<Duration>,
}

/// A line of the table.
pub(crate) struct AttackOutcome {
    pub(crate) story: String,
    pub(crate) engine: Engine,
    pub(crate) alone: Measured,
    pub(crate) attacked: Measured,
    pub(crate) answers: Answers,
    /// How long it took until all was calm again, if it became so.
    pub(crate) calm_after: Option<Duration>,
    pub(crate) memory: Memory,
}

/// How much memory the server held, in MiB.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) before: usize,
    pub(crate) most: usize,
    /// Some time after the attack, where that is bounded.
    pub(crate) after: Option<usize>,
}

/// How much more memory than before the server may hold a minute after an attack, in MiB.
pub(crate) const LEFT: usize = 64;

impl Answers {
    /// Counts an answer. An attacker as well has to be told what it can act on.
    pub(crate) fn note(&mut self, reply: &io::Result<Reply>) {
        let told = match reply {
            Ok(reply) => reply.status.to_string(),
            Err(_) => "none".to_owned(),
        };
        let clear = match reply {
            Ok(Reply { status: 200..=299 | 404 | 408 | 413 | 422, .. }) => true,
            Ok(Reply { status: 429 | 503, retry_after, .. }) => *retry_after,
            _ => false,
        };
        if !clear && !self.counts.contains_key(&told) {
            self.broken(format!("an attacker was told {told}"));
        }
        self.count(&told, 1);
    }

    pub(crate) fn count(&mut self, what: &str, times: usize) {
        *self.counts.entry(what.to_owned()).or_default() += times;
    }

    /// Notes a promise that did not hold.
    pub(crate) fn broken(&mut self, what: impl Into<String>) {
        self.broken.push(what.into());
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (what, times) in other.counts {
            self.count(&what, times);
        }
        self.broken.extend(other.broken);
        self.broken.sort();
        self.broken.dedup();
    }
}

impl AttackOutcome {
    /// Which promises did not hold.
    pub(crate) fn broken(&self, bounds: Bounds) -> Vec<String> {
        let mut broken = self.answers.broken.clone();
        let Self { alone, attacked, memory: Memory { before, most, after }, .. } = self;
        for kind in RequestKind::ALL {
            let bound = tolerated().max(3 * alone.percentile(kind, 99));
            let took = attacked.percentile(kind, 99);
            if took > bound {
                broken.push(format!("p99 of {kind:?} is {}, not {}", ms(took), ms(bound)));
            }
        }
        if attacked.refused() > 0 {
            broken.push(format!("{} of {} refused", attacked.refused(), attacked.count()));
        }
        if let Some(delay) = bounds.write_delay {
            let bound = delay + alone.longest(RequestKind::Post);
            let took = attacked.longest(RequestKind::Post);
            if took > bound {
                broken.push(format!("a write took {}, not {}", ms(took), ms(bound)));
            }
        }
        if after.is_some_and(|after| after > before + LEFT) {
            broken.push("memory does not go back".to_owned());
        }
        let grown = most.saturating_sub(*before);
        if bounds.memory.is_some_and(|bound| grown > bound) {
            broken.push(format!("memory grew by {grown} MiB"));
        }
        if self.calm_after.is_none_or(|after| after > Duration::from_secs(5)) {
            let after = self.calm_after.map_or_else(|| "not at all".to_owned(), ms);
            broken.push(format!("calm again: {after}"));
        }
        broken
    }

    /// The line, as Markdown has it.
    pub(crate) fn line(&self, bounds: Bounds) -> String {
        let Self { story, engine, alone, attacked, answers, memory, .. } = self;
        let Memory { before, most, after } = memory;
        let database = match engine {
            Engine::Sqlite => "SQLite",
            Engine::Postgres => "PostgreSQL",
        };
        let mut line = format!("| {story} | {database} |");
        let said = "writing to a String does not fail";
        for kind in RequestKind::ALL {
            let [p50, p99] = [50, 99].map(|percent| {
                let [alone, attacked] = [alone, attacked].map(|all| all.percentile(kind, percent));
                format!("{}→{}", number(alone), number(attacked))
            });
            write!(line, " {p50}, {p99} |").expect(said);
        }
        let [unavailable, late] = [503, 408].map(|status| attacked.told(status));
        let other = attacked.refused() - unavailable - late;
        write!(line, " {unavailable}/{late}/{other} of {} |", attacked.count()).expect(said);
        let told: Vec<_> =
            answers.counts.iter().map(|(what, times)| format!("{what}: {times}")).collect();
        let after = after.map(|after| format!("→{after}")).unwrap_or_default();
        write!(line, " {} | {before}→{most}{after} |", told.join(", ")).expect(said);
        let broken = self.broken(bounds);
        let verdict = if broken.is_empty() { "holds".to_owned() } else { broken.join("; ") };
        write!(line, " {verdict} |").expect(said);
        line
    }
}

/// What stands above the lines.
pub(crate) const HEAD: &str = "\
| story | database | GET: p50, p99 alone→attacked (ms) | list | POST | /health/live | 503/408/other | attacker was told | memory (MiB) | verdict |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |";

/// A time as people read it.
pub(crate) fn ms(time: Duration) -> String {
    format!("{} ms", number(time))
}

/// In milliseconds, as exact as it is of interest.
fn number(time: Duration) -> String {
    match time.as_micros() {
        micros @ ..10_000 => format!("{}.{}", micros / 1_000, micros % 1_000 / 100),
        micros => (micros / 1_000).to_string(),
    }
}
