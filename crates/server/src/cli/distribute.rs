//! `conversations distribute`

use conversations_persistence::{Distribution, Limits, open};

use super::{Database, PATIENCE, say};

/// Applies no migrations: a database is distributed as it is, while servers work with it.
pub(super) async fn run(database: &Database) -> anyhow::Result<()> {
    let url = database.url()?;
    if let Some(missing) = url.missing_file() {
        anyhow::bail!("{}", super::absent(missing));
    }
    let store = open(&url, Limits { request: PATIENCE, ..Limits::default() })?;
    let distributed = store.distribute().await;
    store.close().await;

    let Distribution { distributed, copied, new, nodes } = distributed?;
    say(&match new {
        0 => "All tables are distributed already.\n".to_owned(),
        new => format!("Distributed {new} tables.\n"),
    })?;
    say(&format!(
        "{distributed} tables are spread by workspace over {nodes} {}; every node has a copy of \
         {copied} tables.\n",
        if nodes == 1 { "node" } else { "nodes" }
    ))
}
