//! Reading the totals.

use conversations_application::read_model::{AssigneeFilter, ConversationFilter, Criterion};
use conversations_domain::{InboxId, Priority, Status, WorkspaceId};
use diesel::expression::{ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, SmallInt, Text};
use uuid::Uuid;

use super::super::Backend;
use super::{ALL, NOBODY};
use crate::columns::{DbId, Id};

/// How many conversations a filter allows that asks for no more than status, priority, assignee and
/// inbox, by the sum of at most twelve cells: an expression, so that it can be part of another
/// query.
#[derive(Debug, Clone)]
pub(in super::super) struct Total {
    workspace: DbId,
    inbox: DbId,
    assignee: DbId,
    statuses: Vec<&'static str>,
    priorities: Vec<i16>,
}

impl Total {
    /// How many conversations an inbox has.
    pub(in super::super) fn of_inbox(workspace: WorkspaceId, inbox: InboxId) -> Self {
        Self {
            workspace: DbId::of(workspace),
            inbox: DbId::of(inbox),
            assignee: DbId(ALL),
            statuses: Vec::new(),
            priorities: Vec::new(),
        }
    }

    /// The total of a filter; `None` when the filter asks for something that is not counted.
    pub(in super::super) fn of(
        workspace: WorkspaceId,
        filter: &ConversationFilter,
    ) -> Option<Self> {
        let is_counted = |criterion| {
            matches!(
                criterion,
                Criterion::Statuses(_)
                    | Criterion::Priorities(_)
                    | Criterion::Assignee(_)
                    | Criterion::Inbox(_)
            )
        };
        if !filter.criteria().all(is_counted) {
            return None;
        }
        // The reserved ids belong to no row, and the cells of an inbox of zeros are empty.
        let nothing = NOBODY;
        let (mut inbox, assignee) = (
            filter
                .inbox
                .map_or(ALL, |inbox| if inbox.as_uuid() == ALL { nothing } else { inbox.into() }),
            match filter.assignee {
                None => ALL,
                Some(AssigneeFilter::Nobody) => NOBODY,
                Some(AssigneeFilter::User(user)) => user.into(),
            },
        );
        if matches!(filter.assignee, Some(AssigneeFilter::User(_))) && is_reserved(assignee) {
            inbox = nothing;
        }
        Some(Self {
            workspace: DbId::of(workspace),
            inbox: DbId(inbox),
            assignee: DbId(assignee),
            statuses: status_names(&filter.statuses),
            priorities: ranks(&filter.priorities),
        })
    }
}

fn is_reserved(id: Uuid) -> bool {
    id == ALL || id == NOBODY
}

/// The words of some statuses, each once: the number of statements stays bounded.
pub(super) fn status_names(statuses: &[Status]) -> Vec<&'static str> {
    let mut words: Vec<_> = statuses.iter().copied().map(Status::as_str).collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn ranks(priorities: &[Priority]) -> Vec<i16> {
    let mut ranks: Vec<_> =
        priorities.iter().copied().map(|priority| i16::from(priority.rank())).collect();
    ranks.sort_unstable();
    ranks.dedup();
    ranks
}

/// Puts the values of a list into a statement, with commas between.
macro_rules! push_list {
    ($out:ident, $sql_type:ty, $values:expr) => {
        for (place, value) in $values.iter().enumerate() {
            $out.push_sql(if place == 0 { "" } else { ", " });
            $out.push_bind_param::<$sql_type, _>(value)?;
        }
    };
}

pub(super) use push_list;

/// Which fields are counted by: each of their values gets its own count. Where the filter names a value of
/// such a field, only that value is counted.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct CellFields {
    pub(in super::super) inbox: bool,
    pub(in super::super) assignee: bool,
}

/// What a [`Total`] sums up, by the values of fields: a query, to which a limit can be added.
pub(in super::super) struct TotalsByField {
    total: Total,
    each: CellFields,
    selected: String,
    grouped: String,
}

impl Total {
    /// The same by the values of some columns: those that are selected before the sum, and those
    /// that are grouped by.
    pub(in super::super) fn by_field(
        self,
        each: CellFields,
        selected: String,
        grouped: String,
    ) -> TotalsByField {
        TotalsByField { total: self, each, selected, grouped }
    }

    /// Which cells are summed up.
    fn push_conditions<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, Backend>,
        each: CellFields,
    ) -> QueryResult<()> {
        let Self { workspace, inbox, assignee, statuses, priorities } = self;
        out.push_sql(" FROM conversation_counts WHERE workspace_id = ");
        out.push_bind_param::<Id, _>(workspace)?;
        // The key begins with the inbox and the assignee: each is looked up.
        if each.inbox && inbox.0 == ALL {
            out.push_sql(" AND inbox_id IN (SELECT id FROM inboxes WHERE workspace_id = ");
            out.push_bind_param::<Id, _>(workspace)?;
            out.push_sql(")");
        } else {
            out.push_sql(" AND inbox_id = ");
            out.push_bind_param::<Id, _>(inbox)?;
        }
        if each.assignee && assignee.0 == ALL {
            out.push_sql(" AND assignee_id IN (SELECT id FROM users WHERE workspace_id = ");
            out.push_bind_param::<Id, _>(workspace)?;
            out.push_sql(" UNION ALL SELECT ");
            out.push_bind_param::<Id, _>(&DbId(NOBODY))?;
            out.push_sql(")");
        } else {
            out.push_sql(" AND assignee_id = ");
            out.push_bind_param::<Id, _>(assignee)?;
        }
        if !statuses.is_empty() {
            out.push_sql(" AND status IN (");
            push_list!(out, Text, statuses);
            out.push_sql(")");
        }
        if !priorities.is_empty() {
            out.push_sql(" AND priority IN (");
            push_list!(out, SmallInt, priorities);
            out.push_sql(")");
        }
        Ok(())
    }
}

impl QueryFragment<Backend> for Total {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("(SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT)");
        self.push_conditions(&mut out, CellFields::default())?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryFragment<Backend> for TotalsByField {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        let Self { total, each, selected, grouped } = self;
        out.push_sql("SELECT ");
        out.push_sql(selected);
        out.push_sql(", CAST(SUM(n) AS BIGINT)");
        total.push_conditions(&mut out, *each)?;
        out.push_sql(" GROUP BY ");
        out.push_sql(grouped);
        out.push_sql(" HAVING SUM(n) <> 0");
        Ok(())
    }
}

impl Expression for Total {
    type SqlType = BigInt;
}

impl<T> AppearsOnTable<T> for Total {}

impl<T> SelectableExpression<T> for Total {}

impl<G> ValidGrouping<G> for Total {
    type IsAggregate = is_aggregate::Never;
}

// There are as many texts as there are numbers of statuses and priorities: each is prepared once.
impl QueryId for Total {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// A sum of what is counted. One below zero would be an error, which `conversations check` tells of;
/// no list fails because of it.
pub(in super::super) fn non_negative(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or(0)
}
