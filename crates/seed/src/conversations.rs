//! Generated conversations, by their numbers.

use conversations_domain::{
    Author, Conversation, ConversationDraft, ConversationId, ConversationParts, CustomerId,
    InboxId, Message, MessageBody, MessageId, MessageParts, NewConversation, Status, Subject, Tags,
    Timestamp, UserId, Version, WorkspaceId,
};

use super::distribution::{self, Zipf};
use super::random::{EntityKind, Random};
use super::{SPAN, made, texts};
use conversations_application::Error;
use conversations_application::ports::{SeedPeople, SeedRun, SeededConversation};

/// How long a conversation lives at most, in milliseconds.
const LIFE: i64 = 21 * 24 * 60 * 60 * 1_000;

/// Makes the conversations of a part.
pub(super) struct ConversationGenerator {
    workspace: WorkspaceId,
    run: SeedRun,
    inboxes: Vec<InboxId>,
    users: Vec<UserId>,
    customers: Vec<CustomerId>,
    inbox_skew: Zipf,
    user_skew: Zipf,
    customer_skew: Zipf,
    label_skew: Zipf,
}

impl ConversationGenerator {
    pub(super) fn new(workspace: WorkspaceId, run: SeedRun, people: &SeedPeople) -> Self {
        let shape = run.shape;
        Self {
            workspace,
            run,
            inboxes: people.inboxes.iter().map(|inbox| inbox.clone().into_parts().id).collect(),
            users: people.users.iter().map(|user| user.clone().into_parts().id).collect(),
            customers: people.customers.iter().map(conversations_domain::Customer::id).collect(),
            inbox_skew: Zipf::new(shape.inboxes, 1.1),
            user_skew: Zipf::new(shape.users, 0.8),
            customer_skew: Zipf::new(shape.customers, 0.8),
            label_skew: Zipf::new(u32::try_from(texts::LABELS.len()).unwrap_or_default(), 1.0),
        }
    }

    /// The name of a conversation.
    pub(super) fn id(&self, number: u64) -> ConversationId {
        let mut random = Random::of(self.workspace, EntityKind::Conversation, number);
        self.id_by(&mut random, number)
    }

    fn id_by(&self, random: &mut Random, number: u64) -> ConversationId {
        let time = self.time(random, number);
        ConversationId::from_uuid(random.id(time))
    }

    /// When a conversation begins: in the order of the numbers, so that ids grow with them.
    fn time(&self, random: &mut Random, number: u64) -> Timestamp {
        let SeedRun { first, conversations, ends_at, .. } = self.run;
        let part = |place: u64| {
            let millis = i128::from(place) * i128::from(SPAN) / i128::from(conversations.max(1));
            i64::try_from(millis).unwrap_or(SPAN)
        };
        let place = number.saturating_sub(first);
        let (from, to) = (part(place), part(place + 1));
        let within = random.below(u64::try_from(to - from).unwrap_or_default());
        earlier(ends_at, SPAN - from - i64::try_from(within).unwrap_or_default())
    }

