//! A page of conversations, and how many there are.

use conversations_application::ports::{
    ConversationDetails, ConversationFilter, ConversationOrder, RepositoryError,
};
use conversations_application::{Anchor, Slice, Start, Window};
use conversations_domain::WorkspaceId;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::super::composed::Composed;
use super::super::tally::{Total, days, present};
use super::super::{Connection, compute};
use super::edges::{Edges, Leap};
use super::filter::{first_id_of, matching};
use super::walk::{Stretch, Walk};
use super::{DetailsRow, details};
use crate::columns::DbId;
use crate::error::Failure;
use crate::rows::{ConversationRow, CustomerRow, Texts, UserRow};
use crate::schema::{conversations, customers, users};

/// So many rows are skipped one by one; beyond, it is looked for a shorter way.
const NEAR: u64 = 1_000;

/// A list that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Listing {
    pub(super) workspace: WorkspaceId,
    pub(super) filter: ConversationFilter,
    pub(super) order: ConversationOrder,
}

impl Listing {
    /// Whether a stretch of it is found without knowing how long the list is.
    pub(super) fn is_at_hand(&self, window: Window) -> bool {
        let near = match window.start {
            Start::Offset(offset) => offset <= NEAR,
            Start::After(_) | Start::Before(_) => true,
        };
        near && self.walk().is_dense(&self.filter)
    }

    /// A stretch and the total, by one statement and so of one moment; `None` when no row is in
    /// the stretch that could carry the total.
    pub(super) async fn at_once(
        &self,
        connection: &mut Connection,
        window: Window,
    ) -> Result<Option<Slice<ConversationDetails>>, Failure> {
        let (walk, stretch) = self.way(window);
        let condition = walk.condition(self.workspace, &self.filter, stretch);
        let rows: Vec<(ConversationRow, Option<CustomerRow>, Option<UserRow>, i64)> = load_all!(
            with_people!(self.total())
                .filter(conversations::workspace_id.eq(DbId::of(self.workspace)))
                .filter(condition),
            connection
        )?;
        let [(_, _, _, count), ..] = rows[..] else { return Ok(None) };
        let rows = rows.into_iter().map(|(row, customer, user, _)| (row, customer, user));
        let items = self.sorted(walk, entities(rows.collect()).await?);
        Ok(Some(window.slice(items, present(count))))
    }

    /// A stretch and the total, one after the other, in a transaction that sees one moment.
    pub(super) async fn in_steps(
        &self,
        connection: &mut Connection,
        window: Window,
    ) -> Result<Slice<ConversationDetails>, Failure> {
        let total = present(diesel::select(self.total()).get_result(connection).await?);
        let items = match window.start {
            Start::Offset(offset) if offset >= total => Vec::new(),
            Start::Offset(offset) => {
                let rest = u32::try_from(total - offset).unwrap_or(u32::MAX);
                let take = window.limit.min(rest);
                let edges = self.edges(connection, offset, total).await?;
                let Leap { place, backwards, skip } = edges.nearest(offset, take);
                let walk = if backwards { self.walk().reversed() } else { self.walk() };
                let stretch = Stretch { beyond: place, skip, take };
                let mut items = self.load(connection, walk, stretch, total).await?;
                if backwards {
                    items.reverse();
                }
                items
            }
            Start::After(_) | Start::Before(_) => {
                let (walk, stretch) = self.way(window);
                self.load(connection, walk, stretch, total).await?
            }
        };
        Ok(window.slice(items, total))
    }

    async fn load(
        &self,
        connection: &mut Connection,
        walk: Walk,
        stretch: Stretch,
        total: u64,
    ) -> Result<Vec<ConversationDetails>, Failure> {
        let condition: Composed<Bool> = if walk.gathers(&self.filter, total) {
            walk.condition_of_gathered(self.workspace, &self.filter, stretch)
        } else {
            walk.condition(self.workspace, &self.filter, stretch)
        };
        let rows: Vec<_> = load_all!(
            with_people!()
                .filter(conversations::workspace_id.eq(DbId::of(self.workspace)))
                .filter(condition),
            connection
        )?;
        Ok(self.sorted(walk, entities(rows).await?))
    }

    /// Places in the list of which it is known how far they are from its beginning.
    async fn edges(
        &self,
        connection: &mut Connection,
        offset: u64,
        total: u64,
    ) -> Result<Edges, Failure> {
        let far = offset > NEAR && total - offset > NEAR;
        if !far || !self.walk().is_of_days(&self.filter) {
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
    fn sorted(&self, walk: Walk, mut items: Vec<ConversationDetails>) -> Vec<ConversationDetails> {
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
        Composed::of("(").fragment(matching(self.workspace, &self.filter).count()).text(")")
    }
}

async fn entities(rows: Vec<DetailsRow>) -> Result<Vec<ConversationDetails>, RepositoryError> {
    let bytes = rows.iter().map(Texts::bytes).sum();
    compute(bytes, move || rows.into_iter().map(details).collect()).await
}

/// The place before the first conversation that was made on a day, counted from 1970-01-01 in UTC.
fn first_id_of_day(day: i32) -> Anchor {
    const MILLIS: i64 = 24 * 60 * 60 * 1_000;

    let first = first_id_of(i64::from(day) * MILLIS);
    Anchor::of_id(first.map_or(Uuid::max(), |id| id.0))
}
