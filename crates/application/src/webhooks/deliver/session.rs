//! The delivery of one webhook by one process, from taking the lease until nothing is left to send.

mod in_flight;
mod next;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use conversations_domain::{
    Admission, AttemptOutcome, Delivery, DeliveryStatus, EventCursor, EventId, Jitter, Origin,
    ReceiverHealth, Timestamp, WebhookId, WorkspaceId,
};

use super::attempt::{Finished, Kind, Outcome, Receiver};
use super::first_attempts::FirstAttempts;
use super::{DeliveryEnd, DeliveryService, Lease, Leased};
use crate::ports::{DeliveryReport, LeasedWebhook, RepositoryError, WebhookAttempt};
use crate::{Caller, Error};
use in_flight::InFlight;

/// How long a session without work waits for an event before it returns the lease.
const LINGER: Duration = Duration::from_secs(1);

pub(super) struct Session<'a> {
    service: &'a DeliveryService,
    lease: Lease,
    receiver: Arc<Receiver>,
    health: ReceiverHealth,
    events: FirstAttempts,
    retries: Retries,
    /// What is not stored yet.
    finished: Vec<Delivery>,
    /// What is stored.
    stored: (EventCursor, ReceiverHealth),
    has_progress: bool,
}

/// The deliveries that are to be retried.
#[derive(Default)]
struct Retries {
    due: VecDeque<Delivery>,
    running: usize,
    /// When the storage was asked for them.
    asked_at: Option<Timestamp>,
    /// How many wait, now or for later.
    pending: u64,
}

impl<'a> Session<'a> {
    pub(super) fn new(service: &'a DeliveryService, leased: Leased) -> Self {
        let Leased { lease, webhook } = leased;
        let LeasedWebhook { workspace, details, secrets } = webhook;
        let (health, position) = (details.health, details.position);
        let receiver = Receiver { workspace, webhook: details.webhook, secrets };
        Self {
            service,
            lease,
            receiver: Arc::new(receiver),
            health,
            events: FirstAttempts::after(position),
            retries: Retries::default(),
            finished: Vec::new(),
            stored: (position, health),
            has_progress: false,
        }
    }

    pub(super) async fn run(mut self) -> Result<DeliveryEnd, Error> {
        let (workspace, webhook) = self.ids();
        self.retries.pending = self.service.deliveries.count_pending(workspace, webhook).await?;
        let mut in_flight = InFlight::default();
        loop {
            if !self.service.is_stopping() {
                self.start(&mut in_flight).await?;
            }
            if in_flight.is_empty() {
                self.report().await?;
                if !self.wait_for_events().await? {
                    break;
                }
            } else {
                self.wait_for_attempts(&mut in_flight).await?;
                for finished in in_flight.take_over() {
                    self.apply(finished)?;
                }
                in_flight.beside(self.report()).await?;
            }
        }
        Ok(if self.has_progress { DeliveryEnd::Progress } else { DeliveryEnd::NoProgress })
    }

    /// Starts as many attempts as the health of the receiver allows.
    async fn start(&mut self, in_flight: &mut InFlight) -> Result<(), Error> {
        match self.health.admission(self.service.clock.now()) {
            Admission::Open => {
                while in_flight.len() < DeliveryService::MAX_REQUESTS_PER_WEBHOOK {
                    let is_idle = in_flight.is_empty();
                    let next = in_flight.beside(self.next(is_idle)).await?;
                    let Some((kind, delivery)) = next else { break };
                    self.spawn(in_flight, kind, delivery);
                }
            }
            Admission::Probe if in_flight.is_empty() => {
                if let Some((kind, delivery)) = self.probe().await? {
                    self.spawn(in_flight, kind, delivery);
                }
            }
            Admission::Probe | Admission::Wait(_) | Admission::Disabled => {}
        }
        Ok(())
    }

    fn spawn(&mut self, in_flight: &mut InFlight, kind: Kind, delivery: Delivery) {
        if kind == Kind::Retry {
            self.retries.running += 1;
        }
        let receiver = Arc::clone(&self.receiver);
        in_flight.push(self.service.clone().attempt(receiver, kind, delivery));
    }

