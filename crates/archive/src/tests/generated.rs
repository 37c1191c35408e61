//! Records at random: what is written is read as it was, and written again byte by byte.

use conversations_domain::{
    Actor, AuditAction, AuditEntry, AuditId, Author, Channel, Conversation, ConversationDraft,
    ConversationId, ConversationParts, CustomFields, CustomValue, Customer, CustomerId,
    CustomerParts, CustomerStatus, Email, ExternalId, ExternalSource, FieldChange, FieldValue,
    ForeignId, HistoryEntry, HistoryId, Inbox, InboxId, InboxParts, KeyId, Message, MessageBody,
    MessageId, MessageParts, Name, NewConversation, Priority, Profile, ProfileText, Reason, Role,
    Source, Status, Subject, Tags, Tier, Timestamp, User, UserId, UserParts, Version,
    WorkspaceRecord,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use super::{HEADER, file_of, read};
use crate::{Reader, Writer, fuzzing};

fn uuid() -> impl Strategy<Value = Uuid> {
    // The time inside has a year of four digits.
    (0..250_000_000_000_000_u128, any::<[u8; 10]>()).prop_map(|(millis, rest)| {
        let rest = rest.iter().fold(0, |number, &byte| number << 8 | u128::from(byte));
        Uuid::from_u128(millis << 80 | rest)
    })
}

fn time() -> impl Strategy<Value = Timestamp> {
    // Years of four digits.
    (-60_000_000_000_000_i64..250_000_000_000_000)
        .prop_filter_map("a time", Timestamp::from_unix_millis)
}

fn version() -> impl Strategy<Value = Version> {
    (0..1_u64 << 53).prop_map(Version::new)
}

fn texts(max: usize) -> impl Strategy<Value = String> {
    vec(any::<char>(), 1..max).prop_map(|characters| characters.into_iter().collect())
}

fn name() -> impl Strategy<Value = Name> {
    texts(20).prop_filter_map("a name", |text| Name::parse(&text).ok())
}

fn profile_text() -> impl Strategy<Value = Option<ProfileText>> {
    option::of(texts(20).prop_filter_map("a text", |text| ProfileText::parse(&text).ok()))
}

fn word<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    select(all)
}

fn external_id() -> impl Strategy<Value = Option<ExternalId>> {
    let id = texts(9).prop_filter_map("an id", |text| ForeignId::parse(&text).ok());
    option::of(("[a-z0-9._-]{1,9}", id).prop_map(|(source, id)| ExternalId {
        source: ExternalSource::parse(&source).expect("a source"),
        id,
    }))
}

fn tags() -> impl Strategy<Value = Tags> {
    vec(texts(8), 0..4).prop_filter_map("tags", |texts| Tags::parse(&texts).ok())
}

fn actor() -> impl Strategy<Value = Actor> {
    (option::of(uuid().prop_map(KeyId::from_uuid)), name())
        .prop_map(|(key, name)| Actor { key, name: name.into_string() })
}

fn custom_fields() -> impl Strategy<Value = CustomFields> {
    let value = prop_oneof![
        texts(9).prop_map(CustomValue::Text),
        any::<i64>().prop_map(CustomValue::Integer),
        any::<f64>().prop_map(CustomValue::Float),
        any::<bool>().prop_map(CustomValue::Flag),
    ];
    btree_map(texts(9), value, 0..5).prop_filter_map("custom fields", |fields| {
        let valid = fields.iter().all(|(name, value)| CustomFields::check(name, value).is_ok());
        valid.then(|| CustomFields::new(fields).ok()).flatten()
    })
}

fn inbox() -> impl Strategy<Value = Inbox> {
    (uuid(), name(), word(Channel::ALL), time(), version()).prop_map(
        |(id, name, channel, updated_at, version)| {
            let id = InboxId::from_uuid(id);
            Inbox::restore(InboxParts { id, name, channel, updated_at, version })
        },
    )
}

fn user() -> impl Strategy<Value = User> {
    (uuid(), external_id(), name(), "[a-zA-Z]{1,9}", word(Role::ALL), time(), version()).prop_map(
        |(id, external_id, name, local, role, updated_at, version)| {
            let email = Email::restore(&format!("{local}@example")).expect("an address");
            let id = UserId::from_uuid(id);
            User::restore(UserParts { id, external_id, name, email, role, updated_at, version })
        },
    )
}

