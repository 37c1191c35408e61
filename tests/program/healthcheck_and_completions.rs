//! The commands that need no database: `healthcheck` and `completions`.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use conversations_testkit::{Engine, TestDatabase};

use crate::process::{Program, bare, printed};

#[tokio::test]
async fn a_server_that_answers_is_healthy_and_one_that_is_gone_is_not() {
    for engine in Engine::ALL {
        let database = TestDatabase::new(engine).await;
        let program = Program::serve(&database);
        let address = program.address().to_owned();
        let healthcheck = || {
            let mut command = bare(&["healthcheck"]);
            command.env("CONVERSATIONS_LISTEN", &address).output().expect("the binary runs")
        };

        assert_eq!(printed(&healthcheck()), "ready\n");

        program.kill();
        let gone = healthcheck();
        assert_eq!(gone.status.code(), Some(1), "{gone:?}");
        let said = String::from_utf8(gone.stderr).expect("UTF-8");
        assert!(said.contains(&address) && said.contains("does not answer"), "{said}");
    }
}

#[test]
fn a_server_on_every_interface_is_asked_through_loopback() {
    let database = TestDatabase::sqlite();
    let serve = crate::process::command(&database, &["serve", "--listen", "0.0.0.0:0"]);
    let program = Program::from_command(serve);

    let asked = bare(&["healthcheck", "--listen", program.address()]).output();

    assert_eq!(printed(&asked.expect("the binary runs")), "ready\n");
}

#[test]
fn a_server_that_never_answers_is_not_healthy() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address").to_string();

    let asked = bare(&["healthcheck", "--listen", &address, "--timeout", "1"]).output();

    assert_eq!(asked.expect("the binary runs").status.code(), Some(1));
    let wrong = bare(&["healthcheck", "--listen", "nowhere"]).output().expect("the binary runs");
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
}

#[test]
fn shells_are_given_what_completes_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&bare(&["completions", shell]).output().expect("the binary runs"));
        for word in ["serve", "cors-origin", "healthcheck", "revoke"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let bash = printed(&bare(&["completions", "bash"]).output().expect("the binary runs"));
    let read = Command::new("bash").args(["-n", "-c", &bash]).output().expect("bash runs");
    assert!(read.status.success(), "{read:?}");

    let unknown = bare(&["completions", "tcsh"]).output().expect("the binary runs");
    let said = String::from_utf8(unknown.stderr).expect("UTF-8");
    assert_eq!(unknown.status.code(), Some(2), "{said}");
    assert!(said.contains("bash, elvish, fish, powershell, zsh"), "{said}");
}

#[test]
fn closing_the_output_of_completions_causes_no_panic() {
    let mut child = bare(&["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the end of the process");

    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!said.contains("panicked"), "{said}");
}
