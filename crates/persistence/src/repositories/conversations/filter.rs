//! Which conversations a list shows.

use conversations_application::ports::{AssigneeFilter, ConversationFilter};
use conversations_domain::{Priority, Status, WorkspaceId};
use diesel::prelude::*;

use super::super::Backend;
use crate::columns::DbId;
use crate::schema::{conversation_labels, conversations};

/// The conversations that a filter allows: one place for the list and for its total.
pub(super) fn matching(
    workspace: WorkspaceId,
    filter: &ConversationFilter,
) -> conversations::BoxedQuery<'static, Backend> {
    let ConversationFilter { statuses, priorities, assignee, inbox, customer, labels } = filter;
    let mut query = conversations::table
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .into_boxed();
    if !statuses.is_empty() {
        let words: Vec<_> = statuses.iter().copied().map(Status::as_str).collect();
        query = query.filter(conversations::status.eq_any(words));
    }
    if !priorities.is_empty() {
        let ranks: Vec<_> = priorities.iter().copied().map(Priority::rank).map(i16::from).collect();
        query = query.filter(conversations::priority.eq_any(ranks));
    }
    query = match assignee {
        None => query,
        Some(AssigneeFilter::Nobody) => query.filter(conversations::assignee_id.is_null()),
        Some(AssigneeFilter::User(user)) => {
            query.filter(conversations::assignee_id.eq(DbId::of(*user)))
        }
    };
    if let Some(inbox) = inbox {
        query = query.filter(conversations::inbox_id.eq(DbId::of(*inbox)));
    }
    if let Some(customer) = customer {
        query = query.filter(conversations::customer_id.eq(DbId::of(*customer)));
    }
    for label in labels.iter() {
        let labelled = conversation_labels::table
            .filter(conversation_labels::workspace_id.eq(DbId::of(workspace)))
            .filter(conversation_labels::label.eq(label.to_owned()))
            .select(conversation_labels::conversation_id);
        query = query.filter(conversations::id.eq_any(labelled));
    }
    query
}
