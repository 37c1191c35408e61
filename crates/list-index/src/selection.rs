//! The conversations that a filter allows: how many there are, and which are on a page.

use std::borrow::Cow;
use std::cmp::Ordering;

use conversations_application::read_model::{ConversationOrder, CountedValue};
use conversations_application::{PageStart, PageWindow, SortKey};
use conversations_domain::{ConversationId, Priority};
use roaring::RoaringBitmap;
use uuid::Uuid;

use crate::{IndexedConversation, ListIndex};

/// The conversations that a filter allows.
#[derive(Debug)]
pub struct Selection<'a> {
    pub(crate) index: &'a ListIndex,
    /// Those of the index.
    pub(crate) ordinals: Cow<'a, RoaringBitmap>,
    /// The others, in the order of their ids.
    pub(crate) others: Vec<&'a IndexedConversation>,
}

/// A part of a selection that is sorted in one way.
struct Part<'a> {
    index: &'a ListIndex,
    sort: Sort,
    ordinals: Cow<'a, RoaringBitmap>,
    /// The places of the others, in ascending order.
    others: Vec<SortKey>,
}

/// How a part of a list is sorted.
#[derive(Clone, Copy)]
enum Sort {
    /// By ids, where all have this value.
    Ids(i64),
    /// By the times of the last changes, and then by ids.
    Changes,
}

impl Selection<'_> {
    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.ordinals.len() + self.others.len() as u64
    }

    /// The rows that a window of the list in this order asks for, in the order in which they are met on
    /// the way from its start: for a window before a place, backwards. `None` for an order that the
    /// index does not know.
    #[must_use]
    pub fn page(
        &self,
        order: ConversationOrder,
        window: PageWindow,
    ) -> Option<Vec<ConversationId>> {
        let parts = self.parts(order)?;
        let total = self.total();
        let rows = u64::from(window.rows());
        // The list in ascending order; in descending order it is the same from its end.
        let forwards =
            |first: u64| (first.min(total), first.saturating_add(rows).min(total), false);
        let backwards = |end: u64| (end.saturating_sub(rows), end, true);
        let below = |key: SortKey| parts.iter().map(|part| part.count_below(key)).sum::<u64>();
        let up_to = |key: SortKey| parts.iter().map(|part| part.count_up_to(key)).sum::<u64>();
        let (first, end, is_backwards) = match (window.start, order.is_descending()) {
            (PageStart::Offset(offset), false) => forwards(offset),
            (PageStart::Offset(offset), true) => backwards(total.saturating_sub(offset)),
            (PageStart::After(key), false) | (PageStart::Before(key), true) => forwards(up_to(key)),
            (PageStart::After(key), true) | (PageStart::Before(key), false) => {
                backwards(below(key))
            }
        };
        let mut ids = Vec::new();
        let mut before = 0;
        for part in &parts {
            let after = before + part.total();
            if first < after && before < end {
                part.push_range(first.max(before) - before, end.min(after) - before, &mut ids);
            }
            before = after;
        }
        if is_backwards {
            ids.reverse();
        }
        Some(ids.into_iter().map(ConversationId::from_uuid).collect())
    }

    /// The parts of the list, in ascending order.
    fn parts(&self, order: ConversationOrder) -> Option<Vec<Part<'_>>> {
        match order {
            ConversationOrder::Newest | ConversationOrder::Oldest => {
                Some(vec![self.part(Sort::Ids(0), Cow::Borrowed(&*self.ordinals), |_| true)])
            }
            ConversationOrder::MostUrgent | ConversationOrder::LeastUrgent => {
                let mut priorities = Priority::ALL.to_vec();
                priorities.sort_unstable_by_key(|priority| priority.rank());
                let parts = priorities.into_iter().map(|priority| {
                    let all = self.index.bitmap(&CountedValue::Priority(priority));
                    let ordinals = Cow::Owned(&*self.ordinals & &*all);
                    self.part(Sort::Ids(priority.rank().into()), ordinals, |conversation| {
                        conversation.priority == priority
                    })
                });
                Some(parts.collect())
            }
            ConversationOrder::LastChanged | ConversationOrder::FirstChanged => {
                Some(vec![self.part(Sort::Changes, Cow::Borrowed(&*self.ordinals), |_| true)])
            }
            ConversationOrder::Relevance => None,
        }
    }

    /// A part with these ordinals and some of the others.
    fn part<'a>(
        &'a self,
        sort: Sort,
        ordinals: Cow<'a, RoaringBitmap>,
        is_part: impl Fn(&IndexedConversation) -> bool,
    ) -> Part<'a> {
        let others = self.others.iter().filter(|conversation| is_part(conversation));
        let mut others: Vec<_> = others.map(|conversation| sort.place(conversation)).collect();
        others.sort_unstable();
        Part { index: self.index, sort, ordinals, others }
    }
}

