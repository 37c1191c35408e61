//! How a page of a list is found by index scans, without reading other rows.
//!
//! Every index that serves a list has the status before what the list is sorted by. With the status
//! fixed, the rows of the list lie one after the other there; a list of several statuses, or of
//! any, merges one such walk for each. What comes out are ids: the rows are only fetched for those
//! that are on the page.

use conversations_application::SortKey;
use conversations_application::read_model::{
    AssigneeFilter, ConversationFilter, ConversationOrder,
};
use conversations_domain::{Priority, Status, Timestamp};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, SmallInt};

use super::super::hidden::Hidden;
use super::super::search::relevance;
use super::super::sql_builder::{Fragment, SqlBuilder};
use super::filter::Locality;
use super::list_query::ListQuery;
use crate::columns::{DbId, DbTime, Id, UtcMillis};
use crate::schema::conversations;

/// A list, and the direction in which it is walked along.
#[derive(Debug, Clone, Copy)]
pub(super) struct IndexScan {
    key: SortColumn,
    descending: bool,
}

/// What a list is sorted by before the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SortColumn {
    /// Nothing: the time of making is in the id.
    Id,
    /// The last change.
    Update,
    /// The priority.
    Priority,
    /// How many of the words that are looked for are in the subject.
    Relevance,
}

/// Which rows of a walk are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageRange {
    /// Only those beyond this place.
    pub(super) beyond: Option<SortKey>,
    /// All except this many first ones.
    pub(super) skip: u64,
    /// At most this many.
    pub(super) take: u32,
}

impl IndexScan {
    /// Along a list from its beginning.
    pub(super) fn in_order(order: ConversationOrder) -> Self {
        let key = match order {
            ConversationOrder::Newest | ConversationOrder::Oldest => SortColumn::Id,
            ConversationOrder::LastChanged | ConversationOrder::FirstChanged => SortColumn::Update,
            ConversationOrder::MostUrgent | ConversationOrder::LeastUrgent => SortColumn::Priority,
            ConversationOrder::Relevance => SortColumn::Relevance,
        };
        Self { key, descending: order.is_descending() }
    }

    /// The same list from its end.
    pub(super) fn reversed(self) -> Self {
        Self { descending: !self.descending, ..self }
    }

    /// Whether it goes from the greatest to the smallest.
    pub(super) fn is_descending(self) -> bool {
        self.descending
    }

    /// Whether rows that the filter allows lie so close together along this walk that few others
    /// are met, or none. If not, walking may mean to look at everything.
    pub(super) fn is_dense(self, filter: &ConversationFilter) -> bool {
        let is_met = |locality| match self.key {
            SortColumn::Id => !matches!(locality, Locality::Update | Locality::Words),
            SortColumn::Update => matches!(locality, Locality::Status | Locality::Update),
            SortColumn::Priority => matches!(locality, Locality::Status | Locality::Priority),
            SortColumn::Relevance => false,
        };
        self.key != SortColumn::Relevance && filter.criteria().map(Locality::of).all(is_met)
    }

    /// Whether the rows of a list of this size are collected and sorted, because an index scan
    /// would rarely meet them.
    pub(super) fn collects_and_sorts(self, filter: &ConversationFilter, total: u64) -> bool {
        const FEW: u64 = 2_000;

        let anywhere = filter.text.is_some() || self.key == SortColumn::Relevance;
        anywhere || (total <= FEW && !self.is_dense(filter))
    }

    /// Whether the list is that of everything, or of some statuses, by the time of making: then it is
    /// known how much of it is of which day.
    pub(super) fn is_counted_by_day(self, filter: &ConversationFilter) -> bool {
        let is_status = |criterion| Locality::of(criterion) == Locality::Status;
        self.key == SortColumn::Id && filter.criteria().all(is_status)
    }

