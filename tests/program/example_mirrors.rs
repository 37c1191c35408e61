//! The examples of programs that keep a copy of a workspace: whatever is killed, the copy ends up equal.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use conversations_domain::Permission;
use conversations_testkit::{ApiClient, Engine, TestDatabase};
use reqwest::Method;
use serde_json::{Value, json};

use crate::examples::{example, without_types};
use crate::process::{Program, command, printed, run, secret_in};

/// How long others write while everything is killed.
const WRITING: Duration = Duration::from_secs(6);

/// How long a mirror or a server runs until it is killed.
const RUNS: [Duration; 2] = [Duration::from_millis(700), Duration::from_millis(1_700)];

const WRITERS: u64 = 3;

type Copied = BTreeMap<String, Value>;

/// A program that keeps a copy in a file.
trait Mirror {
    fn command(&self, file: &Path) -> Command;

    fn read(&self, file: &Path) -> Copied;
}

struct InPython;

impl Mirror for InPython {
    fn command(&self, file: &Path) -> Command {
        let mut command = Command::new("python3");
        command.arg(example("mirror.py")).arg(file);
        command
    }

    fn read(&self, file: &Path) -> Copied {
        const PRINT: &str = "import json, sqlite3, sys; \
            rows = sqlite3.connect(sys.argv[1]).execute('SELECT id, data FROM resources'); \
            print(json.dumps({id: json.loads(data) for id, data in rows}))";
        let output = Command::new("python3").args(["-c", PRINT]).arg(file).output();
        serde_json::from_str(&printed(&output.expect("Python runs"))).expect("JSON")
    }
}

struct InTypeScript(PathBuf);

impl Mirror for InTypeScript {
    fn command(&self, file: &Path) -> Command {
        let mut command = Command::new("node");
        command.arg(&self.0).arg(file);
        command
    }

    fn read(&self, file: &Path) -> Copied {
        let text = std::fs::read_to_string(file).expect("a copy");
        let stored: Value = serde_json::from_str(&text).expect("JSON");
        let Value::Array(resources) = &stored["resources"] else { panic!("no resources: {text}") };
        resources
            .iter()
            .map(|stored| (id_of(&stored["resource"]), stored["resource"].clone()))
            .collect()
    }
}

fn id_of(resource: &Value) -> String {
    resource["_id"].as_str().expect("an id").to_owned()
}

/// Changes all kinds of resources until it is time to stop. A request fails while the server is down, and
/// is not repeated.
async fn write(client: ApiClient, writer: u64, until: Instant) {
    let inbox = client.get("/api/v1/inboxes").await.listed().0[0]["_id"].clone();
    let mut open = Vec::new();
    for number in 0_u64.. {
        if Instant::now() > until {
            break;
        }
        let email = format!("{writer}.{number}@example.com");
        let body = json!({
            "subject": format!("{writer} {number}"), "inboxId": inbox,
            "message": { "body": "Hello", "author": { "type": "customer" } },
            "customer": { "profile": { "email": email } },
        });
        let sent = client.request(Method::POST, "/api/v1/conversations").json(&body).send().await;
        let Ok(reply) = sent else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let Ok(made) = reply.json::<Value>().await else { continue };
        if let (Some(id), Some(customer)) =
            (made["data"]["_id"].as_str(), made["data"]["customerId"]["_id"].as_str())
        {
            open.push((id.to_owned(), customer.to_owned()));
        }
        let Some((thread, customer)) = open.get(usize::try_from(number / 2).expect("small")) else {
            continue;
        };
        let of_it = format!("/api/v1/conversations/{thread}");
        let (method, path, body) = match number % 6 {
            0 => {
                (Method::PATCH, of_it, json!({ "status": "closed", "labels": { "add": ["vip"] } }))
            }
            1 => (
                Method::POST,
                of_it + "/messages",
                json!({ "body": "Noted", "author": { "type": "system" }, "isInternal": true }),
            ),
            2 => {
                (Method::PATCH, format!("/api/v1/customers/{customer}"), json!({ "tier": "gold" }))
            }
            3 => (Method::DELETE, of_it, json!({})),
            4 => (Method::DELETE, format!("/api/v1/customers/{customer}?erase=true"), json!({})),
            _ => {
                let user = json!({ "name": "Grace", "email": format!("u{email}") });
                (Method::POST, "/api/v1/users".to_owned(), user)
            }
        };
        let _maybe_sent = client.request(method, &path).json(&body).send().await;
    }
}

fn serve(database: &TestDatabase, address: &str) -> Program {
    Program::from_command(command(database, &["serve", "--listen", address]))
}

fn start(mirror: &impl Mirror, file: &Path, (url, key): (&str, &str)) -> Child {
    mirror
        .command(file)
        .env("CONVERSATIONS_URL", url)
        .env("CONVERSATIONS_KEY", key)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs: make example-tools brings what it needs")
}

async fn a_copy_ends_up_equal(mirror: impl Mirror) {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let mut server = Program::serve(&database);
        let mut arguments = vec!["keys", "create", "--workspace", "default", "--name", "mirror"];
        arguments.extend(Permission::ALL.iter().flat_map(|p| ["--permission", p.as_str()]));
        let key = secret_in(&printed(&run(&database, &arguments))).expect("a key");
        let (address, url) = (server.address().to_owned(), server.base_url());
        let directory = tempfile::tempdir().expect("a directory");
        let file = directory.path().join("followed");

        let until = Instant::now() + WRITING;
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| tokio::spawn(write(server.client(&key), writer, until)))
            .collect();
        let mut following = start(&mirror, &file, (&url, &key));
        for turn in 0_usize.. {
            if Instant::now() > until {
                break;
            }
            tokio::time::sleep(RUNS[turn % 2]).await;
            following.kill().expect("it can be killed");
            following.wait().expect("it ends");
            if turn % 2 == 1 {
                server.kill();
                server = serve(&database, &address);
            }
            following = start(&mirror, &file, (&url, &key));
        }
        for writer in writers {
            writer.await.expect("a writer");
        }
        following.kill().expect("it can be killed");
        following.wait().expect("it ends");

        let once = |file: &Path| {
            let mut command = mirror.command(file);
            command.arg("--once").env("CONVERSATIONS_URL", &url).env("CONVERSATIONS_KEY", &key);
            let output = command.output().expect("it runs");
            assert!(output.status.success(), "{engine:?}: {output:?}");
            mirror.read(file)
        };
        let fresh = directory.path().join("fresh");
        let (followed, expected) = (once(&file), once(&fresh));
        assert!(expected.len() > 50, "{engine:?}: {}", expected.len());
        for (id, resource) in &expected {
            assert_eq!(followed.get(id), Some(resource), "{engine:?}: {id}");
        }
        assert_eq!(followed.len(), expected.len(), "{engine:?}: there is more in the copy");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_in_python_survives_its_death_and_the_servers() {
    a_copy_ends_up_equal(InPython).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mirror_in_typescript_survives_its_death_and_the_servers() {
    let directory = tempfile::tempdir().expect("a directory");
    a_copy_ends_up_equal(InTypeScript(without_types("mirror.ts", directory.path()))).await;
}
