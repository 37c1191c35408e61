//! A page of conversations, and how many there are.

use std::collections::HashMap;

use conversations_application::ports::{AtPosition, RepositoryError};
use conversations_application::read_model::{ConversationDetails, ConversationFilter};
use conversations_application::{PageSlice, PageStart, PageWindow, SortKey};
use conversations_domain::{Conversation, ConversationId, Customer, CustomerId};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Nullable, Text};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::super::feed::{parse_position, position_of};
use super::super::hidden::{Hidden, is_erasing};
use super::super::long_content::{
    listed_customer, load_custom_fields, short_custom_fields, size, size_of_any_custom_fields,
};
use super::super::paging::{NEAR, is_far};
use super::super::rendered::{Rendered, rendered};
use super::super::sql_builder::SqlBuilder;
use super::super::totals::{Total, days, non_negative};
use super::super::{Connection, offload_if_large};
use super::filter::first_id_of;
use super::index_scan::{IndexScan, PageRange};
use super::list_query::ListQuery;
use super::search_planner::plan_search;
use super::seek_points::{Seek, SeekPoints};
use super::shown;
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{ConversationRow, CustomerRow, TextSize, UserRow};
use crate::schema::{conversations, customers, users};

/// A conversation with the people that it shows, and what is known of the list.
type CountedRow = (ConversationRow, Option<CustomerRow>, Option<i32>, Option<UserRow>, ListSummary);

/// How long a list is, whether something of the workspace is being erased, and the position of the feed.
type ListSummary = (i64, bool, Option<String>);

impl ListQuery {
    /// A window and the total of what is found by words, if that is not too much.
    pub(super) async fn search(
        mut self,
        connection: &mut Connection,
        limit: u32,
        window: PageWindow,
    ) -> Result<AtPosition<PageSlice<ConversationDetails>>, Failure> {
        let Self { workspace, filter, .. } = &self;
        self.search = plan_search(connection, *workspace, filter, limit).await?;
        self.in_steps(connection, window).await
    }

    /// Whether a window of it is found without knowing how long the list is.
    pub(super) fn fits_one_statement(&self, window: PageWindow) -> bool {
        !is_far(window) && self.index_scan().is_dense(&self.filter)
    }

    /// A window and the total, by one statement and so of one moment; `None` when no row is in
    /// the window that could carry the total, when one has long content, which takes another
    /// statement, or while something is being erased that would be in both.
    pub(super) async fn in_one_statement(
        &self,
        connection: &mut Connection,
        window: PageWindow,
    ) -> Result<Option<AtPosition<PageSlice<ConversationDetails>>>, Failure> {
        let (scan, range) = self.seek_path(window);
        let condition = scan.condition(self, range);
        let rows: Vec<CountedRow> = load_all!(
            with_listed_people!(self.summary())
                .filter(conversations::workspace_id.eq(DbId::of(self.workspace)))
                .filter(condition),
            connection
        )?;
        let [(.., (count, false, ref position)), ..] = rows[..] else { return Ok(None) };
        let position = position.as_deref().map(parse_position).transpose()?;
        let rows = rows.into_iter().map(|(row, customer, bytes, user, _)| {
            ListedConversation::of((row, customer, bytes, user))
        });
        let rows = self.sorted(scan, rows.collect::<Result<_, _>>()?);
        if rows.iter().any(ListedConversation::is_long) {
            return Ok(None);
        }
        self.reserve(&rows)?;
        let content = window.slice(entities(rows).await?, non_negative(count));
        Ok(Some(AtPosition { content, position }))
    }

    /// A window and the total, one after the other, in a transaction that sees one moment.
    pub(super) async fn in_steps(
        mut self,
        connection: &mut Connection,
        window: PageWindow,
    ) -> Result<AtPosition<PageSlice<ConversationDetails>>, Failure> {
        self.at_length = true;
        let (total, is_erasing, position): ListSummary =
            diesel::select(self.summary()).get_result(connection).await?;
        let position = position.as_deref().map(parse_position).transpose()?;
        self.hidden = Hidden::load_if(connection, self.workspace, is_erasing).await?;
        let total = if self.hidden.is_empty() {
            non_negative(total)
        } else {
            self.total_without_hidden(connection).await?
        };
        let rows = self.find(connection, window, total).await?;
        let content = self.finish(connection, window, total, rows).await?;
        Ok(AtPosition { content, position })
    }

