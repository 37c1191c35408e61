//! How this program was called: what is printed to be typed has to exist as printed.

use std::env;

/// What to type for this program: the path that it was started by, or its name where it was found by
/// that.
pub(super) fn program() -> String {
    named(env::args_os().next().and_then(|name| name.into_string().ok()))
}

fn named(first_argument: Option<String>) -> String {
    let name = first_argument.filter(|name| !name.is_empty());
    name.map_or_else(|| "conversations".to_owned(), |name| quoted(&name))
}

/// A word of a command line, for a shell.
pub(super) fn quoted(word: &str) -> String {
    let plain = |each: char| each.is_ascii_alphanumeric() || "-_./:".contains(each);
    if !word.starts_with('-') && word.chars().all(plain) && !word.is_empty() {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_to_a_shell() {
        assert_eq!(quoted("default"), "default");
        assert_eq!(quoted("sqlite:///var/lib/a-1.db"), "sqlite:///var/lib/a-1.db");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("Our desk"), "'Our desk'");
        assert_eq!(quoted("Ann's"), r"'Ann'\''s'");
    }

    #[test]
    fn the_program_is_called_as_it_was() {
        for (called, shown) in [
            (Some("conversations"), "conversations"),
            (Some("target/debug/conversations"), "target/debug/conversations"),
            (Some("/opt/my tools/conversations"), "'/opt/my tools/conversations'"),
            (Some(""), "conversations"),
            (None, "conversations"),
        ] {
            assert_eq!(named(called.map(str::to_owned)), shown);
        }
    }
}
