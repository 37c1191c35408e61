//! `conversations workspaces`

use std::io::IsTerminal;

use anyhow::Context;
use clap::Subcommand;
use conversations_application::Error;
use conversations_application::workspaces::EnsuredWorkspace;
use conversations_domain::{Inbox, Name, Workspace};

use super::table::table;
use super::{CommandRefused, Database, say};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a workspace with an inbox, and print their ids
    Create(Create),
    /// List the workspaces
    List(List),
    /// Delete a workspace with all its conversations, customers, users, inboxes and keys, and its
    /// audit
    Delete(Delete),
}

#[derive(clap::Args)]
pub(super) struct Create {
    /// The name of the workspace
    name: Name,

    /// Print a JSON object with `_id` and `inboxId`
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: Database,
}

#[derive(clap::Args)]
pub(super) struct List {
    /// Print a JSON array with an object for each workspace
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: Database,
}

#[derive(clap::Args)]
pub(super) struct Delete {
    /// The name of the workspace
    name: Name,

    /// Skip the confirmation
    #[arg(long)]
    yes: bool,

    #[command(flatten)]
    database: Database,
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create(arguments) => create(arguments).await,
        Command::List(arguments) => list(arguments).await,
        Command::Delete(arguments) => delete(arguments).await,
    }
}

async fn create(arguments: Create) -> anyhow::Result<()> {
    let Create { name, json, database } = arguments;
    let (operators, _) = database.open().await?;
    let ensured = operators.workspaces.ensure_with_inbox(name).await;
    operators.store.close().await;

    let EnsuredWorkspace { workspace, new_inbox } = ensured?;
    let Some(inbox) = new_inbox else {
        let name = workspace.name.as_str();
        return Err(CommandRefused(format!("the workspace {name:?} already exists")).into());
    };
    say(&if json {
        let made = serde_json::json!({
            "_id": workspace.id.to_string(),
            "inboxId": inbox.id().to_string(),
        });
        format!("{made}\n")
    } else {
        made(&workspace, &inbox)
    })
}

/// What is said of a workspace that was made.
pub(super) fn made(workspace: &Workspace, inbox: &Inbox) -> String {
    format!(
        "Made the workspace {:?} ({}) with an inbox, as inboxId: {}\n",
        workspace.name.as_str(),
        workspace.id,
        inbox.id(),
    )
}

async fn list(arguments: List) -> anyhow::Result<()> {
    let List { json, database } = arguments;
    let operators = database.open_present().await?;
    let workspaces = operators.workspaces.list().await?;
    operators.store.close().await;
    say(&if json {
        let workspaces: Vec<_> = workspaces.iter().map(as_json).collect();
        format!("{}\n", serde_json::json!(workspaces))
    } else if workspaces.is_empty() {
        "There are no workspaces.\n".to_owned()
    } else {
        let row = |Workspace { id, name }| [id.to_string(), name.into_string()];
        let rows: Vec<_> = workspaces.into_iter().map(row).collect();
        table(["ID", "NAME"], &rows)
    })
}

fn as_json(workspace: &Workspace) -> serde_json::Value {
    let Workspace { id, name } = workspace;
    serde_json::json!({ "_id": id.to_string(), "name": name.as_str() })
}

async fn delete(arguments: Delete) -> anyhow::Result<()> {
    let Delete { name, yes, database } = arguments;
    if !yes && !confirmed(&name)? {
        anyhow::bail!("nothing was deleted");
    }
    let operators = database.open_present().await?;
    let deleted = match operators.workspaces.delete(name.clone()).await {
        Ok(workspace) => {
            // What it had may take minutes: operators should know at once that it is no longer
            // accessible.
            say(&format!(
                "The workspace {:?} is no longer accessible. Removing its data …\n",
                name.as_str()
            ))?;
            operators.erasures.carry_out(workspace, workspace).await
        }
        Err(error) => Err(error),
    };
    operators.store.close().await;

    let name = name.as_str();
    match deleted {
        Err(Error::NotFound) => {
            Err(anyhow::Error::from(Error::NotFound).context(format!("no workspace {name:?}")))
        }
        other => {
            other.context(format!(
                "the workspace {name:?} is deleted, but some of its data is still stored: a \
                 server on this database, or `conversations check --repair`, removes it"
            ))?;
            say(&format!("Deleted the workspace {name:?} and all its data.\n"))
        }
    }
}

/// Asks the operator at the terminal to repeat the name.
fn confirmed(name: &Name) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        anyhow::bail!("deleting a workspace cannot be undone; confirm with --yes");
    }
    let shown = name.as_str();
    say(&format!(
        "This permanently deletes everything in the workspace {shown:?}. Type its name \
        to confirm: "
    ))?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(answer.trim() == name.as_str())
}
