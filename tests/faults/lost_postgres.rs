//! PostgreSQL dies, freezes, is locked, loses its connections and vanishes from the network: who
//! calls gets answers or 503 in time, readiness tells it and tells when it is over, the server
//! goes on without a restart, and nothing that was acknowledged is lost.

use std::time::{Duration, Instant};

use conversations_testkit::Random;

use crate::client::{Call, Client};
use crate::load::{DEADLINE, Load, MARGIN, ObservedReplies};
use crate::postgres::{self, Postgres};
use crate::proxy::{Mode, Proxy};
use crate::serial_stories::{Story, not_run, sized, story};
use crate::server::{Server, eventually};

/// How soon readiness has to tell.
const TOLD_WITHIN: Duration = Duration::from_secs(2);

/// How long something lasts that callers wait for: long enough that a late answer is seen to be late.
fn lasting() -> Duration {
    DEADLINE + MARGIN + sized(Duration::from_millis(500), Duration::from_secs(10))
}

/// A server, its PostgreSQL, and a proxy between them.
struct Stage {
    story: Story,
    server: Server,
    proxy: Proxy,
    postgres: Postgres,
}

async fn stage(name: &str) -> Option<Stage> {
    let mut story = story(name).await;
    let postgres = match Postgres::start(&mut story.random) {
        Ok(postgres) => postgres,
        Err(why) => {
            not_run(name, &why);
            return None;
        }
    };
    let proxy = Proxy::before(postgres.port(), story.random.number());
    let server = Server::start(&postgres::url(proxy.port()), &mut story.random).await;
    Some(Stage { story, server, proxy, postgres })
}

async fn readiness(client: &Client) -> u16 {
    let answer = client.answer(&Call::get("/health/ready")).await;
    assert!(answer.took < TOLD_WITHIN + MARGIN, "late: {answer:?}");
    answer.status
}

impl Stage {
    /// Lets callers go on while something begins, lasts and ends.
    async fn survives<T>(
        mut self,
        lasting: Duration,
        tells: bool,
        begin: impl FnOnce(&Self) -> T,
        end: impl FnOnce(&Self, T),
    ) -> ObservedReplies {
        let client = self.server.client();
        let load = Load::start(&self.server, &mut self.story.random);
        tokio::time::sleep(Duration::from_millis(500)).await;

        let began = Instant::now();
        let state = begin(&self);
        if tells {
            let within = TOLD_WITHIN + MARGIN;
            eventually("readiness tells", within, async || readiness(&client).await == 503).await;
        }
        while began.elapsed() < lasting {
            let live = client.answer(&Call::get("/health/live")).await;
            assert!(live.status == 200 && live.took < MARGIN, "{live:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        end(&self, state);

        let ended = Instant::now();
        let within = TOLD_WITHIN + MARGIN;
        eventually("readiness is back", within, async || readiness(&client).await == 200).await;
        // Requests that have waited since before the end may still get a 503.
        let settled = ended + within;
        tokio::time::sleep_until((settled + Duration::from_millis(500)).into()).await;
        let seen = load.stop().await;
        self.server.assert_alive();
        let (unavailable, made) = (seen.count(503, began), seen.count(201, began));
        println!("503: {unavailable}, 201: {made} since it began");
        seen.assert_only_success_since(settled);
        seen.assert_kept(&client).await;
        seen
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_killed_and_comes_back() {
    let Some(stage) = stage("postgres_is_killed").await else { return };
    let began = Instant::now();

    let seen = stage
        .survives(
            sized(Duration::from_secs(2), Duration::from_secs(10)),
            true,
            |stage| stage.postgres.kill(),
            |stage, ()| stage.postgres.restart(),
        )
        .await;

    assert!(seen.count(503, began) > 0, "no request failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_freezes_and_goes_on() {
    let Some(stage) = stage("postgres_freezes").await else { return };
    let began = Instant::now();

    let seen = stage
        .survives(
            lasting(),
            true,
            |stage| stage.postgres.freeze(),
            |stage, ()| stage.postgres.thaw(),
        )
        .await;

    assert!(seen.count(503, began) > 0, "no request failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_vanishes_from_the_network_and_is_found_again() {
    let Some(stage) = stage("postgres_vanishes").await else { return };
    let began = Instant::now();

    let seen = stage
        .survives(
            lasting(),
            true,
            |stage| stage.proxy.set(Mode::Hole),
            |stage, ()| stage.proxy.set(Mode::Pass),
        )
        .await;

    assert!(seen.count(503, began) > 0, "no request failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_locked_by_somebody_else() {
    let Some(stage) = stage("a_table_is_locked").await else { return };
    let began = Instant::now();

    let seen = stage
        .survives(
            lasting(),
            false,
            |stage| stage.postgres.hold("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE"),
            |stage, session| session.end(&stage.postgres),
        )
        .await;

    assert!(seen.count(503, began) > 0, "no request failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_cut_again_and_again() {
    let Some(mut stage) = stage("connections_are_cut").await else { return };
    let mut random = Random::new(stage.story.random.number());
    let cuts = sized(5, 40);

    let _seen = stage
        .survives(
            Duration::ZERO,
            false,
            |stage| {
                for _ in 0..cuts {
                    cut_all(stage, &mut random);
                }
            },
            |_, ()| {},
        )
        .await;
}

/// Cuts every connection, from the database's side or on the way.
fn cut_all(stage: &Stage, random: &mut Random) {
    if random.percent(50) {
        let _cut = stage.postgres.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        );
    } else {
        stage.proxy.set(Mode::Reset);
        stage.proxy.set(Mode::Pass);
    }
    std::thread::sleep(Duration::from_millis(random.below(400) as u64));
}
