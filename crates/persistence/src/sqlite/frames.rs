//! What lies in the write-ahead log (SQLite's file format, section 4).

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Result};
use std::os::unix::fs::FileExt;
use std::path::Path;

const LOG_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// The frames of a log: each is a page as it was written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Frames {
    /// How many there are.
    pub(super) count: usize,
    /// The numbers of their pages.
    pub(super) pages: BTreeSet<u32>,
}

/// The frames of a log. Those of an earlier log, over which this one was begun, are told by their
/// salt and left out.
pub(super) fn frames_of(log: &Path) -> Result<Frames> {
    let mut frames = Frames::default();
    let file = match File::open(log) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(frames),
        Err(error) => return Err(error),
    };
    let mut header = [0; LOG_HEADER];
    if !read_whole(&file, &mut header, 0)? {
        return Ok(frames);
    }
    let (page_size, salt) = (number_at(&header, 8), &header[16..24]);
    let frame_size = u64::from(page_size) + FRAME_HEADER as u64;

    let mut place = LOG_HEADER as u64;
    let mut frame = [0; FRAME_HEADER];
    while read_whole(&file, &mut frame, place)? && frame[8..16] == *salt {
        frames.count += 1;
        frames.pages.insert(number_at(&frame, 0));
        place += frame_size;
    }
    Ok(frames)
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
        frame[8..16].copy_from_slice(&salt);
        frame
    }

    /// How many frames are found in a log of these that lacks some bytes at its end, of which pages.
    fn found(frames: &[Vec<u8>], cut: usize) -> (usize, Vec<u32>) {
        let mut bytes = vec![0; LOG_HEADER];
        bytes[8..12].copy_from_slice(&512_u32.to_be_bytes());
        bytes[16..24].copy_from_slice(b"saltsalt");
        bytes.extend(frames.concat());
        bytes.truncate(bytes.len() - cut);
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&bytes).expect("a write");
        let Frames { count, pages } = frames_of(file.path()).expect("a log");
        (count, pages.into_iter().collect())
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
    fn no_log_has_no_frames() {
        assert_eq!(frames_of(Path::new("no/such/log")).expect("no error"), Frames::default());
    }
}
