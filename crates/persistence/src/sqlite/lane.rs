//! A lane: threads that do one piece of work after the other, each with its own connection.

use std::sync::PoisonError;

use conversations_application::ports::RepositoryError;

use super::Connection;
use super::queue::{Desk, Order, Orders, Queue, Rules, Ticket};
use crate::OpenError;
use crate::metrics::PoolMetrics;

/// How much work may wait in a lane.
const PLACES: usize = 128;

/// A piece of work that answers whoever waits for it.
pub(super) type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A queue of work, and the threads that do it.
#[derive(Clone)]
pub(super) struct Lane(Queue<Job>);

impl Lane {
    /// Starts a lane of `count` threads.
    ///
    /// # Errors
    /// When a connection cannot be opened or a thread cannot be started.
    pub(super) fn start(
        name: &'static str,
        count: usize,
        rules: Rules,
        open: impl Fn() -> Result<Connection, OpenError> + Send + Sync + 'static,
    ) -> Result<Self, OpenError> {
        Queue::start(name, PLACES, count, rules, open, work).map(Self)
    }

    /// Has a piece of work done by one of the threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, RepositoryError> + Send + 'static,
    ) -> Result<T, RepositoryError> {
        self.0.hand_in(|ticket| job(ticket, work)).await
    }

    /// What waits in it, and is done.
    pub(super) fn metrics(&self) -> PoolMetrics {
        self.0.metrics()
    }

    /// Lets the threads finish what was queued, and waits for their end.
    pub(super) async fn stop(&self) {
        self.0.stop().await;
    }
}

/// Work for whose outcome the owner of the ticket waits.
pub(super) fn job<T: Send + 'static>(
    ticket: Ticket<T>,
    work: impl FnOnce(&mut Connection) -> Result<T, RepositoryError> + Send + 'static,
) -> Job {
    Box::new(move |connection| {
        if ticket.begin() {
            let outcome = work(connection);
            ticket.answer(outcome);
        }
    })
}

/// Does what the queue holds until it is told to stop.
fn work(mut desk: Desk, orders: &Orders<Job>) {
    loop {
        let order = orders.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(Order::Do(job)) = order else { return };
        let _panicked = desk.work(job);
    }
}
