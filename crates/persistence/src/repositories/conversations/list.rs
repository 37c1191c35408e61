//! A page of conversations, and how many there are.

use conversations_application::ports::RepositoryError;
use conversations_application::read_model::{ConversationDetails, ConversationFilter};
use conversations_application::{Anchor, Slice, Start, Window};
use conversations_domain::{Conversation, Customer, CustomerId};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::super::composed::Composed;
use super::super::content::{
    listed_customer, load_custom_fields, short_custom_fields, size, size_of_any_custom_fields,
};
use super::super::hidden::{Hidden, is_erasing};
use super::super::stretch::{NEAR, is_far};
use super::super::tally::{Total, days, present};
use super::super::{Connection, compute};
use super::edges::{Edges, Leap};
use super::filter::first_id_of;
use super::listing::Listing;
use super::planning::plan_search;
use super::shown;
use super::walk::{Stretch, Walk};
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{ConversationRow, CustomerRow, Texts, UserRow};
use crate::schema::{conversations, customers, users};

/// A conversation with the people that it shows, how long the list is, and whether something of it is
/// being erased.
type CountedRow = (ConversationRow, Option<CustomerRow>, Option<i32>, Option<UserRow>, (i64, bool));

impl Listing {
    /// A stretch and the total of what is found by words, if that is not too much.
    pub(super) async fn searched(
        mut self,
        connection: &mut Connection,
        limit: u32,
        window: Window,
    ) -> Result<Slice<ConversationDetails>, Failure> {
        let Self { workspace, filter, .. } = &self;
        self.search = plan_search(connection, *workspace, filter, limit).await?;
        self.in_steps(connection, window).await
    }

    /// Whether a stretch of it is found without knowing how long the list is.
    pub(super) fn is_at_hand(&self, window: Window) -> bool {
        !is_far(window) && self.walk().is_dense(&self.filter)
    }

    /// A stretch and the total, by one statement and so of one moment; `None` when no row is in
    /// the stretch that could carry the total, when one has long content, which takes another
    /// statement, or while something is being erased that would be in both.
    pub(super) async fn at_once(
        &self,
        connection: &mut Connection,
        window: Window,
    ) -> Result<Option<Slice<ConversationDetails>>, Failure> {
        let (walk, stretch) = self.way(window);
        let condition = walk.condition(self, stretch);
        let rows: Vec<CountedRow> = load_all!(
            with_listed_people!((self.total(), is_erasing(self.workspace)))
                .filter(conversations::workspace_id.eq(DbId::of(self.workspace)))
                .filter(condition),
            connection
        )?;
        let [(.., (count, false)), ..] = rows[..] else { return Ok(None) };
        let rows = rows
            .into_iter()
            .map(|(row, customer, bytes, user, _)| Listed::of((row, customer, bytes, user)));
        let rows = self.sorted(walk, rows.collect::<Result<_, _>>()?);
        if rows.iter().any(Listed::is_long) {
            return Ok(None);
        }
        self.reserve(&rows)?;
        Ok(Some(window.slice(entities(rows).await?, present(count))))
    }

    /// A stretch and the total, one after the other, in a transaction that sees one moment.
    pub(super) async fn in_steps(
        mut self,
        connection: &mut Connection,
        window: Window,
    ) -> Result<Slice<ConversationDetails>, Failure> {
        self.at_length = true;
        let asked = diesel::select((self.total(), is_erasing(self.workspace)));
        let (total, is_erasing): (i64, bool) = asked.get_result(connection).await?;
        self.hidden = Hidden::load_if(connection, self.workspace, is_erasing).await?;
        let total = if self.hidden.is_empty() {
            present(total)
        } else {
            self.total_without_hidden(connection).await?
        };
        let mut rows = self.find(connection, window, total).await?;
        let window = window
            .fitting(rows.iter().map(Listed::bytes))
            .map_err(RepositoryError::PageTooLarge)?;
        rows.truncate(usize::try_from(window.rows()).unwrap_or(usize::MAX));
        self.reserve(&rows)?;
        let customers = rows.iter_mut().filter_map(|row| row.customer.as_mut());
        load_custom_fields(connection, self.workspace, customers).await?;
        Ok(window.slice(entities(rows).await?, total))
    }

    /// Makes room for these rows, before what is long of them is loaded.
    fn reserve(&self, rows: &[Listed]) -> Result<(), RepositoryError> {
        let bytes: u64 = rows.iter().map(Listed::bytes).sum();
        Ok(self.budget.reserve(usize::try_from(bytes).unwrap_or(usize::MAX))?)
    }

    /// The rows of a stretch, in the order in which they are looked for.
    async fn find(
        &self,
        connection: &mut Connection,
        window: Window,
        total: u64,
    ) -> Result<Vec<Listed>, Failure> {
        match window.start {
            Start::Offset(offset) if offset >= total => Ok(Vec::new()),
            Start::Offset(offset) => {
                let rest = u32::try_from(total - offset).unwrap_or(u32::MAX);
                let take = window.limit.min(rest);
                let edges = self.edges(connection, offset, total).await?;
                let Leap { place, backwards, skip } = edges.nearest(offset, take);
                let walk = if backwards { self.walk().reversed() } else { self.walk() };
                let stretch = Stretch { beyond: place, skip, take };
                let mut rows = self.load_stretch(connection, walk, stretch, total).await?;
                if backwards {
                    rows.reverse();
                }
                Ok(rows)
            }
            Start::After(_) | Start::Before(_) => {
                let (walk, stretch) = self.way(window);
                self.load_stretch(connection, walk, stretch, total).await
            }
        }
    }

