//! Metrics of the parts of the service, independent of any exporter and format.

mod polls;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use polls::{PollTimes, Watchdog, timed};

/// Bounds for times, in nanoseconds: from what a read in memory takes to the time in which the largest
/// deletion has to be done.
pub const TIMES: [u64; 17] = [
    micros(100),
    micros(250),
    micros(500),
    micros(1_000),
    micros(2_500),
    micros(5_000),
    micros(10_000),
    micros(25_000),
    micros(50_000),
    micros(100_000),
    micros(250_000),
    micros(500_000),
    micros(1_000_000),
    micros(2_500_000),
    micros(5_000_000),
    micros(10_000_000),
    micros(60_000_000),
];

/// Bounds for how many share something.
pub const SIZES: [u64; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

const fn micros(count: u64) -> u64 {
    count * 1_000
}

/// How often something was how large. All threads may record concurrently, without waiting.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static [u64],
    /// How many there were up to each bound and above the one before it; the last are above all.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a [`Histogram`] held at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distribution {
    bounds: &'static [u64],
    counts: Vec<u64>,
    sum: u64,
}

impl Histogram {
    /// Nothing yet. The bounds are in ascending order.
    #[must_use]
    pub fn new(bounds: &'static [u64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    /// Counts one of this size.
    pub fn record(&self, size: u64) {
        let place = self.bounds.partition_point(|&bound| bound < size);
        if let Some(count) = self.counts.get(place) {
            count.fetch_add(1, Ordering::Relaxed);
            self.sum.fetch_add(size, Ordering::Relaxed);
        }
    }

    /// Counts one that took this long, in nanoseconds.
    pub fn record_time(&self, time: Duration) {
        self.record(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// What it holds now.
    #[must_use]
    pub fn read(&self) -> Distribution {
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        Distribution { bounds: self.bounds, counts, sum: self.sum.load(Ordering::Relaxed) }
    }
}

impl Distribution {
    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The sum of all sizes.
    #[must_use]
    pub fn sum(&self) -> u64 {
        self.sum
    }

    /// Each bound, and how many there were up to it.
    pub fn up_to_each_bound(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let sums = self.counts.iter().scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        });
        self.bounds.iter().copied().zip(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counts_at_its_bound_and_at_every_larger_one() {
        let histogram = Histogram::new(&SIZES);

        for size in [0, 1, 2, 3, 256, 257] {
            histogram.record(size);
        }

        let read = histogram.read();
        assert_eq!((read.count(), read.sum()), (6, 519));
        let up_to: Vec<_> = read.up_to_each_bound().collect();
        let expected =
            [(1, 2), (2, 3), (4, 4), (8, 4), (16, 4), (32, 4), (64, 4), (128, 4), (256, 5)];
        assert_eq!(up_to, expected);
    }

    #[test]
    fn bounds_ascend() {
        assert!(TIMES.is_sorted_by(|one, next| one < next));
        assert!(SIZES.is_sorted_by(|one, next| one < next));
    }
}
