//! Totals, compared with what a memory of every operation says, over random operations.

use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

use conversations_application::ports::{Commit, Deletion, DeletionOutcome, RepositoryError};
use conversations_application::read_model::{AssigneeFilter, ConversationFilter};
use conversations_domain::{
    Author, Change, Changes, Conversation, ConversationId, CustomerId, InboxId, Priority, Status,
    UserId,
};
use conversations_persistence::Repositories;

use super::bulk::finish_erasures;
use super::commits::{customer_erasure, revised, user_removal};
use super::pages::page;
use super::random::Choose;
use super::tenant::Tenant;
use super::totals::{allows, assert_right};
use crate::Random;
use crate::fixtures::{a_conversation, a_customer, a_message, a_user, an_inbox, an_origin, at};

/// How many operations there are, unless `CONVERSATIONS_OPERATIONS` says.
const OPERATIONS: usize = 1_500;

/// How many there are between two recounts, at least; there are a hundred recounts at most.
const BETWEEN: usize = 250;

const DAY: i64 = 86_400_000;

/// Whatever is made, changed, moved, assigned, reopened and erased, in whatever order, every total
/// is that of a memory, and a recount finds what is kept. A failure names the seed.
pub async fn any_sequence_of_writes_keeps_the_totals_exact(repositories: &Repositories) {
    #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
    let wanted = std::env::var("CONVERSATIONS_OPERATIONS").ok();
    let operations = wanted.map_or(OPERATIONS, |wanted| wanted.parse().expect("a number"));
    let between = BETWEEN.max(operations / 100);
    let seed = RandomState::new().hash_one(0);
    println!("the seed is {seed}");
    let tenant = Tenant::new(repositories).await;
    let mut memory = Memory::new(&tenant).await;
    let mut random = Random::new(seed);

    for done in 0..operations {
        memory.operate(&mut random).await;
        if done % 10 == 0 {
            memory.ask(&mut random).await;
        }
        if done % between == between - 1 {
            memory.finish_erasures().await;
            assert_right(&tenant, memory.conversations.len() as u64).await;
        }
    }
    memory.finish_erasures().await;
    assert_right(&tenant, memory.conversations.len() as u64).await;
}

/// The state, as far as totals show it.
struct Memory<'a> {
    tenant: &'a Tenant<'a>,
    conversations: BTreeMap<ConversationId, Conversation>,
    inboxes: Vec<InboxId>,
    users: Vec<UserId>,
    people: Vec<CustomerId>,
    /// How many users are gone: each goes at a time of its own, as their histories tell apart.
    gone: i64,
}

impl<'a> Memory<'a> {
    async fn new(tenant: &'a Tenant<'a>) -> Self {
        let mut memory = Self {
            tenant,
            conversations: BTreeMap::new(),
            inboxes: vec![tenant.inbox, tenant.inbox(an_inbox()).await.id()],
            users: Vec::new(),
            people: Vec::new(),
            gone: 0,
        };
        for _ in 0..3 {
            memory.users.push(tenant.user(a_user()).await.id());
            memory.people.push(tenant.customer(a_customer()).await.id());
        }
        memory
    }

    fn any(&self, random: &mut Random) -> Option<ConversationId> {
        let ids: Vec<_> = self.conversations.keys().copied().collect();
        (!ids.is_empty()).then(|| *random.pick(&ids))
    }

    async fn operate(&mut self, random: &mut Random) {
        let Some(id) = self.any(random).filter(|_| random.percent(70)) else {
            return self.open(random).await;
        };
        match random.below(100) {
            0..55 => self.change(random, id).await,
            55..75 => self.receive(random, id).await,
            75..92 => {
                self.tenant.erase(id).await.expect("it is there");
                self.conversations.remove(&id);
            }
            92..95 => self.lose_a_user(random).await,
            95..97 => self.forget_a_person(random).await,
            97..99 => self.close_an_inbox(random).await,
            _ => {
                let merged = self.tenant.repositories.totals.merge(self.tenant.id).await;
                merged.expect("they are merged");
            }
        }
    }

    async fn open(&mut self, random: &mut Random) {
        let day = i64::try_from(random.below(9)).expect("a small number");
        let mut new = a_conversation(*random.pick(&self.inboxes))
            .opened_at(at(-day * DAY))
            .in_status(*random.pick(Status::ALL))
            .of_priority(*random.pick(Priority::ALL));
        if let Some(user) = random.maybe(&self.users) {
            new = new.assigned_to(*user);
        }
        if let Some(person) = random.maybe(&self.people) {
            new = new.with_customer(*person);
        }
        let new = self.tenant.open(new.build()).await;
        self.conversations.insert(new.id(), new);
    }

