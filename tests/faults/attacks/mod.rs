//! One caller cannot stop the others: an attacker that stays within its limits, beside an honest
//! tenant that measures how long its own requests take.
//!
//! Each [`Case`] is a story of its own. `make attack` runs all of them at full size for ten minutes,
//! and prints the table of docs/guarantees.md.

mod deletions;
mod handshakes;
mod honest_tenant;
mod large_texts;
mod many_clients;
mod outcome;
mod permissions;
mod quotas;
mod searches;
mod senders;
mod slow_readers;
mod sockets;
mod stage;
mod wire;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use conversations_testkit::{Engine, Random};

use crate::attacks::outcome::{Answers, AttackOutcome, Bounds, HEAD, LEFT, Memory, tolerated};
use crate::attacks::stage::Stage;
use crate::load::{DEADLINE, MARGIN};
use crate::serial_stories::{sized, story, variable};
use crate::server::Server;

/// How long the honest tenant may wait for calm, before and after an attack.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often the memory of the server is looked at.
const TICK: Duration = Duration::from_millis(50);

/// All stories, in the order of the table.
const CASES: [&Case; 11] = [
    &searches::CASE,
    &deletions::CASE,
    &slow_readers::CASE,
    &slow_readers::HALF_HEADS,
    &large_texts::CUSTOM_FIELDS,
    &large_texts::MESSAGES,
    &quotas::BODIES,
    &quotas::PLACES,
    &handshakes::CASE,
    &permissions::CASE,
    &many_clients::CASE,
];

/// How many attacks there are at full size, on two databases.
const ATTACKS: u32 = 2 * 16;

/// A story: what an attacker brings in, and what it does then.
pub(crate) struct Case {
    name: &'static str,
    /// Where the database makes no difference, the short form has one.
    short: &'static [Engine],
    over_tls: bool,
    prepare: fn(&Stage) -> Vec<Plan>,
}

/// One attack of a story.
pub(crate) struct Plan {
    name: &'static str,
    attack: Box<dyn Attack>,
    bounds: Bounds,
    /// How long it goes on, where that is not what all of them have.
    window: Option<Duration>,
}

/// What an attacker does.
pub(crate) trait Attack: Sync {
    /// Goes on until it is told to stop; what it was told.
    fn go(&self, stage: &Stage, stop: &AtomicBool) -> Answers;
}

impl Plan {
    /// An attack with no bounds but those of all.
    fn new(name: &'static str, attack: impl Attack + 'static) -> Self {
        Self { name, attack: Box::new(attack), bounds: Bounds::default(), window: None }
    }

    fn bounded(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }
}

/// Runs a story, and makes sure that all of its promises hold.
async fn tell(case: &'static Case) {
    let mut story = story(case.name).await;
    let window = sized(Duration::from_millis(1_500), Duration::from_secs(10));
    let mut broken = Vec::new();
    for &engine in sized(case.short, &Engine::ALL) {
        let random = Random::new(story.random.number());
        broken.extend(perform(case, engine, window, random).await.1);
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: make attack"]
async fn print_the_table_of_attacks() {
    let mut story = story("the_table_of_all_attacks").await;
    let seconds = variable("ATTACK_SECONDS").map_or(600, |text| text.parse().expect("a number"));
    // A third more is what the tenant is measured alone.
    let window = Duration::from_secs(seconds) * 3 / 4 / ATTACKS;
    let only = variable("ATTACK_ONLY").unwrap_or_default();
    let (mut lines, mut broken) = (vec![HEAD.to_owned()], 0);
    for case in CASES.iter().filter(|case| case.name.contains(&only)) {
        for engine in Engine::ALL {
            let random = Random::new(story.random.number());
            let (more, found) = perform(case, engine, window, random).await;
            lines.extend(more);
            broken += found.len();
        }
    }
    println!("\n{}\n", lines.join("\n"));
    let all = usize::try_from(ATTACKS).is_ok_and(|all| lines.len() == all + 1);
    assert!(all || !only.is_empty(), "the time is shared among another number of attacks");
    assert_eq!(broken, 0, "promises that did not hold");
}

/// Runs the attacks of a story on one database. Answers their lines, and the promises that did not
/// hold.
async fn perform(
    case: &'static Case,
    engine: Engine,
    window: Duration,
    mut random: Random,
) -> (Vec<String>, Vec<String>) {
    let all = move || {
        let stage = Stage::new(engine, case.over_tls, &mut random);
        let (mut lines, mut broken) = (Vec::new(), Vec::new());
        for plan in (case.prepare)(&stage) {
            let outcome = attack(&stage, &plan, plan.window.unwrap_or(window));
            let line = outcome.line(plan.bounds);
            println!("{line}");
            lines.push(line);
            let found = outcome.broken(plan.bounds);
            broken.extend(found.iter().map(|what| format!("{engine:?}, {}: {what}", plan.name)));
        }
        stage.server.assert_alive();
        (lines, broken)
    };
    tokio::task::spawn_blocking(all).await.unwrap_or_else(|_panic| {
        let what = format!("{}, {engine:?}: did not come to its end", case.name);
        (vec![format!("| {} | {engine:?} | | | | | | | | interrupted |", case.name)], vec![what])
    })
}

/// Measures the honest tenant alone, and then beside an attack.
fn attack(stage: &Stage, plan: &Plan, window: Duration) -> AttackOutcome {
    let Stage { honest, server, engine, .. } = stage;
    let _calm = honest.calm_within(PATIENCE, tolerated());
    let alone = honest.measure_for(window / 3);
    let before = server.memory() / 1024;
    let (stop, over) = (AtomicBool::new(false), AtomicBool::new(false));
    let most = AtomicUsize::new(before);
    let (answers, attacked) = thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                most.fetch_max(server.memory() / 1024, Ordering::SeqCst);
                thread::sleep(TICK);
            }
        });
        let measuring = scope.spawn(|| honest.measure_until(&over));
        let attacking = scope.spawn(|| plan.attack.go(stage, &stop));
        thread::sleep(window);
        stop.store(true, Ordering::SeqCst);
        let answers = attacking.join();
        over.store(true, Ordering::SeqCst);
        (answers.expect("an attack"), measuring.join().expect("an honest tenant"))
    });
    let calm_after = honest.calm_within(PATIENCE, tolerated());
    let bounded = plan.bounds.memory.is_some() && sized(false, true);
    let after = bounded.then(|| memory_after(server, before));
    let memory = Memory { before, most: most.into_inner(), after };
    let story = plan.name.to_owned();
    AttackOutcome { story, engine: *engine, alone, attacked, answers, calm_after, memory }
}

/// What the server holds when it holds little more than before, or after a minute, in MiB.
fn memory_after(server: &Server, before: usize) -> usize {
    let began = Instant::now();
    loop {
        let now = server.memory() / 1024;
        if now <= before + LEFT || began.elapsed() > PATIENCE {
            return now;
        }
        thread::sleep(TICK);
    }
}

/// How long something may take that the server ends after this many seconds.
fn ended_after(seconds: u64) -> Duration {
    Duration::from_secs(seconds) + 2 * MARGIN
}

/// How long an attacker waits for what it asked for.
const IN_TIME: Duration = DEADLINE.saturating_add(MARGIN);
