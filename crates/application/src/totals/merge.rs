//! Compacting totals.

use super::TotalsService;
use crate::Error;

impl TotalsService {
    /// Makes what is kept of every workspace as small as it can be. No number changes.
    ///
    /// # Errors
    /// When the storage cannot answer; the next time goes on.
    pub async fn merge(&self) -> Result<(), Error> {
        for workspace in self.workspaces.list().await? {
            self.totals.merge(workspace.id).await?;
        }
        Ok(())
    }
}
