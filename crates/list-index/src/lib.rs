//! An index in memory of the conversations of one workspace. It finds how many conversations a filter
//! allows, and the ids of any page of them, without reading rows.
//!
//! Conversations are numbered in the order of their ids. Each value of a field has a bitmap of the
//! ordinals that have it, so a filter is an intersection of bitmaps. The times of the last changes are
//! stored as a bitmap for each of their bits. New conversations wait in a small
//! list beside the bitmaps until there are many: their ids need not be the greatest, and each one in
//! between moves the ordinals after it.
//!
//! An index does not know how current it is. Who asks it brings the conversations that changed since
//! ([`Changes`]), which replace what the index knows of them.

mod bit_slices;
mod condition;
mod conversation;
mod counts;
mod ids;
mod selection;
#[cfg(test)]
mod tests;
mod update;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use conversations_application::read_model::{
    ConversationFilter, ConversationOrder, CountedField, CountedValue,
};
use conversations_domain::ConversationId;
use roaring::RoaringBitmap;
use uuid::Uuid;

pub use conversation::IndexedConversation;
pub use selection::Selection;

use bit_slices::BitSlices;
use condition::Condition;
use conversation::field_of;
use ids::Ids;

/// Conversations that changed: as they are now, or `None` for those that are gone.
pub type Changes = BTreeMap<ConversationId, Option<IndexedConversation>>;

/// The most different labels that are indexed. In a workspace with more, questions about labels are not
/// answered: each label has a bitmap of its own.
const MOST_LABELS: usize = 10_000;

/// Whether indexes answer lists with this filter.
#[must_use]
pub fn is_indexed(filter: &ConversationFilter) -> bool {
    Condition::all_of(filter, &[]).is_some()
}

/// Whether indexes answer lists in this order.
#[must_use]
pub fn is_indexed_order(order: ConversationOrder) -> bool {
    match order {
        ConversationOrder::Newest
        | ConversationOrder::Oldest
        | ConversationOrder::MostUrgent
        | ConversationOrder::LeastUrgent
        | ConversationOrder::LastChanged
        | ConversationOrder::FirstChanged => true,
        ConversationOrder::Relevance => false,
    }
}

/// An index of the conversations of a workspace. A clone shares all that neither of them changes.
#[derive(Debug, Clone)]
pub struct ListIndex {
    ids: Ids,
    /// The ordinals of the conversations that exist.
    all: Arc<RoaringBitmap>,
    /// The ordinals that have each value of a field.
    values: BTreeMap<CountedValue, Arc<RoaringBitmap>>,
    /// When they were last changed, in milliseconds since the Unix epoch.
    changed: BitSlices,
    /// Whether the labels are indexed.
    has_labels: bool,
    /// New conversations, which have no ordinals yet.
    recent: BTreeMap<Uuid, IndexedConversation>,
    /// How many of those there may be.
    most_recent: usize,
}

impl Default for ListIndex {
    fn default() -> Self {
        Self::new(1_024)
    }
}

impl ListIndex {
    /// An empty index, in which this many new conversations wait for ordinals at most.
    #[must_use]
    pub fn new(most_recent: usize) -> Self {
        Self {
            ids: Ids::default(),
            all: Arc::default(),
            values: BTreeMap::new(),
            changed: BitSlices::default(),
            has_labels: true,
            recent: BTreeMap::new(),
            most_recent,
        }
    }

