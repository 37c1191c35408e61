//! One stream: a position in the feed that moves with the frames it sends.

mod reading;

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, Data};
use conversations_application::events::{EventService, EventView};
use conversations_application::keys::{AuthenticationError, KeyService};
use conversations_application::owner::Owner;
use conversations_application::ports::{FeedEnds, GoneReason};
use conversations_application::{Caller, Error};
use conversations_domain::{EventCursor, Permissions};
use futures_util::future::{Either, select};
use tokio::sync::watch;

use super::frame::{self, CloseReason};
use super::hub::{HubMembership, ViewHub};
use super::limits::StreamPlace;
use super::pages::Page;
use super::{EventStreams, random_between};
use crate::error::chain;
use crate::events::filter::Filter;
use reading::Found;

/// How old the answer may be that a key is valid. Together with the time for which found keys are
/// remembered, no event is sent a second after a key was revoked.
const TRUST: Duration = Duration::from_millis(150);

/// How long to wait after the storage failed.
const REST: Duration = Duration::from_secs(1);

/// Who follows.
pub(super) struct Identity {
    pub(super) caller: Caller,
    pub(super) owner: Owner,
    pub(super) secret: String,
}

/// A stream.
pub(crate) struct Follower {
    pub(super) identity: Identity,
    pub(super) service: Data<EventService>,
    keys: Data<KeyService>,
    pub(super) filter: Filter,
    pub(super) cursor: EventCursor,
    phase: Phase,
    pub(super) membership: HubMembership,
    pub(super) view: Arc<ViewHub>,
    /// The page in which the stream is, if the streams do not share it.
    pub(super) own: Weak<Page>,
    /// What the streams know has to be as new as this.
    pub(super) since: Option<Instant>,
    /// When the next frame has to be sent.
    due: Instant,
    ends: Instant,
    stop: watch::Receiver<bool>,
    place: StreamPlace,
}

/// What a stream sends next.
enum Phase {
    /// Its first frame.
    Open(Option<(GoneReason, FeedEnds)>),
    /// That the feed does not contain its cursor.
    Reset(GoneReason, FeedEnds),
    /// The events after its cursor.
    Follow,
    /// Nothing.
    End,
}

/// What the key of a stream may do now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    Same,
    /// Something else, but it may read events.
    Changed,
    Lost,
    Unknown,
}

enum Step {
    Send(Bytes),
    Again,
    Close(CloseReason),
}

impl Follower {
    /// A stream after this cursor; the ends of the feed were read at this time. If the feed does not contain it, the stream says so and continues at
    /// its end.
    pub(super) fn new(
        (identity, place): (Identity, StreamPlace),
        (service, keys): (Data<EventService>, Data<KeyService>),
        filter: Filter,
        (cursor, read_at): (EventCursor, Instant),
        position: Result<FeedEnds, (GoneReason, FeedEnds)>,
    ) -> Self {
        let streams = place.streams();
        let membership = streams.join(identity.owner.workspace);
        let view = membership.hub.view(EventView::of(&identity.caller.permissions));
        let (gone, ends) = match position {
            Ok(ends) => (None, ends),
            Err((reason, ends)) => (Some((reason, ends)), ends),
        };
        view.note_head(ends.latest);
        if gone.is_none() && cursor == ends.latest {
            view.note_end(cursor, read_at);
        }
        let lifetime = streams.settings.lifetime;
        let lifetime = random_between(lifetime * 4 / 5, lifetime * 6 / 5);
        let begun = Instant::now();
        let due = streams.heartbeat_after(begun, identity.owner.key);
        let ends = begun + lifetime;
        let stop = streams.stop.subscribe();
        let (own, since, phase) = (Weak::new(), None, Phase::Open(gone));
        Self {
            identity,
            service,
            keys,
            filter,
            cursor,
            phase,
            membership,
            view,
            own,
            since,
            due,
            ends,
            stop,
            place,
        }
    }

