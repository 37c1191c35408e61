//! Connections over TLS on which nobody says anything.

use conversations_testkit::Engine;

use crate::attacks::sockets::Sockets;
use crate::attacks::stage::Stage;
use crate::attacks::{Case, Plan, tell};
use crate::scale::sized;

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
    vec![Plan::new("silent handshakes of TLS", sockets)]
}
