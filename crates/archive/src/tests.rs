//! Files that are read and written, and what is wrong with others.

mod generated;

use conversations_domain::WorkspaceRecord;
use sha2::{Digest as _, Sha256};

use crate::{Digest, MAX_LINE, ReadError, Reader, Rule, Writer, fuzzing, json_schema};

pub(crate) const HEADER: &str = r#"{"type":"header","format":"conversations-ndjson","version":1,"generator":"conversations 0.1.0","workspace":"acme","exportedAt":"2026-11-30T12:00:00.000Z"}"#;
const INBOX: &str = r#"{"type":"inbox","_id":"0193a5c2-0000-7000-8000-000000000001","name":"Support","channel":"email","createdAt":"2024-12-08T10:12:54.912Z","updatedAt":"2026-11-30T12:00:00.000Z","version":1}"#;
const USER: &str = r#"{"type":"user","_id":"0193a5c2-0000-7000-8000-000000000002","externalId":null,"name":"Grace","email":"grace@example.org","role":"admin","createdAt":"2024-12-08T10:12:54.912Z","updatedAt":"2026-11-30T12:00:00.000Z","version":3}"#;
const CUSTOMER: &str = r#"{"type":"customer","_id":"0193a5c2-0000-7000-8000-000000000003","externalId":{"source":"zendesk","id":"17"},"profile":{"firstName":"Ada","lastName":null,"email":"Ada@example.org","phone":null,"company":"Engines","jobTitle":null},"tier":"gold","status":"active","tags":["vip"],"customFields":{"age":36,"note":"a \"b\"","paid":true,"ratio":0.1},"createdAt":"2024-12-08T10:12:54.912Z","updatedAt":"2026-11-30T12:00:00.000Z","version":2}"#;
const CONVERSATION: &str = r#"{"type":"conversation","_id":"0193a5c2-0000-7000-8000-000000000004","externalId":{"source":"zendesk","id":"35436"},"subject":"Größe ≠ 7","status":"closed","priority":"high","channel":"chat","source":"api","inboxId":"0193a5c2-0000-7000-8000-000000000001","customerId":"0193a5c2-0000-7000-8000-000000000003","assignedTo":"0193a5c2-0000-7000-8000-000000000002","labels":["refund","lamp"],"messageCount":2,"lastMessageNumber":5,"lastMessageAt":"2024-12-08T10:12:54.912Z","closedAt":"2026-11-30T12:00:00.000Z","createdAt":"2024-12-08T10:12:54.912Z","updatedAt":"2026-11-30T12:00:00.000Z","version":7,"revision":6}"#;
const MESSAGE: &str = r#"{"type":"message","_id":"0193a5c2-0000-7000-8000-000000000005","externalId":{"source":"zendesk","id":"<a@b.example>"},"conversationId":"0193a5c2-0000-7000-8000-000000000004","number":4,"author":{"type":"customer","_id":"0193a5c2-0000-7000-8000-000000000003"},"internal":false,"body":" \u001b[1mBold\r\n\t😀 ","createdAt":"2024-12-08T10:12:54.912Z"}"#;
const NOTE: &str = r#"{"type":"message","_id":"0193a5c2-0000-7000-8000-000000000006","externalId":null,"conversationId":"0193a5c2-0000-7000-8000-000000000004","number":2,"author":{"type":"system","_id":null},"internal":true,"body":"x","createdAt":"2024-12-08T10:12:54.912Z"}"#;
const CHANGE: &str = r#"{"type":"change","_id":"0193a5c2-0000-7000-8000-000000000007","conversationId":"0193a5c2-0000-7000-8000-000000000004","revision":6,"field":"labels","from":null,"to":["refund","lamp"],"by":{"keyId":"0193a5c2-0000-7000-8000-000000000008","name":"robot"},"createdAt":"2024-12-08T10:12:54.912Z"}"#;
const AUDIT: &str = r#"{"type":"audit","_id":"0193a5c2-0000-7000-8000-000000000009","action":"message.deleted","targetId":"0193a5c2-0000-7000-8000-00000000000a","reason":"asked for","messageCount":1,"by":{"keyId":null,"name":"cli"},"requestId":null,"createdAt":"2024-12-08T10:12:54.912Z"}"#;

/// All kinds of records.
const RECORDS: [&str; 8] = [INBOX, USER, CUSTOMER, CONVERSATION, MESSAGE, NOTE, CHANGE, AUDIT];

