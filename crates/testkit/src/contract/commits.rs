//! Writes as values, where it does not matter to a case what else is in them.

use conversations_application::ports::{
    Commit, ConversationErasure, ConversationToCreate, CustomerErasure, MessageDeletion,
    NewMessage, OptionalResponse, Updated, UpdatedConversation, UserDeletion,
};
use conversations_domain::{
    ApiKey, AuditAction, AuditEntry, Change, Changes, Conversation, ConversationId, Customer,
    CustomerChanges, CustomerId, Field, FieldChange, HistoryId, Inbox, InboxChanges, KeyChanges,
    Message, MessageDraft, MessageId, Tags, TagsChange, Timestamp, User, UserChanges, UserId,
};

use crate::fixtures::{an_actor, an_audit_entry, an_origin, at, next_id};

/// A conversation that nothing comes along with.
pub(super) fn just(conversation: Conversation) -> ConversationToCreate {
    ConversationToCreate { conversation, customer: None, message: None }
}

/// The conversation after these changes, as a write that is based on what it was.
pub(super) fn revised(
    conversation: &Conversation,
    changes: Changes,
    now: Timestamp,
) -> UpdatedConversation {
    let (loaded, counted) = (conversation.revision(), conversation.count_key());
    let mut changed = conversation.clone();
    let changes = changed.change(changes, now).expect("the changes are allowed");
    let fields = changes.iter().map(|change| change.field).collect();
    UpdatedConversation { changed, fields, loaded, counted, observed: None }
}

/// A change of the subject, where it does not matter what changes.
pub(super) fn renamed(conversation: &Conversation, subject: &str) -> UpdatedConversation {
    let subject = Change::To(subject.parse().expect("a subject"));
    revised(conversation, Changes { subject, ..Changes::default() }, at(1_000))
}

/// Other labels, in place of all that are there.
pub(super) fn relabelled(conversation: &Conversation, labels: Tags) -> UpdatedConversation {
    let labels = TagsChange::To(labels);
    revised(conversation, Changes { labels, ..Changes::default() }, at(1_000))
}

/// Another assignee, or none.
pub(super) fn reassigned(conversation: &Conversation, user: Option<UserId>) -> UpdatedConversation {
    let assignee = Change::To(user);
    revised(conversation, Changes { assignee, ..Changes::default() }, at(1_000))
}

/// The customer after these changes.
pub(super) fn changed_customer(customer: &Customer, changes: CustomerChanges) -> Updated<Customer> {
    let mut changed = customer.clone();
    changed.change(changes, at(1_000)).expect("the changes are allowed");
    Updated { fields: changed.changed_since(customer), changed, loaded: customer.version() }
}

/// The user after these changes.
pub(super) fn changed_user(user: &User, changes: UserChanges) -> Updated<User> {
    let mut changed = user.clone();
    assert!(changed.change(changes, at(1_000)), "something changes");
    Updated { fields: changed.changed_since(user), changed, loaded: user.version() }
}

/// The inbox after these changes.
pub(super) fn changed_inbox(inbox: &Inbox, changes: InboxChanges) -> Updated<Inbox> {
    let mut changed = inbox.clone();
    assert!(changed.change(changes, at(1_000)), "something changes");
    Updated { fields: changed.changed_since(inbox), changed, loaded: inbox.version() }
}

/// The key after these changes.
pub(super) fn changed_key(key: &ApiKey, changes: KeyChanges) -> Updated<ApiKey> {
    let mut changed = key.clone();
    assert!(changed.change(changes), "something changes");
    Updated { changed, loaded: key.version, fields: Vec::new() }
}

/// The arrival of a message.
pub(super) fn arrival(
    conversation: ConversationId,
    draft: MessageDraft,
) -> Commit<NewMessage, OptionalResponse<Message>> {
    let history = HistoryId::from_uuid(next_id(at(0)));
    Commit::of(an_origin(), NewMessage { conversation, draft, history, by: an_actor() })
}

/// The end of a message, now, with an entry for the audit.
pub(super) fn removal(
    conversation: ConversationId,
    message: MessageId,
    now: Timestamp,
) -> Commit<MessageDeletion> {
    let entry = an_audit_entry(AuditAction::MessageDeleted, message.as_uuid());
    audited(MessageDeletion { conversation, message, now }, entry)
}

/// The end of a conversation.
pub(super) fn erasure(conversation: ConversationId) -> ConversationErasure {
    let audit = an_audit_entry(AuditAction::ConversationDeleted, conversation.as_uuid());
    ConversationErasure { conversation, observed: None, audit }
}

/// The end of a person, with an entry for the audit.
pub(super) fn customer_erasure(customer: CustomerId) -> Commit<CustomerErasure> {
    let each = an_audit_entry(AuditAction::ConversationDeleted, next_id(at(0)));
    let entry = an_audit_entry(AuditAction::CustomerErased, customer.as_uuid());
    audited(CustomerErasure { customer, observed: None, each }, entry)
}

/// The end of a user at this time, with an entry for the audit.
pub(super) fn user_removal(user: UserId, now: Timestamp) -> Commit<UserDeletion> {
    let history = HistoryId::from_uuid(next_id(now));
    let entry = an_audit_entry(AuditAction::UserDeleted, user.as_uuid());
    let origin = an_origin();
    let write = UserDeletion { user, observed: None, history, by: origin.by.clone() };
    Commit { origin, ..audited(write, entry) }
}

/// What the history says of a conversation whose user is gone.
pub(super) fn unassigned_from(user: UserId) -> FieldChange {
    let from = Some(user.to_string().as_str().into());
    FieldChange { field: Field::Assignee, from, to: None }
}

/// A write that leaves this entry in the audit.
pub(super) fn audited<W>(write: W, entry: AuditEntry) -> Commit<W> {
    Commit { write, origin: an_origin(), history: Vec::new(), audit: vec![entry], response: () }
}
