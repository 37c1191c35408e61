//! The examples of programs that answer conversations: they do it once, and to the right ones,
//! whatever goes wrong.

use std::process::{Command, Output, Stdio};

use conversations_domain::Permission;
use conversations_testkit::{ApiClient, Engine, TestDatabase};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::examples::{example, without_types};
use crate::process::{Program, printed, run, secret_in};
use crate::reply_proxy::{ReplyFate, ReplyProxy};

/// More than one page of a list.
const MANY: usize = 101;

/// A workspace with two users and open conversations.
struct DemoWorkspace {
    program: Program,
    key: String,
    client: ApiClient,
    inbox: String,
    users: [String; 2],
    _database: TestDatabase,
}

impl DemoWorkspace {
    async fn new(engine: Engine) -> Self {
        let database = TestDatabase::new(engine).await;
        let program = Program::serve(&database);
        let key_of = |more: &[&str]| {
            let mut arguments = vec!["keys", "create", "--workspace", "default", "--name", "agent"];
            arguments.extend(Permission::ALL.iter().flat_map(|p| ["--permission", p.as_str()]));
            arguments.extend(more);
            secret_in(&printed(&run(&database, &arguments))).expect("a key")
        };
        let client = program.client(&key_of(&[]));
        let inbox = id_of(&client.list_inboxes("").await.listed().0[0]);
        let mut users = Vec::new();
        for name in ["ada", "grace"] {
            let user = json!({ "name": name, "email": format!("{name}@example.com") });
            users.push(id_of(&client.create_user(&user).await.created()));
        }
        // So few that the examples meet the limit.
        let key = key_of(&["--rate-limit", "3/s"]);
        let users = users.try_into().expect("two");
        Self { program, key, client, inbox, users, _database: database }
    }

    /// Opens a conversation with a message of its customer.
    async fn open(&self, subject: &str) -> String {
        let body = json!({
            "subject": subject, "inboxId": self.inbox, "message": { "body": "message 0" },
            "customer": { "profile": { "firstName": "Ada" } },
        });
        id_of(&self.client.create_conversation(&body).await.created())
    }

    /// Runs an example as the first user, with `meddle` in between.
    async fn run(
        &self,
        mut command: Command,
        meddle: impl FnMut(&str) -> ReplyFate + Send + 'static,
    ) -> (Output, Vec<u16>) {
        let between = ReplyProxy::new(self.program.address());
        command
            .env("CONVERSATIONS_URL", between.base_url())
            .env("CONVERSATIONS_KEY", &self.key)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let watched = tokio::task::spawn_blocking(move || {
            let program =
                command.spawn().expect("it runs: make example-tools brings what it needs");
            between.watch(program, meddle)
        });
        watched.await.expect("no panic in between")
    }
}

fn id_of(resource: &Value) -> String {
    resource["_id"].as_str().expect("an id").to_owned()
}

fn by_customer(body: &str) -> Value {
    json!({ "author": { "type": "customer" }, "body": body })
}

/// A closure that answers true the first time only.
fn once() -> impl FnMut() -> bool + Send + 'static {
    let mut first = true;
    move || std::mem::take(&mut first)
}

/// The example takes what is to be answered, and the user who answers, from `command`.
async fn answers_each_open_conversation_once(command: impl Fn(&str, &str) -> Command) {
    for engine in Engine::ALL {
        let desk = DemoWorkspace::new(engine).await;
        let [answering, rival] = &desk.users;
        let taken = desk.open("Taken by a rival").await;
        let long = desk.open("Long").await;
        for number in 1..MANY {
            let message = by_customer(&format!("message {number}"));
            let _written = desk.client.create_message(&long, &message).await.created();
        }

        // A rival claims the first one, the reply to the answer gets lost, and there is a change
        // before the example closes the conversation.
        let (mut claims, mut answers, mut closes) = (once(), once(), once());
        let (client, runtime) = (desk.client.clone(), Handle::current());
        let (first, second) = (taken.clone(), long.clone());
        let assigned = json!({ "assignedTo": rival });
        let (output, statuses) = desk
            .run(command("On its way.", answering), move |request| {
                if request.ends_with("/claim") && claims() {
                    let _claimed =
                        runtime.block_on(client.claim_conversation(&first, &assigned)).ok();
                } else if request.starts_with("POST") && request.ends_with("/messages") && answers()
                {
                    return ReplyFate::IsLost;
                } else if request.starts_with("PATCH") && closes() {
                    let urgent = json!({ "priority": "urgent" });
                    let _changed =
                        runtime.block_on(client.update_conversation(&second, &urgent)).ok();
                }
                ReplyFate::Arrives
            })
            .await;

        assert!(output.status.success(), "{engine:?}: {output:?}");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.contains("customer: message 100") && said.contains("closed"), "{said}");
        for status in [409, 412, 429] {
            assert!(statuses.contains(&status), "no {status} in {statuses:?}");
        }
        let shown = desk.client.get_conversation(&long).await.ok();
        assert_eq!(shown["assignedTo"]["_id"], **answering);
        assert_eq!(shown["status"], "closed");
        assert_eq!(shown["messageCount"], MANY + 1, "it was answered once");
        let shown = desk.client.get_conversation(&taken).await.ok();
        assert_eq!(shown["assignedTo"]["_id"], **rival);
        assert_eq!((&shown["status"], &shown["messageCount"]), (&json!("open"), &json!(1)));

        // The customer writes again before it is closed.
        let again = desk.open("Not over").await;
        let (client, runtime, mut closes) = (desk.client.clone(), Handle::current(), once());
        let last = again.clone();
        let (output, statuses) = desk
            .run(command("On its way.", answering), move |request| {
                if request.starts_with("PATCH") && closes() {
                    let message = by_customer("And the lamp?");
                    let _written =
                        runtime.block_on(client.create_message(&last, &message)).created();
                }
                ReplyFate::Arrives
            })
            .await;

        assert!(output.status.success(), "{engine:?}: {output:?}");
        assert!(statuses.contains(&412), "{statuses:?}");
        let shown = desk.client.get_conversation(&again).await.ok();
        assert_eq!((&shown["status"], &shown["messageCount"]), (&json!("open"), &json!(3)));

        // None is left.
        let (output, _) = desk.run(command("Hello?", answering), |_| ReplyFate::Arrives).await;
        assert!(output.status.success(), "{engine:?}: {output:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("Nothing is left"), "{output:?}");
    }
}

#[tokio::test]
async fn the_example_in_python_answers_the_right_ones_once() {
    answers_each_open_conversation_once(|text, user| {
        let mut command = Command::new("python3");
        command.arg(example("answer-next.py")).args([text, "--user", user]);
        command
    })
    .await;
}

#[tokio::test]
async fn the_example_in_typescript_answers_the_right_ones_once() {
    let directory = tempfile::tempdir().expect("a directory");
    let script = without_types("answer-next.ts", directory.path());
    answers_each_open_conversation_once(|text, user| {
        let mut command = Command::new("node");
        command.arg(&script).args([text, user]);
        command
    })
    .await;
}
