//! A number of each ordinal, stored as a bitmap for each bit: a bit-sliced index.
//!
//! Among any ordinals, those with a smaller number are found bit by bit, the highest first, with an
//! intersection for each. So a page in the order of the numbers takes as many intersections as numbers
//! have bits, wherever it lies.

use std::borrow::Cow;
use std::sync::Arc;

use roaring::RoaringBitmap;

const BITS: usize = 64;

#[derive(Debug, Clone)]
pub(crate) struct BitSlices {
    /// The ordinals whose number has a bit, from the lowest bit on.
    slices: Vec<Arc<RoaringBitmap>>,
}

impl Default for BitSlices {
    fn default() -> Self {
        Self { slices: vec![Arc::default(); BITS] }
    }
}

impl BitSlices {
    pub(crate) fn slices(&self) -> impl Iterator<Item = &RoaringBitmap> {
        self.slices.iter().map(|slice| &**slice)
    }

    pub(crate) fn slices_mut(&mut self) -> impl Iterator<Item = &mut Arc<RoaringBitmap>> {
        self.slices.iter_mut()
    }

    /// Sets the number of an ordinal that has none.
    pub(crate) fn set(&mut self, ordinal: u32, number: i64) {
        for (bit, slice) in self.slices.iter_mut().enumerate() {
            if has_bit(number, bit) {
                Arc::make_mut(slice).insert(ordinal);
            }
        }
    }

    /// The number of an ordinal.
    pub(crate) fn number(&self, ordinal: u32) -> i64 {
        let bits = self.slices.iter().enumerate().filter(|(_, slice)| slice.contains(ordinal));
        from_bits(bits.fold(0, |number, (bit, _)| number | 1 << bit))
    }

    /// How many of these ordinals have a smaller number, and those that have this one.
    pub(crate) fn count_below<'a>(
        &self,
        ordinals: &'a RoaringBitmap,
        number: i64,
    ) -> (u64, Cow<'a, RoaringBitmap>) {
        let mut count = 0;
        let equal = self.descend(ordinals, number, |rest, slice| {
            count += rest.len() - rest.intersection_len(slice);
        });
        (count, equal)
    }

    /// Those of these ordinals that have a smaller number.
    pub(crate) fn below(&self, ordinals: &RoaringBitmap, number: i64) -> RoaringBitmap {
        let mut below = RoaringBitmap::new();
        self.descend(ordinals, number, |rest, slice| below |= rest - slice);
        below
    }

    /// Those of these ordinals that have this number. On the way, `smaller` is told the ordinals whose
    /// numbers begin with the same bits, and the slice of the next bit: those that are not in the slice
    /// have a smaller number.
    fn descend<'a>(
        &self,
        ordinals: &'a RoaringBitmap,
        number: i64,
        mut smaller: impl FnMut(&RoaringBitmap, &RoaringBitmap),
    ) -> Cow<'a, RoaringBitmap> {
        let mut equal = Cow::Borrowed(ordinals);
        for (bit, slice) in self.slices.iter().enumerate().rev() {
            let ones = equal.intersection_len(slice);
            if has_bit(number, bit) {
                if ones < equal.len() {
                    smaller(&equal, slice);
                    equal = Cow::Owned(&*equal & &**slice);
                }
            } else if ones > 0 {
                equal = Cow::Owned(&*equal - &**slice);
            }
        }
        equal
    }

    /// Of these ordinals, in the order of their numbers and then of themselves, those from one place to
    /// before another one.
    pub(crate) fn range(&self, ordinals: &RoaringBitmap, first: u64, end: u64) -> Vec<u32> {
        let mut range = Vec::new();
        push_range(&self.slices, ordinals, first, end, &mut range);
        range
    }
}

/// Adds what [`BitSlices::range`] finds of ordinals whose numbers differ in the bits of these slices only.
fn push_range(
    slices: &[Arc<RoaringBitmap>],
    ordinals: &RoaringBitmap,
    first: u64,
    end: u64,
    range: &mut Vec<u32>,
) {
    if first >= end {
        return;
    }
    let Some((slice, lower)) = slices.split_last() else {
        let begin = u32::try_from(first).ok().and_then(|first| ordinals.select(first));
        let count = usize::try_from(end - first).unwrap_or(usize::MAX);
        range.extend(begin.into_iter().flat_map(|begin| ordinals.range(begin..).take(count)));
        return;
    };
    let ones = ordinals.intersection_len(slice);
    let zeros = ordinals.len() - ones;
    if ones == 0 || zeros == 0 {
        return push_range(lower, ordinals, first, end, range);
    }
    if first < zeros {
        push_range(lower, &(ordinals - &**slice), first, end.min(zeros), range);
    }
    if end > zeros {
        let first = first.saturating_sub(zeros);
        push_range(lower, &(ordinals & &**slice), first, end - zeros, range);
    }
}

/// Whether a number has a bit, where negative numbers come before all others.
fn has_bit(number: i64, bit: usize) -> bool {
    to_bits(number) >> bit & 1 == 1
}

/// Bits that sort as the numbers do.
fn to_bits(number: i64) -> u64 {
    number.cast_unsigned() ^ 1 << (BITS - 1)
}

fn from_bits(bits: u64) -> i64 {
    (bits ^ 1 << (BITS - 1)).cast_signed()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::collection::{btree_map, btree_set};
    use proptest::prelude::*;

    use super::*;

    /// Numbers of which many are equal, and some at the ends.
    fn number() -> impl Strategy<Value = i64> {
        prop_oneof![4 => -3_i64..20, 1 => any::<i64>(), 1 => Just(i64::MIN), 1 => Just(i64::MAX)]
    }

    proptest! {
        #[test]
        fn finds_what_sorting_finds(
            numbers in btree_map(0_u32..200_000, number(), 0..200),
            dropped in btree_set(0_u32..200_000, 0..50),
            bound in number(),
            first in 0_usize..220,
            count in 0_usize..60,
        ) {
            let mut slices = BitSlices::default();
            for (&ordinal, &number) in &numbers {
                slices.set(ordinal, number);
                prop_assert_eq!(slices.number(ordinal), number);
            }
            for slice in slices.slices_mut() {
                Arc::make_mut(slice).optimize();
            }
            let numbers: BTreeMap<_, _> =
                numbers.into_iter().filter(|(ordinal, _)| !dropped.contains(ordinal)).collect();
            let ordinals: RoaringBitmap = numbers.keys().copied().collect();
            let mut sorted: Vec<_> = numbers.iter().map(|(&at, &number)| (number, at)).collect();
            sorted.sort_unstable();

            let end = (first + count).min(sorted.len());
            let expected: Vec<_> = sorted.iter().map(|&(_, ordinal)| ordinal).collect();
            let expected = expected.get(first..end).unwrap_or_default();
            prop_assert_eq!(slices.range(&ordinals, first as u64, end as u64), expected);
            let find = |is_wanted: &dyn Fn(i64) -> bool| -> RoaringBitmap {
                numbers.iter().filter(|(_, number)| is_wanted(**number)).map(|(&at, _)| at).collect()
            };
            let below = find(&|number| number < bound);
            let (count, equal) = slices.count_below(&ordinals, bound);
            prop_assert_eq!(count, below.len());
            prop_assert_eq!(equal.into_owned(), find(&|number| number == bound));
            prop_assert_eq!(slices.below(&ordinals, bound), below);
        }
    }
}