/// A file of these lines, with the counts and the sum of them.
pub(crate) fn file_of(lines: &[&str]) -> String {
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    let count = |kind: &str| {
        let start = format!(r#"{{"type":"{kind}""#);
        lines.iter().filter(|line| line.starts_with(&start)).count()
    };
    let kinds = ["inbox", "user", "customer", "conversation", "message", "change", "audit"];
    let counts: Vec<_> = kinds.iter().map(|kind| format!(r#""{kind}":{}"#, count(kind))).collect();
    let sha256 = Digest(Sha256::digest(&text).into());
    let counts = counts.join(",");
    let end = format!(r#"{{"type":"end","counts":{{{counts}}},"sha256":"{sha256}"}}"#);
    text + &end + "\n"
}

fn read(bytes: &[u8]) -> Result<Vec<WorkspaceRecord>, ReadError> {
    let mut reader = Reader::begin(bytes)?;
    let mut records = Vec::new();
    while let Some(record) = reader.next_record()? {
        records.push(record);
    }
    Ok(records)
}

/// The line of the first fault, and the rule.
#[track_caller]
fn fault_in(bytes: &[u8]) -> (u64, Rule) {
    match read(bytes) {
        Err(ReadError::Fault { line, rule }) => (line, rule),
        other => panic!("{other:?}"),
    }
}

/// The file of all kinds with another line in the place of one of them.
#[track_caller]
fn fault_with(line: &str, from: &str, to: &str) -> (u64, String) {
    assert!(line.contains(from), "{from} is not in {line}");
    let other = line.replace(from, to);
    let lines: Vec<_> = std::iter::once(HEADER)
        .chain(RECORDS.iter().map(|&each| if each == line { other.as_str() } else { each }))
        .collect();
    let (line, rule) = fault_in(file_of(&lines).as_bytes());
    (line, rule.to_string())
}

fn all() -> String {
    file_of(&[&[HEADER], &RECORDS[..]].concat())
}

#[test]
fn a_file_is_written_as_it_was_read() {
    let file = all();
    let mut reader = Reader::begin(file.as_bytes()).expect("a header");
    let mut writer = Writer::begin(Vec::new(), reader.header()).expect("memory");
    while let Some(record) = reader.next_record().expect("a whole file") {
        writer.write(record).expect("memory");
    }
    let (written, end) = writer.finish().expect("memory");

    assert_eq!(String::from_utf8(written).expect("UTF-8"), file);
    assert_eq!(Some(&end), reader.end());
    assert_eq!(reader.lines(), 10);
    fuzzing::archive(file.as_bytes());
}

#[test]
fn an_empty_workspace_has_a_file_too() {
    assert_eq!(read(file_of(&[HEADER]).as_bytes()).expect("a whole file"), []);
}

#[test]
fn what_later_versions_add_is_skipped() {
    let customer = CUSTOMER.replace(r#""tier""#, r#""xNotes":[{"a":[1]}],"tier""#);
    let future = r#"{"type":"x-sticker","conversationId":7}"#;
    let lines = [HEADER, INBOX, USER, &customer, future, CONVERSATION, MESSAGE, NOTE];

    let records = read(file_of(&lines).as_bytes()).expect("a whole file");

    assert_eq!(records, read(all().as_bytes()).expect("a whole file")[..6]);
}

#[test]
fn what_may_be_null_may_be_left_out() {
    let customer = CUSTOMER.replace(r#""lastName":null,"#, "").replace(r#","jobTitle":null"#, "");
    assert!(customer.len() < CUSTOMER.len() - 30);

    let short = read(file_of(&[HEADER, &customer]).as_bytes()).expect("a whole file");

    assert_eq!(short, read(file_of(&[HEADER, CUSTOMER]).as_bytes()).expect("a whole file"));
}

#[test]
fn what_is_no_export_is_told_so() {
    let bom = format!("\u{feff}{HEADER}\n");
    for file in ["", "\n", "{}\n", "PK\u{3}\u{4}", HEADER, INBOX, &bom, "{\"type\":\"header\"}\n"] {
        assert_eq!(fault_in(file.as_bytes()), (1, Rule::Header), "{file:?}");
    }
    let long = vec![b'a'; 2 * MAX_LINE];
    assert_eq!(fault_in(&long), (1, Rule::Header));
    let newer = HEADER.replace(r#""version":1"#, r#""version":2,"more":{}"#);
    assert_eq!(fault_in(format!("{newer}\n").as_bytes()), (1, Rule::Version(2)));
}

#[test]
fn a_file_that_was_cut_off_anywhere_is_refused() {
    let file = all();

    for length in 0..file.len() {
        assert!(read(&file.as_bytes()[..length]).is_err(), "{length}");
    }
    let without_end = file.len() - file.lines().last().map_or(0, |line| line.len() + 1);
    assert_eq!(fault_in(&file.as_bytes()[..without_end]), (10, Rule::CutOff));
    assert_eq!(fault_in(&file.as_bytes()[..without_end - 1]), (9, Rule::CutOff));
}

#[test]
fn a_file_that_was_altered_anywhere_is_refused() {
    let file = all().into_bytes();

    for place in 0..file.len() {
        for bit in [1, 2, 16] {
            let mut altered = file.clone();
            altered[place] ^= bit;
            assert!(read(&altered).is_err(), "{place}: {bit}");
        }
    }
    let altered = all().replace("Bold", "Bald");
    assert_eq!(fault_in(altered.as_bytes()), (10, Rule::Sha256));
    let removed = all().replace(&format!("{AUDIT}\n"), "");
    assert_eq!(fault_in(removed.as_bytes()), (9, Rule::Counts));
    assert_eq!(fault_in(format!("{}\n", all()).as_bytes()), (11, Rule::AfterEnd));
}

#[test]
fn the_line_and_the_rule_of_a_fault_are_named() {
    for (line, from, to, number, rule) in [
        (INBOX, r#""name":"Support""#, r#""name":"""#, 2, "name: must be text of 1 to 100"),
        (INBOX, r#""channel":"email","#, "", 2, "channel: is missing"),
        (INBOX, r#""version":1"#, r#""version":-1"#, 2, "version: must be a whole number"),
        (INBOX, r#""version":1"#, r#""version":9007199254740992"#, 2, "version: must be a whole"),
        (INBOX, r#""version":1"#, r#""version":1,"version":1"#, 2, "version: must be given once"),
        (INBOX, r#""version":1"#, r#""version":1,"a\nb":1"#, 2, "ab: is not a field"),
        (INBOX, "0193a5c2-0000", "0193A5C2-0000", 2, "_id: must be a UUID in lower case"),
        (INBOX, "inbox", "box", 2, "must have a type that this version knows"),
        (INBOX, r#"{"type""#, r#"{ "type""#, 2, "must be a JSON object that begins with its type"),
        (INBOX, "}", "", 2, "must be a JSON object that begins with its type"),
        (INBOX, "}", "}}", 2, "must be a JSON object that begins with its type"),
        (USER, r#""admin""#, r#""god""#, 3, "role: must be one of owner, admin, agent"),
        (USER, "grace@example.org", "grace", 3, "email: must be an e-mail address"),
        (CUSTOMER, r#""Ada""#, "7", 4, "profile.firstName: must be text of 1 to 255"),
        (CUSTOMER, r#""age":36"#, r#""age":[]"#, 4, "customFields: must be at most 50"),
        (CUSTOMER, r#""age":36"#, r#""paid":36"#, 4, "customFields: must be at most 50"),
        (CUSTOMER, r#"["vip"]"#, r#"["vip","vip"]"#, 4, "tags: must be a list of at most 20"),
        (CONVERSATION, "7000-8000-000000000001", "7000-8000-000000000007", 5, "inboxId: must be"),
        (CONVERSATION, "7000-8000-000000000002", "7000-8000-000000000007", 5, "assignedTo: must"),
        (CONVERSATION, "7000-8000-000000000003", "7000-8000-000000000007", 5, "customerId: must"),
        (CONVERSATION, r#""closed""#, r#""open""#, 5, "closedAt: must be a time if"),
        (CONVERSATION, r#""createdAt":"2024"#, r#""createdAt":"2023"#, 5, "createdAt: must be the"),
        (CONVERSATION, r#""messageCount":2"#, r#""messageCount":3"#, 9, "the conversation before"),
        (MESSAGE, r#""number":4"#, r#""number":6"#, 6, "number: must be unique"),
        (NOTE, r#""number":2"#, r#""number":4"#, 7, "number: must be unique"),
        (MESSAGE, r#""conversationId":"0193"#, r#""conversationId":"0194"#, 6, "conversationId:"),
        (MESSAGE, r"\u001b", r"\u0000", 6, "body: must be text of 1 to 65536"),
        (MESSAGE, r"\u001b", r"\ud83d", 6, "body: must be text of 1 to 65536"),
        (NOTE, r#""type":"system""#, r#""type":"agent""#, 7, "author._id: must be given"),
        (NOTE, "000000000006", "000000000005", 7, "_id: must be larger"),
        (CHANGE, r#"["refund","lamp"]"#, "{}", 8, "to: must be text without NUL"),
        (AUDIT, r#""messageCount":1"#, r#""messageCount":1.5"#, 9, "messageCount: must be a"),
    ] {
        let (found, told) = fault_with(line, from, to);
        assert_eq!((found, told.contains(rule)), (number, true), "{rule}: {told}");
    }
}

#[test]
fn the_order_is_that_of_the_format() {
    for (lines, line, rule) in [
        (&[HEADER, USER, INBOX][..], 3, "inbox must not come after user"),
        (&[HEADER, INBOX, INBOX], 3, "_id: must be larger than that of the inbox before it"),
        (&[HEADER, HEADER], 2, "must have a type that this version knows"),
        (&[HEADER, MESSAGE], 2, "conversationId: must be that of the conversation before it"),
        (&[HEADER, AUDIT, USER], 3, "user must not come after audit"),
        (
            &[HEADER, INBOX, USER, CUSTOMER, CONVERSATION, CHANGE, MESSAGE],
            7,
            "message must not come after change",
        ),
        (
            &[HEADER, INBOX, USER, CUSTOMER, CONVERSATION, MESSAGE, NOTE, AUDIT, CHANGE],
            9,
            "change must not come after audit",
        ),
        (&[HEADER, INBOX, USER, CUSTOMER, CONVERSATION, MESSAGE], 7, "as many messages"),
        (&[HEADER, INBOX, USER, CUSTOMER, CONVERSATION, CONVERSATION], 6, "larger than that"),
    ] {
        let (found, told) = fault_in(file_of(lines).as_bytes());
        assert_eq!((found, told.to_string().contains(rule)), (line, true), "{rule}: {told}");
    }
}

#[test]
fn a_line_has_a_bound_and_so_has_its_depth() {
    let wide = INBOX.replace('}', &format!(r#","x":"{}"}}"#, "a".repeat(MAX_LINE)));
    assert_eq!(fault_in(file_of(&[HEADER, &wide]).as_bytes()), (2, Rule::LineLength));
    let deep = INBOX.replace('}', &format!(r#","x":{}"#, "[".repeat(500_000)));
    assert_eq!(fault_in(file_of(&[HEADER, &deep]).as_bytes()), (2, Rule::Malformed));
    let deep = format!(r#"{{"type":"x","x":{}"#, "[".repeat(500_000));
    assert_eq!(fault_in(file_of(&[HEADER, &deep]).as_bytes()), (2, Rule::Malformed));
}

#[test]
fn the_longest_records_fit_into_a_line() {
    let body = "\\u0001".repeat(65_536);
    let message = MESSAGE.replace(r" \u001b[1mBold\r\n\t😀 ", &body);
    let fields: Vec<_> = (0..50).map(|n| format!(r#""{n}":"{}""#, "😀".repeat(1_000))).collect();
    let customer = CUSTOMER.replace(r#""age":36"#, &fields[..46].join(","));
    let lines = [HEADER, INBOX, USER, &customer, CONVERSATION, &message, NOTE];

    assert_eq!(read(file_of(&lines).as_bytes()).map(|records| records.len()).ok(), Some(6));
}

#[test]
fn the_schema_has_every_field_of_every_line() {
    let schema = json_schema();
    let lines = schema["oneOf"].as_array().expect("lines");
    let file = all();

    assert_eq!(lines.len(), 9);
    for line in file.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let matching =
            lines.iter().find(|each| each["properties"]["type"]["const"] == line["type"]);
        let matching = matching.expect("a schema of its type");
        let fields = line.as_object().expect("an object");
        let required = matching["required"].as_array().expect("names");
        assert!(required.iter().all(|name| fields.contains_key(name.as_str().expect("text"))));
        for name in fields.keys() {
            assert!(matching["properties"][name].is_object(), "{name}");
        }
    }
}

#[test]
fn the_fuzz_seeds_are_whole_files() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fuzz/seeds/archive");
    for (name, records) in [("all-kinds", 8), ("empty", 0)] {
        let file = std::fs::read(format!("{seeds}/{name}")).expect("a seed");

        assert_eq!(read(&file).map(|records| records.len()).ok(), Some(records), "{name}");
        fuzzing::archive(&file);
    }
}