fn customer() -> impl Strategy<Value = Customer> {
    let profile = (profile_text(), profile_text(), profile_text(), profile_text());
    let words = (word(Tier::ALL), word(CustomerStatus::ALL));
    let ids = (uuid(), external_id());
    (ids, profile, words, tags(), custom_fields(), time(), version()).prop_map(
        |(
            (id, external_id),
            (first_name, phone, company, job_title),
            words,
            tags,
            custom_fields,
            at,
            version,
        )| {
            let (last_name, email) = (None, None);
            Customer::restore(CustomerParts {
                id: CustomerId::from_uuid(id),
                external_id,
                profile: Profile { first_name, last_name, email, phone, company, job_title },
                tier: words.0,
                status: words.1,
                tags,
                custom_fields,
                updated_at: at,
                version,
            })
        },
    )
}

fn message() -> impl Strategy<Value = MessageParts> {
    let author = prop_oneof![
        option::of(uuid().prop_map(CustomerId::from_uuid)).prop_map(Author::Customer),
        uuid().prop_map(UserId::from_uuid).prop_map(Author::Agent),
        Just(Author::System),
    ];
    let body = texts(50).prop_filter_map("a body", |text| MessageBody::parse(&text).ok());
    let ids = (uuid(), external_id());
    (ids, author, any::<bool>(), body).prop_map(|((id, external_id), author, internal, body)| {
        MessageParts {
            id: MessageId::from_uuid(id),
            external_id,
            conversation: ConversationId::from_uuid(Uuid::nil()),
            number: 0,
            author,
            internal,
            body,
        }
    })
}

fn change() -> impl Strategy<Value = (HistoryEntry, u64)> {
    let value = || {
        option::of(prop_oneof![
            texts(9).prop_map(|text| FieldValue::Text(text.replace('\0', "-"))),
            tags().prop_map(|tags| FieldValue::from(&tags)),
            external_id().prop_filter_map("an id", |id| id.map(FieldValue::External)),
        ])
    };
    let field = word(conversations_domain::Field::ALL);
    (uuid(), field, value(), value(), actor(), 0..1_u64 << 53).prop_map(
        |(id, field, from, to, by, revision)| {
            let id = HistoryId::from_uuid(id);
            let conversation = ConversationId::from_uuid(Uuid::nil());
            let change = FieldChange { field, from, to };
            (HistoryEntry { id, conversation, change, by }, revision)
        },
    )
}

fn audit() -> impl Strategy<Value = AuditEntry> {
    let reason = option::of(texts(30).prop_filter_map("one", |text| Reason::parse(&text).ok()));
    let count = option::of(0..1_u64 << 53);
    (uuid(), word(AuditAction::ALL), uuid(), reason, count, actor(), option::of("[a-z]{1,9}"))
        .prop_map(|(id, action, target, reason, message_count, by, request_id)| {
            let id = AuditId::from_uuid(id);
            AuditEntry { id, action, target, reason, message_count, by, request_id }
        })
}

/// A conversation with its messages and changes; what it refers to is given later.
fn thread()
-> impl Strategy<Value = (ConversationParts, Vec<MessageParts>, Vec<(HistoryEntry, u64)>)> {
    let subject = texts(30).prop_filter_map("a subject", |text| Subject::parse(&text).ok());
    let words =
        (word(Status::ALL), word(Priority::ALL), word(Channel::ALL), word(Source::ALL), tags());
    let times = (time(), option::of(time()), time());
    (
        ((uuid(), external_id()), subject, words, times, version(), version()),
        vec(message(), 0..4),
        vec(change(), 0..3),
    )
        .prop_map(
            |(((id, external_id), subject, words, times, version, revision), messages, changes)| {
                let (status, priority, channel, source, labels) = words;
                let (updated_at, last_message_at, closed_at) = times;
                let count = messages.len() as u64;
                let id = ConversationId::from_uuid(id);
                let mut draft = ConversationDraft::new(subject, InboxId::from_uuid(Uuid::nil()));
                draft.channel = Some(channel);
                draft.priority = Some(priority);
                draft.labels = labels;
                let new = NewConversation { id, source, customer: None, draft };
                let mut parts = Conversation::open(new).into_parts();
                parts.external_id = external_id;
                parts.status = status;
                parts.message_count = count;
                parts.last_message_number = 2 * count;
                parts.last_message_at = last_message_at;
                parts.closed_at = (status == Status::Closed).then_some(closed_at);
                parts.updated_at = updated_at;
                parts.version = version;
                parts.revision = revision;
                (parts, messages, changes)
            },
        )
}

