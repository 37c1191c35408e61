//! `make install`: what it puts where, without root.

use std::process::{Command, Output};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Installs the binary of this build with these variables of make.
fn install(variables: &[String]) -> Output {
    let mut make = Command::new("make");
    make.args(["--no-print-directory", "-C", REPOSITORY, "install"]);
    make.arg(format!("BINARY={}", env!("CARGO_BIN_EXE_conversations"))).args(variables);
    for name in ["PREFIX", "DESTDIR", "MAKEFLAGS", "MAKELEVEL"] {
        make.env_remove(name);
    }
    make.output().expect("make runs")
}

#[track_caller]
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_folder_of_ones_own_has_a_program_that_runs() {
    let home = tempfile::tempdir().expect("a folder");
    let prefix = home.path().join("my local");

    // Also over one that is there.
    for _ in 0..2 {
        let printed = said(&install(&[format!("PREFIX={}", prefix.display())]));
        assert!(printed.contains("/my local/bin/conversations\n"), "{printed}");
        assert!(printed.contains("is not in PATH"), "{printed}");
    }

    for file in [
        "bin/conversations",
        "share/bash-completion/completions/conversations",
        "share/zsh/site-functions/_conversations",
        "share/fish/vendor_completions.d/conversations.fish",
        "share/doc/conversations/LICENSE-MIT",
        "share/doc/conversations/LICENSE-APACHE",
    ] {
        assert!(prefix.join(file).is_file(), "{file}");
    }
    assert_eq!(std::fs::read_dir(prefix.join("bin")).expect("a folder").count(), 1);
    let version = Command::new("conversations")
        .arg("--version")
        .env("PATH", prefix.join("bin"))
        .output()
        .expect("it is found by its name");
    assert!(said(&version).starts_with("conversations "), "{version:?}");
}

#[test]
fn packages_are_made_below_destdir() {
    let package = tempfile::tempdir().expect("a folder");

    let _printed = said(&install(&[format!("DESTDIR={}", package.path().display())]));

    assert!(package.path().join("usr/local/bin/conversations").is_file());
}

#[test]
fn a_relative_prefix_is_refused() {
    let refused = install(&["PREFIX=local".to_owned()]);

    assert!(!refused.status.success(), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("absolute path"), "{refused:?}");
}
