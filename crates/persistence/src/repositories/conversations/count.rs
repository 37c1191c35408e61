//! How many conversations there are, by the values of their fields.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use conversations_application::ports::RepositoryError;
use conversations_application::read_model::{
    ConversationCount, CountedField, CountedFields, CountedValue,
};
use conversations_domain::{InboxId, Priority, UserId};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, SmallInt, Text};
use diesel_async::RunQueryDsl;

use super::super::hidden::{Hidden, is_erasing};
use super::super::sql_builder::SqlBuilder;
use super::super::totals::{CellFields, Total, TotalsByField, non_negative};
use super::super::{Backend, Connection};
use super::list_query::ListQuery;
use super::search_planner::plan_search;
use crate::columns::{DbId, Id};
use crate::error::{Failure, column};
use crate::schema::conversations;

/// A value of each field, in the order of [`CountedField::ALL`], and how many have them; a field that
/// is not counted by is `NULL`.
type GroupRow = (
    Option<String>,
    Option<i16>,
    Option<DbId>,
    Option<DbId>,
    Option<String>,
    Option<String>,
    Option<String>,
    i64,
);

/// A statement that finds [`GroupRow`]s. There are as many texts as sets of fields and numbers of
/// words in a filter: each is prepared once.
struct GroupQuery(SqlBuilder<()>);

impl ListQuery {
    /// How many conversations are in the list, by the values of these fields.
    pub(super) async fn count_by(
        mut self,
        connection: &mut Connection,
        by: CountedFields,
        limit: u32,
        search_limit: u32,
    ) -> Result<Vec<ConversationCount>, Failure> {
        self.at_length = true;
        let is_erasing: bool =
            diesel::select(is_erasing(self.workspace)).get_result(connection).await?;
        self.hidden = Hidden::load_if(connection, self.workspace, is_erasing).await?;
        let Self { workspace, filter, .. } = &self;
        self.search = plan_search(connection, *workspace, filter, search_limit).await?;
        let query = match self.kept_by(by) {
            Some(kept) => SqlBuilder::of("").fragment(kept),
            None => self.groups(by),
        };
        let query = query.text(" LIMIT ").fragment(i64::from(limit).into_sql::<BigInt>());
        let rows: Vec<GroupRow> = GroupQuery(query).load(connection).await?;
        self.counts(by, rows)
    }

    /// The counts that are kept, if all are.
    pub(super) fn kept_by(&self, by: CountedFields) -> Option<TotalsByField> {
        if !self.hidden.is_empty() {
            return None;
        }
        let each = CellFields {
            inbox: by.contains(CountedField::Inbox),
            assignee: by.contains(CountedField::Assignee),
        };
        let column = |field| match field {
            CountedField::Status => Some("status"),
            CountedField::Priority => Some("priority"),
            CountedField::Inbox => Some("inbox_id"),
            CountedField::Assignee => Some("assignee_id"),
            CountedField::Channel | CountedField::Source | CountedField::Label => None,
        };
        by.iter().all(|field| column(field).is_some()).then_some(())?;
        let (selected, grouped) = columns(by, |field| column(field).unwrap_or("NULL"));
        let total = Total::of(self.workspace, &self.filter)?;
        Some(total.by_field(each, selected, grouped))
    }

