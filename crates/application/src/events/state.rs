//! The current state of the subjects of events.

use std::collections::{HashMap, HashSet};

use conversations_domain::{
    ConversationId, Customer, CustomerId, Event, EventSubject, Inbox, InboxId, Message, MessageId,
    User, UserId, WebhookId,
};
use futures_util::future::{try_join, try_join3};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::EventService;
use crate::ports::RecordedEvent;
use crate::read_model::{ConversationDetails, EventState, ResetReason, WebhookDetails};
use crate::{Caller, Error};

/// Subjects of events, loaded for some events at a time, each once.
pub(super) struct States<'a> {
    service: &'a EventService,
    caller: &'a Caller,
    conversations: HashMap<ConversationId, ConversationDetails>,
    messages: HashMap<MessageId, Message>,
    customers: HashMap<CustomerId, Customer>,
    users: HashMap<UserId, User>,
    inboxes: HashMap<InboxId, Inbox>,
    webhooks: HashMap<WebhookId, WebhookDetails>,
}

/// Loads the entities with these ids that are not loaded yet, each with the given function.
macro_rules! load {
    ($known:expr, $ids:expr, $find:expr) => {
        async {
            let ids: HashSet<_> = $ids.filter(|id| !$known.contains_key(id)).collect();
            // None at once would wait forever.
            let count = ids.len().max(1);
            let found = stream::iter(ids).map(async |id| {
                let found = $find(id).await?;
                Ok::<_, Error>(found.map(|found| (id, found)))
            });
            // The storage answers those that are asked for together with one question.
            let found: Vec<_> = found.buffer_unordered(count).try_collect().await?;
            $known.extend(found.into_iter().flatten());
            Ok::<_, Error>(())
        }
    };
}

impl<'a> States<'a> {
    pub(super) fn new(service: &'a EventService, caller: &'a Caller) -> Self {
        Self {
            service,
            caller,
            conversations: HashMap::new(),
            messages: HashMap::new(),
            customers: HashMap::new(),
            users: HashMap::new(),
            inboxes: HashMap::new(),
            webhooks: HashMap::new(),
        }
    }

    /// Loads the subjects of some more events.
    pub(super) async fn load(&mut self, events: &[RecordedEvent]) -> Result<(), Error> {
        let (service, workspace) = (self.service, self.caller.workspace);
        let mut wanted = Wanted::default();
        for RecordedEvent { event, changes: _ } in events {
            wanted.add(event);
        }
        let Wanted { conversations, messages, customers, users, inboxes, webhooks } = wanted;
        // Each has one event, and may be long.
        self.messages.clear();
        let of_conversation: HashMap<_, _> = messages.into_iter().collect();
        let conversations_and_people = try_join3(
            load!(self.conversations, conversations.into_iter(), async |id| {
                service.conversations.find(workspace, id).await
            }),
            load!(self.customers, customers.into_iter(), async |id| {
                service.customers.find(workspace, id).await
            }),
            load!(self.users, users.into_iter(), async |id| {
                service.users.find(workspace, id).await
            }),
        );
        let others = try_join3(
            load!(self.inboxes, inboxes.into_iter(), async |id| {
                service.inboxes.find(workspace, id).await
            }),
            load!(self.webhooks, webhooks.into_iter(), async |id| {
                service.webhooks.find(workspace, id).await
            }),
            load!(self.messages, of_conversation.keys().copied(), async |id: MessageId| {
                match of_conversation.get(&id) {
                    Some(&conversation) => service.messages.find(workspace, conversation, id).await,
                    None => Ok(None),
                }
            }),
        );
        try_join(conversations_and_people, others).await?;
        Ok(())
    }

    /// The loaded subject of an event, and the approximate bytes of its content.
    pub(super) fn of_event(&mut self, event: &Event) -> (EventState, usize) {
        let is_end = event.change.kind.is_end();
        let state = match event.change.subject {
            EventSubject::Message { conversation, message, .. } => {
                let message = self.messages.remove(&message);
                self.conversations
                    .get(&conversation)
                    .cloned()
                    .map(|found| EventState::Message { message, conversation: Box::new(found) })
            }
            EventSubject::Feed => Some(EventState::Feed(ResetReason::Rewritten)),
            _ if is_end => None,
            EventSubject::Conversation(id) => {
                let found = self.conversations.get(&id).cloned();
                found.map(|found| EventState::Conversation(Box::new(found)))
            }
            EventSubject::Customer(id) => {
                let found = self.customers.get(&id).cloned();
                found.map(|found| EventState::Customer(Box::new(found)))
            }
            EventSubject::User(id) => self.users.get(&id).cloned().map(EventState::User),
            EventSubject::Inbox(id) => self.inboxes.get(&id).cloned().map(EventState::Inbox),
            EventSubject::Webhook(id) => {
                let found = self.webhooks.get(&id).cloned();
                found.map(|found| EventState::Webhook(Box::new(found)))
            }
        };
        let state = state.unwrap_or(EventState::Gone);
        let size = state.content_bytes();
        (state, size)
    }
}

/// The subjects to load for some events, except deleted ones.
#[derive(Default)]
struct Wanted {
    conversations: Vec<ConversationId>,
    messages: Vec<(MessageId, ConversationId)>,
    customers: Vec<CustomerId>,
    users: Vec<UserId>,
    inboxes: Vec<InboxId>,
    webhooks: Vec<WebhookId>,
}

impl Wanted {
    fn add(&mut self, event: &Event) {
        let is_end = event.change.kind.is_end();
        match event.change.subject {
            EventSubject::Message { conversation, message, .. } => {
                self.conversations.push(conversation);
                if !is_end {
                    self.messages.push((message, conversation));
                }
            }
            _ if is_end => {}
            EventSubject::Conversation(id) => self.conversations.push(id),
            EventSubject::Customer(id) => self.customers.push(id),
            EventSubject::User(id) => self.users.push(id),
            EventSubject::Inbox(id) => self.inboxes.push(id),
            EventSubject::Webhook(id) => self.webhooks.push(id),
            EventSubject::Feed => {}
        }
    }
}

impl EventState {
    /// The approximate bytes of the content.
    #[must_use]
    pub fn content_bytes(&self) -> usize {
        match self {
            Self::Conversation(details) => size_of_conversation(details),
            Self::Message { message, conversation } => {
                let body = message.as_ref().map_or(0, |message| message.body().as_str().len());
                body + size_of_conversation(conversation)
            }
            Self::Customer(customer) => customer.custom_fields().bytes(),
            Self::Gone | Self::User(_) | Self::Inbox(_) | Self::Webhook(_) | Self::Feed(_) => 0,
        }
    }
}

fn size_of_conversation(details: &ConversationDetails) -> usize {
    details.customer.as_ref().map_or(0, |customer| customer.custom_fields().bytes())
}
