//! The desk of the demo at work: customers write and agents answer now and then, so that what shows the
//! workspace moves by itself. All of it goes through the use cases, as what callers do.
//!
//! A desk works in a workspace that has people of the demo, and with them alone. It does not grow for
//! ever: at some number of conversations it takes up those that it has, until they are long.

mod people;
mod thread;

use std::time::Duration;

use conversations_application::conversations::ConversationService;
use conversations_application::customers::CustomerService;
use conversations_application::inboxes::InboxService;
use conversations_application::messages::MessageService;
use conversations_application::read_model::{
    AssigneeFilter, ConversationDetails, ConversationFilter, ConversationOrder,
};
use conversations_application::users::UserService;
use conversations_application::workspaces::WorkspaceService;
use conversations_application::{Caller, Error, Page, PageRequest};
use conversations_domain::{Source, Status, WorkspaceId};

use super::script::{Script, Step};
use crate::made;
use crate::random::{EntityKind, Random};
use people::People;
use thread::{Plot, Thread};

/// From this many conversations of the workspace on, none is opened.
const MOST_CONVERSATIONS: u64 = 400;

/// A conversation with this many messages is not taken up again.
const MOST_MESSAGES: u64 = 40;

/// With more open conversations that are unassigned, the oldest of them is answered.
const MOST_WAITING: u64 = 40;

/// How many conversations go on at the same time.
const AT_ONCE: usize = 6;

/// How many of a thousand steps begin something, as long as not that many go on.
const BEGINNING: u64 = 300;

/// How many of a thousand beginnings are new conversations.
const OPENING: u64 = 600;

/// How many of a thousand new conversations are left for those who look at the demo.
const LEFT: u64 = 250;

/// The shortest time between two steps, and how much longer it may be, in milliseconds.
const PAUSE: (u64, i64) = (3_000, 57_000);

/// What a desk works with.
#[derive(Clone)]
pub struct DeskServices {
    /// The use cases of workspaces.
    pub workspaces: WorkspaceService,
    /// The use cases of inboxes.
    pub inboxes: InboxService,
    /// The use cases of users.
    pub users: UserService,
    /// The use cases of customers.
    pub customers: CustomerService,
    /// The use cases of conversations.
    pub conversations: ConversationService,
    /// The use cases of messages.
    pub messages: MessageService,
}

/// The desk of a demo.
pub struct DemoDesk {
    services: DeskServices,
    workspace: WorkspaceId,
    script: Script,
    random: Random,
    threads: Vec<Thread>,
}

impl DemoDesk {
    /// The desk of this workspace, which does the same with the same `seed`; `None` when the workspace
    /// has no people of the demo.
    ///
    /// # Errors
    /// When the storage cannot be read.
    pub async fn of(
        services: DeskServices,
        workspace: WorkspaceId,
        seed: u64,
    ) -> Result<Option<Self>, Error> {
        let script = made(Script::read())?;
        let random = Random::of(workspace, EntityKind::Desk, seed);
        let desk = Self { services, workspace, script, random, threads: Vec::new() };
        let people = desk.people().await?;
        Ok(people.is_some().then_some(desk))
    }

    /// How long it takes until the next step: mostly some seconds, at most a minute.
    pub fn pause(&mut self) -> Duration {
        let (least, more) = PAUSE;
        let more = u64::try_from(self.random.span(more)).unwrap_or_default();
        Duration::from_millis(least + more)
    }

