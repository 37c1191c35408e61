//! What has to hold of any input: fuzzers call it with input that they breed, tests with their own.

#![expect(clippy::missing_panics_doc, clippy::expect_used, reason = "to panic is what this is for")]

use conversations_domain::WorkspaceRecord;

use crate::{MAX_LINE, ReadError, Reader, Writer};

/// Reads a file from any bytes. It ends with a fault that names a line of the file, or with the end;
/// then it can be written again, is read as the same, and is the same if it had no fields or lines
/// that this version ignores.
pub fn archive(bytes: &[u8]) {
    let Some((header, records)) = read(bytes) else { return };
    let written = write(&header, &records);
    assert_eq!(read(&written), Some((header.clone(), records.clone())));
    assert_eq!(write(&header, &records), written);
}

fn read(bytes: &[u8]) -> Option<(crate::Header, Vec<WorkspaceRecord>)> {
    let lines = bytes.split(|&byte| byte == b'\n').count() as u64;
    let within = |error: ReadError| {
        let ReadError::Fault { line, rule } = error else { unreachable!("bytes are readable") };
        assert!((1..=lines).contains(&line), "line {line} of {lines}: {rule}");
        assert!(rule.to_string().len() < MAX_LINE);
    };
    let mut reader = Reader::begin(bytes).map_err(within).ok()?;
    let mut records = Vec::new();
    loop {
        match reader.next_record() {
            Ok(Some(record)) => records.push(record),
            Ok(None) => return Some((reader.header().clone(), records)),
            Err(error) => {
                within(error);
                return None;
            }
        }
    }
}

fn write(header: &crate::Header, records: &[WorkspaceRecord]) -> Vec<u8> {
    let mut writer = Writer::begin(Vec::new(), header).expect("memory is written");
    for record in records {
        writer.write(record.clone()).expect("memory is written");
    }
    writer.finish().expect("memory is written").0
}
