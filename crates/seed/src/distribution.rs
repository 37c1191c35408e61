//! Skewed distributions: a few inboxes, agents and customers have most of the conversations.

use conversations_domain::{Channel, Priority, Source, Status};

use super::random::Random;

/// Places of which the first are taken most often: the n-th about 1/nˢ times as often as the first
/// (Zipf's law).
pub(super) struct Zipf {
    /// The share of each place and all before it, of 2⁶³.
    shares: Vec<u64>,
}

impl Zipf {
    pub(super) fn new(places: u32, exponent: f64) -> Self {
        let weights: Vec<f64> =
            (1..=places).map(|place| f64::from(place).powf(-exponent)).collect();
        let whole: f64 = weights.iter().sum();
        let shares = weights.iter().scan(0.0, |sum, weight| {
            *sum += weight / whole;
            Some(share(*sum))
        });
        Self { shares: shares.collect() }
    }

    /// A place; `None` when there are none.
    pub(super) fn place(&self, random: &mut Random) -> Option<usize> {
        let last = self.shares.len().checked_sub(1)?;
        let drawn = random.next() >> 1;
        // Sums of floats may end a little below one.
        Some(self.shares.partition_point(|&share| share <= drawn).min(last))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn share(part: f64) -> u64 {
    (part * (1_u64 << 63) as f64) as u64
}

/// Milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Where conversations of an age stand: nearly all are closed, but those of the last days.
pub(super) fn status(age: i64, random: &mut Random) -> Status {
    let (open, pending) = match age {
        age if age < 2 * DAY => (650, 200),
        age if age < 7 * DAY => (300, 150),
        age if age < 30 * DAY => (80, 60),
        age if age < 90 * DAY => (20, 20),
        _ => (2, 4),
    };
    match random.below(1_000) {
        drawn if drawn < open => Status::Open,
        drawn if drawn < open + pending => Status::Pending,
        _ => Status::Closed,
    }
}

pub(super) fn priority(random: &mut Random) -> Priority {
    match random.below(100) {
        0..20 => Priority::Low,
        20..83 => Priority::Medium,
        83..97 => Priority::High,
        _ => Priority::Urgent,
    }
}

/// The medium, and what kind of integration made the conversation.
pub(super) fn channel(random: &mut Random) -> (Channel, Source) {
    match random.below(100) {
        0..60 => (Channel::Email, Source::Email),
        60..72 => (Channel::Email, Source::Api),
        72..88 => (Channel::Chat, Source::Widget),
        88..95 => (Channel::Phone, Source::Phone),
        _ => (Channel::Whatsapp, Source::Api),
    }
}