    /// A window whose conversations are known, in the order in which they are looked for; `None` if one
    /// of them does not exist.
    pub(super) async fn page_of(
        &self,
        connection: &mut Connection,
        window: PageWindow,
        total: u64,
        ids: Vec<ConversationId>,
    ) -> Result<Option<PageSlice<ConversationDetails>>, Failure> {
        if ids.is_empty() {
            return Ok(Some(window.slice(Vec::new(), total)));
        }
        let wanted = ids.iter().copied().map(DbId::of).collect::<Vec<_>>();
        let rows: Vec<ListedRow> = load_all!(
            with_listed_people!()
                .filter(conversations::workspace_id.eq(DbId::of(self.workspace)))
                .filter(conversations::id.eq_any(wanted)),
            connection
        )?;
        let rows = rows.into_iter().map(ListedConversation::of);
        let mut rows = rows.collect::<Result<Vec<_>, RepositoryError>>()?;
        if rows.len() != ids.len() {
            return Ok(None);
        }
        let places: HashMap<_, _> = ids.into_iter().zip(0_usize..).collect();
        rows.sort_by_key(|row| places.get(&row.conversation.id()).copied());
        self.finish(connection, window, total, rows).await.map(Some)
    }

    /// As much of a window as fits on a page, of rows in the order in which they are looked for.
    async fn finish(
        &self,
        connection: &mut Connection,
        window: PageWindow,
        total: u64,
        mut rows: Vec<ListedConversation>,
    ) -> Result<PageSlice<ConversationDetails>, Failure> {
        let window = window
            .fitting(rows.iter().map(ListedConversation::bytes))
            .map_err(RepositoryError::PageTooLarge)?;
        rows.truncate(usize::try_from(window.rows()).unwrap_or(usize::MAX));
        self.reserve(&rows)?;
        let customers = rows.iter_mut().filter_map(|row| row.customer.as_mut());
        load_custom_fields(connection, self.workspace, customers).await?;
        Ok(window.slice(entities(rows).await?, total))
    }

    fn summary(&self) -> (SqlBuilder<BigInt>, SqlBuilder<Bool>, SqlBuilder<Nullable<Text>>) {
        (self.total(), is_erasing(self.workspace), position_of(self.workspace))
    }

    /// Makes room for these rows, before what is long of them is loaded.
    fn reserve(&self, rows: &[ListedConversation]) -> Result<(), RepositoryError> {
        let bytes: u64 = rows.iter().map(ListedConversation::bytes).sum();
        Ok(self.budget.reserve(usize::try_from(bytes).unwrap_or(usize::MAX))?)
    }

    /// The rows of a window, in the order in which they are looked for.
    async fn find(
        &self,
        connection: &mut Connection,
        window: PageWindow,
        total: u64,
    ) -> Result<Vec<ListedConversation>, Failure> {
        match window.start {
            PageStart::Offset(offset) if offset >= total => Ok(Vec::new()),
            PageStart::Offset(offset) => {
                let rest = u32::try_from(total - offset).unwrap_or(u32::MAX);
                let take = window.limit.min(rest);
                let seek_points = self.seek_points(connection, offset, total).await?;
                let Seek { place, backwards, skip } = seek_points.nearest(offset, take);
                let scan = if backwards { self.index_scan().reversed() } else { self.index_scan() };
                let range = PageRange { beyond: place, skip, take };
                let mut rows = self.load_range(connection, scan, range, total).await?;
                if backwards {
                    rows.reverse();
                }
                Ok(rows)
            }
            PageStart::After(_) | PageStart::Before(_) => {
                let (scan, range) = self.seek_path(window);
                self.load_range(connection, scan, range, total).await
            }
        }
    }

    async fn load_range(
        &self,
        connection: &mut Connection,
        scan: IndexScan,
        range: PageRange,
        total: u64,
    ) -> Result<Vec<ListedConversation>, Failure> {
        let condition: SqlBuilder<Bool> = if scan.collects_and_sorts(&self.filter, total) {
            scan.condition_of_collected(self, range)
        } else {
            scan.condition(self, range)
        };
        let rows: Vec<ListedRow> = load_all!(
            with_listed_people!()
                .filter(conversations::workspace_id.eq(DbId::of(self.workspace)))
                .filter(condition),
            connection
        )?;
        let rows: Result<_, RepositoryError> =
            rows.into_iter().map(ListedConversation::of).collect();
        Ok(self.sorted(scan, rows?))
    }

    /// Places in the list of which it is known how far they are from its beginning.
    async fn seek_points(
        &self,
        connection: &mut Connection,
        offset: u64,
        total: u64,
    ) -> Result<SeekPoints, Failure> {
        let far = offset > NEAR && total - offset > NEAR;
        // What is being erased is still counted by day.
        if !far
            || !self.hidden.customers.is_empty()
            || !self.index_scan().is_counted_by_day(&self.filter)
        {
            return Ok(SeekPoints::ends(total));
        }
        let mut days = days(connection, self.workspace, &self.filter.statuses).await?;
        let descending = self.index_scan().is_descending();
        if !descending {
            days.reverse();
        }
        // A day begins at its end when the newest come first.
        let begin = |day: i32| first_id_of_day(if descending { day + 1 } else { day });
        Ok(SeekPoints::between(days.into_iter().map(|(day, rows)| (begin(day), rows)), total))
    }

