//! Which attempt a session makes next.

use std::sync::Arc;

use conversations_domain::{Delivery, Event, EventCursor, EventId, NewEvent};

use super::{LINGER, Session};
use crate::ports::{DeliveryFilter, FeedReply, GoneReason};
use crate::read_model::{EventDetails, EventState, ResetReason};
use crate::webhooks::deliver::DeliveryService;
use crate::webhooks::deliver::attempt::Kind;
use crate::webhooks::deliver::first_attempts::{FirstAttempts, Upcoming};
use crate::{Caller, Error, PageStart, PageWindow};

/// As long as new events wait, retries take no more than this many of the requests at the same time.
const RETRIES_BESIDE_EVENTS: usize = DeliveryService::MAX_REQUESTS_PER_WEBHOOK / 2;

impl Session<'_> {
    /// The next attempt of a receiver that works.
    pub(super) async fn next(&mut self, is_idle: bool) -> Result<Option<(Kind, Delivery)>, Error> {
        self.load_retries().await?;
        if self.retries.running < RETRIES_BESIDE_EVENTS
            && let Some(retry) = self.retries.due.pop_front()
        {
            return Ok(Some((Kind::Retry, retry)));
        }
        if self.retries.pending < DeliveryService::MAX_PENDING
            && let Some(upcoming) = self.next_event(is_idle).await?
        {
            return Ok(Some((Kind::First, self.service.new_delivery(upcoming))));
        }
        Ok(self.retries.due.pop_front().map(|retry| (Kind::Retry, retry)))
    }

    /// The attempt that finds out whether the receiver works again: of the next event, which is attempted
    /// until it succeeds, so that an outage uses up no retries; without one, of a retry.
    pub(super) async fn probe(&mut self) -> Result<Option<(Kind, Delivery)>, Error> {
        let Some(upcoming) = self.next_event(true).await? else {
            self.load_retries().await?;
            return Ok(self.retries.due.pop_front().map(|retry| (Kind::Retry, retry)));
        };
        let (workspace, webhook) = self.ids();
        let filter = DeliveryFilter { event: Some(upcoming.id), ..DeliveryFilter::default() };
        let window = PageWindow { start: PageStart::Offset(0), limit: 1 };
        let probed = self.service.deliveries.list(workspace, webhook, filter, window).await?;
        let probed = probed.items.into_iter().next();
        let delivery = probed.unwrap_or_else(|| self.service.new_delivery(upcoming));
        Ok(Some((Kind::Probe, delivery)))
    }

    /// The next event that may be attempted.
    async fn next_event(&mut self, is_idle: bool) -> Result<Option<Upcoming>, Error> {
        let receiver = Arc::clone(&self.receiver);
        while let Some((after, limit)) = self.events.next_page() {
            let limit = u32::try_from(limit).unwrap_or(u32::MAX);
            let (workspace, webhook) = (receiver.workspace, &receiver.webhook);
            match self.service.events.upcoming(workspace, webhook, after, limit).await? {
                FeedReply::Page(page) => {
                    let is_empty = page.events.is_empty();
                    self.events.add(page);
                    if !is_empty {
                        break;
                    }
                }
                FeedReply::Gone(reason, ends) => {
                    // Not while events from before are in flight.
                    if !is_idle || !self.send_reset((reason, ends.latest)).await? {
                        return Ok(None);
                    }
                }
            }
        }
        Ok(self.events.start())
    }

    /// Tells the receiver that events are gone, so that it has to read all resources again; returns
    /// whether it knows. Then the webhook goes on at this position. Otherwise the next attempt is another
    /// event, of another time.
    async fn send_reset(
        &mut self,
        (reason, latest): (GoneReason, EventCursor),
    ) -> Result<bool, Error> {
        let reason = match reason {
            GoneReason::Expired => ResetReason::Expired,
            GoneReason::Unknown => ResetReason::Unknown,
        };
        let (workspace, webhook) = self.ids();
        let event = Event {
            sequence: latest.sequence(),
            // Its cursor is the position at which the receiver goes on.
            id: EventId::from_uuid(self.service.next_id()).at_cursor(latest),
            change: NewEvent::of_reset(),
            by: Caller::receiver_of(workspace, &self.receiver.webhook).actor,
        };
        let upcoming = Upcoming { cursor: latest, id: event.id, kind: event.change.kind };
        let mut delivery = self.service.new_delivery(upcoming);
        let details = EventDetails { event, changes: Vec::new(), state: EventState::Feed(reason) };
        let turn = self.service.turns.take(webhook).await;
        let (sent, attempt) = self.service.send(&self.receiver, &details).await?;
        drop(turn);
        self.health = self.health.after(sent.outcome(), self.service.clock.now());
        delivery.add_attempt(attempt, None);
        self.finished.push(delivery);
        if attempt.is_success() {
            self.events = FirstAttempts::after(latest);
        }
        Ok(attempt.is_success())
    }

    /// Loads deliveries to retry, unless some are known, or none were there a moment ago.
    async fn load_retries(&mut self) -> Result<(), Error> {
        let now = self.service.clock.now();
        let is_recent = self.retries.asked_at.is_some_and(|asked| asked.after(LINGER) > now);
        if is_recent || self.retries.running > 0 || !self.retries.due.is_empty() {
            return Ok(());
        }
        let (workspace, webhook) = self.ids();
        let limit = 2 * DeliveryService::MAX_REQUESTS_PER_WEBHOOK;
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        let due = self.service.deliveries.due_retries(workspace, webhook, now, limit).await?;
        // Events after the position are attempted in order.
        let position = self.events.position().sequence();
        self.retries.due = due.into_iter().filter(|retry| retry.sequence <= position).collect();
        self.retries.asked_at = Some(now);
        Ok(())
    }
}
