//! Random operations on all kinds of resources, by writers that share them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use conversations_testkit::Random;
use serde_json::Value;

use super::Outcomes;
use super::model::Model;
use crate::client::{Answer, Call, Client};
use crate::server::Server;

/// Of every hundred choices, this many are one of the newest resources, where writers meet.
const OF_THE_NEWEST: usize = 60;
const NEWEST: usize = 12;

/// The ids of what the writers made.
#[derive(Default)]
pub(super) struct Resources {
    pub(super) conversations: Mutex<Vec<String>>,
    pub(super) customers: Mutex<Vec<String>>,
    pub(super) users: Mutex<Vec<String>>,
    pub(super) inboxes: Mutex<Vec<String>>,
    pub(super) messages: Mutex<Vec<(String, String)>>,
}

pub(super) fn hold<T>(ids: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    ids.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn pick<T: Clone>(ids: &Mutex<Vec<T>>, random: &mut Random) -> Option<T> {
    let ids = hold(ids);
    let newest = ids.len().saturating_sub(NEWEST);
    let begin = if random.percent(OF_THE_NEWEST) { newest } else { 0 };
    let chosen = begin + random.below((ids.len() - begin).max(1));
    ids.get(chosen).cloned()
}

pub(super) fn forget<T: PartialEq>(ids: &Mutex<Vec<T>>, id: &T) {
    hold(ids).retain(|each| each != id);
}

/// What was acknowledged.
#[derive(Default)]
pub(super) struct Acknowledged {
    outcomes: Outcomes,
    is_pending: bool,
    /// The ids of what was made and deleted, by the type of the event that tells of it.
    told: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Acknowledged {
    pub(super) fn add(&mut self, other: Self) {
        for (name, [done, refused]) in other.outcomes {
            let [all_done, all_refused] = self.outcomes.entry(name).or_default();
            (*all_done, *all_refused) = (*all_done + done, *all_refused + refused);
        }
        self.is_pending |= other.is_pending;
        for (kind, ids) in other.told {
            self.told.entry(kind).or_default().extend(ids);
        }
    }

    pub(super) fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Whether a deletion went on after its reply.
    pub(super) fn is_pending(&self) -> bool {
        self.is_pending
    }

    /// Makes sure that a copy was told of all that was made and deleted.
    pub(super) fn are_told_by(&self, copy: &Model) {
        for (kind, ids) in &self.told {
            let mut told = copy.told(kind);
            if *kind == "message.received" {
                told.extend(copy.told("message.sent"));
                told.extend(copy.told("message.noted"));
            }
            let missing: Vec<_> = ids.difference(&told).collect();
            assert!(missing.is_empty(), "{kind} is not told of {missing:?}");
        }
        // Only replies to these tell of all that are made.
        let made = self.told.get("conversation.created").cloned().unwrap_or_default();
        assert_eq!(copy.told("conversation.created"), made);
    }
}

/// A client that does random operations.
pub(super) struct Writer {
    pub(super) name: usize,
    pub(super) client: Client,
    pub(super) inbox: String,
    pub(super) random: Random,
    pub(super) resources: Arc<Resources>,
    pub(super) number: usize,
    acknowledged: Acknowledged,
}

impl Writer {
    pub(super) fn new(
        name: usize,
        server: &Server,
        random: Random,
        resources: Arc<Resources>,
    ) -> Self {
        let (client, inbox) = (server.client(), server.inbox().to_owned());
        let acknowledged = Acknowledged::default();
        Self { name, client, inbox, random, resources, number: 0, acknowledged }
    }

    /// Does operations until none is left.
    pub(super) async fn write(mut self, left: Arc<AtomicUsize>) -> Acknowledged {
        let take = |left: usize| left.checked_sub(1);
        while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok() {
            self.number += 1;
            match self.random.below(100) {
                0..18 => self.create_conversation().await,
                18..40 => self.update_conversation().await,
                40..45 => self.claim().await,
                45..64 => self.append().await,
                64..68 => self.delete_message().await,
                68..72 => self.delete_conversation().await,
                72..77 => self.create_customer().await,
                77..83 => self.update_customer().await,
                83..86 => self.delete_customer().await,
                86..89 => self.create_user().await,
                89..93 => self.update_user().await,
                93..95 => self.delete_user().await,
                95..97 => self.create_inbox().await,
                97..99 => self.update_inbox().await,
                _ => self.delete_inbox().await,
            }
        }
        self.acknowledged
    }

    /// A text that no other operation has.
    pub(super) fn text(&self) -> String {
        format!("Operation {} of {}", self.number, self.name)
    }

    pub(super) fn some_of(&mut self, words: &[&str]) -> Vec<String> {
        let mut some: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
        some.retain(|_| self.random.percent(30));
        some
    }

    /// Does an operation; `None` if it was refused, which other writers may cause.
    pub(super) async fn perform(&mut self, name: &'static str, call: Call) -> Option<Answer> {
        let settled = self.client.settle(&call).await;
        let answer = settled.answer;
        let [done, refused] = self.acknowledged.outcomes.entry(name).or_default();
        if answer.is_success() {
            *done += 1;
            self.acknowledged.is_pending |= answer.status == 202;
            return Some(answer);
        }
        *refused += 1;
        let may_be = [404, 409, 412, 422].contains(&answer.status);
        assert!(may_be, "{name} of {}: {answer:?}", self.text());
        None
    }

    /// The same for a POST, which is sent again now and then, and answers the same then.
    pub(super) async fn create(
        &mut self,
        name: &'static str,
        path: &str,
        body: Value,
    ) -> Option<Answer> {
        let call = Call::post(path, body).keyed(&self.text());
        let answer = self.perform(name, call.clone()).await?;
        if self.random.percent(4) {
            let again = self.client.settle(&call).await.answer;
            let is_same =
                again.status == 404 || again.body["data"]["_id"] == answer.body["data"]["_id"];
            assert!(is_same, "{name}: {answer:?}, and then {again:?}");
        }
        Some(answer)
    }

    /// Changes something, at times only as it was read.
    pub(super) async fn change(
        &mut self,
        name: &'static str,
        path: String,
        body: Value,
    ) -> Option<Answer> {
        let mut call = Call::patch(&*path, body);
        if self.random.percent(25) {
            let read = self.client.settle(&Call::get(path)).await.answer;
            if read.status == 200 {
                call = call.if_match(read.tag());
            }
        }
        self.perform(name, call).await
    }

    pub(super) fn told(&mut self, kind: &'static str, id: String) {
        self.acknowledged.told.entry(kind).or_default().insert(id);
    }
}
