//! `conversations check`

use std::process::ExitCode;

use conversations_application::Error;
use conversations_application::erasures::ErasureService;
use conversations_application::ports::{FeedCount, PendingErasure, WaitingEvents};
use conversations_application::totals::CheckedWorkspace;
use conversations_domain::Name;
use conversations_persistence::IntegrityReport;

use super::{Database, say};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Repair wrong totals and finish pending deletions; the server may keep running
    #[arg(long)]
    repair: bool,

    /// Check only the totals of this workspace
    #[arg(long, value_name = "NAME")]
    workspace: Option<Name>,

    #[command(flatten)]
    database: Database,
}

/// Prints what is wrong. Succeeds when nothing is, or when it was repaired.
pub(super) async fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { repair, workspace, database } = arguments;
    let operators = database.open_present().await?;
    let examined = operators.store.check_integrity().await;
    let pending = pending_erasures(&operators.erasures, repair).await;
    let checked = operators.totals.check(workspace.clone(), repair).await;
    let feeds = operators.events.count().await;
    operators.store.close().await;

    let sound = tell_of_database(examined)?;
    tell_of_erasures(&pending?, repair)?;
    let complete = tell_of_feeds(&feeds?)?;
    let checked = match (checked, workspace) {
        (Err(Error::NotFound), Some(name)) => {
            return Err(anyhow::Error::from(Error::NotFound)
                .context(format!("no workspace {:?}", name.as_str())));
        }
        (checked, _) => checked?,
    };
    let agree = tell_of_totals(&checked, repair)?;
    Ok(if sound && complete && (agree || repair) { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Whether the database itself is as it should be.
fn tell_of_database(examined: Result<IntegrityReport, String>) -> anyhow::Result<bool> {
    let examined =
        examined.map_err(|reason| anyhow::anyhow!("the database cannot be checked: {reason}"))?;
    let IntegrityReport { migrations, findings } = examined;
    for finding in &findings {
        say(&format!("{finding}\n"))?;
    }
    let migrations = counted(migrations as u64, "migration");
    let outcome = match findings.len() {
        0 => "no problems found".to_owned(),
        found => format!("{} found", counted(found as u64, "fault")),
    };
    say(&format!("Checked the schema ({migrations}), references and integrity: {outcome}.\n"))?;
    Ok(findings.is_empty())
}

/// The deletions that are not over; they are carried out first if anything is to be repaired.
async fn pending_erasures(
    erasures: &ErasureService,
    repair: bool,
) -> Result<Vec<PendingErasure>, Error> {
    let pending = erasures.pending().await?;
    if repair {
        erasures.finish_all().await?;
    }
    Ok(pending)
}

/// Says which deletions are not over. They are no fault: a server carries them out.
fn tell_of_erasures(pending: &[PendingErasure], repair: bool) -> anyhow::Result<()> {
    for PendingErasure { workspace, target, kind, requested_at } in pending {
        let kind = kind.as_str();
        say(&format!(
            "Pending: the deletion of the {kind} {target} of the workspace {workspace}, requested \
             at {requested_at}.\n"
        ))?;
    }
    let outcome = match (pending.len(), repair) {
        (0, _) => return Ok(()),
        (_, true) => "finished",
        (_, false) => "a running server finishes them; --repair does so now",
    };
    say(&format!("{} pending: {outcome}.\n", counted(pending.len() as u64, "deletion")))
}

/// Whether no total differs from the recount.
fn tell_of_totals(checked: &[CheckedWorkspace], repair: bool) -> anyhow::Result<bool> {
    let (mut conversations, mut numbers, mut wrong) = (0, 0, 0);
    for CheckedWorkspace { workspace, found } in checked {
        for difference in &found.differences {
            say(&format!("{}: {difference}\n", workspace.name))?;
        }
        conversations += found.conversations;
        numbers += found.numbers;
        wrong += found.differences.len();
    }
    let outcome = match (wrong, repair) {
        (0, _) => "all agree".to_owned(),
        (_, true) => format!("{wrong} differed and were repaired"),
        (_, false) => format!("{wrong} differ; --repair repairs them"),
    };
    say(&format!(
        "Compared {} with {} in {}: {outcome}.\n",
        counted(numbers, "number"),
        counted(conversations, "conversation"),
        counted(checked.len() as u64, "workspace"),
    ))?;
    Ok(wrong == 0)
}

/// Whether all events are stored that the numbers of the feeds promise.
fn tell_of_feeds(feeds: &[FeedCount]) -> anyhow::Result<bool> {
    let (mut events, mut wrong, mut waiting) = (0, 0, WaitingEvents::default());
    for feed in feeds {
        events += feed.stored;
        waiting.add(feed.waiting);
        if feed.stored != feed.expected {
            wrong += 1;
            let FeedCount { workspace, expected, stored, .. } = feed;
            say(&format!(
                "The feed of the workspace {workspace} has {}; its numbers promise {expected}.\n",
                counted(*stored, "event"),
            ))?;
        }
    }
    if let Some(oldest) = waiting.oldest {
        let WaitingEvents { count, .. } = waiting;
        say(&format!(
            "{} not numbered yet, since {oldest}: a running server numbers them within seconds.\n",
            counted(count, "event"),
        ))?;
    }
    let outcome = match wrong {
        0 => "no gaps".to_owned(),
        wrong => format!("{} with gaps", counted(wrong, "feed")),
    };
    let feeds = counted(feeds.len() as u64, "feed");
    say(&format!("Counted {} in {feeds}: {outcome}.\n", counted(events, "event")))?;
    Ok(wrong == 0)
}

/// How many there are of something.
fn counted(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_not_many() {
        let said = [0, 1, 2].map(|number| counted(number, "workspace"));

        assert_eq!(said, ["0 workspaces", "1 workspace", "2 workspaces"]);
    }
}