    /// Does one thing: a message, a change, or a new conversation. `false` when the workspace is gone.
    ///
    /// # Errors
    /// When the storage fails. What others changed or deleted meanwhile is no error: the desk then
    /// leaves it to them.
    pub async fn step(&mut self) -> Result<bool, Error> {
        let workspaces = self.services.workspaces.list().await?;
        if !workspaces.iter().any(|workspace| workspace.id == self.workspace) {
            return Ok(false);
        }
        let begins = self.threads.is_empty()
            || (self.threads.len() < AT_ONCE && self.random.with_chance(BEGINNING));
        let done = if begins { self.begin().await } else { self.go_on().await };
        match done {
            Ok(()) | Err(Error::NotFound | Error::Conflict(_) | Error::InvalidReferences(_)) => {
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    /// Goes on with one of the conversations.
    async fn go_on(&mut self) -> Result<(), Error> {
        let place = self.random.below(self.threads.len() as u64);
        // Where its step fails, it is no longer one of them.
        let thread = self.threads.swap_remove(usize::try_from(place).unwrap_or_default());
        let going_on = self.advance(thread).await?;
        self.threads.extend(going_on);
        Ok(())
    }

    /// Opens a conversation or takes one up.
    async fn begin(&mut self) -> Result<(), Error> {
        let Some(people) = self.people().await? else { return Ok(()) };
        let waiting = ConversationFilter {
            statuses: vec![Status::Open],
            assignee: Some(AssigneeFilter::Nobody),
            ..ConversationFilter::default()
        };
        let waiting = self.list(waiting, ConversationOrder::Oldest).await?;
        if waiting.total > MOST_WAITING {
            let oldest = waiting.items.into_iter().find(|details| self.may_take_up(details));
            return self.take_up(&people, oldest, Step::is_by_agent).await;
        }
        let all = self.list(ConversationFilter::default(), ConversationOrder::Newest).await?;
        if all.total < MOST_CONVERSATIONS && self.random.with_chance(OPENING) {
            return self.open(&people).await;
        }
        let closed =
            ConversationFilter { statuses: vec![Status::Closed], ..ConversationFilter::default() };
        let closed = self.list(closed, ConversationOrder::FirstChanged).await?;
        let fitting = |details: &ConversationDetails| {
            let assignee = details.conversation.assignee();
            self.may_take_up(details)
                && assignee.is_none_or(|user| people.agent(user).is_some())
                && details.conversation.customer().is_some_and(|id| people.has_customer(id))
        };
        let closed = closed.items.into_iter().find(fitting);
        self.take_up(&people, closed, |_| true).await
    }

    fn may_take_up(&self, details: &ConversationDetails) -> bool {
        let id = details.conversation.id();
        details.conversation.message_count() < MOST_MESSAGES
            && !self.threads.iter().any(|thread| thread.conversation == id)
    }

    /// Takes up a conversation, if there is one, from the first step of a sequel that may be it.
    async fn take_up(
        &mut self,
        people: &People,
        details: Option<ConversationDetails>,
        may_begin: impl Fn(&Step) -> bool,
    ) -> Result<(), Error> {
        let Some(ConversationDetails { conversation, .. }) = details else { return Ok(()) };
        let plot = self.random.below(self.script.follow_ups.len() as u64);
        let plot = Plot::FollowUp(usize::try_from(plot).unwrap_or_default());
        let next = plot.steps(&self.script).iter().position(may_begin).unwrap_or_default();
        let agent = match conversation.assignee() {
            Some(user) => people.agent(user),
            None => people.agent_in(&self.script, conversation.inbox(), &mut self.random),
        };
        let Some(agent) = agent else { return Ok(()) };
        let is_claimed = conversation.assignee().is_some();
        let thread = Thread::of(conversation.id(), plot, agent);
        let going_on = self.advance(Thread { next, is_claimed, ..thread }).await?;
        self.threads.extend(going_on);
        Ok(())
    }

    async fn people(&self) -> Result<Option<People>, Error> {
        People::find(&self.services, &self.caller(Source::Api), &self.script).await
    }

    async fn list(
        &self,
        filter: ConversationFilter,
        order: ConversationOrder,
    ) -> Result<Page<ConversationDetails>, Error> {
        let conversations = &self.services.conversations;
        let Some(page) = PageRequest::new(1, 50) else { return Err(Error::NotFound) };
        Ok(conversations.list(&self.caller(Source::Api), filter, order, page).await?.content)
    }

    fn caller(&self, source: Source) -> Caller {
        Caller { source, ..Caller::at_the_command_line(self.workspace) }
    }
}
