//! What the tests of this crate share: a clock that stands still, and a workspace.

use std::sync::Arc;

use conversations_application::ContextFactory;
use conversations_application::ports::{CountedIds, FixedClock};
use conversations_domain::WorkspaceId;
use conversations_fixtures::at;
use uuid::Uuid;

pub(crate) fn context_factory() -> ContextFactory {
    ContextFactory::new(Arc::new(FixedClock(at(0))), Arc::new(CountedIds::default()))
}

pub(crate) fn workspace() -> WorkspaceId {
    WorkspaceId::from_uuid(Uuid::from_u128(100))
}
