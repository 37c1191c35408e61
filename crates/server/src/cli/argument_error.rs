//! Errors of the command line: one line that names the setting and its allowed values. The given
//! value is not repeated, because it may contain a password, even where none belongs.

use std::num::ParseIntError;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, Command, CommandFactory};

use super::Arguments;

/// Whether that is help or a version, which was asked for, and no refusal.
pub(super) fn is_help(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    )
}

/// What is wrong with a command line, in one line.
pub(super) fn line(error: &Error) -> String {
    let sentence = match error.kind() {
        ErrorKind::UnknownArgument => unknown(error),
        ErrorKind::InvalidSubcommand => "unknown command".to_owned(),
        ErrorKind::MissingRequiredArgument => {
            format!("missing {}", texts(error, ContextKind::InvalidArg).join(" and "))
        }
        ErrorKind::InvalidValue => {
            let allowed = texts(error, ContextKind::ValidValue);
            if allowed.is_empty() {
                format!("{} needs a value", setting(error))
            } else {
                format!("{} takes one of {}", setting(error), allowed.join(", "))
            }
        }
        ErrorKind::ValueValidation => format!("{}: {}", setting(error), reason(error)),
        ErrorKind::ArgumentConflict => {
            format!("{} cannot be repeated, or conflicts with another flag", setting(error))
        }
        other => {
            let what = other.as_str().unwrap_or("the command line is not valid");
            format!("{}: {what}", setting(error))
        }
    };
    format!("{sentence}; see --help").replace('\n', " ")
}

fn unknown(error: &Error) -> String {
    let name = texts(error, ContextKind::InvalidArg).iter().find_map(|given| flag_name(given));
    let sentence = name
        .map_or_else(|| "unexpected argument".to_owned(), |name| format!("unknown flag {name}"));
    match texts(error, ContextKind::SuggestedArg).first() {
        Some(similar) => format!("{sentence} (did you mean {similar}?)"),
        None => sentence,
    }
}

/// The name of a flag as it was given, without what may follow it.
fn flag_name(given: &str) -> Option<String> {
    let name = given.split('=').next().unwrap_or_default();
    let plain = |each: char| each.is_ascii_lowercase() || each.is_ascii_digit() || each == '-';
    (name.starts_with("--") && name.chars().all(plain)).then(|| name.to_owned())
}

/// The setting that it is about, with the variable that sets it as well.
fn setting(error: &Error) -> String {
    let Some(shown) = texts(error, ContextKind::InvalidArg).into_iter().next() else {
        return "the command line".to_owned();
    };
    let mut command = Arguments::command();
    command.build();
    match find(&command, &shown).and_then(Arg::get_env) {
        Some(variable) => format!("{shown} ({})", variable.to_string_lossy()),
        None => shown,
    }
}

fn find<'a>(command: &'a Command, shown: &str) -> Option<&'a Arg> {
    let here = command.get_arguments().find(|argument| argument.to_string() == shown);
    here.or_else(|| command.get_subcommands().find_map(|command| find(command, shown)))
}

/// Why a value is refused. Reasons may begin with the value, which is left out.
fn reason(error: &Error) -> String {
    let Some(source) = std::error::Error::source(error) else {
        return "the value is not valid".to_owned();
    };
    if source.is::<ParseIntError>() {
        return "the value must be a whole number".to_owned();
    }
    let reason = source.to_string();
    let given = texts(error, ContextKind::InvalidValue).into_iter().next().unwrap_or_default();
    match reason.strip_prefix(&given) {
        Some(rest) if !given.is_empty() => format!("the value{rest}"),
        _ if given.len() > 4 && reason.contains(&given) => "the value is not valid".to_owned(),
        _ => reason,
    }
}

fn texts(error: &Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn refused(arguments: &[&str]) -> String {
        let arguments = ["conversations"].iter().chain(arguments);
        let error = Arguments::try_parse_from(arguments).err().expect("a refusal");
        assert!(!is_help(&error));
        line(&error)
    }

    #[test]
    fn a_line_names_the_setting_and_what_it_takes() {
        for (arguments, said) in [
            (
                vec!["serve", "--request-timeout", "0"],
                "--request-timeout <SECONDS> (CONVERSATIONS_REQUEST_TIMEOUT): the value is not in \
                 1..=300; see --help",
            ),
            (
                vec!["serve", "--request-timeout=soon"],
                "--request-timeout <SECONDS> (CONVERSATIONS_REQUEST_TIMEOUT): the value must be a \
                 whole number; see --help",
            ),
            (
                vec!["serve", "--listen"],
                "--listen <HOST:PORT> (CONVERSATIONS_LISTEN) needs a value; see --help",
            ),
            (
                vec!["serve", "--lisen", "x:1"],
                "unknown flag --lisen (did you mean --listen?); see --help",
            ),
            (vec!["server"], "unknown command; see --help"),
            (vec!["workspaces", "delete"], "missing <NAME>; see --help"),
        ] {
            assert_eq!(refused(&arguments), said);
        }
    }

    #[test]
    fn nothing_that_was_given_is_repeated() {
        let url = "postgres://user:hush@host/db";
        let joined = format!("--databse-url={url}");
        let short = format!("-d{url}");
        for arguments in [
            vec!["serve", joined.as_str()],
            vec!["serve", "--databse-url", url],
            vec!["serve", url],
            vec!["serve", short.as_str()],
            vec![url],
            vec!["serve", "--request-timeout", url],
            vec!["serve", "--erase-timeout", url],
            vec!["keys", "create", "--permission", url, "--workspace", "a", "--name", "b"],
            vec!["keys", "create", "--source", url],
            vec!["keys", "create", "--expires-at", url],
            vec!["keys", "revoke", "1", url],
        ] {
            let said = refused(&arguments);
            assert!(!said.contains("hush") && !said.contains('\n'), "{arguments:?}: {said}");
        }
    }
}
