//! Reading a file: with bounds, and not a record beyond the first fault.

use std::io::{BufRead, Read};

use conversations_domain::WorkspaceRecord;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::fault::{ReadError, Rule};
use crate::field::{Digest, Field, Number};
use crate::object::without_position;
use crate::order::Order;
use crate::records::{
    AuditRecord, ChangeRecord, ConversationRecord, CustomerRecord, End, Header, InboxRecord,
    MessageRecord, UserRecord,
};
use crate::{FORMAT, MAX_LINE, VERSION};

/// Reads a file, record by record. What it returns is valid by itself; that it is what was written
/// is known when the [end](Self::end) was read.
pub struct Reader<R> {
    input: R,
    header: Header,
    /// How many lines were read.
    line: u64,
    buffer: Vec<u8>,
    digest: Sha256,
    order: Order,
    end: Option<End>,
}

impl<R: BufRead> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// When there is none, or that of another version.
    pub fn begin(mut input: R) -> Result<Self, ReadError> {
        let mut buffer = Vec::new();
        let header = match read_line(&mut input, &mut buffer) {
            Ok(true) => read_header(&buffer),
            // What has no lines is no such file.
            Ok(false) | Err(ReadError::Fault { .. }) => Err(Rule::Header),
            Err(error) => return Err(error),
        };
        let header = header.map_err(|rule| ReadError::Fault { line: 1, rule })?;
        let digest = Sha256::new_with_prefix(&buffer);
        let order = Order::default();
        Ok(Self { input, header, line: 1, buffer, digest, order, end: None })
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The last line, once it was read.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// How many lines were read.
    pub fn lines(&self) -> u64 {
        self.line
    }

    /// The next record; `None` after the last one, when the file was found to be whole.
    ///
    /// # Errors
    /// When the file cannot be read, or breaks a rule. Nothing can be read after that.
    pub fn next_record(&mut self) -> Result<Option<WorkspaceRecord>, ReadError> {
        while self.end.is_none() {
            let is_read = read_line(&mut self.input, &mut self.buffer);
            self.line += 1;
            let is_read = match is_read {
                Err(ReadError::Fault { rule, .. }) => return Err(self.fault(rule)),
                other => other?,
            };
            if !is_read {
                return Err(self.fault(Rule::CutOff));
            }
            let read = self.read_record();
            if let Some(record) = read.map_err(|rule| self.fault(rule))? {
                self.digest.update(&self.buffer);
                return Ok(Some(record));
            }
            if self.end.is_none() {
                self.digest.update(&self.buffer);
            } else if !self.input.fill_buf()?.is_empty() {
                self.line += 1;
                return Err(self.fault(Rule::AfterEnd));
            }
        }
        Ok(None)
    }

    /// The record of the line; `None` for the end, and for what later versions may add.
    fn read_record(&mut self) -> Result<Option<WorkspaceRecord>, Rule> {
        let Self { buffer, order, .. } = self;
        let record = match type_of(buffer)? {
            "inbox" => {
                let record: InboxRecord = parse(buffer)?;
                order.inbox(&record)?;
                WorkspaceRecord::Inbox(record.into())
            }
            "user" => {
                let record: UserRecord = parse(buffer)?;
                order.user(&record)?;
                WorkspaceRecord::User(record.into())
            }
            "customer" => {
                let record: CustomerRecord = parse(buffer)?;
                order.customer(&record)?;
                WorkspaceRecord::Customer(record.into())
            }
            "conversation" => {
                let record: ConversationRecord = parse(buffer)?;
                order.conversation(&record)?;
                WorkspaceRecord::Conversation(record.into())
            }
            "message" => {
                let record: MessageRecord = parse(buffer)?;
                order.message(&record)?;
                let field = |text: &str| Rule::Field(text.to_owned());
                WorkspaceRecord::Message(record.try_into().map_err(field)?)
            }
            "change" => {
                let record: ChangeRecord = parse(buffer)?;
                order.change(&record)?;
                let (entry, Number(revision)) = record.into();
                WorkspaceRecord::Change { entry, revision }
            }
            "audit" => {
                let record: AuditRecord = parse(buffer)?;
                order.audit(&record)?;
                WorkspaceRecord::Audit(record.into())
            }
            "end" => {
                let end: End = parse(buffer)?;
                self.check_end(&end)?;
                self.end = Some(end);
                return Ok(None);
            }
            unknown if unknown.starts_with('x') => return skip(buffer).map(|()| None),
            _ => return Err(Rule::UnknownType),
        };
        Ok(Some(record))
    }

    fn check_end(&mut self, end: &End) -> Result<(), Rule> {
        self.order.end()?;
        if end.counts != *self.order.counts() {
            return Err(Rule::Counts);
        }
        let read = Digest(self.digest.clone().finalize().into());
        if end.sha256 == read { Ok(()) } else { Err(Rule::Sha256) }
    }

    fn fault(&self, rule: Rule) -> ReadError {
        ReadError::Fault { line: self.line, rule }
    }
}

/// Reads a line with its line feed; `false` at the end of the input.
fn read_line(input: &mut impl BufRead, buffer: &mut Vec<u8>) -> Result<bool, ReadError> {
    buffer.clear();
    // A byte more than there may be tells a long line from one that ends there.
    let read = input.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', buffer)?;
    let fault = |rule| Err(ReadError::Fault { line: 0, rule });
    if read > MAX_LINE {
        return fault(Rule::LineLength);
    }
    match buffer.last() {
        None => Ok(false),
        Some(b'\n') => Ok(true),
        Some(_) => fault(Rule::CutOff),
    }
}

fn read_header(line: &[u8]) -> Result<Header, Rule> {
    /// What all versions of the format have in common.
    #[derive(Deserialize)]
    struct AnyHeader {
        #[serde(rename = "type")]
        kind: String,
        format: String,
        version: u64,
    }

    let any: AnyHeader = serde_json::from_slice(line).map_err(|_| Rule::Header)?;
    if any.kind != "header" || any.format != FORMAT {
        return Err(Rule::Header);
    }
    if any.version != VERSION {
        return Err(Rule::Version(any.version));
    }
    parse(line)
}

/// The type, which is the first field of every line.
fn type_of(line: &[u8]) -> Result<&str, Rule> {
    let rest = line.strip_prefix(br#"{"type":""#).ok_or(Rule::Malformed)?;
    let end = rest.iter().position(|&byte| byte == b'"').ok_or(Rule::Malformed)?;
    std::str::from_utf8(&rest[..end]).map_err(|_| Rule::Malformed)
}

fn parse<T: Field>(line: &[u8]) -> Result<T, Rule> {
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    let read = T::read(&mut deserializer).and_then(|read| deserializer.end().map(|()| read));
    read.map_err(|error| match error.classify() {
        serde_json::error::Category::Data => {
            Rule::Field(without_position(&error.to_string()).to_owned())
        }
        _ => Rule::Malformed,
    })
}

/// Skips a line that this version does not know.
fn skip(line: &[u8]) -> Result<(), Rule> {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).map(drop).map_err(|_| Rule::Malformed)
}
