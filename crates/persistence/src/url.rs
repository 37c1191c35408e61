//! The URL of a database.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The address of a database: `sqlite://relative/path`, `sqlite:///absolute/path` or
/// `postgres://…`. Its `Debug` does not show what may hold a password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A server, with the URL as it was given.
    Postgres(String),
}

/// Text that is no address of a database; the text is not repeated, because it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    /// It does not look like one.
    #[error(
        "a database URL is sqlite://relative/path, sqlite:///absolute/path or \
         postgres://user:password@host/database"
    )]
    Form,
    /// A line feed, a quote or a blank came along when it was copied or read from a file.
    #[error(
        "a database URL must not contain quotes, line feeds or other control characters, or white \
         space at its ends"
    )]
    Character,
    /// A file has no parameters.
    #[error("a sqlite:// URL is only a path, without parameters (?) and without a fragment (#)")]
    Parameters,
}

impl DatabaseUrl {
    /// The file that would have to be made first, where one would.
    #[must_use]
    pub fn missing_file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path.as_path()).filter(|path| !path.exists()),
            Self::Postgres(_) => None,
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim() != text || text.chars().any(char::is_control) || is_quoted(text) {
            return Err(InvalidDatabaseUrl::Character);
        }
        match text.split_once("://") {
            // Taken as part of the name, these would be another file, which is new and empty.
            Some(("sqlite", path)) if path.contains(['?', '#']) => {
                Err(InvalidDatabaseUrl::Parameters)
            }
            Some(("sqlite", path)) if path.contains(['"', '\'']) => {
                Err(InvalidDatabaseUrl::Character)
            }
            Some(("sqlite", path)) if !path.is_empty() && !path.ends_with('/') => {
                Ok(Self::Sqlite(PathBuf::from(path)))
            }
            Some(("postgres" | "postgresql", rest)) if !rest.is_empty() => {
                Ok(Self::Postgres(text.to_owned()))
            }
            _ => Err(InvalidDatabaseUrl::Form),
        }
    }
}

/// Whether text has a quote at one of its ends. A password may hold one elsewhere.
fn is_quoted(text: &str) -> bool {
    let quote = ['"', '\''];
    text.starts_with(quote) || text.ends_with(quote)
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => formatter.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => formatter.debug_tuple("Postgres").finish_non_exhaustive(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_with_two_slashes_and_absolute_with_three() {
        let path = |text: &str| match text.parse() {
            Ok(DatabaseUrl::Sqlite(path)) => Some(path),
            _ => None,
        };

        assert_eq!(path("sqlite://data/a.db"), Some(PathBuf::from("data/a.db")));
        assert_eq!(path("sqlite:///var/lib/a.db"), Some(PathBuf::from("/var/lib/a.db")));
    }

    #[test]
    fn other_addresses_are_refused_without_repeating_them() {
        for text in ["", "sqlite://", "sqlite:a.db", "sqlite://data/", "mysql://u:secret@h/d"] {
            let refused = text.parse::<DatabaseUrl>().map_err(|error| error.to_string());
            assert!(refused.is_err_and(|message| !message.contains("secret")), "{text:?}");
        }
    }

    #[test]
    fn what_came_along_by_mistake_is_no_part_of_a_name() {
        use InvalidDatabaseUrl::{Character, Parameters};

        for (text, wrong) in [
            ("sqlite:///d/x.db\n", Character),
            ("sqlite:///d/x\r.db", Character),
            ("sqlite:///d/x.db ", Character),
            (" sqlite:///d/x.db", Character),
            ("sqlite:///d/x.db\"", Character),
            ("'sqlite:///d/x.db'", Character),
            ("\"postgres://u@h/d\"", Character),
            ("postgres://u@h/d\n", Character),
            ("sqlite:///d/x.db?mode=ro", Parameters),
            ("sqlite:///d/x.db#a", Parameters),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>(), Err(wrong), "{text:?}");
        }
        assert!("sqlite:///d/my file-1.db".parse::<DatabaseUrl>().is_ok());
        assert!("postgres://u:it's@h/d?sslmode=require".parse::<DatabaseUrl>().is_ok());
    }

    #[test]
    fn debug_shows_no_password() {
        let url = "postgres://u:secret@h/d".parse::<DatabaseUrl>();

        assert!(url.is_ok_and(|url| !format!("{url:?}").contains("secret")));
    }
}
