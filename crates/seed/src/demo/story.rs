//! How a conversation of the demo goes: the steps of its scenario, one after the other, until its
//! end or until now.

use std::collections::BTreeMap;

use conversations_domain::{
    Actor, Author, Change, Changes, Channel, Conversation, ConversationDraft, ConversationId,
    Customer, FieldChange, HistoryEntry, HistoryId, InboxId, Message, MessageBody, MessageDraft,
    MessageId, NewConversation, Source, Subject, Tags, TagsChange, Timestamp, UserId,
};

use super::company::Company;
use super::script::{Scenario, Script, Step, fill};
use crate::conversations::{earlier, later};
use crate::random::Random;
use crate::{DAY, made};
use conversations_application::Error;
use conversations_application::ports::{RecordedChange, SeededConversation};

/// How far the conversations go back.
const SPAN: i64 = 30 * DAY;

/// So far back a conversation may still wait for an answer.
const BACKLOG: i64 = 6 * DAY;

/// How many of a thousand that recent ones do.
const WAITING: u64 = 600;

/// Milliseconds.
const MINUTE: i64 = 60 * 1_000;

/// What stands in the slots of texts.
pub(super) type Slots = BTreeMap<&'static str, String>;

pub(super) struct Story<'a> {
    script: &'a Script,
    company: &'a Company,
    random: &'a mut Random,
    slots: Slots,
    agent: Option<UserId>,
    thread: SeededConversation,
}

impl<'a> Story<'a> {
    /// Tells a scenario; `None` when it has no beginning.
    pub(super) fn tell(
        script: &'a Script,
        company: &'a Company,
        scenario: &'a Scenario,
        random: &'a mut Random,
        now: Timestamp,
    ) -> Result<Option<SeededConversation>, Error> {
        let began = begin(random, now);
        let customer = pick_customer(&company.customers, scenario, random);
        let channel = scenario.channel.unwrap_or(script.inboxes[scenario.inbox].channel);
        let mut slots = slots(script, scenario, customer, random);
        let agent = agent_of(script, company, scenario.inbox, random, &mut slots);
        let subject = fill(&scenario.subject, &slots);
        let inbox = company.inboxes[scenario.inbox].id();
        let conversation = Conversation::open(NewConversation {
            id: ConversationId::from_uuid(random.id(began)),
            source: source_of(channel),
            customer: customer.map(Customer::id),
            draft: ConversationDraft {
                channel: Some(channel),
                priority: scenario.priority,
                labels: made(Tags::parse(&scenario.labels))?,
                ..ConversationDraft::new(made(Subject::parse(&subject))?, inbox)
            },
        });
        let thread = SeededConversation { conversation, messages: Vec::new(), history: Vec::new() };
        let mut story = Self { script, company, random, slots, agent, thread };
        let mut time = began;
        let recent = now.as_unix_millis() - began.as_unix_millis() < BACKLOG;
        let told = if recent && story.random.with_chance(WAITING) {
            waiting(&scenario.thread, story.random)
        } else {
            &scenario.thread
        };
        for (place, step) in told.iter().enumerate() {
            if place > 0 {
                time = later(time, story.pause(step, channel));
            }
            if time > now {
                break;
            }
            story.step(step, time)?;
        }
        Ok((!story.thread.messages.is_empty()).then_some(story.thread))
    }

    /// How long it takes until this happens.
    fn pause(&mut self, step: &Step, channel: Channel) -> i64 {
        let quick = matches!(channel, Channel::Chat | Channel::Whatsapp);
        let most = match step {
            Step::Customer(_) | Step::Agent(_) if quick => 5 * MINUTE,
            Step::Customer(_) => 26 * 60 * MINUTE,
            Step::Agent(_) | Step::System(_) => 7 * 60 * MINUTE,
            Step::Note(_) => 90 * MINUTE,
            Step::Status(_) | Step::Priority(_) | Step::Label(_) | Step::Inbox(_) => 4 * MINUTE,
        };
        MINUTE + self.random.span(most)
    }