    /// A conversation with its messages.
    pub(super) fn make(&self, number: u64) -> Result<SeededConversation, Error> {
        let mut random = Random::of(self.workspace, EntityKind::Conversation, number);
        let random = &mut random;
        let id = self.id_by(random, number);
        let (began, end) = (id.created_at(), self.run.ends_at);
        let age = end.as_unix_millis() - began.as_unix_millis();

        let status = distribution::status(age, random);
        let priority = distribution::priority(random);
        let (channel, source) = distribution::channel(random);
        let inbox =
            self.inbox_skew.place(random).and_then(|place| self.inboxes.get(place).copied());
        let inbox = inbox.ok_or_else(|| Error::Internal("there is no inbox".into()))?;
        let anonymous = random.with_chance(40);
        let customer = pick(&self.customers, &self.customer_skew, random).filter(|_| !anonymous);
        let waiting = random.with_chance(if status == Status::Open { 400 } else { 80 });
        let assignee = pick(&self.users, &self.user_skew, random).filter(|_| !waiting);
        let labels = self.labels(random)?;
        let subject = texts::subject(random);

        // What happens in its life, it does before the end of the simulated time.
        let life = random.span(LIFE.min(age));
        let messages = Dialogue { id, began, life, customer, assignee }.messages(
            self.run.shape.messages_per,
            random,
            &subject,
        )?;
        let last_message_at = messages.last().map(|message| message.id().created_at());
        let ended = later(began, life);
        let closed_at = (status == Status::Closed).then_some(ended);
        let count = messages.len() as u64;
        let changes = u64::from(status != Status::Open) + u64::from(assignee.is_some());
        let opened = Conversation::open(NewConversation {
            id,
            source,
            customer,
            draft: ConversationDraft {
                channel: Some(channel),
                priority: Some(priority),
                labels,
                ..ConversationDraft::new(made(Subject::parse(&subject))?, inbox)
            },
        });
        let conversation = Conversation::restore(ConversationParts {
            status,
            assignee,
            message_count: count,
            last_message_number: count,
            last_message_at,
            closed_at,
            updated_at: if changes + count > 0 { ended } else { began },
            version: Version::new(1 + changes + count),
            revision: Version::new(1 + changes),
            ..opened.into_parts()
        });
        Ok(SeededConversation { conversation, messages, history: Vec::new() })
    }

    fn labels(&self, random: &mut Random) -> Result<Tags, Error> {
        let count = match random.below(100) {
            0..65 => 0,
            65..90 => 1,
            _ => 2,
        };
        let mut labels: Vec<&str> = Vec::with_capacity(count);
        for _ in 0..count {
            let label = pick(&texts::LABELS, &self.label_skew, random);
            labels.extend(label.filter(|label| !labels.contains(label)));
        }
        made(Tags::parse(&labels))
    }
}

/// Who talks in a conversation, and when.
struct Dialogue {
    id: ConversationId,
    began: Timestamp,
    life: i64,
    customer: Option<CustomerId>,
    assignee: Option<UserId>,
}

impl Dialogue {
    /// Messages that are evenly spread over its life: the customer asks and a user answers.
    fn messages(
        &self,
        count: u32,
        random: &mut Random,
        subject: &str,
    ) -> Result<Vec<Message>, Error> {
        let made = (0..count).map(|place| self.message(place, count, random, subject));
        made.collect()
    }

    fn message(
        &self,
        place: u32,
        count: u32,
        random: &mut Random,
        subject: &str,
    ) -> Result<Message, Error> {
        let asks = place.is_multiple_of(2);
        let author = match self.assignee {
            _ if asks => Author::Customer(self.customer),
            Some(user) => Author::Agent(user),
            None => Author::System,
        };
        let internal = !asks && random.with_chance(150);
        let body = match (asks, internal) {
            (true, _) => texts::question(random, subject),
            (false, true) => texts::note(random),
            (false, false) => texts::answer(random),
        };
        let time = later(self.began, self.life * i64::from(place) / i64::from(count));
        let id = MessageId::from_uuid(in_order(random.id(time), place));
        Ok(Message::restore(MessageParts {
            external_id: None,
            id,
            conversation: self.id,
            number: u64::from(place) + 1,
            author,
            internal,
            body: made(MessageBody::parse(&body))?,
        }))
    }
}

/// The id with the place in the twelve bits after the version, so that ids of one millisecond are in
/// the order of their numbers.
fn in_order(id: uuid::Uuid, place: u32) -> uuid::Uuid {
    let place = u128::from(place & 0xfff) << 64;
    uuid::Uuid::from_u128(id.as_u128() & !(0xfff << 64) | place)
}

fn pick<T: Copy>(things: &[T], skew: &Zipf, random: &mut Random) -> Option<T> {
    skew.place(random).and_then(|place| things.get(place).copied())
}

/// That long after a time.
pub(super) fn later(time: Timestamp, millis: i64) -> Timestamp {
    Timestamp::from_unix_millis(time.as_unix_millis().saturating_add(millis)).unwrap_or(time)
}

/// That long before a time.
pub(super) fn earlier(time: Timestamp, millis: i64) -> Timestamp {
    later(time, -millis)
}
