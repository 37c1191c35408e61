//! `conversations migrate`

use super::Database;

pub(super) async fn run(database: &Database) -> anyhow::Result<()> {
    let (backstage, migrated) = database.open().await?;
    backstage.store.close().await;

    if migrated.is_empty() {
        println!("The database is up to date.");
    }
    for migration in migrated {
        println!("Applied {migration}.");
    }
    Ok(())
}