    /// That a conversation is one of these rows.
    pub(super) fn condition(self, list: &ListQuery, range: PageRange) -> SqlBuilder<Bool> {
        let PageRange { beyond, skip, take } = range;
        let reach = reach(skip.saturating_add(take.into()));
        let mut condition = SqlBuilder::of(format!("{} AS (", self.with_clause(false)));
        let ListQuery { filter, hidden, .. } = list;
        let parts = self.split(filter, hidden);
        // What is assigned to users who are being erased is part of what is unassigned.
        let hidden = match filter.assignee {
            Some(AssigneeFilter::Nobody) => hidden.without_users(),
            _ => hidden.clone(),
        };
        for (index, filter) in parts.into_iter().enumerate() {
            let part = ListQuery { filter, hidden: hidden.clone(), ..list.clone() };
            let union = if index > 0 { " UNION ALL " } else { "" };
            condition = condition
                .text(format!("{union}SELECT {} FROM (", self.named_columns()))
                .boxed(self.part(&part, beyond))
                .text(format!(" LIMIT {reach}) AS part{index}"));
        }
        self.bounded(condition, skip, take)
    }

    /// The same, for rows that are [gathered](Self::collects_and_sorts) and sorted.
    pub(super) fn condition_of_collected(
        self,
        list: &ListQuery,
        range: PageRange,
    ) -> SqlBuilder<Bool> {
        let PageRange { beyond, skip, take } = range;
        // Else the database would try to find them in order.
        let condition = SqlBuilder::of(format!("{} AS MATERIALIZED (", self.with_clause(true)))
            .boxed(self.part(list, beyond));
        self.bounded(condition, skip, take)
    }

