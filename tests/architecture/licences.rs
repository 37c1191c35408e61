//! Under which licences we take what we depend on.

use std::iter::Peekable;
use std::str::SplitWhitespace;

use crate::dependencies::{packages, text};

/// The licences that a binary under MIT or Apache-2.0 can be shipped with, without more than a notice.
const LICENCES: [&str; 6] = ["Apache-2.0", "BSD-3-Clause", "ISC", "MIT", "Unicode-3.0", "Zlib"];

#[test]
fn every_library_has_a_licence_to_ship_it_under() {
    let refused: Vec<_> = packages(&["--all-features"])
        .iter()
        .filter(|package| !is_allowed(text(package, "license")))
        .map(|package| format!("{}: {}", text(package, "name"), package["license"]))
        .collect();

    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn a_licence_is_read_as_spdx_has_it() {
    for allowed in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0-only OR MIT",
        "(MIT OR GPL-3.0-only) AND ISC",
        "(GPL-3.0-only AND ISC) OR MIT",
        "Apache-2.0 WITH LLVM-exception OR MIT AND ISC",
    ] {
        assert!(is_allowed(allowed), "{allowed}");
    }
    for refused in ["", "GPL-3.0-only", "MIT AND GPL-3.0-only", "(MIT OR ISC) AND MPL-2.0"] {
        assert!(!is_allowed(refused), "{refused}");
    }
}

/// Whether an expression of SPDX is met by `LICENCES`. A slash is how `OR` was written once.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    any(&mut words) && words.next().is_none()
}

type Words<'a> = Peekable<SplitWhitespace<'a>>;

fn any(words: &mut Words<'_>) -> bool {
    let mut met = all(words);
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words);
    }
    met
}

fn all(words: &mut Words<'_>) -> bool {
    let mut met = one(words);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words);
    }
    met
}

fn one(words: &mut Words<'_>) -> bool {
    let met = match words.next() {
        Some("(") => {
            let met = any(words);
            words.next() == Some(")") && met
        }
        Some(licence) => LICENCES.contains(&licence),
        None => false,
    };
    // An exception only allows more.
    if words.next_if_eq(&"WITH").is_some() {
        words.next();
    }
    met
}
