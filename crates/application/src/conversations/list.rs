//! Listing conversations.

use conversations_domain::{Timestamp, WorkspaceId};

use super::ConversationService;
use crate::page::Scope;
use crate::ports::{AssigneeFilter, ConversationDetails, ConversationFilter, ConversationOrder};
use crate::{Caller, Error, Page, PageRequest};

impl ConversationService {
    /// A page of the conversations that the filter allows, in this order, with the exact total.
    ///
    /// # Errors
    /// [`Error::InvalidCursor`] when the page is asked for by a cursor of another list.
    pub async fn list(
        &self,
        caller: &Caller,
        filter: ConversationFilter,
        order: ConversationOrder,
        page: PageRequest,
    ) -> Result<Page<ConversationDetails>, Error> {
        let asked = scope(caller.workspace, &filter, order).asked(page)?;
        let asked_of = filter.clone();
        let found = self.conversations.list(caller.workspace, filter, order, asked.window).await?;
        Ok(asked.page(found, |details| order.anchor(&asked_of, &details.conversation)))
    }
}

/// What cursors of such a list belong to.
fn scope(workspace: WorkspaceId, filter: &ConversationFilter, order: ConversationOrder) -> Scope {
    let ConversationFilter {
        statuses,
        priorities,
        assignee,
        inbox,
        customer,
        labels,
        channels,
        sources,
        created_after,
        created_before,
        updated_after,
        updated_before,
        text,
    } = filter;
    let assignee = assignee.map(|assignee| match assignee {
        AssigneeFilter::Nobody => "none".to_owned(),
        AssigneeFilter::User(user) => user.to_string(),
    });
    let millis = |time: &Option<Timestamp>| time.map(Timestamp::as_unix_millis);
    Scope::of(workspace, "conversations")
        .with(order)
        .with_any_of(statuses)
        .with_any_of(priorities)
        .with_any_of(assignee)
        .with_any_of(inbox)
        .with_any_of(customer)
        .with_any_of(labels.iter())
        .with_any_of(channels)
        .with_any_of(sources)
        .with_any_of(millis(created_after))
        .with_any_of(millis(created_before))
        .with_any_of(millis(updated_after))
        .with_any_of(millis(updated_before))
        .with_any_of(text)
}
