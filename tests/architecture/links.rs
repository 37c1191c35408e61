//! Every link between the pages leads to a file, and to a heading in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[test]
fn every_link_leads_to_a_page_and_a_heading() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pages = vec![root.join("README.md")];
    for folder in ["crates", "docs", "tests"] {
        find(&root.join(folder), &mut pages);
    }

    let mut count = 0;
    let mut dead = Vec::new();
    for page in &pages {
        for link in links(&fs::read_to_string(page).expect("a page")) {
            count += 1;
            let (file, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                page.parent().expect("a folder").join(file)
            };
            let is_page = target.extension().is_some_and(|extension| extension == "md");
            let leads_on = target.exists()
                && (heading.is_empty() || !is_page || headings(&target).contains(heading));
            if !leads_on {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }

    assert!(count > 200, "{count} links");
    assert!(dead.is_empty(), "{dead:#?}");
}

#[test]
fn a_heading_is_named_as_renderers_name_it() {
    assert_eq!(anchor("Keys, and `keys create`"), "keys-and-keys-create");
    assert_eq!(anchor("[What is_gone](erasure.md) when"), "what-is_gone-when");
}

/// The pages in a folder, without those that are part of another one.
fn find(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in folder.read_dir().expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" {
                find(&path, pages);
            }
        } else if path.extension().is_some_and(|end| end == "md") && !name.contains(".template.") {
            pages.push(path);
        }
    }
}

/// The links in a text that do not lead to another host, in it or in a list below it.
fn links(text: &str) -> Vec<String> {
    let prose = prose(text);
    let inside = prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let below = prose.lines().filter(|line| line.starts_with('['));
    let below = below.filter_map(|line| Some(line.split_once("]: ")?.1));
    inside.chain(below).filter(|target| !target.contains(':')).map(str::to_owned).collect()
}

/// A text without what stands in blocks of code.
fn prose(text: &str) -> String {
    let parts = text.split("```").step_by(2);
    parts.flat_map(|part| [part, "\n"]).collect()
}

fn headings(page: &Path) -> BTreeSet<String> {
    let prose = prose(&fs::read_to_string(page).expect("a page"));
    let headings = prose.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

/// What a link calls a heading.
fn anchor(heading: &str) -> String {
    let mut shown = String::new();
    let mut parts = heading.split("](");
    shown.push_str(parts.next().unwrap_or_default());
    for part in parts {
        shown.push_str(part.split_once(')').map_or("", |(_, rest)| rest));
    }
    let kept = shown.chars().filter(|each| each.is_alphanumeric() || "-_ ".contains(*each));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
