//! `conversations openapi`

use conversations_http::PublicUrl;

use super::say;

pub(super) fn run() -> anyhow::Result<()> {
    say(&conversations_http::openapi(&PublicUrl::default()))
}
