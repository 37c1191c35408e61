//! How much a story does, from which seed, and whose turn it is.

use std::io::Write;
use std::time::{Instant, SystemTime};

use conversations_testkit::Random;
use tokio::sync::{Mutex, MutexGuard};

/// A story that runs: the others wait, because each measures how long answers take.
pub(crate) struct Story {
    pub(crate) random: Random,
    name: String,
    began: Instant,
    _turn: MutexGuard<'static, ()>,
}

/// Waits for this story's turn, and prints the seed that repeats it.
pub(crate) async fn story(name: &str) -> Story {
    static TURN: Mutex<()> = Mutex::const_new(());
    let turn = TURN.lock().await;
    let seed = variable("CONVERSATIONS_FAULTS_SEED").map_or_else(
        || SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| u64::from(since.subsec_nanos())),
        |seed| seed.parse().expect("CONVERSATIONS_FAULTS_SEED is a number"),
    );
    println!("{name}: CONVERSATIONS_FAULTS_SEED={seed}");
    let (random, name) = (Random::new(seed), name.to_owned());
    Story { random, name, began: Instant::now(), _turn: turn }
}

impl Drop for Story {
    fn drop(&mut self) {
        println!("{}: took {:?}", self.name, self.began.elapsed());
    }
}

/// The first of these in `make test`, the second in `make test-faults`.
pub(crate) fn sized<T>(short: T, full: T) -> T {
    if variable("CONVERSATIONS_FAULTS").is_some_and(|size| size == "full") { full } else { short }
}

/// Says, even where the output of tests is kept back, that a story was not run on this machine.
pub(crate) fn not_run(name: &str, why: &str) {
    let _nobody_listens = writeln!(std::io::stderr(), "NOT RUN: {name}: {why}");
}

/// What a variable of the environment says.
pub(crate) fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
    std::env::var(name).ok()
}
