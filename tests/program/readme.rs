//! The README: short, and right as printed.

use std::path::Path;
use std::process::Command;

use conversations_testkit::{Engine, TestDatabase};
use serde_json::Value;

use crate::process::{Program, exports_in, printed};

fn readme() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    std::fs::read_to_string(path).expect("the README")
}

/// What stands in blocks for a shell below this heading.
fn shell_below(heading: &str) -> String {
    let page = readme();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).expect("the section");
    let section = section.split("\n## ").next().expect("its end");
    let blocks = section.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().expect("the end of a block")).collect()
}

#[test]
fn it_fits_on_two_screens() {
    let lines = readme().lines().count();

    assert!(lines <= 120, "{lines} lines");
}

#[tokio::test]
async fn the_five_operations_work_as_printed_after_a_first_start() {
    for engine in Engine::ALL {
        let database = match engine {
            Engine::Sqlite => TestDatabase::sqlite(),
            Engine::Postgres => TestDatabase::empty_postgres().await,
        };
        let first = Program::serve(&database);
        let url = first.base_url();
        let (said, _) = first.stop();
        let server = Program::serve(&database);
        let exports = exports_in(&said).replace(&url, &server.base_url());
        let folder = tempfile::tempdir().expect("a folder");

        let pasted = format!("{exports}{}", shell_below("Five operations"));
        let mut shell = Command::new("bash");
        shell.args(["-euo", "pipefail", "-c", &pasted]).current_dir(&folder);
        let replies = printed(&shell.output().expect("bash runs"));

        let replies: Vec<Value> =
            replies.lines().map(|line| serde_json::from_str(line).expect("a reply")).collect();
        let [listed, one, changed, deleted] = &replies[..] else {
            panic!("{engine:?}: {replies:?}");
        };
        assert_eq!(listed["pagination"]["total"], 1, "{listed}");
        assert_eq!(one["data"], listed["data"][0]);
        assert_eq!(changed["data"]["status"], "closed", "{changed}");
        assert_eq!(deleted["success"], true, "{deleted}");
        assert_eq!(std::fs::read_dir(&folder).expect("the folder").count(), 0);
    }
}
