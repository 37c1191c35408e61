//! `conversations completions`

use clap::CommandFactory;
use clap_complete::Shell;

use super::say;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The shell
    shell: Shell,
}

/// Prints what the shell reads. It is made first and printed then, because clap itself panics when
/// the reader closes early.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut script = Vec::new();
    let mut command = super::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "conversations", &mut script);
    say(&String::from_utf8_lossy(&script))
}