    fn step(&mut self, step: &Step, time: Timestamp) -> Result<(), Error> {
        let customer = Author::Customer(self.thread.conversation.customer());
        let changes = match step {
            Step::Customer(text) => return self.say(customer, false, text, time),
            Step::System(text) => return self.say(Author::System, true, text, time),
            Step::Agent(text) | Step::Note(text) => {
                let internal = matches!(step, Step::Note(_));
                let Some(user) = self.agent else { return Ok(()) };
                if self.thread.conversation.assignee() != Some(user) {
                    let assignee = Change::To(Some(user));
                    self.change(Changes { assignee, ..Changes::default() }, time)?;
                }
                return self.say(Author::Agent(user), internal, text, time);
            }
            Step::Status(status) => Changes { status: Change::To(*status), ..Changes::default() },
            Step::Priority(priority) => {
                Changes { priority: Change::To(*priority), ..Changes::default() }
            }
            Step::Label(label) => {
                let labels = self.thread.conversation.labels();
                let labels: Vec<&str> = labels.iter().chain([label.as_str()]).collect();
                let labels = made(Tags::parse(&labels))?;
                Changes { labels: TagsChange::To(labels), ..Changes::default() }
            }
            Step::Inbox(name) => self.hand_over(name),
        };
        self.change(changes, time)
    }

    /// What changes when a user of another inbox takes it.
    fn hand_over(&mut self, name: &str) -> Changes {
        let Some(place) = self.script.inboxes.iter().position(|line| line.name == name) else {
            return Changes::default();
        };
        self.agent = agent_of(self.script, self.company, place, self.random, &mut self.slots);
        let inbox: InboxId = self.company.inboxes[place].id();
        Changes { inbox: Change::To(inbox), assignee: Change::To(self.agent), ..Changes::default() }
    }

    /// A message comes in, is counted as the storage counts it, and does to the status what it does.
    fn say(
        &mut self,
        author: Author,
        internal: bool,
        text: &str,
        time: Timestamp,
    ) -> Result<(), Error> {
        let text = told(self.script, &self.slots, text, self.random);
        let body = made(MessageBody::parse(&text))?;
        let id = MessageId::from_uuid(self.random.id(time));
        let draft = made(MessageDraft::new(id, author, internal, body))?;
        let message: Message = if self.thread.messages.is_empty() {
            self.thread.conversation.open_with(draft)
        } else {
            let (message, reopened) = self.thread.conversation.append(draft);
            self.remember(reopened, time);
            message
        };
        self.thread.messages.push(message);
        Ok(())
    }

    fn change(&mut self, changes: Changes, time: Timestamp) -> Result<(), Error> {
        let changed = made(self.thread.conversation.change(changes, time))?;
        self.remember(changed, time);
        Ok(())
    }

    fn remember(&mut self, changes: impl IntoIterator<Item = FieldChange>, time: Timestamp) {
        let conversation = self.thread.conversation.id();
        let revision = self.thread.conversation.revision().number().cast_signed();
        for change in changes {
            let id = HistoryId::from_uuid(self.random.id(time));
            let by = Actor::command_line();
            let entry = HistoryEntry { id, conversation, change, by };
            self.thread.history.push(RecordedChange { entry, revision });
        }
    }
}

/// The kind of integration that conversations over a channel come from.
pub(super) fn source_of(channel: Channel) -> Source {
    match channel {
        Channel::Email => Source::Email,
        Channel::Chat => Source::Widget,
        Channel::Phone => Source::Phone,
        Channel::Whatsapp => Source::Api,
    }
}

/// A text with its slots filled, those for words with other words each time.
pub(super) fn told(script: &Script, slots: &Slots, text: &str, random: &mut Random) -> String {
    let mut all: BTreeMap<&str, String> = slots.clone();
    for (name, words) in &script.words {
        let place = usize::try_from(random.below(words.len() as u64)).unwrap_or_default();
        all.insert(name, fill(&words[place], slots));
    }
    fill(text, &all)
}

