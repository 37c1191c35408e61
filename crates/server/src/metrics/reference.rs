//! What operators read of the metrics, beside the code: the table in `docs/operations.md`, which is
//! made from the list, and the dashboard and the alerts, which may use nothing else.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::exposition::{ALL, Family, MetricKind};

/// What stands before and after the table.
const BEGIN: &str = "<!-- made from the code: make configuration -->\n";
const END: &str = "<!-- the end of the table of metrics -->\n";

const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs");

fn page() -> String {
    read("operations.md")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(format!("{DOCS}/{file}")).expect("a file of the documentation")
}

/// What is shown of a metric in the text format: a histogram is three.
fn shown(family: &Family) -> Vec<String> {
    let ends: &[&str] = match family.kind {
        MetricKind::Counter | MetricKind::Gauge => &[""],
        MetricKind::Seconds | MetricKind::Sizes => &["_bucket", "_sum", "_count"],
    };
    ends.iter().map(|end| format!("{}{end}", family.name)).collect()
}

fn table() -> String {
    let mut table = "| metric | kind | labels | what |\n| --- | --- | --- | --- |\n".to_owned();
    for Family { name, kind, labels, help } in ALL {
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Seconds => "histogram, seconds",
            MetricKind::Sizes => "histogram",
        };
        let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = labels.join(", ");
        // Writing to a text cannot fail.
        let _written = writeln!(table, "| `{name}` | {kind} | {labels} | {help} |");
    }
    table
}

fn regenerated(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n{END}{after}", table()))
}

#[test]
fn operations_md_lists_the_metrics_of_the_code() {
    let page = page();

    let new = regenerated(&page).expect("the page says where the table is");

    assert!(page == new, "docs/operations.md is out of date: run `make configuration`");
}

#[test]
#[ignore = "it writes: `make configuration` asks for it"]
fn regenerate_operations_md() {
    let new = regenerated(&page()).expect("the page says where the table is");
    std::fs::write(format!("{DOCS}/operations.md"), new).expect("the page is written");
}

#[test]
fn names_follow_the_customs_of_prometheus() {
    let names: BTreeSet<_> = ALL.iter().map(|family| family.name).collect();
    assert_eq!(names.len(), ALL.len(), "each is there once");
    for Family { name, kind, help, .. } in ALL {
        assert!(name.chars().all(|each| each.is_ascii_lowercase() || each == '_'), "{name}");
        assert_eq!(name.ends_with("_total"), *kind == MetricKind::Counter, "{name}");
        assert!(*kind != MetricKind::Seconds || name.ends_with("_seconds"), "{name}");
        assert!(help.ends_with('.'), "{name}");
    }
}

/// The words of an expression that may be metrics.
fn metrics_in(expression: &str) -> impl Iterator<Item = &str> {
    let inside = |each: char| each.is_ascii_alphanumeric() || each == '_';
    let words = expression.split(move |each| !inside(each));
    words.filter(|word| word.starts_with("conversations_") || word.starts_with("process_"))
}

/// Checks that an expression uses only existing metrics, each according to its kind.
#[track_caller]
fn check(expression: &str) {
    let mut found = 0;
    for word in metrics_in(expression) {
        found += 1;
        let family = ALL.iter().find(|family| shown(family).iter().any(|name| name == word));
        let family = family.unwrap_or_else(|| panic!("there is no {word}: {expression}"));
        let rate = ["rate(", "increase("].iter().any(|function| expression.contains(function));
        let grows = !matches!(family.kind, MetricKind::Gauge);
        let gauge = !grows && !expression.contains(&format!("({word}["));
        assert!(gauge || (grows && rate), "{word} is a {:?}: {expression}", family.kind);
        let quantile = expression.contains("histogram_quantile");
        assert_eq!(quantile, word.ends_with("_bucket"), "{expression}");
    }
    assert!(found > 0, "{expression}");
    // Selectors and groupings must use labels of the metric.
    let labels: BTreeSet<_> = metrics_in(expression)
        .flat_map(|word| {
            ALL.iter().filter(move |family| shown(family).iter().any(|name| name == word))
        })
        .flat_map(|family| family.labels.iter().copied())
        .chain(["le", "instance", "job"])
        .collect();
    let groups = expression.split("by (").skip(1).filter_map(|rest| rest.split(')').next());
    let groups = groups.flat_map(|group| group.split(',')).map(str::trim);
    let selected = expression.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let selected = selected
        .flat_map(|inside| inside.split(','))
        .filter_map(|one| one.split(['=', '!']).next())
        .map(str::trim);
    for label in groups.chain(selected) {
        assert!(labels.contains(label), "no label {label:?}: {expression}");
    }
}

#[test]
fn the_dashboard_shows_every_metric_and_nothing_else() {
    let dashboard: serde_json::Value =
        serde_json::from_str(&read("operations/grafana-dashboard.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels.iter().filter_map(|panel| panel["targets"].as_array()).flatten();
    let expressions: Vec<_> = targets.filter_map(|target| target["expr"].as_str()).collect();

    for expression in &expressions {
        check(expression);
    }
    let shown_there: BTreeSet<_> =
        expressions.iter().flat_map(|expression| metrics_in(expression)).collect();
    for family in ALL {
        let shown = shown(family).iter().any(|name| shown_there.contains(name.as_str()));
        assert!(shown, "no panel shows {}", family.name);
    }
    let mut ids: Vec<_> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    ids.dedup();
    assert_eq!(ids.len(), panels.len(), "every panel has an id of its own");
}

#[test]
fn the_alerts_use_only_what_there_is() {
    let rules = read("operations/prometheus-alerts.yml");
    let expressions: Vec<_> =
        rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();

    assert!(expressions.len() > 3, "{rules}");
    for expression in expressions {
        for word in metrics_in(expression) {
            let known = ALL.iter().any(|family| shown(family).iter().any(|name| name == word));
            assert!(known, "there is no {word}: {expression}");
        }
    }
}
