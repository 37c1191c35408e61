//! The list of cases has every case.

#[test]
fn every_case_is_listed() {
    // Its deletions go in the smallest steps: tests/contract/pending.rs lists its cases.
    let mut groups = vec!["pending_erasures"];
    for (group, source, listed) in crate::contract_cases! { @sources } {
        groups.push(group);

        assert_eq!(declared(source, "pub async fn ", '('), listed);
    }

    groups.sort_unstable();
    assert_eq!(declared(include_str!("mod.rs"), "pub mod ", ';'), groups);
}

/// The names between this beginning of a line and this character.
fn declared<'a>(source: &'a str, beginning: &str, end: char) -> Vec<&'a str> {
    let names = source.lines().filter_map(|line| line.strip_prefix(beginning)?.split(end).next());
    names.collect()
}
