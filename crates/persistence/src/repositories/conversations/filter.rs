//! Which conversations a list shows.

use conversations_application::ports::{AssigneeFilter, ConversationFilter};
use conversations_domain::{Channel, Priority, Source, Status, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

use super::super::Backend;
use super::super::hidden::Hidden;
use super::super::search::{SearchPlan, found};
use crate::columns::{DbId, DbTime};
use crate::schema::{conversation_labels, conversations};

/// The conversations that a filter allows, without those that are being erased: one place for the
/// list and for its total. What is assigned to a user who is being erased is nobody's. What the
/// filter asks for by words is found as it was planned.
pub(in super::super::super) fn matching(
    workspace: WorkspaceId,
    filter: &ConversationFilter,
    search: Option<&SearchPlan>,
    hidden: &Hidden,
) -> conversations::BoxedQuery<'static, Backend> {
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
        text: _,
    } = filter;
    let mut query = conversations::table
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .into_boxed();
    // The indexes for these begin with a status.
    let by_status = !priorities.is_empty() || updated_after.is_some() || updated_before.is_some();
    let statuses = if statuses.is_empty() && by_status { Status::ALL } else { statuses };
    // Of one value it is not said that it is one of some: what is fixed keeps an index in order.
    query = match *statuses {
        [] => query,
        [status] => query.filter(conversations::status.eq(status.as_str())),
        ref some => {
            let words: Vec<_> = some.iter().copied().map(Status::as_str).collect();
            query.filter(conversations::status.eq_any(words))
        }
    };
    query = match **priorities {
        [] => query,
        [priority] => query.filter(conversations::priority.eq(i16::from(priority.rank()))),
        ref some => {
            let ranks: Vec<_> = some.iter().copied().map(Priority::rank).map(i16::from).collect();
            query.filter(conversations::priority.eq_any(ranks))
        }
    };
    query = assigned(query, *assignee, hidden);
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
    query = match **channels {
        [] => query,
        [channel] => query.filter(conversations::channel.eq(channel.as_str())),
        ref some => {
            let words: Vec<_> = some.iter().copied().map(Channel::as_str).collect();
            query.filter(conversations::channel.eq_any(words))
        }
    };
    query = match **sources {
        [] => query,
        [source] => query.filter(conversations::source.eq(source.as_str())),
        ref some => {
            let words: Vec<_> = some.iter().copied().map(Source::as_str).collect();
            query.filter(conversations::source.eq_any(words))
        }
    };
    if let Some(time) = created_after {
        let after = first_id_of(time.as_unix_millis().saturating_add(1));
        query = match after {
            Some(first) => query.filter(conversations::id.ge(first)),
            None => query.filter(diesel::dsl::sql::<Bool>("FALSE")),
        };
    }
    if let Some(time) = created_before {
        query = match first_id_of(time.as_unix_millis()) {
            Some(first) => query.filter(conversations::id.lt(first)),
            None => query,
        };
    }
    if let Some(time) = updated_after {
        query = query.filter(conversations::updated_at.gt(DbTime(*time)));
    }
    if let Some(time) = updated_before {
        query = query.filter(conversations::updated_at.lt(DbTime(*time)));
    }
    if let Some(search) = search {
        query = query.filter(found(search));
    }
    visible(query, hidden)
}

/// Whether what a filter allows lies side by side in an index, so that a page of it looks at no more
/// rows than it has. Of two conditions, an index finds what meets one, and each such row has to be
/// asked about the other.
pub(super) fn is_along_an_index(filter: &ConversationFilter) -> bool {
    let ConversationFilter {
        statuses: _,
        priorities,
        assignee,
        inbox,
        customer,
        labels,
        channels,
        sources,
        created_after: _,
        created_before: _,
        updated_after,
        updated_before,
        text,
    } = filter;
    let conditions = [
        !priorities.is_empty(),
        assignee.is_some(),
        inbox.is_some(),
        customer.is_some(),
        updated_after.is_some() || updated_before.is_some(),
    ];
    let others = labels.iter().next().is_some()
        || !channels.is_empty()
        || !sources.is_empty()
        || text.is_some();
    !others && conditions.into_iter().filter(|asked| *asked).count() <= 1
}

/// Those that are assigned as a filter asks for. What is assigned to a user who is being erased is
/// nobody's.
fn assigned(
    query: conversations::BoxedQuery<'static, Backend>,
    assignee: Option<AssigneeFilter>,
    hidden: &Hidden,
) -> conversations::BoxedQuery<'static, Backend> {
    match assignee {
        None => query,
        Some(AssigneeFilter::Nobody) if hidden.users.is_empty() => {
            query.filter(conversations::assignee_id.is_null())
        }
        Some(AssigneeFilter::Nobody) => {
            let gone = hidden.users.iter().copied().map(Some);
            let theirs = conversations::assignee_id.eq_any(gone.collect::<Vec<_>>());
            query.filter(conversations::assignee_id.is_null().or(theirs))
        }
        Some(AssigneeFilter::User(user)) if hidden.users.contains(&DbId::of(user)) => {
            query.filter(diesel::dsl::sql::<Bool>("FALSE"))
        }
        Some(AssigneeFilter::User(user)) => {
            query.filter(conversations::assignee_id.eq(DbId::of(user)))
        }
    }
}

/// Those whose customer is not being erased.
fn visible(
    query: conversations::BoxedQuery<'static, Backend>,
    hidden: &Hidden,
) -> conversations::BoxedQuery<'static, Backend> {
    if hidden.customers.is_empty() {
        return query;
    }
    let gone: Vec<_> = hidden.customers.iter().copied().map(Some).collect();
    let of_others = conversations::customer_id.ne_all(gone);
    query.filter(conversations::customer_id.is_null().or(of_others))
}

/// The smallest id that carries a time, in milliseconds since the Unix epoch, or a later one;
/// `None` when no id does.
pub(super) fn first_id_of(millis: i64) -> Option<DbId> {
    let millis = u128::try_from(millis.max(0)).unwrap_or_default();
    (millis < 1 << 48).then(|| DbId(Uuid::from_u128(millis << 80)))
}
