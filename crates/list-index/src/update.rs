//! Bringing an index up to date. What is shared with clones of it is copied when it changes.

use std::sync::Arc;

use conversations_application::read_model::{CountedField, CountedValue};
use roaring::RoaringBitmap;
use uuid::Uuid;

use crate::conversation::field_of;
use crate::{Changes, IndexedConversation, ListIndex, MOST_LABELS};

impl ListIndex {
    /// Applies changes.
    pub fn apply(&mut self, changes: Changes) {
        let ordinals = changes.keys().filter_map(|id| self.ids.ordinal_of(id.as_uuid()));
        self.remove(&ordinals.collect());
        let mut present = Vec::new();
        for (id, conversation) in changes {
            let id = id.as_uuid();
            self.recent.remove(&id);
            let Some(conversation) = conversation else { continue };
            match self.ids.ordinal_of(id) {
                Some(ordinal) => present.push((ordinal, conversation)),
                None => {
                    self.recent.insert(id, conversation);
                }
            }
        }
        self.set(&present);
        if self.recent.len() > self.most_recent {
            self.number_recent();
        }
    }

    /// Gives ordinals to the conversations that have none.
    fn number_recent(&mut self) {
        let recent: Vec<_> = std::mem::take(&mut self.recent).into_values().collect();
        let new: Vec<Uuid> = recent.iter().map(|conversation| conversation.id.as_uuid()).collect();
        // Where they are inserted, as ordinals before that.
        let places: Vec<u32> = new.iter().map(|&id| self.ids.count_below(id)).collect();
        if places.first().is_some_and(|&first| first < self.ids.len()) {
            for bitmap in self.bitmaps_mut() {
                move_up(bitmap, &places);
            }
        }
        self.ids.insert(&new);
        let numbered = (0..).zip(recent).filter_map(|(index, conversation)| {
            let place = usize::try_from(index).ok().and_then(|index| places.get(index))?;
            Some((place + index, conversation))
        });
        self.set(&numbered.collect::<Vec<(u32, _)>>());
    }

    /// Takes as little memory as it can, with ordinals for all conversations.
    pub fn compact(&mut self) {
        self.number_recent();
        for bitmap in self.bitmaps_mut() {
            Arc::make_mut(bitmap).optimize();
        }
    }

    fn bitmaps_mut(&mut self) -> impl Iterator<Item = &mut Arc<RoaringBitmap>> {
        let values = self.values.values_mut();
        std::iter::once(&mut self.all).chain(values).chain(self.changed.slices_mut())
    }

    /// Removes ordinals from every bitmap.
    fn remove(&mut self, ordinals: &RoaringBitmap) {
        if ordinals.is_empty() {
            return;
        }
        for bitmap in self.bitmaps_mut() {
            if !bitmap.is_disjoint(ordinals) {
                *Arc::make_mut(bitmap) -= ordinals;
            }
        }
        self.values.retain(|_, bitmap| !bitmap.is_empty());
    }

    /// Inserts the ordinals of conversations, which are in ascending order, into the bitmaps of their
    /// values.
    fn set(&mut self, numbered: &[(u32, IndexedConversation)]) {
        if numbered.is_empty() {
            return;
        }
        let all = Arc::make_mut(&mut self.all);
        for (ordinal, conversation) in numbered {
            all.insert(*ordinal);
            self.changed.set(*ordinal, conversation.updated_at.as_unix_millis());
            for &field in CountedField::ALL {
                if field == CountedField::Label && !self.has_labels {
                    continue;
                }
                for value in conversation.values(field) {
                    Arc::make_mut(self.values.entry(value).or_default()).insert(*ordinal);
                }
            }
        }
        self.bound_labels();
    }

    /// Gives up the labels if there are too many different ones.
    fn bound_labels(&mut self) {
        let is_label = |value: &CountedValue| field_of(value) == CountedField::Label;
        if self.has_labels && self.values_of(CountedField::Label).count() > MOST_LABELS {
            self.has_labels = false;
            self.values.retain(|value, _| !is_label(value));
        }
    }
}

/// Makes room for ordinals at these places, which are in ascending order.
fn move_up(bitmap: &mut Arc<RoaringBitmap>, places: &[u32]) {
    let Some(&first) = places.first() else { return };
    if bitmap.max().is_none_or(|max| max < first) {
        return;
    }
    let mut inserted = 0;
    let moved: Vec<u32> = bitmap
        .range(first..)
        .map(|ordinal| {
            let rest = places.get(inserted..).unwrap_or_default();
            inserted += rest.iter().take_while(|&&place| place <= ordinal).count();
            ordinal.saturating_add(u32::try_from(inserted).unwrap_or(u32::MAX))
        })
        .collect();
    let bitmap = Arc::make_mut(bitmap);
    bitmap.remove_range(first..);
    // They are sorted and greater than the rest.
    let _appended = bitmap.append(moved);
}
