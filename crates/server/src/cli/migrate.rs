//! `conversations migrate`

use super::{Database, say};

pub(super) async fn run(database: &Database) -> anyhow::Result<()> {
    let (operators, migrated) = database.open().await?;
    operators.store.close().await;

    if migrated.is_empty() {
        say("The database is up to date.\n")?;
    }
    for migration in migrated {
        say(&format!("Applied {migration}.\n"))?;
    }
    Ok(())
}
