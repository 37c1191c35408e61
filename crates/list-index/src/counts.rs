//! How many conversations of a selection have each value of some fields.

use std::collections::BTreeMap;

use conversations_application::read_model::{
    ConversationCount, CountedField, CountedFields, CountedValue,
};
use roaring::RoaringBitmap;

use crate::{IndexedConversation, Selection};

/// The most pairs of values whose bitmaps are intersected for an answer.
const MOST_PAIRS: usize = 1_000;

impl Selection<'_> {
    /// How many have each value of these fields, without those that none has; `None` when the index
    /// does not know a field, or when there are too many values.
    #[must_use]
    pub fn count_by(&self, by: CountedFields) -> Option<Vec<ConversationCount>> {
        if by.contains(CountedField::Label) && !self.index.has_labels {
            return None;
        }
        let fields: Vec<_> = by.iter().collect();
        let sizes = fields.iter().map(|&field| self.index.values_of(field).count());
        if sizes.product::<usize>() > MOST_PAIRS {
            return None;
        }
        let mut counts = BTreeMap::new();
        count(self, &fields, &self.ordinals, &mut Vec::new(), &mut counts);
        for conversation in &self.others {
            count_other(conversation, &fields, &mut Vec::new(), &mut counts);
        }
        let counts = counts.into_iter().filter(|&(_, count)| count > 0);
        Some(counts.map(|(values, count)| ConversationCount { values, count }).collect())
    }
}

type Counts = BTreeMap<Vec<CountedValue>, u64>;

/// Counts those with these ordinals by the values of the other fields.
fn count(
    selection: &Selection<'_>,
    fields: &[CountedField],
    ordinals: &RoaringBitmap,
    values: &mut Vec<CountedValue>,
    counts: &mut Counts,
) {
    let Some((&field, others)) = fields.split_first() else { return };
    for (value, bitmap) in selection.index.values_of(field) {
        values.push(value.clone());
        if others.is_empty() {
            *counts.entry(values.clone()).or_default() += ordinals.intersection_len(bitmap);
        } else {
            count(selection, others, &(ordinals & bitmap), values, counts);
        }
        values.pop();
    }
}

/// Counts a conversation by its values of the other fields.
fn count_other(
    conversation: &IndexedConversation,
    fields: &[CountedField],
    values: &mut Vec<CountedValue>,
    counts: &mut Counts,
) {
    let Some((&field, others)) = fields.split_first() else {
        *counts.entry(values.clone()).or_default() += 1;
        return;
    };
    for value in conversation.values(field) {
        values.push(value);
        count_other(conversation, others, values, counts);
        values.pop();
    }
}
