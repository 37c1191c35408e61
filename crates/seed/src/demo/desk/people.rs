//! The people of the demo, as far as a workspace has them still.

use conversations_application::read_model::{CustomerFilter, UserFilter};
use conversations_application::{Caller, Error, PageRequest};
use conversations_domain::{Customer, CustomerId, InboxId, InboxParts, User, UserId, UserParts};

use super::DeskServices;
use crate::demo::company::{HOST, email};
use crate::demo::script::Script;
use crate::random::Random;

/// Inboxes by their places in the script, agents, and customers.
pub(super) struct People {
    inboxes: Vec<(usize, InboxId)>,
    agents: Vec<Agent>,
    pub(super) customers: Vec<Customer>,
}

/// Who answers: their id and their first name.
pub(super) type Agent = (UserId, String);

impl People {
    /// Those whom the workspace has; `None` when it has no inbox or no user of the demo.
    pub(super) async fn find(
        services: &DeskServices,
        caller: &Caller,
        script: &Script,
    ) -> Result<Option<Self>, Error> {
        let Some(page) = PageRequest::new(1, PageRequest::MAX_LIMIT) else { return Ok(None) };
        let inboxes = services.inboxes.list(caller, page).await?.items;
        let users = services.users.list(caller, UserFilter::default(), page).await?.items;
        let customers = services.customers.list(caller, CustomerFilter::default(), page).await?;

        let place_of = |name: &str| script.inboxes.iter().position(|line| line.name == name);
        let inboxes = inboxes.into_iter().filter_map(|inbox| {
            let InboxParts { id, name, .. } = inbox.into_parts();
            Some((place_of(name.as_str())?, id))
        });
        let mut addresses = Vec::new();
        for line in &script.users {
            addresses.push(email(&line.name, HOST)?.case_folded());
        }
        let agents = users.into_iter().map(User::into_parts).filter_map(|user| {
            let UserParts { id, name, email, .. } = user;
            let first_name = name.as_str().split(' ').next().unwrap_or_default().to_owned();
            addresses.contains(&email.case_folded()).then_some((id, first_name))
        });
        let is_made_up = |customer: &Customer| {
            let profile = customer.clone().into_parts().profile;
            let (Some(first), Some(last)) = (profile.first_name, profile.last_name) else {
                return false;
            };
            let name = format!("{} {}", first.as_str(), last.as_str());
            script.customers.iter().any(|line| line.name == name)
        };
        let found = Self {
            inboxes: inboxes.collect(),
            agents: agents.collect(),
            customers: customers.items.into_iter().filter(is_made_up).collect(),
        };
        Ok((!found.inboxes.is_empty() && !found.agents.is_empty()).then_some(found))
    }

    /// The inbox at a place of the script.
    pub(super) fn inbox(&self, place: usize) -> Option<InboxId> {
        self.inboxes.iter().find(|(own, _)| *own == place).map(|(_, id)| *id)
    }

    pub(super) fn has_customer(&self, id: CustomerId) -> bool {
        self.customers.iter().any(|customer| customer.id() == id)
    }

    /// This user as an agent.
    pub(super) fn agent(&self, id: UserId) -> Option<Agent> {
        self.agents.iter().find(|(own, _)| *own == id).cloned()
    }

    /// One who answers in an inbox, or, where there is none, any.
    pub(super) fn agent_in(
        &self,
        script: &Script,
        inbox: InboxId,
        random: &mut Random,
    ) -> Option<Agent> {
        let place = self.inboxes.iter().find(|(_, id)| *id == inbox).map(|(place, _)| *place);
        let names = place.map(|place| script.inboxes[place].users.as_slice()).unwrap_or_default();
        let all: Vec<&Agent> = self.agents.iter().collect();
        let own: Vec<&Agent> =
            self.agents.iter().filter(|(_, name)| names.contains(name)).collect();
        random.one_of(if own.is_empty() { &all } else { &own }).cloned()
    }
}
