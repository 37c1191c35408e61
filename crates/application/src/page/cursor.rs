//! Cursors: how a list continues after a page, without page numbers.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{PageStart, SortKey};

/// Leads to what lies beside a row of a list. It belongs to that list alone, with its filter and
/// its order. Callers see a text that means nothing to them.
///
/// A cursor is no secret and is not signed: a forged one shows no more than another page number
/// does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    seal: ListFingerprint,
    side: Side,
    anchor: SortKey,
}

/// A text that is no cursor, or a cursor of another list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a cursor of this list with the same filter and order")]
pub struct InvalidCursor;

/// By which a cursor is known to belong to a list: the beginning of a SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListFingerprint([u8; SEAL]);

/// On which side of the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    After,
    Before,
}

/// What the first byte says. Another layout of the rest, or another way to sort a list, gets
/// another one.
const VERSION: u8 = 1;
const SEAL: usize = 16;
/// Version, seal, side, value, id. A multiple of three, so that base64 has no bits to spare and a
/// cursor has one spelling.
const LENGTH: usize = 1 + SEAL + 1 + 8 + 16;

impl ListFingerprint {
    pub(super) fn of(scope: Sha256) -> Self {
        let hash = scope.finalize();
        let mut seal = [0; SEAL];
        seal.copy_from_slice(&hash[..SEAL]);
        Self(seal)
    }
}

impl Cursor {
    /// How long the text of a cursor is.
    pub const CHARACTERS: usize = LENGTH / 3 * 4;

    pub(super) fn new(seal: ListFingerprint, side: Side, anchor: SortKey) -> Self {
        Self { seal, side, anchor }
    }

    /// Where it leads in the list with this seal; `None` when it belongs to another.
    pub(super) fn start(self, seal: ListFingerprint) -> Option<PageStart> {
        let start = match self.side {
            Side::After => PageStart::After(self.anchor),
            Side::Before => PageStart::Before(self.anchor),
        };
        (self.seal == seal).then_some(start)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seal: ListFingerprint(seal), side, anchor: SortKey { value, id } } = self;
        let side = match side {
            Side::After => 0,
            Side::Before => 1,
        };
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.push(VERSION);
        bytes.extend(seal);
        bytes.push(side);
        bytes.extend(value.to_be_bytes());
        bytes.extend(id.as_bytes());
        formatter.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        if text.len() != Self::CHARACTERS {
            return Err(InvalidCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        Self::read(&bytes).ok_or(InvalidCursor)
    }
}

impl Cursor {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (seal, rest) = rest.split_first_chunk()?;
        let (side, rest) = rest.split_first()?;
        let (value, rest) = rest.split_first_chunk()?;
        let id = rest.try_into().ok()?;
        let side = match side {
            0 => Side::After,
            1 => Side::Before,
            _ => return None,
        };
        let anchor = SortKey { value: i64::from_be_bytes(*value), id: Uuid::from_bytes(id) };
        (*version == VERSION).then_some(Self { seal: ListFingerprint(*seal), side, anchor })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn cursor()(seal: [u8; SEAL], before: bool, value: i64, id: [u8; 16]) -> Cursor {
            let side = if before { Side::Before } else { Side::After };
            Cursor::new(ListFingerprint(seal), side, SortKey { value, id: Uuid::from_bytes(id) })
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_reads_back(cursor in cursor()) {
            let text = cursor.to_string();

            prop_assert_eq!(text.len(), Cursor::CHARACTERS);
            prop_assert_eq!(text.parse(), Ok(cursor));
        }

        #[test]
        fn nothing_else_is_a_cursor(text: String, bytes: [u8; LENGTH]) {
            let encoded = URL_SAFE_NO_PAD.encode(bytes);
            let known = bytes[0] == VERSION && bytes[1 + SEAL] < 2;

            prop_assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor));
            prop_assert_eq!(encoded.parse::<Cursor>().is_ok(), known);
        }

        #[test]
        fn a_cursor_with_a_typo_leads_nowhere_or_elsewhere(cursor in cursor(), place in 0..56_usize) {
            let text = cursor.to_string();
            for other in ["A", "_", "=", "+", "/", " ", "é", ""] {
                let mut mistyped = text.clone();
                mistyped.replace_range(place..=place, other);
                prop_assert!(mistyped == text || mistyped.parse() != Ok(cursor));
            }
        }
    }

    #[test]
    fn belongs_to_one_list() {
        let anchor = SortKey { value: 7, id: Uuid::max() };
        let (ours, theirs) = (ListFingerprint([1; SEAL]), ListFingerprint([2; SEAL]));

        for (side, start) in
            [(Side::After, PageStart::After(anchor)), (Side::Before, PageStart::Before(anchor))]
        {
            let cursor = Cursor::new(ours, side, anchor);

            assert_eq!(cursor.start(ours), Some(start));
            assert_eq!(cursor.start(theirs), None);
        }
    }
}
