//! Reproducible randomness: equal for the same item of the same workspace.

use conversations_domain::{Timestamp, WorkspaceId};
use uuid::Uuid;

/// The golden ratio in 64 bits: what `SplitMix64` counts by.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// What something is made of.
#[derive(Debug, Clone, Copy)]
pub(super) enum EntityKind {
    Inbox,
    User,
    Customer,
    Conversation,
    Demo,
    Desk,
}

/// The random numbers of one thing (`SplitMix64`: fast, and even enough for made-up data).
pub(super) struct Random(u64);

impl Random {
    /// Those of the thing with this number.
    pub(super) fn of(workspace: WorkspaceId, kind: EntityKind, number: u64) -> Self {
        let (high, low) = workspace.as_uuid().as_u64_pair();
        let mut state = mix(high ^ mix(low.wrapping_add(STEP)));
        state = mix(state.wrapping_add(STEP.wrapping_mul(kind as u64 + 1)));
        Self(mix(state ^ mix(number.wrapping_add(STEP))))
    }

    /// Any number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// A number from 0 up to, and without, this one; 0 when there is none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        // The upper half of the product: evenly spread without a division.
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// Whether something happens that does so this often in a thousand.
    pub(super) fn with_chance(&mut self, thousandths: u64) -> bool {
        self.below(1_000) < thousandths
    }

    /// A time span of up to a most: most of them are short, some long.
    pub(super) fn span(&mut self, most: i64) -> i64 {
        let most = u64::try_from(most).unwrap_or_default();
        let part = self.below(1 << 20);
        // The cube of a number below one, in fixed point.
        let cube = (u128::from(part).pow(3) * u128::from(most)) >> 60;
        i64::try_from(cube).unwrap_or_default()
    }

    /// One of these.
    pub(super) fn one_of<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        choices.get(usize::try_from(self.below(choices.len() as u64)).ok()?).copied()
    }

    /// A `UUIDv7` of this time.
    pub(super) fn id(&mut self, time: Timestamp) -> Uuid {
        let millis = u64::try_from(time.as_unix_millis()).unwrap_or_default();
        let mut bytes = [0; 10];
        bytes[..8].copy_from_slice(&self.next().to_be_bytes());
        bytes[8..].copy_from_slice(&self.next().to_be_bytes()[..2]);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(workspace: u128, number: u64) -> Random {
        Random::of(
            WorkspaceId::from_uuid(Uuid::from_u128(workspace)),
            EntityKind::Conversation,
            number,
        )
    }

    #[test]
    fn the_same_thing_is_made_the_same_again_and_others_are_not() {
        let first = |workspace, number| random(workspace, number).next();

        assert_eq!(first(1, 1), first(1, 1));
        assert_ne!(first(1, 1), first(1, 2));
        assert_ne!(first(1, 1), first(2, 1));
    }

    #[test]
    fn ids_are_of_version_7_and_carry_the_time() {
        let time = Timestamp::from_unix_millis(1_700_000_000_123).expect("a time");

        let id = random(1, 1).id(time);

        assert_eq!((id.get_version_num(), id.as_u128() >> 80), (7, 1_700_000_000_123));
    }

    #[test]
    fn spans_are_short_more_often_than_long() {
        let mut random = random(1, 1);
        let spans: Vec<_> = (0..10_000).map(|_| random.span(1_000)).collect();

        assert!(spans.iter().all(|span| (0..1_000).contains(span)));
        let short = spans.iter().filter(|&&span| span < 125).count();
        assert!((4_500..5_500).contains(&short), "{short}");
    }
}