    /// Notes what came of an attempt.
    fn apply(&mut self, finished: Finished) -> Result<(), Error> {
        let Finished { kind, mut delivery, result } = finished;
        let is_retry = kind == Kind::Retry;
        if is_retry {
            self.retries.running -= 1;
        }
        let outcome = result.inspect_err(|_| self.events.put_back(delivery.sequence))?;
        let (sent, attempt) = match outcome {
            Outcome::Sent(sent, attempt) => (sent, attempt),
            Outcome::NotStarted => {
                if !is_retry {
                    self.events.put_back(delivery.sequence);
                }
                return Ok(());
            }
            Outcome::Expired => {
                if is_retry {
                    delivery.status = DeliveryStatus::Failed;
                    delivery.next_attempt_at = None;
                    self.retries.pending = self.retries.pending.saturating_sub(1);
                    self.finished.push(delivery);
                } else {
                    self.events.finish(delivery.sequence);
                }
                return Ok(());
            }
        };
        let now = self.service.clock.now();
        self.note_health(kind, sent, now);
        let stays = kind == Kind::Probe && !attempt.is_success();
        let retry_at = if stays {
            self.health.resumes_at
        } else {
            let policy = self.receiver.webhook.parts().retry_policy;
            let attempts = delivery.attempts.len() + 1;
            policy.next_attempt(attempts, (now, jitter(&delivery)), sent.retry_after)
        };
        delivery.add_attempt(attempt, retry_at);
        match kind {
            Kind::Probe if stays => self.events.put_back(delivery.sequence),
            Kind::First | Kind::Probe => {
                self.events.finish(delivery.sequence);
                self.retries.pending += u64::from(delivery.next_attempt_at.is_some());
            }
            Kind::Retry if delivery.next_attempt_at.is_none() => {
                self.retries.pending = self.retries.pending.saturating_sub(1);
            }
            Kind::Retry => {}
        }
        self.finished.push(delivery);
        Ok(())
    }

    /// Failures of attempts that were in flight when the receiver was found to fail do not count again.
    fn note_health(&mut self, kind: Kind, sent: WebhookAttempt, now: Timestamp) {
        let outcome = sent.outcome();
        let is_known = self.health.is_failing()
            && kind == Kind::First
            && matches!(outcome, AttemptOutcome::Failure { .. });
        if !is_known {
            self.health = self.health.after(outcome, now);
        }
    }

    /// Stores what is not stored yet.
    async fn report(&mut self) -> Result<(), Error> {
        let position = self.events.position();
        let current = (position, self.health);
        if self.finished.is_empty() && self.stored == current {
            return Ok(());
        }
        let (workspace, webhook) = self.ids();
        let report = DeliveryReport {
            webhook,
            holder: self.lease.holder,
            position: (position != self.stored.0).then_some(position),
            health: self.health,
            deliveries: std::mem::take(&mut self.finished),
            origin: Origin {
                first: EventId::from_uuid(self.service.next_id()),
                by: Caller::receiver_of(workspace, &self.receiver.webhook).actor,
            },
        };
        self.service.deliveries.record(workspace, report).await?;
        self.stored = current;
        self.has_progress = true;
        Ok(())
    }

    /// Waits until an attempt is over, or there is more to start before that: a slow answer does not delay
    /// new events of others.
    async fn wait_for_attempts(&mut self, in_flight: &mut InFlight) -> Result<(), Error> {
        let has_room = in_flight.len() < DeliveryService::MAX_REQUESTS_PER_WEBHOOK;
        if !has_room || !self.may_wait() {
            in_flight.until_one_is_over().await;
            return Ok(());
        }
        let is_more = in_flight.until_one_is_over_or(self.is_there_more()).await;
        if is_more == Some(true) && !in_flight.beside(self.look_again()).await? {
            return Err(RepositoryError::Stale.into());
        }
        Ok(())
    }

    /// Waits a moment for an event; returns whether there is something to do.
    async fn wait_for_events(&mut self) -> Result<bool, Error> {
        Ok(self.may_wait() && self.is_there_more().await && self.look_again().await?)
    }

    /// Whether all events were read, and new ones would be sent.
    fn may_wait(&self) -> bool {
        let is_open = self.health.admission(self.service.clock.now()) == Admission::Open;
        let is_idle = self.events.is_at_end() && self.retries.due.is_empty();
        is_open && is_idle && !self.service.is_stopping()
    }

    async fn is_there_more(&self) -> bool {
        let caller = Caller::receiver_of(self.lease.workspace, &self.receiver.webhook);
        self.service.events.wait(&caller, self.events.read_to(), LINGER).await
    }

    /// Reads on, unless the webhook was changed or switched off meanwhile.
    async fn look_again(&mut self) -> Result<bool, Error> {
        self.events.look_again();
        self.service.renew(self.lease).await
    }

    fn ids(&self) -> (WorkspaceId, WebhookId) {
        (self.lease.workspace, self.lease.webhook)
    }
}

/// A random number, which the id of the delivery contains. It differs from attempt to attempt.
fn jitter(delivery: &Delivery) -> Jitter {
    let [.., high, low] = *delivery.id.as_uuid().as_bytes();
    let turns = u32::try_from(delivery.attempts.len()).unwrap_or_default();
    Jitter(u16::from_be_bytes([high, low]).rotate_left(5 * turns))
}
