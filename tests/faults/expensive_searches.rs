//! A key that may only read searches for as much as it may, without a pause: it neither takes the service
//! away from other workspaces nor makes them wait.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use conversations_testkit::{Engine, TestDatabase};
use serde_json::json;

use crate::client::{Call, Client};
use crate::load::{DEADLINE, MARGIN};
use crate::process::{bare, printed, secret_in};
use crate::serial_stories::{sized, story};
use crate::server::Server;

/// How many requests of the key are on their way.
const SENDERS: usize = 8;

/// What it searches for: letters, what must not be there, and as many words as there may be.
const SEARCHES: [&str; 6] = [
    "q=a b c d e f g h i j k l m n o p",
    "q=-a -b -c -d -e -f -g -h -i -j -k -l -m -n -o -p",
    "q=a",
    "q=th",
    "q=attached could five cannot you two please looked days our we of in my how your",
    "q=attached order the for it is have to on has not us and your how my&sort=relevance",
];

#[tokio::test(flavor = "multi_thread")]
async fn searches_of_one_key_leave_the_others_alone() {
    let mut story = story("greedy_searches").await;
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let server = Server::start(database.url(), &mut story.random).await;
        let count = sized("2000", "50000");
        let fill = ["seed", "--workspace", "big", "--messages-per", "2", "--conversations", count];
        let _told = printed(&run(&database, &fill));
        let order = ["keys", "create", "--workspace", "big", "--name", "reader"];
        let order = [&order[..], &["--permission", "read:conversations"]].concat();
        let key = secret_in(&printed(&run(&database, &order))).expect("a key");
        let stop = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = (0..SENDERS)
            .map(|number| {
                let client = Client::new(format!("http://{}", server.listens_on()), &key);
                tokio::spawn(search(client, number, Arc::clone(&stop)))
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(500)).await;

        let mut times = work(&server, sized(30, 300)).await;

        stop.store(true, Ordering::SeqCst);
        let mut told = BTreeMap::new();
        for sender in senders {
            for (status, count) in sender.await.expect("a sender that was always answered") {
                *told.entry(status).or_insert(0_usize) += count;
            }
        }
        times.sort_unstable();
        let (median, slowest) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{engine:?}: {told:?}; others took {median:?} in the middle, {slowest:?} at most");
        assert!(slowest < MARGIN, "{engine:?}: {slowest:?}");
        assert!(median < MARGIN / 6, "{engine:?}: {median:?}");
        assert!(told.keys().all(|status| [200, 422, 503].contains(status)), "{told:?}");
        assert!(told.contains_key(&200), "what is bounded is answered: {told:?}");
        server.assert_alive();
    }
}

fn run(database: &TestDatabase, arguments: &[&str]) -> std::process::Output {
    bare(arguments).env("DATABASE_URL", database.url()).output().expect("the binary runs")
}

/// Searches without a pause, and counts what it is told.
async fn search(client: Client, number: usize, stop: Arc<AtomicBool>) -> BTreeMap<u16, usize> {
    let mut told = BTreeMap::new();
    for query in SEARCHES.iter().cycle().skip(number) {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let path = format!("/api/v1/conversations?{}", query.replace(' ', "+"));
        let answer = client.answer(&Call::get(path)).await;
        assert!(answer.took < DEADLINE + MARGIN, "{answer:?}");
        *told.entry(answer.status).or_insert(0) += 1;
    }
    told
}

/// What another workspace does meanwhile, and how long each of it took. All of it has to succeed.
async fn work(server: &Server, rounds: usize) -> Vec<Duration> {
    let client = server.client();
    let mut times = Vec::new();
    for _ in 0..rounds {
        let body = json!({ "subject": "Refund", "inboxId": server.inbox() });
        let made = client.answer(&Call::post("/api/v1/conversations", body)).await;
        assert_eq!(made.status, 201, "{made:?}");
        let one = Call::get(format!("/api/v1/conversations/{}", made.id()));
        let list = Call::get("/api/v1/conversations?limit=20");
        let live = Call::get("/health/live");
        times.push(made.took);
        for call in [one, list, live] {
            let answer = client.answer(&call).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            times.push(answer.took);
        }
    }
    times
}
