//! The part of `docs/configuration.md` that lists every flag and variable, made from the command
//! line itself, so that the page cannot differ from it.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Arguments;

/// What stands before and after that part.
const BEGIN: &str = "<!-- made from the command line: see the end of this page -->\n";
const END: &str = "<!-- the end of what is made -->\n";

/// Where the page is, from here.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");

/// Every command with its flags, as Markdown.
fn reference() -> String {
    let mut command = Arguments::command();
    command.build();
    let mut page = String::new();
    section(&mut page, &command, "conversations");
    page
}

fn section(page: &mut String, command: &Command, name: &str) {
    // By its whole name: `import` has a command of the same name.
    let root = name == "conversations";
    let own = |argument: &&Arg| {
        let hidden = argument.is_hide_set() || is_asked_for(argument);
        !hidden && (root || !argument.is_global_set())
    };
    let arguments: Vec<_> = command.get_arguments().filter(own).collect();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    if root {
        write(page, "### Every command\n");
    } else {
        write(page, &format!("### `{name}`\n\n{about}.\n"));
    }
    if !arguments.is_empty() {
        write(page, "\n| flag | variable | default | what |\n| --- | --- | --- | --- |\n");
        for argument in arguments {
            write(page, &row(argument));
        }
    }
    write(page, "\n");
    let commands = command.get_subcommands().filter(|each| each.get_name() != "help");
    for each in commands {
        section(page, each, &format!("{name} {}", each.get_name()));
    }
}

/// Help and version are no settings.
fn is_asked_for(argument: &Arg) -> bool {
    matches!(
        argument.get_action(),
        ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
    )
}

fn row(argument: &Arg) -> String {
    let variable =
        argument.get_env().map_or_else(String::new, |name| code(&name.to_string_lossy()));
    let defaults = argument.get_default_values().iter().map(|value| code(&value.to_string_lossy()));
    let defaults = defaults.collect::<Vec<_>>().join(", ");
    let default = match (argument.is_required_set(), is_switch(argument)) {
        (true, _) => "required".to_owned(),
        (false, true) => "off".to_owned(),
        (false, false) if defaults.is_empty() => "none".to_owned(),
        (false, false) => defaults,
    };
    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let allowed = argument.get_possible_values();
    let allowed =
        allowed.iter().filter(|_| !is_switch(argument)).map(|value| code(value.get_name()));
    let allowed = allowed.collect::<Vec<_>>().join(", ");
    let what = if allowed.is_empty() { help } else { format!("{help}: {allowed}") };
    let name = code(&argument.to_string()).replace('|', "\\|");
    format!("| {name} | {variable} | {default} | {} |\n", what.replace('|', "\\|"))
}

fn is_switch(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::SetTrue | ArgAction::SetFalse)
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn write(page: &mut String, text: &str) {
    // Writing to a text cannot fail.
    let _written = page.write_str(text);
}

/// The page with that part regenerated.
fn regenerated(page: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}{END}{after}", reference()))
}

#[cfg(not(feature = "otel"))]
#[test]
fn configuration_md_is_up_to_date() {
    let page = std::fs::read_to_string(PAGE).expect("the page");

    let new = regenerated(&page).expect("the page says where the list is");

    assert!(page == new, "docs/configuration.md is out of date: run `make configuration`");
}

#[test]
#[ignore = "it writes: `make configuration` asks for it"]
fn regenerate_configuration_md() {
    let page = std::fs::read_to_string(PAGE).expect("the page");
    let new = regenerated(&page).expect("the page says where the list is");
    std::fs::write(PAGE, new).expect("the page is written");
}

#[test]
fn every_setting_has_a_text_and_every_variable_a_name_of_ours() {
    let mut command = Arguments::command();
    command.build();
    let mut left = vec![&command];
    while let Some(command) = left.pop() {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        for argument in command.get_arguments() {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty(), "{argument}");
            if let Some(variable) = argument.get_env() {
                let variable = variable.to_string_lossy();
                let ours =
                    variable.starts_with("CONVERSATIONS_") || variable.starts_with("DATABASE_URL");
                // What OpenTelemetry calls it, everywhere.
                let theirs = cfg!(feature = "otel") && variable.starts_with("OTEL_");
                assert!(ours || theirs, "{variable}");
            }
        }
        left.extend(command.get_subcommands().filter(|each| each.get_name() != "help"));
    }
}

#[test]
fn what_is_packaged_sets_only_what_there_is() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations");
    let known = reference();
    let mut found = 0;
    for file in ["debian/default", "Dockerfile", "compose.yml", "conversations.service"] {
        let text = std::fs::read_to_string(format!("{folder}/{file}")).expect("a file");
        let inside = |each: char| each.is_ascii_uppercase() || each == '_';
        for word in text.split(|each| !inside(each)) {
            if word.starts_with("CONVERSATIONS_") || word.starts_with("DATABASE_URL") {
                found += 1;
                assert!(known.contains(&code(word)), "{file}: {word}");
            }
        }
    }
    assert!(found > 5, "the files name variables");
}
