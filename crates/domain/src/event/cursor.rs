//! Positions in a feed for callers: the sequence and a fingerprint of its event. After a restore,
//! another event with the same sequence has another fingerprint.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use super::Sequence;
use crate::{EventId, WorkspaceId};

/// A position in the feed of a workspace, after the last event that its holder has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EventCursor {
    sequence: Sequence,
    fingerprint: u32,
}

/// Text that is not a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a cursor of this feed, \"earliest\" or \"latest\"")]
pub struct InvalidEventCursor;

impl EventCursor {
    /// The format as a regular expression without anchors.
    pub const PATTERN: &str = "(0|[1-9][0-9]{0,19})-[0-9a-f]{8}";

    /// The position of the event with this sequence and id.
    #[must_use]
    pub fn at(sequence: Sequence, id: EventId) -> Self {
        Self { sequence, fingerprint: low_bits(id.as_uuid()) }
    }

    /// The position before the first event of a workspace.
    #[must_use]
    pub fn beginning(workspace: WorkspaceId) -> Self {
        Self { sequence: Sequence::default(), fingerprint: low_bits(workspace.as_uuid()) }
    }

    /// The position with this number and this fingerprint, as they were stored.
    #[must_use]
    pub fn restore(sequence: Sequence, fingerprint: u32) -> Self {
        Self { sequence, fingerprint }
    }

    /// Tells the event at this position from one that another database has there.
    #[must_use]
    pub fn fingerprint(self) -> u32 {
        self.fingerprint
    }

    /// The number of events up to this position.
    #[must_use]
    pub fn sequence(self) -> Sequence {
        self.sequence
    }
}

/// The last bits of an id are random ones.
fn low_bits(id: uuid::Uuid) -> u32 {
    let [.., a, b, c, d] = *id.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

impl Display for EventCursor {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let Self { sequence, fingerprint } = self;
        write!(formatter, "{}-{fingerprint:08x}", sequence.number())
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for EventCursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for EventCursor {
    type Err = InvalidEventCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (sequence, fingerprint) = text.split_once('-').ok_or(InvalidEventCursor)?;
        let cursor = Self {
            sequence: Sequence::new(sequence.parse().map_err(|_| InvalidEventCursor)?),
            fingerprint: u32::from_str_radix(fingerprint, 16).map_err(|_| InvalidEventCursor)?,
        };
        // Only the canonical form is accepted.
        if cursor.to_string() == text { Ok(cursor) } else { Err(InvalidEventCursor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_cursor_reads_back() {
        let id = EventId::from_uuid(Uuid::from_u128(0x9f3a_77c1));
        let cursor = EventCursor::at(Sequence::new(1042), id);

        assert_eq!(cursor.to_string(), "1042-9f3a77c1");
        assert_eq!("1042-9f3a77c1".parse(), Ok(cursor));
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "-",
            "1",
            "1-",
            "-1",
            "01-9f3a77c1",
            "1-9F3A77C1",
            "1-9f3a77c",
            "1-+f3a77c1",
            "+1-9f3a77c1",
            "1-9f3a77c1 ",
            "18446744073709551616-9f3a77c1",
            "latest",
        ] {
            assert_eq!(text.parse::<EventCursor>(), Err(InvalidEventCursor), "{text:?}");
        }
    }
}
