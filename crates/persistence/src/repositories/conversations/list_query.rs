//! A list of conversations that is asked for.

use conversations_application::read_model::{ConversationFilter, ConversationOrder};
use conversations_application::reply_budget::PageBudget;
use conversations_domain::WorkspaceId;

use super::super::Backend;
use super::super::hidden::Hidden;
use super::super::search::SearchPlan;
use super::filter::{is_along_an_index, matching};
use crate::schema::conversations;

/// A list that is asked for.
#[derive(Debug, Clone)]
pub(super) struct ListQuery {
    pub(super) workspace: WorkspaceId,
    pub(super) filter: ConversationFilter,
    pub(super) order: ConversationOrder,
    /// How what the filter asks for by words is found; planned before anything else is asked.
    pub(super) search: Option<SearchPlan>,
    /// The people who are being erased, and so are left out.
    pub(super) hidden: Hidden,
    /// Whether it may look at many rows, and is stopped when no caller waits for it.
    pub(super) at_length: bool,
    /// What may be read for a page.
    pub(super) budget: PageBudget,
}

impl ListQuery {
    pub(super) fn new(
        workspace: WorkspaceId,
        filter: ConversationFilter,
        order: ConversationOrder,
    ) -> Self {
        let (search, hidden) = (None, Hidden::default());
        let at_length = !is_along_an_index(&filter);
        let budget = PageBudget::current();
        Self { workspace, filter, order, search, hidden, at_length, budget }
    }

    /// The conversations that are in it.
    pub(super) fn matching(&self) -> conversations::BoxedQuery<'static, Backend> {
        let Self { workspace, filter, search, hidden, .. } = self;
        let all = matching(*workspace, filter, search.as_ref(), hidden);
        cancellable_if!(self.at_length, all, conversations::id)
    }
}
