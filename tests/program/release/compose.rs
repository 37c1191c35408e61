//! The compose file and the image: they are read here, and name what the program and the page for
//! operators have. The reader knows as much of YAML as that file uses, and fails on anything else.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{REPOSITORY, read};
use crate::process::{bare, printed};

const FOLDER: &str = "docs/operations";

/// The lines of a block, without comments and blank lines: how far each is indented, and its text.
fn lines(yaml: &str) -> Vec<(usize, &str)> {
    let lines = yaml.lines().filter(|line| {
        let text = line.trim_start();
        !text.is_empty() && !text.starts_with('#')
    });
    lines.map(|line| (line.len() - line.trim_start_matches(' ').len(), line.trim())).collect()
}

/// Maps in block style, of which the values are maps, lists in one line, or scalars.
fn map(lines: &[(usize, &str)]) -> Value {
    let mut map = Map::new();
    let mut rest = lines;
    while let [(depth, line), below @ ..] = rest {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no key: {line}"));
        let is_name = name.chars().all(|each| each.is_alphanumeric() || "_-".contains(each));
        assert!(is_name && (value.is_empty() || value.starts_with(' ')), "{line}");
        let end = below.iter().position(|(other, _)| other <= depth).unwrap_or(below.len());
        let (inner, after) = below.split_at(end);
        let value = match (value.trim(), inner) {
            ("", []) => Value::Null,
            ("", [(first, _), ..]) => {
                assert!(inner.iter().all(|(each, _)| each >= first), "uneven: {line}");
                self::map(inner)
            }
            (value, []) => scalar_or_list(value),
            (value, _) => panic!("{line}: {value} has something below it"),
        };
        assert_eq!(map.insert(name.to_owned(), value), None, "{name} stands twice");
        rest = after;
    }
    map.into()
}

fn scalar_or_list(text: &str) -> Value {
    match text.strip_prefix('[').map(|text| text.strip_suffix(']').expect("the end of a list")) {
        Some(entries) => entries.split(", ").map(|entry| scalar(entry.trim())).collect(),
        None => scalar(text),
    }
}

fn scalar(text: &str) -> Value {
    if let Some(quoted) = text.strip_prefix('"') {
        return json!(quoted.strip_suffix('"').expect("the end of a quoted text"));
    }
    assert!(!text.contains(['"', '[', ']', '{', '#']), "{text}");
    json!(text)
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().expect("a map").keys().map(String::as_str).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// The flags of the server with their variables and defaults, in one line.
fn help() -> String {
    let help = printed(&bare(&["serve", "--help"]).output().expect("the binary runs"));
    help.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_is_variable(name: &str) {
    let help = help();
    // Secrets are shown without their value.
    let is_known = ["=", "]"].iter().any(|end| help.contains(&format!("[env: {name}{end}")));
    assert!(is_known, "no flag of serve has the variable {name}");
}

fn compose() -> Value {
    map(&lines(&read("docs/operations/compose.yml")))
}

#[test]
fn the_compose_file_sets_what_the_server_knows() {
    let compose = compose();
    let services = &compose["services"];
    assert_eq!(names(services), ["conversations", "postgres"]);
    let server = &services["conversations"];

    let variables = names(&server["environment"]);
    assert!(variables.contains(&"DATABASE_URL_FILE"), "{variables:?}");
    for name in variables {
        assert_is_variable(name);
    }
    for service in names(&server["depends_on"]) {
        let health = &services[service]["healthcheck"];
        assert!(health["test"].is_array(), "{service} is waited for until it is healthy");
    }
    let metrics = text(&server["environment"]["CONVERSATIONS_METRICS_LISTEN"]);
    let port = metrics.rsplit(':').next().expect("a port");
    assert_eq!(server["expose"], json!([port]));
    // The server ends by itself before it is killed.
    let grace = text(&server["stop_grace_period"]).strip_suffix('s').expect("seconds");
    let grace: u32 = grace.parse().expect("a number");
    let help = help();
    let timeout = help.split("--shutdown-timeout").nth(1).expect("the flag");
    let timeout = timeout.split("[default: ").nth(1).expect("its default");
    let timeout: String = timeout.chars().take_while(char::is_ascii_digit).collect();
    assert!(timeout.parse::<u32>().expect("a number") < grace, "{timeout} s, {grace} s");
}

#[test]
fn the_compose_file_refers_to_what_exists() {
    let compose = compose();
    let folder = Path::new(REPOSITORY).join(FOLDER);
    let page = read("docs/operations.md");

    let build = &compose["services"]["conversations"]["build"];
    let context = folder.join(text(&build["context"]));
    assert!(context.join("Cargo.toml").is_file(), "{}", context.display());
    assert!(context.join(text(&build["dockerfile"])).is_file());
    let defined: BTreeSet<_> = names(&compose["secrets"]).into_iter().collect();
    let mut used = BTreeSet::new();
    for service in names(&compose["services"]) {
        let service = &compose["services"][service];
        let secrets = service["secrets"].as_array().expect("a list");
        used.extend(secrets.iter().map(text));
        for (name, value) in service["environment"].as_object().expect("a map") {
            if let Some(secret) = text(value).strip_prefix("/run/secrets/") {
                assert!(secrets.contains(&json!(secret)), "{name}: {secret}");
            }
        }
    }
    assert_eq!(used, defined);
    for name in defined {
        let file = text(&compose["secrets"][name]["file"]).strip_prefix("./");
        let file = file.expect("beside the compose file");
        assert!(page.contains(&format!(">{file}")), "docs/operations.md does not make {file}");
    }
    let volumes = compose["services"]["postgres"]["volumes"][0].as_str().expect("a volume");
    let volume = volumes.split(':').next().expect("a name");
    assert_eq!(names(&compose["volumes"]), [volume]);
}

#[test]
fn the_image_sets_what_the_server_knows_and_has_the_port_that_is_published() {
    let image = read("docs/operations/Dockerfile");
    let settings = image.split("\nENV ").nth(1).expect("the variables");
    let settings = settings.split("\nUSER").next().expect("their end").replace("\\\n", " ");
    let settings: Vec<_> =
        settings.split_whitespace().map(|each| each.split_once('=').expect("a value")).collect();

    for (name, _) in &settings {
        assert_is_variable(name);
    }
    let listen = settings.iter().find(|(name, _)| *name == "CONVERSATIONS_LISTEN");
    let port = listen.and_then(|(_, address)| address.rsplit(':').next()).expect("a port");
    assert!(image.contains(&format!("\nEXPOSE {port}\n")), "{port}");
    let compose = compose();
    let published = text(&compose["services"]["conversations"]["ports"][0]);
    assert!(published.ends_with(&format!(":{port}")), "{published}");
    for command in ["\"healthcheck\"", "\"serve\""] {
        assert!(image.contains(command), "{command}");
    }
}

#[test]
fn what_is_no_compose_file_is_not_read_as_one() {
    for wrong in ["a: 1\na: 2", "a: [1", "a", "a: 1\n  b: 2", "a:\n    b: 1\n  c: 2", "a: \"b"] {
        let read = std::panic::catch_unwind(|| map(&lines(wrong)));
        assert!(read.is_err(), "{wrong:?}: {read:?}");
    }
}
