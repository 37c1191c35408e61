//! Which database a command works on, and where that was said.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use conversations_application::ContextFactory;
use conversations_persistence::{DatabaseUrl, Limits, MigrationError, OpenError};

use super::invocation::quoted;
use super::{PATIENCE, absent};
use crate::operator_services::OperatorServices;
use crate::{RandomIds, SystemClock};

/// What is given on the command line.
#[derive(clap::Args)]
struct DatabaseArguments {
    /// The database: `sqlite://relative/path`, `sqlite:///absolute/path` or
    /// `postgres://user:password@host/database`
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        default_value = "sqlite://data/conversations.db"
    )]
    database_url: String,

    /// A file that contains the database URL, such as a mounted secret; takes precedence over
    /// `DATABASE_URL`
    #[arg(long, env = "DATABASE_URL_FILE", value_name = "FILE")]
    database_url_file: Option<PathBuf>,
}

/// Which database a command works on.
pub(super) struct Database(UrlSource);

/// What a command takes to work on a certain database.
pub(super) enum SameDatabase {
    /// That it is started in the same folder.
    InThisFolder,
    /// A flag.
    Flag(String),
    /// The same `DATABASE_URL`.
    ByVariable,
}

impl SameDatabase {
    /// What to write after a command, with a blank before it where there is something.
    pub(super) fn flag(&self) -> String {
        match self {
            Self::Flag(flag) => format!(" {flag}"),
            Self::InThisFolder | Self::ByVariable => String::new(),
        }
    }

    /// What else has to be so, after a blank where there is something.
    pub(super) fn condition(&self) -> &'static str {
        match self {
            Self::Flag(_) => "",
            Self::InThisFolder => " in this folder",
            Self::ByVariable => " with the same DATABASE_URL",
        }
    }
}

/// Where the URL comes from: flags go before variables, and the file before the URL.
enum UrlSource {
    Flag(String),
    Variable(String),
    Default(String),
    File(PathBuf),
    /// Both flags.
    Twice,
}

impl FromArgMatches for Database {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let DatabaseArguments { database_url: url, database_url_file: file } =
            DatabaseArguments::from_arg_matches(matches)?;
        let is_flag = |name| matches.value_source(name) == Some(ValueSource::CommandLine);
        Ok(Self(match (is_flag("database_url"), file) {
            (true, Some(_)) if is_flag("database_url_file") => UrlSource::Twice,
            (true, _) => UrlSource::Flag(url),
            (false, Some(file)) => UrlSource::File(file),
            (false, None)
                if matches.value_source("database_url") == Some(ValueSource::EnvVariable) =>
            {
                UrlSource::Variable(url)
            }
            (false, None) => UrlSource::Default(url),
        }))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Database {
    fn augment_args(command: Command) -> Command {
        DatabaseArguments::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        DatabaseArguments::augment_args_for_update(command)
    }
}

impl fmt::Display for UrlSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(_) | Self::Twice => formatter.write_str("--database-url"),
            Self::Variable(_) => formatter.write_str("--database-url (DATABASE_URL)"),
            Self::Default(_) => formatter.write_str("--database-url (the default)"),
            Self::File(file) => write!(formatter, "--database-url-file ({})", file.display()),
        }
    }
}

impl Database {
    /// The address. It is read here, because the command line's own errors repeat what was given,
    /// and this may hold a password.
    pub(super) fn url(&self) -> anyhow::Result<DatabaseUrl> {
        let source = &self.0;
        let text = match source {
            UrlSource::Flag(url) | UrlSource::Variable(url) | UrlSource::Default(url) => {
                url.clone()
            }
            UrlSource::File(file) => {
                let text = std::fs::read_to_string(file);
                // Editors and `echo` end a file with a line break.
                text.with_context(|| format!("{source} cannot be read"))?
                    .trim_end_matches(['\r', '\n'])
                    .to_owned()
            }
            UrlSource::Twice => {
                bail!("--database-url and --database-url-file cannot both be given")
            }
        };
        text.parse().with_context(|| format!("{source} is not valid"))
    }

    /// How another command is told to work on the same database. A URL that may hold a password is
    /// not repeated.
    pub(super) fn again(&self) -> SameDatabase {
        let absolute = |path: &Path| {
            let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            whole.display().to_string()
        };
        match (&self.0, self.url()) {
            (UrlSource::Default(_), _) => SameDatabase::InThisFolder,
            (UrlSource::File(file), _) => {
                SameDatabase::Flag(format!("--database-url-file {}", quoted(&absolute(file))))
            }
            (_, Ok(DatabaseUrl::Sqlite(path))) => {
                let url = format!("sqlite://{}", absolute(&path));
                SameDatabase::Flag(format!("--database-url {}", quoted(&url)))
            }
            (UrlSource::Flag(_) | UrlSource::Variable(_) | UrlSource::Twice, _) => {
                SameDatabase::ByVariable
            }
        }
    }

    /// Opens a database that is there. A wrong path must not become a new database, of which a
    /// command would say that all is in order.
    pub(super) async fn open_present(&self) -> anyhow::Result<OperatorServices> {
        if let Some(missing) = self.url()?.missing_file() {
            bail!("{}", absent(missing));
        }
        Ok(self.open().await?.0)
    }

    /// Opens the database for a command of an operator, made if it is not there, and names the
    /// migrations it applied.
    pub(super) async fn open(&self) -> anyhow::Result<(OperatorServices, Vec<String>)> {
        let contexts = ContextFactory::new(Arc::new(SystemClock), Arc::new(RandomIds::default()));
        let limits = Limits { request: PATIENCE, ..Limits::default() };
        let opened = OperatorServices::open(&self.url()?, limits, contexts).await;
        opened.map_err(|error| self.named_in(error))
    }

    /// The error with the setting that it is about, if it is about the database.
    pub(super) fn named_in(&self, error: anyhow::Error) -> anyhow::Error {
        let ours = error.is::<MigrationError>() || error.is::<OpenError>();
        if ours { error.context(self.0.to_string()) } else { error }
    }
}
