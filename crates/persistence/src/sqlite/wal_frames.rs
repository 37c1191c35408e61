//! What lies in the write-ahead log (SQLite's file format, section 4).

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Result};
use std::os::unix::fs::FileExt;
use std::path::Path;

const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// How far a log was read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct WalPosition {
    /// Which log: each that is begun over an earlier one has another salt.
    salt: [u8; 8],
    /// The frames, each of which is a page as it was written.
    frames: u64,
}

/// What a log has beyond a mark.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NewFrames {
    /// How many frames.
    pub(super) count: u64,
    /// The numbers of their pages.
    pub(super) pages: BTreeSet<u32>,
    /// Where the log ends.
    pub(super) end: WalPosition,
}

/// What a log has beyond a mark, or from its start when it is not the log of the mark. Frames of an
/// earlier log, over which this one was begun, are left out, and so are those at the end that no
/// commit follows: what was rolled back is written over.
pub(super) fn new_frames(log: &Path, mark: WalPosition) -> Result<NewFrames> {
    let mut news = NewFrames::default();
    let file = match File::open(log) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(news),
        Err(error) => return Err(error),
    };
    let mut header = [0; LOG_HEADER];
    if !read_whole(&file, &mut header, 0)? {
        return Ok(news);
    }
    let frame_size = u64::from(number_at(&header, 8)) + FRAME_HEADER as u64;
    news.end.salt.copy_from_slice(&header[16..24]);
    news.end.frames = if mark.salt == news.end.salt { mark.frames } else { 0 };

    let mut frame = [0; FRAME_HEADER];
    let (mut uncommitted, mut committed) = (Vec::new(), Vec::new());
    loop {
        let frames = news.end.frames + uncommitted.len() as u64;
        let place = LOG_HEADER as u64 + frames * frame_size;
        if !read_whole(&file, &mut frame, place)? || frame[8..16] != news.end.salt {
            // All at once: a set is made of many numbers much faster than by adding one after the other.
            news.pages = committed.into_iter().collect();
            return Ok(news);
        }
        uncommitted.push(number_at(&frame, 0));
        // The last frame of a transaction says how large the file is after it.
        if number_at(&frame, 4) > 0 {
            let count = uncommitted.len() as u64;
            news.count += count;
            news.end.frames += count;
            committed.append(&mut uncommitted);
        }
    }
}

/// Reads that many bytes; `false` when the file ends before.
fn read_whole(file: &File, bytes: &mut [u8], place: u64) -> Result<bool> {
    match file.read_exact_at(bytes, place) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

fn number_at(bytes: &[u8], place: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[place..place + 4]);
    u32::from_be_bytes(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn frame(number: u32, salt: [u8; 8]) -> Vec<u8> {
        let mut frame = vec![0; FRAME_HEADER + 512];
        frame[..4].copy_from_slice(&number.to_be_bytes());
        frame[4..8].copy_from_slice(&9_u32.to_be_bytes());
        frame[8..16].copy_from_slice(&salt);
        frame
    }

    /// How many frames are found in a log of these that lacks some bytes at its end, of which pages.
    fn found(frames: &[Vec<u8>], cut: usize) -> (u64, Vec<u32>) {
        let NewFrames { count, pages, end: _ } = news(frames, cut, WalPosition::default());
        (count, pages.into_iter().collect())
    }

    fn news(frames: &[Vec<u8>], cut: usize, mark: WalPosition) -> NewFrames {
        let mut bytes = vec![0; LOG_HEADER];
        bytes[8..12].copy_from_slice(&512_u32.to_be_bytes());
        bytes[16..24].copy_from_slice(b"saltsalt");
        bytes.extend(frames.concat());
        bytes.truncate(bytes.len() - cut);
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&bytes).expect("a write");
        new_frames(file.path(), mark).expect("a log")
    }

    #[test]
    fn every_frame_counts_and_every_page_is_named_once() {
        let salt = *b"saltsalt";
        let frames = [frame(7, salt), frame(2, salt), frame(7, salt)];

        assert_eq!(found(&frames, 0), (3, vec![2, 7]));
    }

    #[test]
    fn an_earlier_log_and_a_cut_header_are_left_out() {
        let frames = [frame(7, *b"saltsalt"), frame(3, *b"earlier!")];

        assert_eq!(found(&frames, 0), (1, vec![7]));
        assert_eq!(found(&frames[..1], 520), (0, vec![]));
        assert_eq!(found(&[], 10), (0, vec![]));
    }

    #[test]
    fn what_no_commit_follows_is_left_out() {
        let mut frames: Vec<_> = [7, 2, 3].map(|number| frame(number, *b"saltsalt")).into();
        for uncommitted in [0, 2] {
            frames[uncommitted][4..8].fill(0);
        }

        let news = news(&frames, 0, WalPosition::default());

        assert_eq!((news.count, news.pages), (2, BTreeSet::from([7, 2])));
        assert_eq!(news.end.frames, 2);
    }

    #[test]
    fn only_what_is_beyond_the_mark_is_read_unless_another_log_was_begun() {
        let frames = [frame(7, *b"saltsalt"), frame(2, *b"saltsalt")];
        let mark = news(&frames[..1], 0, WalPosition::default()).end;

        assert_eq!(news(&frames, 0, mark).pages, BTreeSet::from([2]));
        assert_eq!(news(&frames, 0, mark).end.frames, 2);
        let other = WalPosition { salt: *b"earlier!", ..mark };
        assert_eq!(news(&frames, 0, other).pages, BTreeSet::from([2, 7]));
    }

    #[test]
    fn no_log_has_no_frames() {
        let news = new_frames(Path::new("no/such/log"), WalPosition::default());

        assert_eq!(news.expect("no error"), NewFrames::default());
    }
}
