//! Dependencies point inwards: `cargo metadata` is compared with a table.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Each crate, the crates of this workspace that it may know, and the libraries that only it (and
/// others whose row names them) may use.
const LAYERS: [(&str, &[&str], &[&str]); 14] = [
    ("domain", &[], &[]),
    // The format of exports.
    ("archive", &["domain"], &[]),
    // How SQLite is compiled.
    ("sqlite", &[], &["libsqlite3-sys"]),
    ("application", &["domain"], &[]),
    // Made-up conversations, for operators.
    ("seed", &["application", "domain"], &[]),
    // Which conversations a filter allows, without a database.
    ("list-index", &["application", "domain"], &["roaring"]),
    // Entities for tests.
    ("fixtures", &["domain"], &[]),
    (
        "persistence",
        &["application", "domain", "list-index", "sqlite"],
        &["diesel", "diesel-async", "deadpool", "tokio", "tokio-postgres", "rustls"],
    ),
    ("http", &["application", "domain"], &["actix-web", "tokio", "validator"]),
    ("webhooks", &["application", "domain"], &["hyper", "hyper-util", "rustls", "tokio"]),
    (
        "server",
        &["application", "archive", "domain", "http", "persistence", "seed", "webhooks"],
        &[
            "actix-web",
            "tokio",
            "anyhow",
            "rustls",
            "prometheus",
            "opentelemetry",
            "tracing-opentelemetry",
        ],
    ),
    (
        "testkit",
        &["application", "domain", "fixtures", "persistence", "server"],
        &["diesel", "diesel-async", "tokio", "reqwest"],
    ),
    ("tests", &["sqlite"], &[]),
    // An example of a service that links the domain.
    ("what-if", &["domain"], &["actix-web"]),
];

/// All that the domain may use.
const DOMAIN_LIBRARIES: [&str; 9] = [
    "base64",
    "chrono",
    "icu_normalizer",
    "icu_properties",
    "idna",
    "serde",
    "thiserror",
    "url",
    "uuid",
];

#[test]
fn every_crate_knows_only_what_its_layer_may_know() {
    let dependencies = dependencies();
    assert_eq!(
        dependencies.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        LAYERS.iter().map(|(layer, ..)| *layer).collect(),
        "the table lists every crate"
    );

    for (layer, may_know, _) in LAYERS {
        let known: BTreeSet<_> = dependencies[layer]
            .iter()
            .filter_map(|name| name.strip_prefix("conversations-"))
            .collect();
        assert!(
            known.iter().all(|name| may_know.contains(name)),
            "{layer} depends on {known:?}, but may know only {may_know:?}"
        );
    }
}

#[test]
fn every_library_stays_in_its_layer() {
    let owned: BTreeSet<_> = LAYERS.iter().flat_map(|(.., libraries)| *libraries).collect();

    for (layer, _, libraries) in LAYERS {
        for name in dependencies()[layer].iter().filter(|name| owned.contains(&name.as_str())) {
            assert!(libraries.contains(&name.as_str()), "{layer} must not use {name}");
        }
    }
}

#[test]
fn the_domain_stays_pure() {
    let dependencies = dependencies();
    let strange: Vec<_> = dependencies["domain"]
        .iter()
        .filter(|name| !DOMAIN_LIBRARIES.contains(&name.as_str()))
        .collect();

    assert!(strange.is_empty(), "the domain depends on {strange:?}");
}

/// With what its dependencies depend on. A program that links it gets no more than this, and the
/// tables of Unicode that compare e-mail addresses, which programs with `url` have already.
#[test]
fn the_domain_comes_with_few_libraries() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "conversations-domain", "--no-default-features"])
        .args(["--edges", "normal,build", "--prefix", "none", "--locked", "--offline"])
        .args(["--prune", "idna", "--prune", "icu_normalizer", "--prune", "icu_properties"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo tree runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).expect("names");
    let libraries: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();

    assert!(libraries.contains("chrono"), "{libraries:?}");
    assert!(!libraries.contains("serde"), "serde is a feature: {libraries:?}");
    assert!(libraries.len() <= 15, "{} libraries: {libraries:?}", libraries.len());
}

/// The normal dependencies of each crate of the workspace, by the crate's layer.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo metadata runs");
    let metadata: Value = serde_json::from_slice(&cargo.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let name = package["name"].as_str().expect("a name");
            let layer = name.strip_prefix("conversations-").expect("our crates share a prefix");
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let normal = dependencies.iter().filter(|each| each["kind"].is_null());
            let names = normal.map(|each| each["name"].as_str().expect("a name").to_owned());
            (layer.to_owned(), names.collect())
        })
        .collect()
}
