//! Which conversations a list shows.

use conversations_application::read_model::{
    AssigneeFilter, ConversationFilter, Criterion, ExternalIdFilter,
};
use conversations_domain::{Channel, Priority, Source, Status, WorkspaceId};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use uuid::Uuid;

use super::super::Backend;
use super::super::hidden::Hidden;
use super::super::search::{SearchPlan, matches_search};
use crate::columns::{DbId, DbTime};
use crate::schema::{conversation_labels, conversations};

/// That a column holds one of some values. Of one it is not said that it is one of some: what is fixed
/// keeps an index in order.
macro_rules! equals_any {
    ($query:expr, $column:expr, $values:expr, $stored:expr) => {{
        let stored: Vec<_> = $values.iter().copied().map($stored).collect();
        match *stored.as_slice() {
            [one] => $query.filter($column.eq(one)),
            _ => $query.filter($column.eq_any(stored)),
        }
    }};
}

/// The conversations that a filter allows, without those that are being erased: one place for the
/// list and for its total. What is assigned to a user who is being erased counts as unassigned.
/// What the filter asks for by words is found as it was planned.
pub(in super::super::super) fn matching(
    workspace: WorkspaceId,
    filter: &ConversationFilter,
    search: Option<&SearchPlan>,
    hidden: &Hidden,
) -> conversations::BoxedQuery<'static, Backend> {
    let mut query = conversations::table
        .filter(conversations::workspace_id.eq(DbId::of(workspace)))
        .into_boxed();
    let by_status =
        |criterion| matches!(Locality::of(criterion), Locality::Priority | Locality::Update);
    if filter.statuses.is_empty() && filter.criteria().any(by_status) {
        query = equals_any!(query, conversations::status, Status::ALL, Status::as_str);
    }
    for criterion in filter.criteria() {
        query = match criterion {
            Criterion::Statuses(statuses) => {
                equals_any!(query, conversations::status, statuses, Status::as_str)
            }
            Criterion::Priorities(priorities) => {
                equals_any!(query, conversations::priority, priorities, rank)
            }
            Criterion::Assignee(assignee) => assigned(query, assignee, hidden),
            Criterion::Inbox(inbox) => query.filter(conversations::inbox_id.eq(DbId::of(inbox))),
            Criterion::Customer(customer) => {
                query.filter(conversations::customer_id.eq(DbId::of(customer)))
            }
            Criterion::Labels(labels) => labels.iter().fold(query, |query, label| {
                let labelled = conversation_labels::table
                    .filter(conversation_labels::workspace_id.eq(DbId::of(workspace)))
                    .filter(conversation_labels::label.eq(label.to_owned()))
                    .select(conversation_labels::conversation_id);
                query.filter(conversations::id.eq_any(labelled))
            }),
            Criterion::Channels(channels) => {
                equals_any!(query, conversations::channel, channels, Channel::as_str)
            }
            Criterion::Sources(sources) => {
                equals_any!(query, conversations::source, sources, Source::as_str)
            }
            Criterion::CreatedAfter(time) => {
                match first_id_of(time.as_unix_millis().saturating_add(1)) {
                    Some(first) => query.filter(conversations::id.ge(first)),
                    None => query.filter(diesel::dsl::sql::<Bool>("FALSE")),
                }
            }
            Criterion::CreatedBefore(time) => match first_id_of(time.as_unix_millis()) {
                Some(first) => query.filter(conversations::id.lt(first)),
                None => query,
            },
            Criterion::UpdatedAfter(time) => {
                query.filter(conversations::updated_at.gt(DbTime(time)))
            }
            Criterion::UpdatedBefore(time) => {
                query.filter(conversations::updated_at.lt(DbTime(time)))
            }
            // As it was planned.
            Criterion::Text(_) => query,
            Criterion::ExternalId(ExternalIdFilter { id, source }) => {
                let query = query.filter(conversations::external_id.eq(id.as_str().to_owned()));
                match source {
                    Some(source) => {
                        let source = source.as_str().to_owned();
                        query.filter(conversations::external_source.eq(source))
                    }
                    None => query,
                }
            }
        };
    }
    if let Some(search) = search {
        query = query.filter(matches_search(search));
    }
    visible(query, hidden)
}

/// How what meets a criterion lies in the indexes of conversations. How a list is found follows from
/// it; a wrong answer makes a list slow, not wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locality {
    /// Together in each of them: a status stands in every index before what a list is sorted by.
    Status,
    /// Together in the index of priorities, which needs a status.
    Priority,
    /// Together along the ids, which carry the time of making.
    Creation,
    /// Together in the index of last changes, which needs a status.
    Update,
    /// Together in an index of this column, before the status and the id.
    Column(&'static str),
    /// The same, but with too many rows to be sure that a page is found quickly.
    CommonColumn,
    /// Anywhere: a table of its own has the ids.
    OtherTable,
    /// Anywhere: they are found by words.
    Words,
}

impl Locality {
    pub(super) fn of(criterion: Criterion<'_>) -> Self {
        match criterion {
            Criterion::Statuses(_) => Self::Status,
            Criterion::Priorities(_) => Self::Priority,
            Criterion::Assignee(_) => Self::Column("assignee_id"),
            Criterion::Inbox(_) => Self::Column("inbox_id"),
            Criterion::Customer(_) => Self::Column("customer_id"),
            Criterion::Labels(_) => Self::OtherTable,
            Criterion::Channels(_) | Criterion::Sources(_) => Self::CommonColumn,
            Criterion::CreatedAfter(_) | Criterion::CreatedBefore(_) => Self::Creation,
            Criterion::UpdatedAfter(_) | Criterion::UpdatedBefore(_) => Self::Update,
            Criterion::Text(_) => Self::Words,
            Criterion::ExternalId(_) => Self::Column("external_id"),
        }
    }
}

/// Whether what a filter allows lies side by side in an index, so that a page of it looks at no more
/// rows than it has. Of two conditions, an index finds what meets one, and each such row has to be
/// asked about the other.
pub(super) fn is_along_an_index(filter: &ConversationFilter) -> bool {
    let mut chosen = None;
    filter.criteria().map(Locality::of).all(|locality| match locality {
        // Along with any of them.
        Locality::Status | Locality::Creation => true,
        Locality::Priority | Locality::Update | Locality::Column(_) => {
            *chosen.get_or_insert(locality) == locality
        }
        Locality::CommonColumn | Locality::OtherTable | Locality::Words => false,
    })
}

fn rank(priority: Priority) -> i16 {
    priority.rank().into()
}

/// Those that are assigned as a filter asks for. What is assigned to a user who is being erased
/// counts as unassigned.
fn assigned(
    query: conversations::BoxedQuery<'static, Backend>,
    assignee: AssigneeFilter,
    hidden: &Hidden,
) -> conversations::BoxedQuery<'static, Backend> {
    match assignee {
        AssigneeFilter::Nobody if hidden.users.is_empty() => {
            query.filter(conversations::assignee_id.is_null())
        }
        AssigneeFilter::Nobody => {
            let gone = hidden.users.iter().copied().map(Some);
            let theirs = conversations::assignee_id.eq_any(gone.collect::<Vec<_>>());
            query.filter(conversations::assignee_id.is_null().or(theirs))
        }
        AssigneeFilter::User(user) if hidden.users.contains(&DbId::of(user)) => {
            query.filter(diesel::dsl::sql::<Bool>("FALSE"))
        }
        AssigneeFilter::User(user) => query.filter(conversations::assignee_id.eq(DbId::of(user))),
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
