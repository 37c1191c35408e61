//! The attempts in flight of a session.
//!
//! They go on only while they are polled, and each may hold a permit that the session itself waits for, such
//! as that of a database connection. So whatever the session waits for, it waits for beside them.

use std::future::Future;
use std::pin::{Pin, pin};

use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use crate::webhooks::deliver::attempt::Finished;

/// Attempts in flight, and those that are over and not looked at yet.
#[derive(Default)]
pub(super) struct InFlight {
    running: FuturesUnordered<Pin<Box<dyn Future<Output = Finished> + Send>>>,
    over: Vec<Finished>,
}

impl InFlight {
    pub(super) fn push(&mut self, attempt: impl Future<Output = Finished> + Send + 'static) {
        self.running.push(Box::pin(attempt));
    }

    pub(super) fn len(&self) -> usize {
        self.running.len() + self.over.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits for something else beside them.
    pub(super) async fn beside<T>(&mut self, other: impl Future<Output = T>) -> T {
        let mut other = pin!(other);
        while !self.running.is_empty() {
            match select(other.as_mut(), self.running.next()).await {
                Either::Left((done, _)) => return done,
                Either::Right((finished, _)) => self.over.extend(finished),
            }
        }
        other.await
    }

    /// Waits until one of them is over, or for something else, whose result it returns.
    pub(super) async fn until_one_is_over_or<T>(
        &mut self,
        other: impl Future<Output = T>,
    ) -> Option<T> {
        if !self.over.is_empty() {
            return None;
        }
        match select(self.running.next(), pin!(other)).await {
            Either::Left((finished, _)) => {
                self.over.extend(finished);
                None
            }
            Either::Right((done, _)) => Some(done),
        }
    }

    /// Waits until one of them is over.
    pub(super) async fn until_one_is_over(&mut self) {
        if self.over.is_empty() {
            let finished = self.running.next().await;
            self.over.extend(finished);
        }
    }

    /// Those that are over.
    pub(super) fn take_over(&mut self) -> Vec<Finished> {
        while let Some(Some(finished)) = self.running.next().now_or_never() {
            self.over.push(finished);
        }
        std::mem::take(&mut self.over)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::{
        Delivery, DeliveryStatus, EventId, EventType, Sequence, WebhookDeliveryId,
    };
    use tokio::sync::Semaphore;
    use uuid::Uuid;

    use super::*;
    use crate::webhooks::deliver::attempt::{Kind, Outcome};

    fn finished() -> Finished {
        let delivery = Delivery {
            id: WebhookDeliveryId::from_uuid(Uuid::nil()),
            event: EventId::from_uuid(Uuid::nil()),
            sequence: Sequence::new(1),
            kind: EventType::UserCreated,
            status: DeliveryStatus::Pending,
            attempts: Vec::new(),
            next_attempt_at: None,
        };
        Finished { kind: Kind::First, delivery, result: Ok(Outcome::NotStarted) }
    }

    /// An attempt that was given the permit has to be polled to give it back.
    #[tokio::test]
    async fn an_attempt_goes_on_while_the_session_waits_for_its_permit() {
        let permits = Arc::new(Semaphore::new(1));
        let held = Arc::clone(&permits).acquire_owned().await.expect("open");
        let mut in_flight = InFlight::default();
        let of_attempt = Arc::clone(&permits);
        in_flight.push(async move {
            let _permit = of_attempt.acquire().await.expect("open");
            finished()
        });
        // It is in the queue before the session.
        assert!(in_flight.take_over().is_empty());

        drop(held);
        let permit = in_flight.beside(permits.acquire()).await.expect("open");

        assert_eq!((in_flight.take_over().len(), in_flight.len()), (1, 0));
        drop(permit);
    }
}
