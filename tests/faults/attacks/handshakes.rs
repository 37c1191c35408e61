//! Silent connections over TLS.

use std::time::Duration;

use conversations_testkit::Engine;

use crate::attacks::sockets::Sockets;
use crate::attacks::stage::Stage;
use crate::attacks::{Case, Plan, tell};
use crate::serial_stories::sized;

pub(super) const CASE: Case = Case {
    name: "silent_handshakes_hold_up_nobody",
    short: &[Engine::Sqlite],
    over_tls: true,
    prepare,
};

#[tokio::test(flavor = "multi_thread")]
async fn silent_handshakes_hold_up_nobody() {
    tell(&CASE).await;
}

fn prepare(_: &Stage) -> Vec<Plan> {
    let sockets = Sockets {
        count: sized(1_500, 3_000),
        per_second: sized(10_000, 300),
        ..Sockets::default()
    };
    let mut plan = Plan::new("silent handshakes of TLS", sockets);
    // Longer than a server may wait for a handshake.
    plan.window = sized(Some(Duration::from_secs(4)), None);
    vec![plan]
}