/// Sorts by ids, and leaves one of each.
fn in_order<T>(mut all: Vec<T>, id: impl Fn(&T) -> Uuid) -> Vec<T> {
    all.sort_by_key(&id);
    all.dedup_by_key(|each| id(each));
    all
}

prop_compose! {
    /// All records of a workspace, in their order.
    fn workspace()(
        inboxes in vec(inbox(), 1..3),
        users in vec(user(), 0..3),
        customers in vec(customer(), 0..3),
        threads in vec(thread(), 0..4),
        audit in vec(audit(), 0..3),
    ) -> Vec<WorkspaceRecord> {
        let inboxes = in_order(inboxes, |inbox| inbox.id().into());
        let users = in_order(users, |user| user.id().into());
        let customers = in_order(customers, |customer| customer.id().into());
        let mut threads = threads;
        for (conversation, messages, changes) in &mut threads {
            conversation.inbox = inboxes[0].id();
            conversation.customer = customers.first().map(Customer::id);
            conversation.assignee = users.last().map(User::id);
            *messages = in_order(std::mem::take(messages), |message| message.id.into());
            conversation.message_count = messages.len() as u64;
            // Numbers are not in the order of the ids where clocks differ.
            for (number, message) in (1..).zip(messages.iter_mut().rev()) {
                (message.conversation, message.number) = (conversation.id, 2 * number);
            }
            *changes = in_order(std::mem::take(changes), |(entry, _)| entry.id.into());
            for (entry, _) in changes {
                entry.conversation = conversation.id;
            }
        }
        let threads = in_order(threads, |(conversation, ..)| conversation.id.into());
        let mut records: Vec<_> = inboxes.into_iter().map(WorkspaceRecord::Inbox).collect();
        records.extend(users.into_iter().map(WorkspaceRecord::User));
        records.extend(customers.into_iter().map(WorkspaceRecord::Customer));
        for (conversation, messages, changes) in threads {
            records.push(WorkspaceRecord::Conversation(Conversation::restore(conversation)));
            records.extend(messages.into_iter().map(Message::restore).map(WorkspaceRecord::Message));
            let change = |(entry, revision)| WorkspaceRecord::Change { entry, revision };
            records.extend(changes.into_iter().map(change));
        }
        records.extend(in_order(audit, |entry| entry.id.into()).into_iter().map(WorkspaceRecord::Audit));
        records
    }
}

fn write(records: &[WorkspaceRecord]) -> Vec<u8> {
    let header = file_of(&[HEADER]);
    let header = Reader::begin(header.as_bytes()).expect("a header");
    let mut writer = Writer::begin(Vec::new(), header.header()).expect("memory");
    for record in records {
        writer.write(record.clone()).expect("memory");
    }
    writer.finish().expect("memory").0
}

proptest! {
    #[test]
    fn what_is_written_is_read_and_written_again(records in workspace()) {
        let written = write(&records);
        let read = read(&written).expect("a valid file");

        prop_assert_eq!(&read, &records);
        prop_assert_eq!(write(&read), written);
    }

    #[test]
    fn no_bytes_break_the_reader(bytes in vec(any::<u8>(), 0..300)) {
        fuzzing::archive(&bytes);
        fuzzing::archive(&[HEADER.as_bytes(), b"\n", &bytes].concat());
    }

    #[test]
    fn no_damage_breaks_the_reader(
        records in workspace(),
        place in any::<prop::sample::Index>(),
        damage in vec(any::<u8>(), 0..5),
    ) {
        let mut written = write(&records);
        let place = place.index(written.len());
        let end = (place + damage.len()).min(written.len());
        written.splice(place..end, damage);

        fuzzing::archive(&written);
    }
}
