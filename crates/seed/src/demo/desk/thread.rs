//! A conversation that goes on, step by step of its scenario.

use conversations_application::conversations::{
    ClaimConversation, CreateConversation, CustomerChoice, UpdateConversation,
};
use conversations_application::messages::{AuthorChoice, CreateMessage, MessageContent};
use conversations_application::{Error, Precondition, ResponseRecorder};
use conversations_domain::{
    Change, Changes, ConversationDraft, ConversationId, Customer, MessageBody, Source, Subject,
    Tags, TagsChange, TagsEdit, UserId,
};

use super::people::{Agent, People};
use super::{DemoDesk, LEFT};
use crate::demo::script::{Script, Step, fill};
use crate::demo::story::{Slots, pick_customer, slots, source_of, told};
use crate::made;

/// What happens in a conversation, by its place in the script.
#[derive(Clone, Copy)]
pub(super) enum Plot {
    Scenario(usize),
    FollowUp(usize),
}

/// A conversation that goes on.
pub(super) struct Thread {
    pub(super) conversation: ConversationId,
    pub(super) plot: Plot,
    pub(super) next: usize,
    pub(super) agent: UserId,
    pub(super) is_claimed: bool,
    pub(super) slots: Slots,
}

impl Plot {
    pub(super) fn steps(self, script: &Script) -> &[Step] {
        match self {
            Self::Scenario(place) => &script.scenarios[place].thread,
            Self::FollowUp(place) => &script.follow_ups[place],
        }
    }
}

impl Thread {
    /// A conversation at its first step.
    pub(super) fn of(conversation: ConversationId, plot: Plot, (agent, name): Agent) -> Self {
        let slots = Slots::from([("agent", name)]);
        Self { conversation, plot, next: 0, agent, is_claimed: false, slots }
    }
}

impl DemoDesk {
    /// Opens a conversation with the first message of a scenario.
    pub(super) async fn open(&mut self, people: &People) -> Result<(), Error> {
        let place = self.random.below(self.script.scenarios.len() as u64);
        let place = usize::try_from(place).unwrap_or_default();
        let scenario = &self.script.scenarios[place];
        let Some(Step::Customer(text)) = scenario.thread.first() else { return Ok(()) };
        let Some(inbox) = people.inbox(scenario.inbox) else { return Ok(()) };
        let customer = pick_customer(&people.customers, scenario, &mut self.random);
        if customer.is_none() && !scenario.anonymous {
            return Ok(());
        }
        let Some(agent) = people.agent_in(&self.script, inbox, &mut self.random) else {
            return Ok(());
        };

        let mut slots = slots(&self.script, scenario, customer, &mut self.random);
        slots.insert("agent", agent.1.clone());
        let channel = scenario.channel.unwrap_or(self.script.inboxes[scenario.inbox].channel);
        let subject = made(Subject::parse(&fill(&scenario.subject, &slots)))?;
        let draft = ConversationDraft {
            channel: Some(channel),
            priority: scenario.priority,
            labels: made(Tags::parse(&scenario.labels))?,
            ..ConversationDraft::new(subject, inbox)
        };
        let text = told(&self.script, &slots, text, &mut self.random);
        let command = CreateConversation {
            draft,
            customer: customer
                .map(Customer::id)
                .map_or(CustomerChoice::Nobody, CustomerChoice::Known),
            message: Some(content(AuthorChoice::Customer(None), false, &text)?),
        };
        let caller = self.caller(source_of(channel));
        let opened =
            self.services.conversations.create(&caller, command, ResponseRecorder::disabled());
        let conversation = opened.await?.conversation.id();
        if !self.random.with_chance(LEFT) {
            let thread = Thread::of(conversation, Plot::Scenario(place), agent);
            self.threads.push(Thread { next: 1, slots, ..thread });
        }
        Ok(())
    }

    /// Does the next step of a conversation; answers it as long as there are more.
    pub(super) async fn advance(&mut self, mut thread: Thread) -> Result<Option<Thread>, Error> {
        let steps = thread.plot.steps(&self.script);
        let is_last = thread.next + 1 >= steps.len();
        let Some(step) = steps.get(thread.next) else { return Ok(None) };
        if step.is_by_agent() && !thread.is_claimed {
            self.claim(&thread).await?;
            thread.is_claimed = true;
            return Ok(Some(thread));
        }
        let mut changes = Changes::default();
        match step {
            Step::Customer(text) => {
                let text = told(&self.script, &thread.slots, text, &mut self.random);
                self.say(&thread, AuthorChoice::Customer(None), false, &text).await?;
            }
            Step::Agent(text) | Step::Note(text) => {
                let internal = matches!(step, Step::Note(_));
                let text = told(&self.script, &thread.slots, text, &mut self.random);
                self.say(&thread, AuthorChoice::Agent(thread.agent), internal, &text).await?;
            }
            Step::System(text) => {
                let text = told(&self.script, &thread.slots, text, &mut self.random);
                self.say(&thread, AuthorChoice::System, true, &text).await?;
            }
            Step::Status(status) => changes.status = Change::To(*status),
            Step::Priority(priority) => changes.priority = Change::To(*priority),
            Step::Label(label) => {
                let label = made(Tags::parse(&[label.as_str()]))?;
                let edit = made(TagsEdit::new(label, Tags::default()))?;
                changes.labels = TagsChange::Edit(edit);
            }
            Step::Inbox(name) => {
                let place = self.script.inboxes.iter().position(|line| line.name == *name);
                let Some(people) = self.people().await? else { return Ok(None) };
                let Some(inbox) = place.and_then(|place| people.inbox(place)) else {
                    return Ok(None);
                };
                let agent = people.agent_in(&self.script, inbox, &mut self.random);
                let Some((agent, name)) = agent else { return Ok(None) };
                thread.slots.insert("agent", name);
                (thread.agent, thread.is_claimed) = (agent, true);
                changes.inbox = Change::To(inbox);
                changes.assignee = Change::To(Some(agent));
            }
        }
        if changes != Changes::default() {
            let (id, precondition) = (thread.conversation, Precondition::None);
            let command = UpdateConversation { id, changes, precondition };
            self.services.conversations.update(&self.caller(Source::Api), command).await?;
        }
        thread.next += 1;
        Ok((!is_last).then_some(thread))
    }

    async fn claim(&self, thread: &Thread) -> Result<(), Error> {
        let Thread { conversation: id, agent: user, .. } = *thread;
        let command = ClaimConversation { id, user, precondition: Precondition::None };
        let caller = self.caller(Source::Api);
        let claimed =
            self.services.conversations.claim(&caller, command, ResponseRecorder::disabled());
        claimed.await.map(|_| ())
    }

    async fn say(
        &self,
        thread: &Thread,
        author: AuthorChoice,
        internal: bool,
        text: &str,
    ) -> Result<(), Error> {
        let content = content(author, internal, text)?;
        let command = CreateMessage { conversation: thread.conversation, content };
        let caller = self.caller(Source::Api);
        let said = self.services.messages.create(&caller, command, ResponseRecorder::disabled());
        said.await.map(|_| ())
    }
}

fn content(author: AuthorChoice, internal: bool, text: &str) -> Result<MessageContent, Error> {
    made(MessageContent::new(author, internal, made(MessageBody::parse(text))?))
}
