//! The people of the demo, who write while the server runs.

use std::convert::Infallible;
use std::time::Duration;

use conversations_seed::DemoDesk;

/// After how long they begin.
const BEGIN_AFTER: Duration = Duration::from_secs(5);

/// Has the people of the demo, if there is one, write now and then until their workspace is gone. It never
/// completes: the server ends it.
pub(crate) async fn work_at(desk: Option<DemoDesk>) -> Infallible {
    if let Some(mut desk) = desk {
        tokio::time::sleep(BEGIN_AFTER).await;
        loop {
            match desk.step().await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => tracing::warn!(%error, "the desk of the demo could not go on"),
            }
            tokio::time::sleep(desk.pause()).await;
        }
    }
    std::future::pending().await
}
