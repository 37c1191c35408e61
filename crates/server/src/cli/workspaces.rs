//! `conversations workspaces`

use std::io::IsTerminal;

use anyhow::Context;
use clap::Subcommand;
use conversations_application::Error;
use conversations_domain::Name;

use super::{Database, say};

#[derive(Subcommand)]
pub(super) enum Command {
    /// List the workspaces
    List(Database),
    /// Delete a workspace with all it has: conversations, people, inboxes, keys, audit
    Delete(Delete),
}

#[derive(clap::Args)]
pub(super) struct Delete {
    /// The name of the workspace
    name: Name,

    /// Do not ask
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    database: Database,
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List(database) => list(&database).await,
        Command::Delete(arguments) => delete(arguments).await,
    }
}

async fn list(database: &Database) -> anyhow::Result<()> {
    let (backstage, _) = database.open().await?;
    for workspace in backstage.workspaces.list().await? {
        say(&format!("{}  {}\n", workspace.id, workspace.name))?;
    }
    backstage.store.close().await;
    Ok(())
}

async fn delete(arguments: Delete) -> anyhow::Result<()> {
    let Delete { name, yes, database } = arguments;
    if !yes && !confirmed(&name)? {
        anyhow::bail!("nothing was deleted");
    }
    let (backstage, _) = database.open().await?;
    let deleted = match backstage.workspaces.delete(name.clone()).await {
        Ok(workspace) => backstage.erasures.carry_out(workspace, workspace).await,
        Err(error) => Err(error),
    };
    backstage.store.close().await;

    let name = name.as_str();
    match deleted {
        Err(Error::NotFound) => {
            Err(anyhow::Error::from(Error::NotFound)
                .context(format!("there is no workspace {name:?}")))
        }
        other => {
            other.context(format!(
                "the workspace {name:?} is gone, but some of what it had is still stored: a server on \
                 this database, or `conversations check --repair`, goes on"
            ))?;
            say(&format!("The workspace {name:?} is deleted with all it had.\n"))
        }
    }
}

/// Asks whoever sits at the terminal to repeat the name.
fn confirmed(name: &Name) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        anyhow::bail!("deleting a workspace cannot be undone: say --yes to go on");
    }
    let shown = name.as_str();
    say(&format!("Everything in the workspace {shown:?} will be gone for good. Type its name: "))?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == name.as_str())
}