/// A thread up to something that the customer said, and what was noted about it: it has not been
/// answered yet.
fn waiting<'a>(thread: &'a [Step], random: &mut Random) -> &'a [Step] {
    let said: Vec<usize> =
        (0..thread.len()).filter(|&place| matches!(thread[place], Step::Customer(_))).collect();
    let Some(last) = random.one_of(&said) else { return thread };
    let rest = &thread[last + 1..];
    let noted = rest.iter().take_while(|step| matches!(step, Step::Note(_))).count();
    &thread[..=last + noted]
}

/// When a conversation begins: by day rather than by night.
fn begin(random: &mut Random, now: Timestamp) -> Timestamp {
    let mut time = now;
    for _ in 0..8 {
        let span = u64::try_from(SPAN).unwrap_or_default();
        let ago = i64::try_from(random.below(span)).unwrap_or_default();
        time = earlier(now, ago.max(MINUTE));
        let hour = time.as_unix_millis().rem_euclid(DAY) / (60 * MINUTE);
        if (7..20).contains(&hour) {
            break;
        }
    }
    time
}

/// A customer for a scenario; `None` when it is without one.
pub(super) fn pick_customer<'a>(
    customers: &'a [Customer],
    scenario: &Scenario,
    random: &mut Random,
) -> Option<&'a Customer> {
    let fitting: Vec<&Customer> = customers
        .iter()
        .filter(|each| !scenario.business || (*each).clone().into_parts().profile.company.is_some())
        .collect();
    random.one_of(&fitting).filter(|_| !scenario.anonymous)
}

/// A user who answers in an inbox; the slot `agent` is their first name.
fn agent_of(
    script: &Script,
    company: &Company,
    inbox: usize,
    random: &mut Random,
    slots: &mut Slots,
) -> Option<UserId> {
    let names: Vec<&str> = script.inboxes[inbox].users.iter().map(String::as_str).collect();
    let name = random.one_of(&names)?;
    slots.insert("agent", name.to_owned());
    let place = script.users.iter().position(|line| line.name.starts_with(name))?;
    company.users.get(place).map(conversations_domain::User::id)
}

/// What a conversation is about and with whom.
pub(super) fn slots(
    script: &Script,
    scenario: &Scenario,
    customer: Option<&Customer>,
    random: &mut Random,
) -> Slots {
    let mut slots = BTreeMap::new();
    if let Some(customer) = customer {
        let profile = customer.clone().into_parts().profile;
        let named = [
            ("customer", profile.first_name),
            ("surname", profile.last_name),
            ("company", profile.company),
        ];
        for (name, text) in named {
            slots.extend(text.map(|text| (name, text.as_str().to_owned())));
        }
    }
    let fitting: Vec<_> = script
        .products
        .iter()
        .filter(|each| scenario.about.is_empty() || scenario.about.contains(&each.thing))
        .collect();
    if let Some(product) = random.one_of(&fitting) {
        let colours: Vec<&str> = product.colours.iter().map(String::as_str).collect();
        slots.insert("thing", product.thing.clone());
        slots.insert("product", product.name.clone());
        slots.insert("price", product.price.clone());
        slots.insert("colour", random.one_of(&colours).unwrap_or_default().to_owned());
    }
    let cities: Vec<&str> = script.cities.iter().map(String::as_str).collect();
    let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];
    slots.insert("city", random.one_of(&cities).unwrap_or_default().to_owned());
    slots.insert("day", random.one_of(&days).unwrap_or_default().to_owned());
    slots.insert("order", format!("PW-{}", 40_000 + random.below(9_000)));
    slots.insert("invoice", format!("INV-{}", 71_000 + random.below(8_000)));
    slots.insert("tracking", format!("TX{}", 100_000_000 + random.below(900_000_000)));
    slots.insert("serial", format!("H4-{}", 10_000 + random.below(90_000)));
    slots
}
