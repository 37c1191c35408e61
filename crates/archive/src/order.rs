//! What has to hold between records: their order, what they refer to, and how many there are.

use std::collections::HashSet;

use conversations_domain::{ConversationId, Status, Timestamp};
use uuid::Uuid;

use crate::fault::Rule;
use crate::field::Number;
use crate::kind::Kind;
use crate::records::{
    AuditRecord, ChangeRecord, ConversationRecord, Counts, CustomerRecord, InboxRecord,
    MessageRecord, UserRecord,
};

/// What was read so far.
#[derive(Debug, Default)]
pub(crate) struct Order {
    counts: Counts,
    last: Option<(Kind, Uuid)>,
    inboxes: Vec<Uuid>,
    users: Vec<Uuid>,
    customers: Vec<Uuid>,
    conversation: Option<CurrentConversation>,
}

/// The conversation whose messages and changes are read.
#[derive(Debug)]
struct CurrentConversation {
    id: ConversationId,
    message_count: u64,
    last_message_number: u64,
    numbers: HashSet<u64>,
}

impl Order {
    /// How many records were read.
    pub(crate) fn counts(&self) -> &Counts {
        &self.counts
    }

    pub(crate) fn inbox(&mut self, record: &InboxRecord) -> Result<(), Rule> {
        self.next(Kind::Inbox, record.id.into(), record.created_at, record.id.created_at())?;
        self.inboxes.push(record.id.into());
        Ok(())
    }

    pub(crate) fn user(&mut self, record: &UserRecord) -> Result<(), Rule> {
        self.next(Kind::User, record.id.into(), record.created_at, record.id.created_at())?;
        self.users.push(record.id.into());
        Ok(())
    }

    pub(crate) fn customer(&mut self, record: &CustomerRecord) -> Result<(), Rule> {
        self.next(Kind::Customer, record.id.into(), record.created_at, record.id.created_at())?;
        self.customers.push(record.id.into());
        Ok(())
    }

    pub(crate) fn conversation(&mut self, record: &ConversationRecord) -> Result<(), Rule> {
        let id = record.id;
        self.next(Kind::Conversation, id.into(), record.created_at, id.created_at())?;
        let refers = |ids: &[Uuid], id: Option<Uuid>, field, kind| match id {
            // They were read in their order.
            Some(id) if ids.binary_search(&id).is_err() => Err(Rule::Reference { field, kind }),
            _ => Ok(()),
        };
        refers(&self.inboxes, Some(record.inbox_id.into()), "inboxId", Kind::Inbox)?;
        let (customer, user) = (record.customer_id.map(Uuid::from), record.assigned_to);
        refers(&self.customers, customer, "customerId", Kind::Customer)?;
        refers(&self.users, user.map(Uuid::from), "assignedTo", Kind::User)?;
        if (record.status == Status::Closed) != record.closed_at.is_some() {
            return Err(Rule::ClosedAt);
        }
        self.conversation = Some(CurrentConversation {
            id,
            message_count: record.message_count.0,
            last_message_number: record.last_message_number.0,
            numbers: HashSet::new(),
        });
        Ok(())
    }

    pub(crate) fn message(&mut self, record: &MessageRecord) -> Result<(), Rule> {
        let id = record.id;
        self.next(Kind::Message, id.into(), record.created_at, id.created_at())?;
        let current = self.current(record.conversation_id)?;
        let Number(number) = record.number;
        let is_next = (1..=current.last_message_number).contains(&number);
        if is_next && current.numbers.insert(number) { Ok(()) } else { Err(Rule::Number) }
    }

    pub(crate) fn change(&mut self, record: &ChangeRecord) -> Result<(), Rule> {
        let id = record.id;
        self.next(Kind::Change, id.into(), record.created_at, id.created_at())?;
        self.current(record.conversation_id).map(drop)
    }

    pub(crate) fn audit(&mut self, record: &AuditRecord) -> Result<(), Rule> {
        self.next(Kind::Audit, record.id.into(), record.created_at, record.id.created_at())
    }

    /// The records end.
    pub(crate) fn end(&mut self) -> Result<(), Rule> {
        self.end_conversation()
    }

    /// A record of this kind is next.
    fn next(
        &mut self,
        kind: Kind,
        id: Uuid,
        created_at: Timestamp,
        time_of_id: Timestamp,
    ) -> Result<(), Rule> {
        if created_at != time_of_id {
            return Err(Rule::CreatedAt);
        }
        if let Some((after, last)) = self.last {
            // Each conversation begins anew with messages and changes.
            let begins =
                kind == Kind::Conversation && after > Kind::Customer && after < Kind::Audit;
            if kind < after && !begins {
                return Err(Rule::Order { record: kind, after });
            }
            if kind == after && id <= last {
                return Err(Rule::Ids(kind));
            }
        }
        if matches!(kind, Kind::Conversation | Kind::Audit) {
            self.end_conversation()?;
        }
        self.last = Some((kind, id));
        self.counts.add(kind);
        Ok(())
    }

    fn current(&mut self, id: ConversationId) -> Result<&mut CurrentConversation, Rule> {
        self.conversation.as_mut().filter(|current| current.id == id).ok_or(Rule::Conversation)
    }

    fn end_conversation(&mut self) -> Result<(), Rule> {
        match self.conversation.take() {
            Some(current) if current.message_count != current.numbers.len() as u64 => {
                Err(Rule::MessageCount)
            }
            _ => Ok(()),
        }
    }
}