    async fn change(&mut self, random: &mut Random, id: ConversationId) {
        let mut changes = Changes::default();
        if random.percent(50) {
            changes.status = Change::To(*random.pick(Status::ALL));
        }
        if random.percent(30) {
            changes.priority = Change::To(*random.pick(Priority::ALL));
        }
        if random.percent(30) {
            changes.inbox = Change::To(*random.pick(&self.inboxes));
        }
        if random.percent(40) {
            changes.assignee = Change::To(random.maybe(&self.users).copied());
        }
        let stored = &self.conversations[&id];
        let write = revised(stored, changes, at(1_000));
        if write.changed.revision() != stored.revision() {
            let changed = self.tenant.change(write).await.expect("the change is stored");
            self.conversations.insert(id, changed);
        }
    }

    async fn receive(&mut self, random: &mut Random, id: ConversationId) {
        let author = *random.pick(&[Author::Customer(None), Author::System]);
        let message = a_message().by(author).build();
        self.tenant.append(id, message).await.expect("it arrives");
        self.conversations.insert(id, self.tenant.stored(id).await);
    }

    /// Carries out what is pending, if anything is, and remembers what that changed.
    async fn finish_erasures(&mut self) {
        finish_erasures(self.tenant.repositories).await;
        let ids: Vec<_> = self.conversations.keys().copied().collect();
        for id in ids {
            self.conversations.insert(id, self.tenant.stored(id).await);
        }
    }

    async fn lose_a_user(&mut self, random: &mut Random) {
        let place = random.below(self.users.len());
        let user = self.users.swap_remove(place);
        let users = &self.tenant.repositories.users;
        self.gone += 1;
        let deleted = users.delete(self.tenant.id, user_removal(user, at(self.gone))).await;
        assert!(deleted.expect("the user is deleted"));
        let theirs: Vec<_> = self
            .conversations
            .values()
            .filter(|each| each.assignee() == Some(user))
            .map(Conversation::id)
            .collect();
        for id in theirs {
            self.conversations.insert(id, self.tenant.stored(id).await);
        }
        self.users.push(self.tenant.user(a_user()).await.id());
    }

    async fn forget_a_person(&mut self, random: &mut Random) {
        let place = random.below(self.people.len());
        let person = self.people.swap_remove(place);
        let customers = &self.tenant.repositories.customers;
        let erased = customers.erase(self.tenant.id, customer_erasure(person)).await;
        assert!(erased.expect("the person is erased"));
        self.conversations.retain(|_, each| each.customer() != Some(person));
        self.people.push(self.tenant.customer(a_customer()).await.id());
    }

    /// Deletes an inbox if nothing is in it; else makes another one.
    async fn close_an_inbox(&mut self, random: &mut Random) {
        let place = random.below(self.inboxes.len());
        let inbox = self.inboxes[place];
        let inboxes = &self.tenant.repositories.inboxes;
        let deleted =
            inboxes.delete(self.tenant.id, Commit::of(an_origin(), Deletion::of(inbox))).await;
        let there = self.conversations.values().filter(|each| each.inbox() == inbox).count();
        // Conversations that are being erased block it, but are not visible.
        if matches!(deleted, Err(RepositoryError::Unavailable(_))) {
            assert_eq!(there, 0);
            return self.finish_erasures().await;
        }
        match deleted.expect("an answer") {
            DeletionOutcome::Done => {
                assert_eq!(there, 0);
                self.inboxes[place] = self.tenant.inbox(an_inbox()).await.id();
            }
            DeletionOutcome::InUse { conversations } => {
                assert_eq!(conversations, there as u64);
                if self.inboxes.len() < 5 {
                    self.inboxes.push(self.tenant.inbox(an_inbox()).await.id());
                }
            }
            DeletionOutcome::Absent => panic!("it was there"),
        }
    }

    /// A conversation as it is shown: a user who is being deleted takes care of nothing.
    fn shown(&self, stored: &Conversation) -> Conversation {
        let mut parts = stored.clone().into_parts();
        parts.assignee = parts.assignee.filter(|user| self.users.contains(user));
        Conversation::restore(parts)
    }

    /// Compares a total.
    async fn ask(&self, random: &mut Random) {
        let users: Vec<_> = self.users.iter().copied().map(AssigneeFilter::User).collect();
        let assignees = [&users[..], &[AssigneeFilter::Nobody]].concat();
        let filter = ConversationFilter {
            statuses: random.some_of(Status::ALL),
            priorities: random.some_of(Priority::ALL),
            assignee: random.maybe(&assignees).copied(),
            inbox: random.maybe(&self.inboxes).copied(),
            ..ConversationFilter::default()
        };
        let shown = self.conversations.values().map(|each| self.shown(each));
        let expected = shown.filter(|each| allows(&filter, each)).count();
        let total = self.tenant.list(filter.clone(), page(1, 1)).await.total;
        assert_eq!(total, expected as u64, "{filter:?}");
    }
}
