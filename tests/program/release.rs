//! What `make release` makes for others, and whether the changelog and the compose file go with it.

mod compose;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{bare, printed};

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A file of the repository.
fn read(path: &str) -> String {
    fs::read_to_string(Path::new(REPOSITORY).join(path)).expect("a file of the repository")
}

/// The version of the program.
fn version() -> String {
    let printed = printed(&bare(&["--version"]).output().expect("the binary runs"));
    printed.trim().strip_prefix("conversations ").expect("a name and a version").to_owned()
}

/// The release of a program that does no more than its installers ask for: the real one takes a minute
/// to pack. What may be missing on a machine is missing here.
struct Release {
    folder: tempfile::TempDir,
}

impl Release {
    fn make() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let stubs = folder.path().join("stubs");
        fs::create_dir(&stubs).expect("a folder");
        let program = folder.path().join("conversations");
        script(&program, &format!("echo \"conversations {}\"", version()));
        script(&stubs.join("cargo"), "exit 1");
        script(&stubs.join("dpkg-shlibdeps"), "echo shlibs:Depends=libc6");
        #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
        let path = std::env::var("PATH").expect("a path");
        let mut make = Command::new(Path::new(REPOSITORY).join("docs/operations/make-release"));
        make.arg(&program).arg(folder.path().join("release"));
        make.env("PATH", format!("{}:{path}", stubs.display()));

        let _listed = printed(&make.output().expect("the script runs"));

        Self { folder }
    }

    /// A file or folder of the release.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("release").join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("")).expect("the release");
        let names = entries.map(|entry| entry.expect("an entry").file_name().into_string());
        let mut names: Vec<_> = names.map(|name| name.expect("UTF-8")).collect();
        names.sort();
        names
    }

    /// What a command prints in the folder of the release.
    #[track_caller]
    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.path(""));
        printed(&command.output().expect("a command"))
    }
}

fn script(path: &Path, line: &str) {
    fs::write(path, format!("#!/bin/sh\n{line}\n")).expect("a script");
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("a script that runs");
}

#[test]
fn the_changelog_begins_with_the_version_of_the_program() {
    let changelog = read("docs/CHANGELOG.md");

    let newest = changelog.lines().find_map(|line| line.strip_prefix("## ")).expect("a version");

    assert_eq!(newest.split(' ').next(), Some(&*version()), "{newest}");
}

#[test]
fn make_release_packs_the_release_binary() {
    let mut make = Command::new("make");
    make.args(["--no-print-directory", "--dry-run", "-C", REPOSITORY, "release"]);
    for name in ["MAKEFLAGS", "MAKELEVEL"] {
        make.env_remove(name);
    }

    let recipe = printed(&make.output().expect("make runs"));

    let build = recipe.find("cargo build --release --locked --bin conversations");
    let pack = recipe
        .find("docs/operations/make-release target/release/conversations target/release-files");
    assert!(build.is_some() && build < pack, "{recipe}");
}

/// What docs/operations.md says of a release.
#[test]
fn a_release_has_what_the_page_for_operators_installs() {
    let release = Release::make();
    let archive = format!("conversations-{}-{}-linux", version(), std::env::consts::ARCH);

    let mut expected = vec!["SHA256SUMS".to_owned(), format!("{archive}.tar.gz")];
    let is_debian = Command::new("dpkg-deb").arg("--version").output().is_ok();
    let package = is_debian.then(|| {
        let architecture = release.run("dpkg", &["--print-architecture"]);
        format!("conversations_{}_{}.deb", version(), architecture.trim())
    });
    expected.extend(package.clone());
    expected.sort();
    assert_eq!(release.names(), expected);
    let checked = release.run("sha256sum", &["--check", "SHA256SUMS"]);
    assert_eq!(checked.lines().filter(|line| line.ends_with(": OK")).count(), expected.len() - 1);

    let _unpacked = release.run("tar", &["-xzf", &format!("{archive}.tar.gz")]);
    for file in [
        "conversations",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "README.md",
        "docs/CHANGELOG.md",
        "docs/operations.md",
        "docs/openapi.json",
        "docs/operations/conversations.service",
        "docs/operations/compose.yml",
    ] {
        assert!(release.path(&archive).join(file).is_file(), "{file}");
    }
    let (installer, prefix) =
        (format!("{archive}/docs/operations/install"), release.path("prefix"));
    let program = release.path(&archive).join("conversations");
    let arguments = [program.to_str(), prefix.to_str()].map(|path| path.expect("UTF-8"));
    let _installed = release.run(&release.path(&installer).display().to_string(), &arguments);
    assert!(prefix.join("bin/conversations").is_file());

    if let Some(package) = package {
        let listed = release.run("dpkg-deb", &["--contents", &package]);
        for file in [
            "./usr/bin/conversations",
            "./usr/lib/systemd/system/conversations.service",
            "./usr/lib/sysusers.d/conversations.conf",
            "./etc/default/conversations",
            "./usr/share/doc/conversations/docs/operations.md",
            "./usr/share/bash-completion/completions/conversations",
        ] {
            assert!(listed.lines().any(|line| line.ends_with(file)), "{file}: {listed}");
        }
    }
}