    /// The columns of a part. They are named here, because Citus forgets the names that follow `WITH`
    /// where the planner puts the part in their place.
    fn named_columns(self) -> &'static str {
        match self.key {
            SortColumn::Update => "updated_at AS key, id",
            SortColumn::Priority => "priority AS key, id",
            SortColumn::Id | SortColumn::Relevance => "*",
        }
    }

    /// The beginning of a condition.
    fn with_clause(self, is_collected: bool) -> &'static str {
        match self.key {
            SortColumn::Update | SortColumn::Priority if !is_collected => {
                "conversations.id IN (WITH walk"
            }
            SortColumn::Id => "conversations.id IN (WITH walk(id)",
            SortColumn::Update | SortColumn::Priority | SortColumn::Relevance => {
                "conversations.id IN (WITH walk(key, id)"
            }
        }
    }

    /// The end of a condition. The bound is a literal, because a database plans for it; a smaller
    /// one that is bound comes after it.
    fn bounded(self, condition: SqlBuilder<Bool>, skip: u64, take: u32) -> SqlBuilder<Bool> {
        let direction = if self.descending { "DESC" } else { "ASC" };
        let sorted = match self.key {
            SortColumn::Id => format!("ORDER BY id {direction}"),
            SortColumn::Update | SortColumn::Priority | SortColumn::Relevance => {
                format!("ORDER BY key {direction}, id {direction}")
            }
        };
        let near = reach(take.into());
        let condition =
            condition.text(format!(") SELECT id FROM (SELECT * FROM walk {sorted} LIMIT {near}"));
        let condition = if skip == 0 {
            condition
        } else {
            let skip = i64::try_from(skip).unwrap_or(i64::MAX);
            condition.text(" OFFSET ").fragment(skip.into_sql::<BigInt>())
        };
        condition
            .text(format!(") AS near {sorted} LIMIT "))
            .fragment(i64::from(take).into_sql::<BigInt>())
            .text(")")
    }

    /// The filters whose lists, merged, are the list of this one.
    fn split(self, filter: &ConversationFilter, hidden: &Hidden) -> Vec<ConversationFilter> {
        // What no index holds together is met along the ids.
        let along_ids = |criterion| match Locality::of(criterion) {
            Locality::Creation | Locality::Update | Locality::OtherTable | Locality::Words => true,
            Locality::Status
            | Locality::Priority
            | Locality::Column(_)
            | Locality::CommonColumn => false,
        };
        if self.key == SortColumn::Id && filter.criteria().all(along_ids) {
            return vec![filter.clone()];
        }
        let statuses = distinct(&filter.statuses, Status::ALL);
        let priorities: Vec<_> = match filter.priorities.as_slice() {
            [] => vec![None],
            some => distinct(some, Priority::ALL).into_iter().map(Some).collect(),
        };
        let assignees = match filter.assignee {
            Some(AssigneeFilter::Nobody) => hidden.assignees(filter.assignee),
            one => vec![one],
        };
        let mut parts = Vec::with_capacity(statuses.len() * priorities.len() * assignees.len());
        for status in statuses {
            for priority in &priorities {
                parts.extend(assignees.iter().map(|&assignee| ConversationFilter {
                    statuses: vec![status],
                    priorities: priority.iter().copied().collect(),
                    assignee,
                    ..filter.clone()
                }));
            }
        }
        parts
    }

    /// The keys and ids of conversations, in order.
    fn part(self, list: &ListQuery, beyond: Option<SortKey>) -> Fragment {
        let ListQuery { filter, search, .. } = list;
        let all = list.matching();
        let relevance = || match search {
            Some(search) => SqlBuilder::<BigInt>::of("").fragment(relevance(search)),
            None => SqlBuilder::of("CAST(0 AS BIGINT)"),
        };
        let beyond = beyond.map(|place| self.beyond(place, relevance));
        let all = match beyond {
            Some(beyond) => all.filter(beyond),
            None => all,
        };
        // In the direction of the walk.
        macro_rules! sorted {
            ($all:expr, $key:expr) => {
                if self.descending {
                    $all.then_order_by($key.desc())
                } else {
                    $all.then_order_by($key.asc())
                }
            };
        }
        macro_rules! by {
            ($key:expr) => {
                sorted!(sorted!(all, $key), conversations::id).select(($key, conversations::id))
            };
        }
        match self.key {
            SortColumn::Id => {
                // To PostgreSQL, NULL is not one value: it has to be told how to sort by it to
                // find the rows that have it in order.
                let all = match filter.assignee {
                    Some(AssigneeFilter::Nobody) => sorted!(all, conversations::assignee_id),
                    None | Some(AssigneeFilter::User(_)) => all,
                };
                Box::new(sorted!(all, conversations::id).select(conversations::id))
            }
            SortColumn::Update => Box::new(by!(conversations::updated_at)),
            SortColumn::Priority => Box::new(by!(conversations::priority)),
            // Sorted when it is known of all.
            SortColumn::Relevance => Box::new(all.select((relevance(), conversations::id))),
        }
    }

    /// That a row lies beyond a place. It is written as a comparison of rows, which databases find
    /// the place by in an index.
    fn beyond(
        self,
        place: SortKey,
        relevance: impl Fn() -> SqlBuilder<BigInt>,
    ) -> SqlBuilder<Bool> {
        let id = DbId(place.id);
        let sign = if self.descending { " < " } else { " > " };
        let row = |value: SqlBuilder<Bool>| {
            value.text(", ").fragment(conversations::id).text(")").text(sign).text("(")
        };
        let bound = |row: SqlBuilder<Bool>| row.text(", ").fragment(id.into_sql::<Id>()).text(")");
        match self.key {
            SortColumn::Id => SqlBuilder::of("")
                .fragment(conversations::id)
                .text(sign)
                .fragment(id.into_sql::<Id>()),
            SortColumn::Update => {
                // A cursor's value is a time that was shown.
                let time = Timestamp::from_unix_millis(place.value).map(DbTime);
                let row = row(SqlBuilder::of("(").fragment(conversations::updated_at));
                bound(row.fragment(time.into_sql::<diesel::sql_types::Nullable<UtcMillis>>()))
            }
            SortColumn::Priority => {
                let rank = i16::try_from(place.value).unwrap_or(i16::MAX);
                let row = row(SqlBuilder::of("(").fragment(conversations::priority));
                bound(row.fragment(rank.into_sql::<SmallInt>()))
            }
            SortColumn::Relevance => {
                let row = row(SqlBuilder::of("(").fragment(relevance()));
                bound(row.fragment(place.value.into_sql::<BigInt>()))
            }
        }
    }
}

/// The values that a filter names, each once, or all.
fn distinct<T: Copy + PartialEq>(named: &[T], all: &[T]) -> Vec<T> {
    all.iter().copied().filter(|value| named.is_empty() || named.contains(value)).collect()
}

/// A bound that is not below this one, of a few: each makes another statement.
fn reach(rows: u64) -> u64 {
    const NEAR: [u64; 2] = [51, 101];
    const LAST: u64 = i64::MAX.unsigned_abs();

    let far = std::iter::successors(Some(1_000_u64), |bound| bound.checked_mul(10));
    NEAR.into_iter().chain(far).find(|&bound| bound >= rows).unwrap_or(LAST)
}