    fn index_scan(&self) -> IndexScan {
        IndexScan::in_order(self.order)
    }

    /// The way to a window from where it is said to begin.
    fn seek_path(&self, window: PageWindow) -> (IndexScan, PageRange) {
        let (scan, take) = (self.index_scan(), window.rows());
        match window.start {
            PageStart::Offset(skip) => (scan, PageRange { beyond: None, skip, take }),
            PageStart::After(place) => (scan, PageRange { beyond: Some(place), skip: 0, take }),
            PageStart::Before(place) => {
                (scan.reversed(), PageRange { beyond: Some(place), skip: 0, take })
            }
        }
    }

    /// The rows of a page in the order in which they were met: they are fetched in any.
    fn sorted(
        &self,
        scan: IndexScan,
        mut items: Vec<ListedConversation>,
    ) -> Vec<ListedConversation> {
        items.sort_by_cached_key(|item| self.order.anchor(&self.filter, &item.conversation));
        if scan.is_descending() {
            items.reverse();
        }
        items
    }

    /// How many conversations there are in the list: kept, or else counted along an index.
    fn total(&self) -> SqlBuilder<BigInt> {
        if let Some(total) = Total::of(self.workspace, &self.filter) {
            return SqlBuilder::of("").fragment(total);
        }
        let counted = Self { at_length: true, ..self.clone() };
        SqlBuilder::of("(").fragment(counted.matching().count()).text(")")
    }

    /// How many there are without what is being erased: what is kept, less what is hidden of it, or
    /// else counted.
    async fn total_without_hidden(&self, connection: &mut Connection) -> Result<u64, Failure> {
        if Total::of(self.workspace, &self.filter).is_none() {
            let count: i64 = self.matching().count().get_result(connection).await?;
            return Ok(non_negative(count));
        }
        let mut total = 0;
        for assignee in self.hidden.assignees(self.filter.assignee) {
            let filter = ConversationFilter { assignee, ..self.filter.clone() };
            if let Some(kept) = Total::of(self.workspace, &filter) {
                total += diesel::select(kept).get_result::<i64>(connection).await?;
            }
        }
        for customer in &self.hidden.customers {
            let customer = Some(CustomerId::from_uuid(customer.0));
            let filter = ConversationFilter { customer, ..self.filter.clone() };
            let hidden = self.hidden.without_customers();
            let theirs = Self { filter, hidden, ..self.clone() };
            total -= theirs.matching().count().get_result::<i64>(connection).await?;
        }
        Ok(non_negative(total))
    }
}

/// A conversation on a page, as one query finds it.
type ListedRow = (ConversationRow, Option<CustomerRow>, Option<i32>, Option<UserRow>);

/// A conversation on a page, before it is known whether the custom fields of its customer fit.
struct ListedConversation {
    conversation: Conversation,
    customer: Option<CustomerRow>,
    assignee: Option<UserRow>,
    /// How long the custom fields of the customer are.
    bytes: u64,
}

impl ListedConversation {
    fn of(row: ListedRow) -> Result<Self, RepositoryError> {
        let (conversation, customer, bytes, assignee) = row;
        let bytes = bytes.map_or(0, size);
        Ok(Self { conversation: Conversation::try_from(conversation)?, customer, assignee, bytes })
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn is_long(&self) -> bool {
        self.bytes > PageWindow::SMALL_BYTES
    }

    fn details(self) -> Result<ConversationDetails, RepositoryError> {
        let Self { conversation, customer, assignee, bytes: _ } = self;
        Ok(ConversationDetails {
            conversation,
            customer: customer.map(Customer::try_from).transpose()?,
            assignee: shown(assignee)?,
        })
    }
}

/// What is shown of rows. To read custom fields takes as long as they are.
async fn entities(
    rows: Vec<ListedConversation>,
) -> Result<Vec<ConversationDetails>, RepositoryError> {
    let customers = rows.iter().filter_map(|row| row.customer.as_ref());
    let bytes = customers.map(TextSize::bytes).sum();
    offload_if_large(bytes, move || rows.into_iter().map(ListedConversation::details).collect())
        .await
}

/// The place before the first conversation that was made on a day, counted from 1970-01-01 in UTC.
fn first_id_of_day(day: i32) -> SortKey {
    const MILLIS: i64 = 24 * 60 * 60 * 1_000;

    let first = first_id_of(i64::from(day) * MILLIS);
    SortKey::of_id(first.map_or(Uuid::max(), |id| id.0))
}
