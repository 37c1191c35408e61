//! The health check.

use std::time::Duration;

use async_trait::async_trait;
use conversations_application::ports::{Readiness, RepositoryError, StorageState};
use diesel_async::RunQueryDsl;

use super::{Connection, Database};

/// A health check needs a quick answer, also when it is no.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct DieselReadiness(pub(super) Database);

#[async_trait]
impl Readiness for DieselReadiness {
    async fn check(&self) -> Result<StorageState, RepositoryError> {
        let asked = self.0.ping(async move |connection: &mut Connection| {
            diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("1"))
                .execute(connection)
                .await?;
            Ok(())
        });
        tokio::time::timeout(PATIENCE, asked)
            .await
            .map_err(|elapsed| RepositoryError::Unavailable(Box::new(elapsed)))??;
        self.0.storage_state()
    }
}
