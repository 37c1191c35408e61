//! Random choices for oracles.

use conversations_application::PageWindow;

use super::pages::page;
use crate::Random;

/// What oracles choose.
pub(super) trait Choose {
    /// One of these, half of the time.
    fn maybe<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T>;

    /// None of these half of the time, else a few, perhaps one of them twice.
    fn some_of<T: Copy>(&mut self, choices: &[T]) -> Vec<T>;

    /// Up to three different ones of these, in any order.
    fn different<T: Copy + PartialEq>(&mut self, choices: &[T]) -> Vec<T>;

    /// One of the first pages, of any size.
    fn page(&mut self) -> PageWindow;
}

impl Choose for Random {
    fn maybe<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        self.percent(50).then(|| self.pick(choices))
    }

    fn some_of<T: Copy>(&mut self, choices: &[T]) -> Vec<T> {
        let count = self.below(2) * (1 + self.below(3));
        (0..count).map(|_| *self.pick(choices)).collect()
    }

    fn different<T: Copy + PartialEq>(&mut self, choices: &[T]) -> Vec<T> {
        let mut different = Vec::new();
        for _ in 0..self.below(4) {
            let choice = *self.pick(choices);
            if !different.contains(&choice) {
                different.push(choice);
            }
        }
        different
    }

    fn page(&mut self) -> PageWindow {
        let (number, limit) = (1 + self.below(4), 1 + self.below(20));
        page(number as u64, u32::try_from(limit).expect("a small number"))
    }
}
