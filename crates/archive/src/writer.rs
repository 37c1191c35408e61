//! Writing a file.

use std::io::{self, Write};

use conversations_domain::{Name, Timestamp, WorkspaceRecord};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::field::{Digest, Number, PlainText};
use crate::kind::Kind;
use crate::records::{
    AuditRecord, ChangeRecord, ConversationRecord, Counts, CustomerRecord, End, Header,
    InboxRecord, MessageRecord, UserRecord,
};
use crate::{FORMAT, VERSION};

impl Header {
    /// The header of a file that is written now.
    #[must_use]
    pub fn new(workspace: Name, generator: String, exported_at: Timestamp) -> Self {
        Self {
            format: PlainText(FORMAT.to_owned()),
            version: Number(VERSION),
            generator: PlainText(generator),
            workspace,
            exported_at,
        }
    }
}

/// Writes a file, line by line. The records must come in the order of the format.
pub struct Writer<W> {
    output: W,
    line: Vec<u8>,
    counts: Counts,
    digest: Sha256,
}

impl<W: Write> Writer<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn begin(output: W, header: &Header) -> io::Result<Self> {
        let (counts, digest) = (Counts::default(), Sha256::new());
        let mut writer = Self { output, line: Vec::new(), counts, digest };
        writer.write_line(header)?;
        Ok(writer)
    }

    /// Writes a record.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn write(&mut self, record: WorkspaceRecord) -> io::Result<()> {
        self.counts.add(Kind::from(&record));
        match record {
            WorkspaceRecord::Inbox(inbox) => self.write_line(&InboxRecord::from(inbox)),
            WorkspaceRecord::User(user) => self.write_line(&UserRecord::from(user)),
            WorkspaceRecord::Customer(customer) => self.write_line(&CustomerRecord::from(customer)),
            WorkspaceRecord::Conversation(conversation) => {
                self.write_line(&ConversationRecord::from(conversation))
            }
            WorkspaceRecord::Message(message) => self.write_line(&MessageRecord::from(message)),
            WorkspaceRecord::Change { entry, revision } => {
                self.write_line(&ChangeRecord::from((entry, Number(revision))))
            }
            WorkspaceRecord::Audit(entry) => self.write_line(&AuditRecord::from(entry)),
        }
    }

    /// Writes the last line, and returns the output with what the line says.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> io::Result<(W, End)> {
        let sha256 = Digest(self.digest.clone().finalize().into());
        let end = End { counts: self.counts.clone(), sha256 };
        self.write_line(&end)?;
        self.output.flush()?;
        Ok((self.output, end))
    }

    fn write_line(&mut self, line: &impl Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line)?;
        self.line.push(b'\n');
        self.digest.update(&self.line);
        self.output.write_all(&self.line)
    }
}
