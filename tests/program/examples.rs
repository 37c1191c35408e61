//! The examples of the documentation, run as they are printed.

use std::path::{Path, PathBuf};
use std::process::Command;

use conversations_domain::Permission;
use conversations_testkit::{Engine, TestDatabase};
use serde_json::json;

use crate::process::{Program, printed, run, secret_in};

pub(crate) fn example(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/examples").join(name)
}

/// The same program without its types, as JavaScript.
pub(crate) fn without_types(name: &str, directory: &Path) -> PathBuf {
    let script = directory.join(name).with_extension("mjs");
    let output = Command::new("esbuild")
        .arg(example(name))
        .args(["--format=esm", "--log-level=warning"])
        .arg(format!("--outfile={}", script.display()))
        .output()
        .expect("esbuild runs: make example-tools brings it");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    script
}

/// A server and a key that may do everything.
async fn server(engine: Engine) -> (TestDatabase, Program, String) {
    let database = TestDatabase::new(engine).await;
    let program = Program::serve(&database);
    let mut arguments = vec!["keys", "create", "--workspace", "default", "--name", "examples"];
    arguments.extend(Permission::ALL.iter().flat_map(|each| ["--permission", each.as_str()]));
    let key = secret_in(&printed(&run(&database, &arguments))).expect("a key");
    (database, program, key)
}

/// Runs a script that removes the conversations it makes.
async fn run_script(name: &str) {
    for engine in Engine::ALL {
        let (_database, program, key) = server(engine).await;

        let output = Command::new("bash")
            .arg(example(name))
            .env("CONVERSATIONS_URL", program.base_url())
            .env("CONVERSATIONS_KEY", &key)
            .output()
            .expect("bash runs");

        assert!(output.status.success(), "{engine:?}: {output:?}");
        let (_, pagination) = program.client(&key).list_conversations("").await.listed();
        assert_eq!(pagination["total"], 0, "the script deletes what it made");
    }
}

#[tokio::test]
async fn first_steps_lead_through_the_life_of_a_conversation() {
    run_script("first-steps.sh").await;
}

#[tokio::test]
async fn the_right_to_erasure_leaves_the_audit_and_nothing_else() {
    run_script("right-to-erasure.sh").await;
}

#[tokio::test]
async fn dialogues_go_in_and_come_back_byte_for_byte() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("dialogues.jsonl");
    let lines: Vec<_> = (0..40)
        .map(|number| {
            let turns: Vec<_> = (0..=number % 5)
                .map(|turn| {
                    let author = ["customer", "agent", "system"][(number + turn) % 3];
                    json!({ "author": author, "body": format!(" Turn {turn} · 👍\r\n") })
                })
                .collect();
            let domain = ["travel", "media"][number % 2];
            let line = json!({
                "_id": number, "source": "test", "domain": domain, "subject": "A dialogue",
                "turns": turns,
            });
            line.to_string()
        })
        .collect();
    std::fs::write(&file, lines.join("\n")).expect("a file");

    for engine in Engine::ALL {
        let (_database, program, key) = server(engine).await;

        let output = Command::new("python3")
            .arg(example("load-dialogues.py"))
            .arg(&file)
            .args(["--url", &program.base_url(), "--clients", "8", "--verify"])
            .env("CONVERSATIONS_KEY", &key)
            .output()
            .expect("python3 runs: it is needed for the examples");

        assert!(output.status.success(), "{engine:?}: {output:?}");
        let (_, pagination) = program.client(&key).list_conversations("").await.listed();
        assert_eq!(pagination["total"], 40);
    }
}
