//! The text format of Prometheus, read strictly: whatever is not as its specification has it is a
//! panic.

use std::collections::{BTreeMap, BTreeSet};

/// What a page of metrics says.
#[derive(Debug, Clone)]
pub(crate) struct Exposition {
    kinds: BTreeMap<String, String>,
    samples: BTreeMap<(String, BTreeMap<String, String>), f64>,
}

impl Exposition {
    pub(crate) fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line ends");
        let (mut kinds, mut samples) = (BTreeMap::new(), BTreeMap::new());
        let (mut family, mut helped) = (String::new(), BTreeSet::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').expect("a name and a text");
                assert!(!help.is_empty() && helped.insert(name.to_owned()), "{line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a name and a kind");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(helped.contains(name), "{name} is said what it is");
                let before = kinds.insert(name.to_owned(), kind.to_owned());
                assert!(before.is_none(), "all of {name} stands together");
                name.clone_into(&mut family);
            } else {
                let (name, labels, value) = sample(line);
                let ends: &[&str] = match kinds.get(&family).map(String::as_str) {
                    Some("histogram") => &["_bucket", "_sum", "_count"],
                    _ => &[""],
                };
                let belongs = ends.iter().any(|end| name == format!("{family}{end}"));
                assert!(belongs, "{line} stands below {family}");
                let before = samples.insert((name, labels), value);
                assert!(before.is_none(), "{line} is there once");
            }
        }
        let read = Self { kinds, samples };
        read.check_histograms();
        read
    }

    /// The samples of a metric, by the values of these labels; others are added up.
    pub(crate) fn by<const N: usize>(
        &self,
        name: &str,
        labels: [&str; N],
    ) -> BTreeMap<[String; N], f64> {
        let mut found = BTreeMap::new();
        for ((_, all), value) in self.samples.iter().filter(|((each, _), _)| each == name) {
            let values = labels.map(|label| all.get(label).cloned().unwrap_or_default());
            *found.entry(values).or_default() += value;
        }
        found
    }

    /// The sum of all samples of a metric.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.by(name, []).into_values().sum()
    }

    /// How many samples there are of all metrics.
    pub(crate) fn len(&self) -> usize {
        self.samples.len()
    }

    pub(crate) fn kind(&self, name: &str) -> Option<&str> {
        self.kinds.get(name).map(String::as_str)
    }

    /// Buckets grow up to the one of everything, which is the count.
    fn check_histograms(&self) {
        let histograms = self.kinds.iter().filter(|(_, kind)| *kind == "histogram");
        for (name, _) in histograms {
            let mut buckets: BTreeMap<_, Vec<(f64, f64)>> = BTreeMap::new();
            let bucket = format!("{name}_bucket");
            for ((_, labels), &value) in
                self.samples.iter().filter(|((each, _), _)| *each == bucket)
            {
                let mut labels = labels.clone();
                let bound = labels.remove("le").expect("a bound");
                let bound =
                    if bound == "+Inf" { f64::INFINITY } else { bound.parse().expect("a bound") };
                buckets.entry(labels).or_default().push((bound, value));
            }
            assert!(!buckets.is_empty(), "{name}");
            for (labels, mut buckets) in buckets {
                buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
                assert!(buckets.is_sorted_by(|one, next| one.1 <= next.1), "{name}: {buckets:?}");
                let (last, all) = buckets.last().copied().expect("a bucket");
                let value = |end: &str| self.samples.get(&(format!("{name}{end}"), labels.clone()));
                assert!(last.is_infinite() && value("_count") == Some(&all), "{name} {labels:?}");
                let sum = *value("_sum").expect("a sum");
                let first = buckets.first().map_or(0.0, |(_, count)| *count);
                assert!(sum >= 0.0 && (all > first || sum <= all * buckets[0].0), "{name}: {sum}");
            }
        }
    }
}

/// Reads `name{label="value",…} number`.
fn sample(line: &str) -> (String, BTreeMap<String, String>, f64) {
    let (before, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line:?}"));
    let value = value.parse().unwrap_or_else(|_| panic!("no number: {line:?}"));
    let (name, labels) = match before.split_once('{') {
        None => (before, BTreeMap::new()),
        Some((name, rest)) => {
            let inside = rest.strip_suffix('}').unwrap_or_else(|| panic!("no end: {line:?}"));
            (name, self::labels(inside))
        }
    };
    let fits = |each: char| each.is_ascii_alphanumeric() || each == '_' || each == ':';
    assert!(!name.is_empty() && name.chars().all(fits), "no name: {line:?}");
    (name.to_owned(), labels, value)
}

fn labels(mut rest: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").expect("a label");
        assert!(name.chars().all(|each| each.is_ascii_alphanumeric() || each == '_'), "{name}");
        let (mut value, mut end) = (String::new(), None);
        let mut characters = after.char_indices();
        while let Some((place, each)) = characters.next() {
            match each {
                '"' => {
                    end = Some(place + 1);
                    break;
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => value.push('\n'),
                    Some((_, escaped @ ('\\' | '"'))) => value.push(escaped),
                    other => panic!("no escape: {other:?}"),
                },
                each => value.push(each),
            }
        }
        assert!(labels.insert(name.to_owned(), value).is_none(), "{name} is there once");
        rest = &after[end.expect("the end of a value")..];
        rest = rest.strip_prefix(',').unwrap_or(rest);
    }
    labels
}

#[test]
fn what_is_not_the_format_is_refused() {
    let good = "# HELP a What.\n# TYPE a counter\na{b=\"c\\\"\",d=\"e\"} 1\n";
    assert_eq!(Exposition::parse(good).sum("a"), 1.0);

    for bad in [
        "a 1\n",
        "# TYPE a counter\na 1\n",
        "# HELP a What.\n# TYPE a counter\na 1\na 2\n",
        "# HELP a What.\n# TYPE a counter\nb 1\n",
        "# HELP a What.\n# TYPE a counter\na{b=\"c} 1\n",
        "# HELP a What.\n# TYPE a counter\na one\n",
        "# HELP a What.\n# TYPE a counter\na 1",
        "# HELP a What.\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\na_sum 1\na_count 1\n",
        "# HELP a What.\n# TYPE a histogram\na_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n",
    ] {
        let read = std::panic::catch_unwind(|| Exposition::parse(bad));
        assert!(read.is_err(), "{bad}");
    }
}
