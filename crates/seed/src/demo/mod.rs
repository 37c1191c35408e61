//! A support desk to look at: a small company that makes furniture, and a month of its
//! conversations. The texts are data, in `data/`; what happens in a conversation goes through the
//! rules of the domain.

mod company;
mod desk;
mod script;
mod story;
#[cfg(test)]
mod tests;

use conversations_domain::{User, WorkspaceId};

use super::{Random, SeedService, made};
use company::Company;
use conversations_application::Error;
use conversations_application::ports::SeedPeople;
pub use desk::{DemoDesk, DeskServices};
use script::Script;
use story::Story;

/// How many conversations there are.
const CONVERSATIONS: u64 = 320;

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoSummary {
    /// Conversations.
    pub conversations: usize,
    /// Messages in them, notes included.
    pub messages: usize,
    /// Customers.
    pub customers: usize,
    /// Users.
    pub users: usize,
    /// Inboxes.
    pub inboxes: usize,
    /// The user who is in charge.
    pub in_charge: Option<User>,
}

impl SeedService {
    /// Fills a workspace with the last month of a support desk, if it has no customer, user or
    /// conversation: all of it or nothing. `None` when it has some; then nothing is touched.
    pub async fn insert_demo(&self, workspace: WorkspaceId) -> Result<Option<DemoSummary>, Error> {
        let now = self.contexts.begin().now();
        let script = made(Script::read())?;
        let mut random = Random::of(workspace, super::random::EntityKind::Demo, 0);
        let company = Company::of(&script, &mut random, now)?;
        let mut seeded = Vec::new();
        let mut deck: Vec<usize> = Vec::new();
        for _ in 0..CONVERSATIONS {
            // Every scenario comes once before one comes again.
            if deck.is_empty() {
                deck.extend(0..script.scenarios.len());
            }
            let place = usize::try_from(random.below(deck.len() as u64)).unwrap_or_default();
            let scenario = &script.scenarios[deck.swap_remove(place)];
            seeded.extend(Story::tell(&script, &company, scenario, &mut random, now)?);
        }
        let people = SeedPeople {
            inboxes: company.inboxes,
            users: company.users,
            customers: company.customers,
        };
        let told = DemoSummary {
            conversations: seeded.len(),
            messages: seeded.iter().map(|thread| thread.messages.len()).sum(),
            customers: people.customers.len(),
            users: people.users.len(),
            inboxes: people.inboxes.len(),
            in_charge: people.users.first().cloned(),
        };
        let inserted = self.storage.insert_demo(workspace, people, seeded, self.origin()).await?;
        if inserted {
            self.storage.analyze().await?;
        }
        Ok(inserted.then_some(told))
    }
}
