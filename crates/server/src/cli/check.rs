//! `conversations check`

use std::process::ExitCode;

use conversations_application::Error;
use conversations_application::totals::Checked;
use conversations_domain::Name;

use super::{Database, say};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Mend what differs, beside a running server too
    #[arg(long)]
    repair: bool,

    /// The workspace to check; all of them unless said
    #[arg(long, value_name = "NAME")]
    workspace: Option<Name>,

    #[command(flatten)]
    database: Database,
}

/// Says what differs, and ends well when nothing does or when it was mended.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { repair, workspace, database } = arguments;
    let (backstage, _) = database.open().await?;
    let checked = backstage.totals.check(workspace.clone(), repair).await;
    backstage.store.close().await;

    let checked = match (checked, workspace) {
        (Err(Error::NotFound), Some(name)) => {
            return Err(anyhow::Error::from(Error::NotFound)
                .context(format!("there is no workspace {:?}", name.as_str())));
        }
        (checked, _) => checked?,
    };
    let (mut conversations, mut numbers, mut wrong) = (0, 0, 0);
    for Checked { workspace, found } in &checked {
        for difference in &found.differences {
            say(&format!("{}: {difference}\n", workspace.name))?;
        }
        conversations += found.conversations;
        numbers += found.numbers;
        wrong += found.differences.len();
    }
    let outcome = match (wrong, repair) {
        (0, _) => "all agree".to_owned(),
        (_, true) => format!("{wrong} differed and are mended"),
        (_, false) => format!("{wrong} differ; --repair mends them"),
    };
    say(&format!(
        "Compared {numbers} numbers with {conversations} conversations in {} workspaces: {outcome}.\n",
        checked.len()
    ))?;
    Ok(if wrong == 0 || repair { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
