//! What is wrong with a file.

use std::io;

use crate::MAX_LINE;
use crate::kind::Kind;

/// Why a file was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[from] io::Error),
    /// What it says is not valid.
    #[error("line {line}: {rule}")]
    Fault {
        /// The line, from 1.
        line: u64,
        /// The rule that it breaks.
        rule: Rule,
    },
}

/// What has to hold of a file. It does not quote the content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// The first line is no header.
    #[error("this is not an export: the first line must be a header of conversations-ndjson")]
    Header,
    /// The version is another one.
    #[error("the file has version {0} of the format, and this program reads version 1")]
    Version(u64),
    /// A line is too long.
    #[error("must be at most {MAX_LINE} bytes long")]
    LineLength,
    /// The file ends without its last line.
    #[error("the file is cut off: its end is missing")]
    CutOff,
    /// The line is no JSON object that begins with its type.
    #[error("must be a JSON object that begins with its type")]
    Malformed,
    /// The type is unknown.
    #[error("must have a type that this version knows, or one that begins with an x")]
    UnknownType,
    /// A field is missing, unknown, or has another value than it may have.
    #[error("{0}")]
    Field(String),
    /// A record is in the wrong place.
    #[error("{} must not come after {}", .record.as_str(), .after.as_str())]
    Order {
        /// The record.
        record: Kind,
        /// What it comes after.
        after: Kind,
    },
    /// The ids of a kind do not rise.
    #[error("_id: must be larger than that of the {} before it", .0.as_str())]
    Ids(Kind),
    /// A message or a change is not below its conversation.
    #[error("conversationId: must be that of the conversation before it")]
    Conversation,
    /// A time does not fit the id.
    #[error("createdAt: must be the time inside _id")]
    CreatedAt,
    /// What is referred to is not in the file.
    #[error("{field}: must be the id of a {} before it", .kind.as_str())]
    Reference {
        /// The field.
        field: &'static str,
        /// The kind of what it refers to.
        kind: Kind,
    },
    /// A number of a message is used twice, or beyond the last one.
    #[error("number: must be unique in its conversation, from 1 to its lastMessageNumber")]
    Number,
    /// The conversation that ends has another number of messages.
    #[error("the conversation before it must have as many messages as its messageCount says")]
    MessageCount,
    /// Only a closed conversation has a time of closing, and each has.
    #[error("closedAt: must be a time if the status is closed, otherwise null")]
    ClosedAt,
    /// The end counts other records.
    #[error("counts: must be those of the records in the file; lines were added or removed")]
    Counts,
    /// The bytes are not those that were written.
    #[error("sha256: must be that of the lines before it; the file was altered")]
    Sha256,
    /// Something follows the end.
    #[error("nothing may follow the end")]
    AfterEnd,
}
