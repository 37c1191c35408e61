//! `conversations seed`

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use conversations_application::ports::SeedShape;
use conversations_domain::Name;
use conversations_seed::{SeedProgress, SeedRequest};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Database, say};

/// How often a line is printed where there is no terminal to draw on.
const LINE: Duration = Duration::from_secs(5);

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The workspace to fill; created if it does not exist
    #[arg(long, value_name = "NAME")]
    workspace: Name,

    /// The total number of generated conversations
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    conversations: u64,

    /// The number of customers
    #[arg(long, value_name = "N", default_value_t = 1_000,
          value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    customers: u32,

    /// The number of users
    #[arg(long, value_name = "N", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(..=10_000))]
    users: u32,

    /// The number of inboxes
    #[arg(long, value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=1_000))]
    inboxes: u32,

    /// How many messages each conversation has
    #[arg(long, value_name = "N", default_value_t = 0,
          value_parser = clap::value_parser!(u32).range(..=1_000))]
    messages_per: u32,

    #[command(flatten)]
    database: Database,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { workspace, conversations, customers, users, inboxes, messages_per, database } =
        arguments;
    let (operators, _) = database.open().await?;
    let workspace = operators.workspaces.ensure(workspace).await?;
    let shape = SeedShape { customers, users, inboxes, messages_per };
    let mut shown = ProgressDisplay::new(conversations);
    let filled = operators
        .seeds
        .fill(workspace.id, SeedRequest { conversations, shape }, |progress| shown.update(progress))
        .await;
    shown.end();
    operators.store.close().await;

    let SeedProgress { found, made } = filled?;
    let name = workspace.name.as_str();
    say(&format!(
        "The workspace {name:?} has {made} new conversations, in addition to {found} existing \
         ones.\n"
    ))
}

/// Tells on standard error how far it is: by a bar, or by lines where there is no terminal.
struct ProgressDisplay {
    wanted: u64,
    bar: ProgressBar,
    begun: Instant,
    told: Instant,
    lines: bool,
}

impl ProgressDisplay {
    fn new(wanted: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(wanted), ProgressDrawTarget::stderr());
        let template = "{bar:40} {human_pos} of {human_len}, {per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let now = Instant::now();
        Self { wanted, bar, begun: now, told: now, lines: !std::io::stderr().is_terminal() }
    }

    fn update(&mut self, SeedProgress { found, made }: SeedProgress) {
        let done = found + made;
        if made == 0 {
            // What is found costs nothing, so it says nothing of the rest.
            self.bar.set_position(done);
            self.bar.reset_eta();
            self.begun = Instant::now();
        } else if self.lines && self.told.elapsed() >= LINE {
            self.told = Instant::now();
            let seconds = self.begun.elapsed().as_secs().max(1);
            let rate = (made / seconds).max(1);
            let left = self.wanted.saturating_sub(done) / rate;
            eprintln!("{done} of {} conversations, {rate}/s, {left} s left", self.wanted);
        } else {
            self.bar.set_position(done);
        }
    }

    fn end(&self) {
        self.bar.finish();
    }
}
