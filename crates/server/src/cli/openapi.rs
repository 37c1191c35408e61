//! `conversations openapi`

use super::say;

pub(super) fn run() -> anyhow::Result<()> {
    say(&conversations_http::openapi())
}
