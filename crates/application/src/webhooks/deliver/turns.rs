//! How many requests a process sends at the same time, and whose is next.
//!
//! The webhook with the fewest requests in flight is next; among equals, the one that has waited longest.
//! So receivers that are slow wait for each other, and others do not wait for them.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use conversations_domain::WebhookId;

/// Permits to send a request.
#[derive(Debug, Clone)]
pub(super) struct Turns(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    held: HashMap<WebhookId, usize>,
    waiting: Vec<Waiter>,
    last: u64,
}

#[derive(Debug)]
struct Waiter {
    number: u64,
    webhook: WebhookId,
    is_granted: bool,
    waker: Waker,
}

/// A permit, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    webhook: WebhookId,
}

/// Waits for a permit.
#[derive(Debug)]
pub(super) struct Taking {
    turns: Turns,
    webhook: WebhookId,
    number: Option<u64>,
}

impl Turns {
    /// This many at the same time.
    pub(super) fn new(limit: usize) -> Self {
        let state = State { free: limit, held: HashMap::new(), waiting: Vec::new(), last: 0 };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Takes a permit for a request of this webhook.
    pub(super) fn take(&self, webhook: WebhookId) -> Taking {
        Taking { turns: self.clone(), webhook, number: None }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn permit(&self, webhook: WebhookId) -> Turn {
        Turn { turns: self.clone(), webhook }
    }
}

impl State {
    fn hold(&mut self, webhook: WebhookId) {
        self.free -= 1;
        *self.held.entry(webhook).or_default() += 1;
    }

    fn release(&mut self, webhook: WebhookId) {
        self.free += 1;
        if let Some(held) = self.held.get_mut(&webhook) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&webhook);
            }
        }
        self.grant_next();
    }

    fn grant_next(&mut self) {
        let held = &self.held;
        let next = self
            .waiting
            .iter_mut()
            .filter(|waiter| !waiter.is_granted)
            .min_by_key(|waiter| (held.get(&waiter.webhook).copied(), waiter.number));
        if let Some(waiter) = next {
            waiter.is_granted = true;
            waiter.waker.wake_by_ref();
            let webhook = waiter.webhook;
            self.hold(webhook);
        }
    }

    /// Removes a waiter; returns whether it has a permit.
    fn remove(&mut self, number: u64) -> bool {
        let place = self.waiting.iter().position(|waiter| waiter.number == number);
        place.is_some_and(|place| self.waiting.swap_remove(place).is_granted)
    }
}

impl Future for Taking {
    type Output = Turn;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Turn> {
        let this = &mut *self;
        let mut state = this.turns.state();
        let Some(number) = this.number else {
            // While a permit is free, none waits.
            if state.free > 0 {
                state.hold(this.webhook);
                return Poll::Ready(this.turns.permit(this.webhook));
            }
            state.last += 1;
            let (number, waker) = (state.last, context.waker().clone());
            this.number = Some(number);
            state.waiting.push(Waiter { number, webhook: this.webhook, is_granted: false, waker });
            return Poll::Pending;
        };
        let waiter = state.waiting.iter_mut().find(|waiter| waiter.number == number);
        if let Some(waiter) = waiter.filter(|waiter| !waiter.is_granted) {
            waiter.waker.clone_from(context.waker());
            return Poll::Pending;
        }
        state.remove(number);
        this.number = None;
        Poll::Ready(this.turns.permit(this.webhook))
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let mut state = self.turns.state();
            if state.remove(number) {
                state.release(self.webhook);
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.state().release(self.webhook);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use uuid::Uuid;

    fn webhook(number: u128) -> WebhookId {
        WebhookId::from_uuid(Uuid::from_u128(number))
    }

    fn taken(taking: &mut Taking) -> Option<Turn> {
        taking.now_or_never()
    }

    #[test]
    fn the_webhook_with_the_fewest_requests_is_next() {
        let turns = Turns::new(3);
        let mut slow: Vec<_> =
            (0..3).map(|_| turns.take(webhook(1)).now_or_never().expect("a turn")).collect();
        let mut greedy = turns.take(webhook(1));
        let (mut first, mut second) = (turns.take(webhook(2)), turns.take(webhook(3)));
        for waiting in [&mut greedy, &mut first, &mut second] {
            assert!(taken(waiting).is_none());
        }

        drop(slow.pop());

        let one = taken(&mut first).expect("it has none");
        assert!(taken(&mut greedy).is_none() && taken(&mut second).is_none());
        drop(one);
        assert!(taken(&mut greedy).is_none());
        let two = taken(&mut second).expect("it has none");
        drop(slow);
        assert!(taken(&mut greedy).is_some());
        drop(two);
    }

    #[test]
    fn a_wait_that_ends_early_passes_its_turn_on() {
        let turns = Turns::new(1);
        let held = turns.take(webhook(1)).now_or_never().expect("a turn");
        let (mut gone, mut next) = (turns.take(webhook(2)), turns.take(webhook(3)));
        assert!(taken(&mut gone).is_none() && taken(&mut next).is_none());

        drop(held);
        drop(gone);

        let turn = taken(&mut next).expect("the turn of the other");
        drop((turn, next));
        let state = turns.state();
        assert_eq!((state.free, state.held.len(), state.waiting.len()), (1, 0, 0));
    }
}