    /// How many conversations there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.all.len() + self.recent.len() as u64
    }

    /// Whether there is no conversation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        /// A value with its place in a map, a container of a bitmap, a conversation without ordinal.
        const VALUE: u64 = 160;
        const CONTAINER: u64 = 40;
        const RECENT: u64 = 300;

        let of_bitmap = |bitmap: &RoaringBitmap| {
            let counted = bitmap.statistics();
            // The library counts four bytes for each value of an array, which takes two, and the bits of
            // a bitset.
            counted.n_bytes_array_containers / 2
                + counted.n_bytes_run_containers
                + counted.n_bytes_bitset_containers / 8
                + u64::from(counted.n_containers) * CONTAINER
        };
        self.ids.memory_bytes()
            + of_bitmap(&self.all)
            + self.values.values().map(|bitmap| of_bitmap(bitmap) + VALUE).sum::<u64>()
            + self.changed.slices().map(of_bitmap).sum::<u64>()
            + self.recent.len() as u64 * RECENT
    }

    /// Whether most of its ordinals belong to conversations that are gone, so that a new index would be
    /// much smaller.
    #[must_use]
    pub fn is_sparse(&self) -> bool {
        u64::from(self.ids.len()) > 10_000 + 2 * self.all.len()
    }

    /// The conversations that a filter allows, after these changes; `None` for a filter that it does
    /// not answer. It knows neither their customers nor their words: if the filter asks for these,
    /// `found` are the conversations that have them, in ascending order.
    #[must_use]
    pub fn select<'a>(
        &'a self,
        filter: &ConversationFilter,
        changes: &'a Changes,
        found: &[ConversationId],
    ) -> Option<Selection<'a>> {
        let conditions = Condition::all_of(filter, found)?;
        if !self.has_labels && conditions.iter().any(Condition::is_of_labels) {
            return None;
        }
        let mut ordinals = self.ordinals(&conditions);
        for id in changes.keys() {
            if let Some(ordinal) = self.ids.ordinal_of(id.as_uuid())
                && ordinals.contains(ordinal)
            {
                ordinals.to_mut().remove(ordinal);
            }
        }
        let unchanged =
            self.recent.values().filter(|conversation| !changes.contains_key(&conversation.id));
        let others = unchanged.chain(changes.values().flatten());
        let is_allowed = |conversation: &&IndexedConversation| {
            conditions.iter().all(|condition| condition.allows(conversation))
        };
        let mut others: Vec<_> = others.filter(is_allowed).collect();
        others.sort_unstable_by_key(|conversation| conversation.id);
        Some(Selection { index: self, ordinals, others })
    }

    /// The ordinals that conditions allow.
    fn ordinals(&self, conditions: &[Condition<'_>]) -> Cow<'_, RoaringBitmap> {
        let mut required = Vec::new();
        let (mut first, mut end) = (0, self.ids.len());
        let (mut changed_from, mut changed_below) = (i64::MIN, i64::MAX);
        for condition in conditions {
            match condition {
                Condition::AnyOf(values) => required.push(self.union(values)),
                Condition::AllOf(values) => {
                    required.extend(values.iter().map(|value| self.bitmap(value)));
                }
                Condition::Among(ids) => {
                    let ordinals = ids.iter().filter_map(|id| self.ids.ordinal_of(id.as_uuid()));
                    let ordinals: RoaringBitmap = ordinals.collect();
                    // An ordinal may be that of a conversation that no longer has values.
                    required.push(Cow::Owned(ordinals & &*self.all));
                }
                Condition::From(id) => {
                    first = first.max(id.map_or(u32::MAX, |id| self.ids.count_below(id)));
                }
                Condition::Below(id) => {
                    end = end.min(id.map_or(end, |id| self.ids.count_below(id)));
                }
                Condition::ChangedFrom(time) => changed_from = changed_from.max(*time),
                Condition::ChangedBelow(time) => changed_below = changed_below.min(*time),
            }
        }
        // The smallest first: no intersection is larger.
        required.sort_by_key(|bitmap| bitmap.len());
        let found = required.into_iter().reduce(|found, bitmap| match found {
            Cow::Borrowed(found) => Cow::Owned(found & &*bitmap),
            Cow::Owned(found) => Cow::Owned(found & &*bitmap),
        });
        let mut found = found.unwrap_or(Cow::Borrowed(&*self.all));
        if first > 0 {
            found.to_mut().remove_range(..first);
        }
        if end < self.ids.len() {
            found.to_mut().remove_range(end..);
        }
        if changed_from > i64::MIN {
            let earlier = self.changed.below(&found, changed_from);
            *found.to_mut() -= earlier;
        }
        if changed_below < i64::MAX {
            found = Cow::Owned(self.changed.below(&found, changed_below));
        }
        found
    }

    /// The ordinals that have one of some values.
    fn union(&self, values: &[CountedValue]) -> Cow<'_, RoaringBitmap> {
        let bitmaps = values.iter().map(|value| self.bitmap(value));
        let union = bitmaps.reduce(|mut union, bitmap| {
            *union.to_mut() |= &*bitmap;
            union
        });
        union.unwrap_or_default()
    }

    /// The ordinals that have a value.
    fn bitmap(&self, value: &CountedValue) -> Cow<'_, RoaringBitmap> {
        let bitmap = self.values.get(value);
        bitmap.map_or_else(Cow::default, |bitmap| Cow::Borrowed(&**bitmap))
    }

    /// The values of a field with their ordinals.
    fn values_of(
        &self,
        field: CountedField,
    ) -> impl Iterator<Item = (&CountedValue, &RoaringBitmap)> {
        let values = self.values.iter().map(|(value, bitmap)| (value, &**bitmap));
        values.filter(move |(value, _)| field_of(value) == field)
    }
}