    /// The next bytes of the stream; `None` at its end.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        let bytes = match std::mem::replace(&mut self.phase, Phase::Follow) {
            Phase::Open(gone) => {
                if let Some((reason, ends)) = gone {
                    self.phase = Phase::Reset(reason, ends);
                }
                let retry = random_between(Duration::from_secs(2), Duration::from_secs(4));
                frame::open(self.cursor, self.streams().settings.heartbeat, retry)
            }
            Phase::Reset(reason, ends) => self.reset(reason, ends),
            Phase::Follow => self.follow().await,
            Phase::End => {
                self.phase = Phase::End;
                return None;
            }
        };
        self.due = self.streams().heartbeat_after(Instant::now(), self.identity.owner.key);
        self.streams().frames.fetch_add(1, Ordering::Relaxed);
        Some(bytes)
    }

    async fn follow(&mut self) -> Bytes {
        loop {
            let now = Instant::now();
            let step = if *self.stop.borrow() {
                Step::Close(CloseReason::Shutdown)
            } else if now >= self.ends {
                Step::Close(CloseReason::Lifetime)
            } else if now >= self.due {
                self.heartbeat().await
            } else {
                self.step().await
            };
            match step {
                Step::Send(bytes) => return bytes,
                Step::Again => {}
                Step::Close(reason) => {
                    self.phase = Phase::End;
                    return frame::close(reason, self.cursor, None);
                }
            }
        }
    }

    /// The next event, or a wait for one.
    async fn step(&mut self) -> Step {
        match self.find().await {
            Ok(Found::Frame(page, bytes, cursor)) => match self.trust().await {
                // The question may have taken long.
                Trust::Same if self.is_new(&page) => {
                    self.cursor = cursor;
                    Step::Send(bytes)
                }
                Trust::Same | Trust::Changed => Step::Again,
                Trust::Lost => Step::Close(CloseReason::Key),
                Trust::Unknown => self.rest().await,
            },
            Ok(Found::Moved) => Step::Again,
            Ok(Found::Nothing) => self.wait().await,
            Err(Error::CursorGone { reason, ends }) => Step::Send(self.reset(reason, ends)),
            Err(Error::ForbiddenAll { .. }) => Step::Close(CloseReason::Key),
            Err(error) => {
                tracing::warn!(error = chain(&error), "an event stream could not read the feed");
                self.rest().await
            }
        }
    }

    /// The position of a stream that sent nothing for a while.
    async fn heartbeat(&mut self) -> Step {
        match self.trust().await {
            Trust::Same | Trust::Changed => {
                // The feed may have been restored to an earlier state. One stream of a view checks that.
                self.since = Instant::now().checked_sub(self.streams().settings.heartbeat / 2);
                Step::Send(frame::bookmark(self.cursor))
            }
            Trust::Lost => Step::Close(CloseReason::Key),
            Trust::Unknown => self.rest().await,
        }
    }

    /// Asks what the key may do now.
    async fn trust(&mut self) -> Trust {
        loop {
            let begun = Instant::now();
            let found = {
                let _turn = self.place.turn().lock().await;
                self.keys.authenticate(&self.identity.secret).await
            };
            return match found {
                Ok(_) if begun.elapsed() > TRUST => continue,
                Ok(key) => self.adopt(&key.permissions),
                Err(AuthenticationError::Invalid | AuthenticationError::Expired) => Trust::Lost,
                Err(AuthenticationError::Failed(_)) => Trust::Unknown,
            };
        }
    }

    /// Goes on with the permissions of the key.
    fn adopt(&mut self, permissions: &Permissions) -> Trust {
        if !EventService::reading(permissions) {
            return Trust::Lost;
        }
        if self.identity.caller.permissions == *permissions {
            return Trust::Same;
        }
        self.identity.caller.permissions = permissions.clone();
        let view = self.membership.hub.view(EventView::of(permissions));
        if !Arc::ptr_eq(&view, &self.view) {
            (self.view, self.own, self.since) = (view, Weak::new(), Some(Instant::now()));
        }
        Trust::Changed
    }

    /// Waits for an event, at most until the next frame is due.
    async fn wait(&mut self) -> Step {
        let limit = self.due.min(self.ends).saturating_duration_since(Instant::now());
        let is_news = {
            let news = self.service.wait(&self.identity.caller, self.cursor, limit);
            let (news, stop) = (pin!(news), pin!(self.stop.changed()));
            match select(news, stop).await {
                Either::Left((is_news, _)) => is_news,
                Either::Right(_) => false,
            }
        };
        if is_news {
            self.since = Some(Instant::now());
        }
        Step::Again
    }

    /// Waits after the storage failed. Meanwhile comments keep the connection open.
    async fn rest(&mut self) -> Step {
        // It ends early when the process stops.
        let _ended = timeout(REST, self.stop.changed()).await;
        if Instant::now() < self.due { Step::Again } else { Step::Send(frame::COMMENT) }
    }

    /// Continues at the end of the feed.
    fn reset(&mut self, reason: GoneReason, ends: FeedEnds) -> Bytes {
        self.streams().resets.fetch_add(1, Ordering::Relaxed);
        (self.cursor, self.own, self.since) = (ends.latest, Weak::new(), Some(Instant::now()));
        self.view.note_head(ends.latest);
        frame::reset(reason, ends)
    }

    pub(super) fn streams(&self) -> &Arc<EventStreams> {
        self.place.streams()
    }
}