impl Sort {
    /// The place of a conversation.
    fn place(self, conversation: &IndexedConversation) -> SortKey {
        let value = match self {
            Self::Ids(value) => value,
            Self::Changes => conversation.updated_at.as_unix_millis(),
        };
        SortKey { value, id: conversation.id.as_uuid() }
    }
}

impl Part<'_> {
    fn total(&self) -> u64 {
        self.ordinals.len() + self.others.len() as u64
    }

    /// How many of its rows lie before a place.
    fn count_below(&self, key: SortKey) -> u64 {
        self.indexed_below(key) + self.others.partition_point(|&other| other < key) as u64
    }

    /// The same, and the row of the place itself.
    fn count_up_to(&self, key: SortKey) -> u64 {
        self.count_below(match key.id.as_u128().checked_add(1) {
            Some(next) => SortKey { id: Uuid::from_u128(next), ..key },
            None => SortKey { value: key.value.saturating_add(1), id: Uuid::nil() },
        })
    }

    /// How many of its ordinals lie before a place.
    fn indexed_below(&self, key: SortKey) -> u64 {
        let ordinal = self.index.ids.count_below(key.id);
        let with_smaller_ids =
            |ordinals: &RoaringBitmap| ordinal.checked_sub(1).map_or(0, |last| ordinals.rank(last));
        match self.sort {
            Sort::Ids(value) => match value.cmp(&key.value) {
                Ordering::Less => self.ordinals.len(),
                Ordering::Equal => with_smaller_ids(&self.ordinals),
                Ordering::Greater => 0,
            },
            Sort::Changes => {
                let (below, equal) = self.index.changed.count_below(&self.ordinals, key.value);
                below + with_smaller_ids(&equal)
            }
        }
    }

    /// Adds the ids from one place to before another one.
    fn push_range(&self, first: u64, end: u64, ids: &mut Vec<Uuid>) {
        // The place of each of the others among all rows grows with it.
        let place = |other: usize| {
            self.others.get(other).map(|&key| other as u64 + self.indexed_below(key))
        };
        let (mut low, mut high) = (0, self.others.len());
        while low < high {
            let middle = low.midpoint(high);
            if place(middle).is_some_and(|place| place < first) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let mut others = self.others.iter().copied().skip(low).peekable();
        let mut indexed = self.indexed(first - low as u64, end - low as u64).peekable();
        for _ in first..end {
            let next = match (indexed.peek(), others.peek()) {
                (Some(key), Some(other)) if other < key => others.next(),
                (None, _) => others.next(),
                (Some(_), _) => indexed.next(),
            };
            ids.extend(next.map(|key| key.id));
        }
    }

    /// The places of its ordinals from one place to before another one.
    fn indexed(&self, first: u64, end: u64) -> impl Iterator<Item = SortKey> {
        let index = self.index;
        let ordinals = match self.sort {
            Sort::Ids(_) => {
                let begin = u32::try_from(first).ok().and_then(|first| self.ordinals.select(first));
                let count = usize::try_from(end - first).unwrap_or(usize::MAX);
                let ordinals = begin.map(|begin| self.ordinals.range(begin..).take(count));
                ordinals.into_iter().flatten().collect()
            }
            Sort::Changes => index.changed.range(&self.ordinals, first, end),
        };
        let sort = self.sort;
        ordinals.into_iter().filter_map(move |ordinal| {
            let value = match sort {
                Sort::Ids(value) => value,
                Sort::Changes => index.changed.number(ordinal),
            };
            Some(SortKey { value, id: index.ids.get(ordinal)? })
        })
    }
}