    async fn load_stretch(
        &self,
        connection: &mut Connection,
        walk: Walk,
        stretch: Stretch,
        total: u64,
    ) -> Result<Vec<Listed>, Failure> {
        let condition: Composed<Bool> = if walk.gathers(&self.filter, total) {
            walk.condition_of_gathered(self, stretch)
        } else {
            walk.condition(self, stretch)
        };
        let rows: Vec<ListedRow> = load_all!(
            with_listed_people!()
                .filter(conversations::workspace_id.eq(DbId::of(self.workspace)))
                .filter(condition),
            connection
        )?;
        let rows: Result<_, RepositoryError> = rows.into_iter().map(Listed::of).collect();
        Ok(self.sorted(walk, rows?))
    }

    /// Places in the list of which it is known how far they are from its beginning.
    async fn edges(
        &self,
        connection: &mut Connection,
        offset: u64,
        total: u64,
    ) -> Result<Edges, Failure> {
        let far = offset > NEAR && total - offset > NEAR;
        // What is being erased is still counted by day.
        if !far || !self.hidden.customers.is_empty() || !self.walk().is_of_days(&self.filter) {
            return Ok(Edges::ends(total));
        }
        let mut days = days(connection, self.workspace, &self.filter.statuses).await?;
        let descending = self.walk().is_descending();
        if !descending {
            days.reverse();
        }
        // A day begins at its end when the newest come first.
        let begin = |day: i32| first_id_of_day(if descending { day + 1 } else { day });
        Ok(Edges::between(days.into_iter().map(|(day, rows)| (begin(day), rows)), total))
    }

    fn walk(&self) -> Walk {
        Walk::along(self.order)
    }

    /// The way to a stretch from where it is said to begin.
    fn way(&self, window: Window) -> (Walk, Stretch) {
        let (walk, take) = (self.walk(), window.rows());
        match window.start {
            Start::Offset(skip) => (walk, Stretch { beyond: None, skip, take }),
            Start::After(place) => (walk, Stretch { beyond: Some(place), skip: 0, take }),
            Start::Before(place) => {
                (walk.reversed(), Stretch { beyond: Some(place), skip: 0, take })
            }
        }
    }

    /// The rows of a page in the order in which they were met: they are fetched in any.
    fn sorted(&self, walk: Walk, mut items: Vec<Listed>) -> Vec<Listed> {
        items.sort_by_cached_key(|item| self.order.anchor(&self.filter, &item.conversation));
        if walk.is_descending() {
            items.reverse();
        }
        items
    }

    /// How many conversations there are in the list: kept, or else counted along an index.
    fn total(&self) -> Composed<BigInt> {
        if let Some(total) = Total::of(self.workspace, &self.filter) {
            return Composed::of("").fragment(total);
        }
        let counted = Self { at_length: true, ..self.clone() };
        Composed::of("(").fragment(counted.matching().count()).text(")")
    }

    /// How many there are without what is being erased: what is kept, less what is hidden of it, or
    /// else counted.
    async fn total_without_hidden(&self, connection: &mut Connection) -> Result<u64, Failure> {
        if Total::of(self.workspace, &self.filter).is_none() {
            let count: i64 = self.matching().count().get_result(connection).await?;
            return Ok(present(count));
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
        Ok(present(total))
    }
}

/// A conversation on a page, as one query finds it.
type ListedRow = (ConversationRow, Option<CustomerRow>, Option<i32>, Option<UserRow>);

/// A conversation on a page, before it is known whether the custom fields of its customer fit.
struct Listed {
    conversation: Conversation,
    customer: Option<CustomerRow>,
    assignee: Option<UserRow>,
    /// How long the custom fields of the customer are.
    bytes: u64,
}

impl Listed {
    fn of(row: ListedRow) -> Result<Self, RepositoryError> {
        let (conversation, customer, bytes, assignee) = row;
        let bytes = bytes.map_or(0, size);
        Ok(Self { conversation: Conversation::try_from(conversation)?, customer, assignee, bytes })
    }

    fn bytes(&self) -> u64 {
        self.bytes
    }

    fn is_long(&self) -> bool {
        self.bytes > Window::SMALL_BYTES
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
async fn entities(rows: Vec<Listed>) -> Result<Vec<ConversationDetails>, RepositoryError> {
    let customers = rows.iter().filter_map(|row| row.customer.as_ref());
    let bytes = customers.map(Texts::bytes).sum();
    compute(bytes, move || rows.into_iter().map(Listed::details).collect()).await
}

/// The place before the first conversation that was made on a day, counted from 1970-01-01 in UTC.
fn first_id_of_day(day: i32) -> Anchor {
    const MILLIS: i64 = 24 * 60 * 60 * 1_000;

    let first = first_id_of(i64::from(day) * MILLIS);
    Anchor::of_id(first.map_or(Uuid::max(), |id| id.0))
}
