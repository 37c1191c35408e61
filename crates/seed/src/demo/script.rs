//! The texts as they lie in `data/`, and how their slots are filled.

use std::collections::BTreeMap;

use conversations_domain::{Channel, Priority, Role, Status, Tier};
use serde::Deserialize;

/// All there is to tell.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Script {
    pub(super) inboxes: Vec<InboxLine>,
    pub(super) users: Vec<UserLine>,
    pub(super) products: Vec<Product>,
    pub(super) cities: Vec<String>,
    /// Slots that are one of several words each time.
    pub(super) words: BTreeMap<String, Vec<String>>,
    pub(super) customers: Vec<CustomerLine>,
    /// By inbox, in files of their own.
    #[serde(skip)]
    pub(super) scenarios: Vec<Scenario>,
    /// How a conversation goes on that has ended, or that waits for an answer.
    #[serde(skip)]
    pub(super) follow_ups: Vec<Vec<Step>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InboxLine {
    pub(super) name: String,
    pub(super) channel: Channel,
    /// The first names of those who answer in it.
    pub(super) users: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserLine {
    pub(super) name: String,
    pub(super) role: Role,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Product {
    pub(super) thing: String,
    pub(super) name: String,
    pub(super) price: String,
    pub(super) colours: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomerLine {
    pub(super) name: String,
    pub(super) tier: Tier,
    pub(super) company: Option<String>,
    pub(super) job: Option<String>,
}

/// What can happen in a conversation, from its beginning to its end.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scenario {
    /// The place of its inbox: a scenario is in the file of its inbox.
    #[serde(skip)]
    pub(super) inbox: usize,
    pub(super) subject: String,
    pub(super) channel: Option<Channel>,
    pub(super) priority: Option<Priority>,
    #[serde(default)]
    pub(super) labels: Vec<String>,
    /// The things that it can be about; by default any.
    #[serde(default)]
    pub(super) about: Vec<String>,
    /// With a customer who has a company.
    #[serde(default)]
    pub(super) business: bool,
    /// Without a known customer.
    #[serde(default)]
    pub(super) anonymous: bool,
    pub(super) thread: Vec<Step>,
}

/// One thing that happens.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Step {
    Customer(String),
    Agent(String),
    Note(String),
    System(String),
    Status(Status),
    Priority(Priority),
    Label(String),
    /// It moves to another inbox, where another user takes it.
    Inbox(String),
}

impl Step {
    /// Whether an agent does it who has the conversation.
    pub(super) fn is_by_agent(&self) -> bool {
        matches!(self, Self::Agent(_) | Self::Note(_))
    }
}

/// The scenarios of the inboxes, in their order.
const SCENARIOS: [&str; 5] = [
    include_str!("data/orders.json"),
    include_str!("data/returns.json"),
    include_str!("data/billing.json"),
    include_str!("data/technical.json"),
    include_str!("data/sales.json"),
];

impl Script {
    pub(super) fn read() -> Result<Self, serde_json::Error> {
        let mut script: Self = serde_json::from_str(include_str!("data/company.json"))?;
        for (inbox, text) in SCENARIOS.iter().enumerate() {
            let scenarios: Vec<Scenario> = serde_json::from_str(text)?;
            script.scenarios.extend(scenarios.into_iter().map(|each| Scenario { inbox, ..each }));
        }
        script.follow_ups = serde_json::from_str(include_str!("data/follow_ups.json"))?;
        Ok(script)
    }
}

/// The text with what stands in its `{slots}`; a slot that is not known stays as it is.
pub(super) fn fill(text: &str, slots: &BTreeMap<&str, String>) -> String {
    let mut filled = text.to_owned();
    for (name, value) in slots {
        let slot = format!("{{{name}}}");
        if filled.contains(&slot) {
            filled = filled.replace(&slot, value);
        }
    }
    filled
}
