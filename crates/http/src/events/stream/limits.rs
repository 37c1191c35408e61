//! How many streams and waiting requests there may be.

use std::collections::HashMap;
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

use conversations_application::owner::Owner;
use conversations_domain::KeyId;
use tokio::sync::Mutex;

use super::EventStreams;
use crate::error::ApiError;

/// Of this many places one more is kept for streams that come back: many clients give up permanently
/// when they are refused then.
const RETURNING_SHARE: usize = 16;

const TOO_MANY: &str = "Too many event streams are open; please try again shortly.";

/// What takes a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamKind {
    /// A stream.
    Stream,
    /// A request that waits for an event.
    Wait,
}

/// The places that are taken.
#[derive(Debug, Default)]
pub(super) struct Places {
    streams: usize,
    waiting: usize,
    keys: HashMap<KeyId, KeyPlaces>,
    refused_by_key: u64,
    refused_by_process: u64,
}

#[derive(Debug, Default)]
struct KeyPlaces {
    count: usize,
    turn: Arc<Mutex<()>>,
}

/// A place, until it is dropped.
pub(crate) struct StreamPlace {
    streams: Arc<EventStreams>,
    key: KeyId,
    kind: StreamKind,
    turn: Arc<Mutex<()>>,
}

impl Places {
    pub(super) fn count(&self, kind: StreamKind) -> usize {
        match kind {
            StreamKind::Stream => self.streams,
            StreamKind::Wait => self.waiting,
        }
    }

    /// How many were refused because of their key, and because of the process.
    pub(super) fn refused(&self) -> (u64, u64) {
        (self.refused_by_key, self.refused_by_process)
    }

    fn count_mut(&mut self, kind: StreamKind) -> &mut usize {
        match kind {
            StreamKind::Stream => &mut self.streams,
            StreamKind::Wait => &mut self.waiting,
        }
    }
}

impl EventStreams {
    /// Takes a place. Streams that come back may take some more than new ones.
    pub(crate) fn enter(
        self: &Arc<Self>,
        owner: Owner,
        kind: StreamKind,
        is_back: bool,
    ) -> Result<StreamPlace, ApiError> {
        let most = self.settings.streams;
        let most = if is_back { most.saturating_add(most / RETURNING_SHARE) } else { most };
        let mut places = self.places();
        if places.streams + places.waiting >= most {
            places.refused_by_process += 1;
            return Err(ApiError::Refused(TOO_MANY));
        }
        let of_key = places.keys.entry(owner.key).or_default();
        if of_key.count >= self.settings.key_streams {
            places.refused_by_key += 1;
            return Err(ApiError::TooManyStreams);
        }
        of_key.count += 1;
        let turn = Arc::clone(&of_key.turn);
        *places.count_mut(kind) += 1;
        Ok(StreamPlace { streams: Arc::clone(self), key: owner.key, kind, turn })
    }
}

impl StreamPlace {
    /// Its process.
    pub(super) fn streams(&self) -> &Arc<EventStreams> {
        &self.streams
    }

    /// Held by the stream that asks for the key, so that others of the key find what it was told.
    pub(super) fn turn(&self) -> &Mutex<()> {
        &self.turn
    }
}

impl Drop for StreamPlace {
    fn drop(&mut self) {
        let mut places = self.streams.places();
        *places.count_mut(self.kind) -= 1;
        if let Some(of_key) = places.keys.get_mut(&self.key) {
            of_key.count -= 1;
            if of_key.count == 0 {
                places.keys.remove(&self.key);
            }
        }
    }
}

impl Debug for StreamPlace {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StreamPlace").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::stream::StreamSettings;
    use conversations_domain::WorkspaceId;
    use uuid::Uuid;

    fn owner(key: u128) -> Owner {
        let id = Uuid::from_u128(key);
        Owner { workspace: WorkspaceId::from_uuid(id), key: KeyId::from_uuid(id) }
    }

    fn streams(streams: usize, key_streams: usize) -> Arc<EventStreams> {
        let settings = StreamSettings { streams, key_streams, ..StreamSettings::default() };
        Arc::new(EventStreams::new(settings))
    }

    fn code(refused: Result<StreamPlace, ApiError>) -> &'static str {
        refused.err().map_or("", |error| error.summary().1)
    }

    #[test]
    fn a_key_has_its_own_limit() {
        let streams = streams(100, 2);
        let enter = |key, kind| streams.enter(owner(key), kind, false);

        let one = enter(1, StreamKind::Stream).expect("a place");
        let two = enter(1, StreamKind::Wait).expect("a place");
        assert_eq!(code(enter(1, StreamKind::Stream)), "TOO_MANY_STREAMS");
        let _other = enter(2, StreamKind::Stream).expect("a place");
        drop(two);
        let _again = enter(1, StreamKind::Stream).expect("a place");
        drop(one);

        let metrics = streams.metrics();
        assert_eq!((metrics.streams, metrics.waiting), (2, 0));
        assert_eq!((metrics.refused_by_key, metrics.refused_by_process), (1, 0));
    }

    #[test]
    fn of_a_full_process_streams_that_come_back_get_a_few_more_places() {
        let streams = streams(16, 100);
        let enter = |is_back| streams.enter(owner(1), StreamKind::Stream, is_back);

        let mut places: Vec<_> = (0..16).map(|_| enter(false).expect("a place")).collect();
        assert_eq!(code(enter(false)), "SERVICE_UNAVAILABLE");
        places.push(enter(true).expect("a place"));
        assert_eq!(code(enter(true)), "SERVICE_UNAVAILABLE");
        places.truncate(15);
        let _again = enter(false).expect("a place");
    }
}