    /// The counts, by looking at each conversation.
    fn groups(&self, by: CountedFields) -> SqlBuilder<()> {
        let (selected, grouped) = columns(by, |field| match field {
            CountedField::Status => "matching.status",
            CountedField::Priority => "matching.priority",
            CountedField::Inbox => "matching.inbox_id",
            CountedField::Assignee => "matching.assignee_id",
            CountedField::Channel => "matching.channel",
            CountedField::Source => "matching.source",
            CountedField::Label => "conversation_labels.label",
        });
        let matching = self.matching().select((
            conversations::id,
            conversations::status,
            conversations::priority,
            conversations::inbox_id,
            conversations::assignee_id,
            conversations::channel,
            conversations::source,
        ));
        let query = SqlBuilder::of(format!("SELECT {selected}, COUNT(*) FROM ("))
            .fragment(matching)
            .text(") AS matching");
        let query = if by.contains(CountedField::Label) {
            query
                .text(
                    " JOIN conversation_labels \
                     ON conversation_labels.conversation_id = matching.id \
                     AND conversation_labels.workspace_id = ",
                )
                .fragment(DbId::of(self.workspace).into_sql::<Id>())
        } else {
            query
        };
        query.text(format!(" GROUP BY {grouped}"))
    }

    /// What is answered for these rows. What is assigned to a user who is being
    /// erased counts as unassigned.
    fn counts(
        &self,
        by: CountedFields,
        rows: Vec<GroupRow>,
    ) -> Result<Vec<ConversationCount>, Failure> {
        let mut counts: BTreeMap<Vec<CountedValue>, u64> = BTreeMap::new();
        for mut row in rows {
            let count = non_negative(row.7);
            row.3 = row.3.filter(|id| !self.hidden.users.contains(id));
            let values: Result<_, _> = by.iter().map(|field| value(field, &row)).collect();
            *counts.entry(values?).or_default() += count;
        }
        let counts = counts.into_iter();
        Ok(counts.map(|(values, count)| ConversationCount { values, count }).collect())
    }
}

/// The columns of a [`GroupRow`] in a query that groups by these fields, and the columns to group by.
/// `column` says what each is called there.
fn columns(by: CountedFields, column: impl Fn(CountedField) -> &'static str) -> (String, String) {
    let selected = CountedField::ALL.iter().copied();
    let selected = selected.map(|field| if by.contains(field) { column(field) } else { "NULL" });
    let grouped: Vec<_> = by.iter().map(&column).collect();
    (selected.collect::<Vec<_>>().join(", "), grouped.join(", "))
}

/// The value of a field in a row.
fn value(field: CountedField, row: &GroupRow) -> Result<CountedValue, RepositoryError> {
    const TABLE: &str = "conversations";

    fn text<T: FromStr<Err: Display>>(
        name: &'static str,
        text: Option<&String>,
    ) -> Result<T, RepositoryError> {
        column(TABLE, name, text.map_or("", String::as_str).parse())
    }

    let (status, priority, inbox, assignee, channel, source, label, _) = row;
    Ok(match field {
        CountedField::Status => CountedValue::Status(text("status", status.as_ref())?),
        CountedField::Priority => {
            let rank = priority.and_then(|rank| Priority::from_rank(rank.try_into().ok()?));
            CountedValue::Priority(column(TABLE, "priority", rank.ok_or("not a rank"))?)
        }
        CountedField::Inbox => {
            let inbox = column(TABLE, "inbox_id", inbox.ok_or("it is NULL"))?;
            CountedValue::Inbox(InboxId::from_uuid(inbox.0))
        }
        CountedField::Assignee => {
            // Kept counts have an id of zeros for unassigned conversations.
            let user = assignee.filter(|id| !id.0.is_nil());
            CountedValue::Assignee(user.map(|id| UserId::from_uuid(id.0)))
        }
        CountedField::Channel => CountedValue::Channel(text("channel", channel.as_ref())?),
        CountedField::Source => CountedValue::Source(text("source", source.as_ref())?),
        CountedField::Label => CountedValue::Label(text("labels", label.as_ref())?),
    })
}

impl QueryFragment<Backend> for GroupQuery {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }
}

impl Query for GroupQuery {
    type SqlType = (
        Nullable<Text>,
        Nullable<SmallInt>,
        Nullable<Id>,
        Nullable<Id>,
        Nullable<Text>,
        Nullable<Text>,
        Nullable<Text>,
        BigInt,
    );
}

impl QueryId for GroupQuery {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}
