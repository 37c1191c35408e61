//! The ids of conversations in ascending order, each at its ordinal.
//!
//! An id begins with the time of its creation, so neighbours share most of their first bytes. A chunk
//! stores the time of its first id once, and of each id the distance to it and the other ten bytes: 14
//! bytes instead of 16.

use std::sync::Arc;

use uuid::Uuid;

/// The most ids in a chunk: as many are decoded when one is inserted between them.
const CHUNK: usize = 4_096;

/// How far the bits of an id after its time reach.
const REST_BITS: u32 = 80;

/// How many bytes of an id are stored.
const STORED: usize = 14;

#[derive(Debug, Clone, Default)]
pub(crate) struct Ids {
    chunks: Vec<Arc<Chunk>>,
    /// The ordinal of the first id of each chunk.
    starts: Vec<u32>,
    len: u32,
}

#[derive(Debug)]
struct Chunk {
    /// The first 48 bits of its first id.
    time: u64,
    /// Of each id four bytes of its distance from that time, and the other ten bytes of the id.
    ids: Box<[[u8; STORED]]>,
}

impl Chunk {
    fn get(&self, place: usize) -> Option<u128> {
        let stored = self.ids.get(place)?;
        let mut bytes = [0; 16];
        bytes[2..].copy_from_slice(stored);
        let stored = u128::from_be_bytes(bytes);
        Some(stored + (u128::from(self.time) << REST_BITS))
    }

    /// How many of its ids are below this one.
    fn count_below(&self, id: u128) -> usize {
        let (mut low, mut high) = (0, self.ids.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle).is_some_and(|stored| stored < id) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn first(&self) -> u128 {
        self.get(0).unwrap_or_default()
    }
}

impl Ids {
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// The id at an ordinal.
    pub(crate) fn get(&self, ordinal: u32) -> Option<Uuid> {
        let chunk = self.starts.partition_point(|&start| start <= ordinal).checked_sub(1)?;
        let place = ordinal - self.starts.get(chunk)?;
        self.chunks.get(chunk)?.get(usize::try_from(place).ok()?).map(Uuid::from_u128)
    }

    /// How many ids are below this one: the ordinal that it has or would have.
    pub(crate) fn count_below(&self, id: Uuid) -> u32 {
        let id = id.as_u128();
        let after = self.chunks.partition_point(|chunk| chunk.first() < id);
        let Some(chunk) = after.checked_sub(1) else { return 0 };
        match (self.chunks.get(chunk), self.starts.get(chunk)) {
            (Some(chunk), Some(start)) => start + ordinal(chunk.count_below(id)),
            _ => 0,
        }
    }

    /// The ordinal of an id.
    pub(crate) fn ordinal_of(&self, id: Uuid) -> Option<u32> {
        let ordinal = self.count_below(id);
        (self.get(ordinal) == Some(id)).then_some(ordinal)
    }

    /// Inserts ids, which are in ascending order and not among these.
    pub(crate) fn insert(&mut self, new: &[Uuid]) {
        let mut new = new.iter().map(Uuid::as_u128).peekable();
        let mut chunks = Vec::with_capacity(self.chunks.len() + 1);
        let mut old = std::mem::take(&mut self.chunks).into_iter().peekable();
        while let Some(chunk) = old.next() {
            // What is inserted before the first id of the next chunk goes into this one.
            let end = old.peek().map_or(u128::MAX, |next| next.first());
            let mut inserted = Vec::new();
            while let Some(id) = new.next_if(|&id| id < end || old.peek().is_none()) {
                inserted.push(id);
            }
            if inserted.is_empty() {
                chunks.push(chunk);
                continue;
            }
            let stored = (0..chunk.ids.len()).filter_map(|place| chunk.get(place));
            let mut all: Vec<u128> = stored.chain(inserted).collect();
            all.sort_unstable();
            chunks.extend(split(&all));
        }
        chunks.extend(split(&new.collect::<Vec<_>>()));
        self.chunks = chunks;
        self.count();
    }

    fn count(&mut self) {
        self.len = 0;
        self.starts.clear();
        for chunk in &self.chunks {
            self.starts.push(self.len);
            self.len += ordinal(chunk.ids.len());
        }
    }

    pub(crate) fn memory_bytes(&self) -> u64 {
        let bytes = |chunk: &Arc<Chunk>| chunk.ids.len() * STORED + 64;
        self.chunks.iter().map(bytes).sum::<usize>() as u64
    }
}

/// Makes chunks of ids in ascending order. A chunk ends early where the time is too far from its first.
fn split(ids: &[u128]) -> Vec<Arc<Chunk>> {
    let mut chunks = Vec::new();
    let mut rest = ids;
    while let Some(&first) = rest.first() {
        let time = first >> REST_BITS;
        let near = rest.iter().take(CHUNK);
        let count = near.take_while(|&id| (id >> REST_BITS) - time <= u32::MAX.into()).count();
        let (these, others) = rest.split_at(count);
        let encode = |id: &u128| {
            let mut stored = [0; STORED];
            stored.copy_from_slice(&(id - (time << REST_BITS)).to_be_bytes()[2..]);
            stored
        };
        let time = u64::try_from(time).unwrap_or(u64::MAX);
        chunks.push(Arc::new(Chunk { time, ids: these.iter().map(encode).collect() }));
        rest = others;
    }
    chunks
}

/// Ordinals are 32 bits: more conversations than that are not indexed.
fn ordinal(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    use super::*;

    /// Ids with times that are near each other and far away, and of which some share all but the last
    /// byte.
    fn id() -> impl Strategy<Value = u128> {
        prop_oneof![
            any::<u128>(),
            (0_u128..50, any::<u128>()).prop_map(|(time, rest)| (time << REST_BITS) | rest >> 48),
            (0_u128..300).prop_map(|last| (7 << 100) | last),
        ]
    }

    proptest! {
        #[test]
        fn every_id_has_its_ordinal(batches in vec(btree_set(id(), 0..300), 1..5), other in id()) {
            let (mut ids, mut expected) = (Ids::default(), Vec::new());
            for batch in batches {
                let new: Vec<_> =
                    batch.into_iter().filter(|id| !expected.contains(id)).collect();
                ids.insert(&new.iter().copied().map(Uuid::from_u128).collect::<Vec<_>>());
                expected.extend(new);
                expected.sort_unstable();
            }

            prop_assert_eq!(ids.len() as usize, expected.len());
            for (ordinal, &id) in expected.iter().enumerate() {
                let ordinal = u32::try_from(ordinal).expect("few");
                prop_assert_eq!(ids.get(ordinal), Some(Uuid::from_u128(id)));
                prop_assert_eq!(ids.ordinal_of(Uuid::from_u128(id)), Some(ordinal));
            }
            prop_assert_eq!(ids.get(ids.len()), None);
            let below = expected.iter().filter(|&&id| id < other).count();
            prop_assert_eq!(ids.count_below(Uuid::from_u128(other)) as usize, below);
        }
    }

    #[test]
    fn an_id_takes_fourteen_bytes() {
        let mut ids = Ids::default();
        for batch in 0..20_u128 {
            let new = (0..5_000).map(|each| Uuid::from_u128((batch * 5_000 + each) << 90 | each));
            ids.insert(&new.collect::<Vec<_>>());
        }

        assert_eq!(ids.len(), 100_000);
        assert!(ids.memory_bytes() < 1_420_000, "{}", ids.memory_bytes());
    }
}
