//! What we depend on: from where, in how many versions, and whether it is used.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Where libraries come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// What `docs/dependencies.md` says that we do not take, and what would bring it.
const BANNED: [&str; 9] = [
    "actix-cors",
    "aws-lc-rs",
    "aws-lc-sys",
    "cmake",
    "h2",
    "native-tls",
    "openssl",
    "openssl-sys",
    "pq-sys",
];

/// The libraries that others bring in two versions. The list only gets shorter.
const IN_TWO_VERSIONS: [&str; 18] = [
    "base64",
    "const-oid",
    "darling",
    "darling_core",
    "darling_macro",
    "fallible-iterator",
    "getrandom",
    "http",
    "linux-raw-sys",
    "r-efi",
    "rand",
    "rand_core",
    "rustix",
    "syn",
    "toml_datetime",
    "wasi",
    "windows-sys",
    "winnow",
];

#[test]
fn every_library_comes_from_the_registry_and_none_is_banned() {
    for file in ["Cargo.lock", "tests/fuzz/Cargo.lock"] {
        let locked = locked(file);

        assert!(locked.len() > 100, "{file}: {}", locked.len());
        for Locked { name, source, .. } in locked {
            match source {
                Some(source) => assert_eq!(source, REGISTRY, "{file}: {name}"),
                None => assert!(name.starts_with("conversations-"), "{file}: {name} has no source"),
            }
            assert!(!BANNED.contains(&name.as_str()), "{file}: {name} is banned");
        }
    }
}

#[test]
fn only_known_libraries_come_in_two_versions() {
    let mut versions: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for Locked { name, version, .. } in locked("Cargo.lock") {
        versions.entry(name).or_default().insert(version);
    }
    versions.retain(|_, versions| versions.len() > 1);

    let new: Vec<_> =
        versions.iter().filter(|(name, _)| !IN_TWO_VERSIONS.contains(&name.as_str())).collect();
    assert!(new.is_empty(), "in two versions: {new:#?}");
    let gone: Vec<_> =
        IN_TWO_VERSIONS.iter().filter(|name| !versions.contains_key(**name)).collect();
    assert!(gone.is_empty(), "in one version: take them out of IN_TWO_VERSIONS. {gone:?}");
}

#[test]
fn every_dependency_is_used_and_explained() {
    let page = read("docs/dependencies.md");
    let mut taken = BTreeSet::new();
    let mut unused = Vec::new();
    for package in packages(&["--no-deps"]) {
        let sources: BTreeMap<_, _> =
            ["null", "\"dev\"", "\"build\""].map(|kind| (kind, sources(&package, kind))).into();
        for dependency in list(&package, "dependencies") {
            let name = text(dependency, "name");
            taken.insert(name.to_owned());
            let sources = &sources[dependency["kind"].to_string().as_str()];
            if !sources.iter().any(|source| names(source, &name.replace('-', "_"))) {
                unused.push(format!("{}: {name}", text(&package, "name")));
            }
        }
    }

    assert!(unused.is_empty(), "in a Cargo.toml, but in no source: {unused:#?}");
    for name in declared() {
        assert!(taken.contains(&name), "{name} is in Cargo.toml, but no crate takes it");
        let is_ours = name.starts_with("conversations-");
        assert!(is_ours || page.contains(&format!("`{name}`")), "docs/dependencies.md: {name}");
    }
}

/// What `cargo metadata` says of packages, for the platforms that are shipped.
pub(crate) fn packages(arguments: &[&str]) -> Vec<Value> {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .args(["--filter-platform", "aarch64-unknown-linux-gnu"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata runs");
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let metadata: Value = serde_json::from_slice(&cargo.stdout).expect("JSON");
    list(&metadata, "packages").to_vec()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().expect("a list")
}

/// A text, which is empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn path(of: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of)
}

fn read(file: &str) -> String {
    fs::read_to_string(path(file)).expect("a file")
}

/// A package in a lock file.
struct Locked {
    name: String,
    version: String,
    source: Option<String>,
}

fn locked(file: &str) -> Vec<Locked> {
    let file = read(file);
    let packages = file.split("[[package]]\n").skip(1).map(|package| {
        let value = |name: &str| {
            let start = format!("{name} = \"");
            let line = package.lines().find_map(|line| line.strip_prefix(&start));
            line.map(|rest| rest.trim_end_matches('"').to_owned())
        };
        let (name, version) = value("name").zip(value("version")).expect("a name and a version");
        Locked { name, version, source: value("source") }
    });
    packages.collect()
}

/// The names in `[workspace.dependencies]`.
fn declared() -> Vec<String> {
    let manifest = read("Cargo.toml");
    let (_, rest) = manifest.split_once("[workspace.dependencies]\n").expect("the table");
    let table = rest.split("\n[").next().expect("its end");
    table.lines().filter_map(|line| Some(line.split_once(" = ")?.0.to_owned())).collect()
}

/// The sources of a package that may use a kind of dependency.
fn sources(package: &Value, kind: &str) -> Vec<String> {
    let mut files = Vec::new();
    for target in list(package, "targets") {
        let file = Path::new(text(target, "src_path"));
        let of = list(target, "kind").first().and_then(Value::as_str).unwrap_or_default();
        match (kind, of) {
            ("\"build\"", "custom-build") => files.push(file.to_owned()),
            (_, "custom-build") | ("\"build\"", _) | ("null", "test" | "bench" | "example") => {}
            _ => find(file.parent().expect("a folder"), &mut files),
        }
    }
    files.iter().map(|file| without_comments(&fs::read_to_string(file).expect("it"))).collect()
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension() == Some(OsStr::new("rs")) {
            files.push(path);
        }
    }
}

fn without_comments(source: &str) -> String {
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Whether a source has a path that begins with a crate, or takes it by `use`.
fn names(source: &str, library: &str) -> bool {
    source.match_indices(library).any(|(place, _)| {
        let (before, after) = (&source[..place], &source[place + library.len()..]);
        let is_part = |each: char| each.is_alphanumeric() || each == '_';
        !before.ends_with(is_part)
            && (after.starts_with("::")
                || after.starts_with([';', ' ']) && before.ends_with("use "))
    })
}
