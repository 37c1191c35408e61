//! The company of the demo: who works there, and who writes to them.

use conversations_domain::{
    Customer, CustomerId, Email, Inbox, InboxId, Name, NewCustomer, NewInbox, NewUser, Profile,
    ProfileText, Tags, Tier, Timestamp, User, UserId,
};

use super::script::{CustomerLine, Script};
use crate::conversations::earlier;
use crate::random::Random;
use crate::{DAY, made};
use conversations_application::Error;
use conversations_application::search::tokenize;

/// They were there before the first conversation.
const BEFORE: i64 = 40 * DAY;

/// Where the users have their addresses: a domain that cannot be registered (RFC 2606).
pub(super) const HOST: &str = "pinewright.example";

pub(super) struct Company {
    pub(super) inboxes: Vec<Inbox>,
    pub(super) users: Vec<User>,
    pub(super) customers: Vec<Customer>,
}

impl Company {
    pub(super) fn of(script: &Script, random: &mut Random, now: Timestamp) -> Result<Self, Error> {
        let time = earlier(now, BEFORE);
        let mut company = Self { inboxes: Vec::new(), users: Vec::new(), customers: Vec::new() };
        for line in &script.inboxes {
            let name = made(Name::parse(&line.name))?;
            let id = InboxId::from_uuid(random.id(time));
            company.inboxes.push(Inbox::new(id, NewInbox { name, channel: Some(line.channel) }));
        }
        for line in &script.users {
            let new = NewUser {
                external_id: None,
                name: made(Name::parse(&line.name))?,
                email: email(&line.name, HOST)?,
                role: Some(line.role),
            };
            company.users.push(User::new(UserId::from_uuid(random.id(time)), new));
        }
        for line in &script.customers {
            let id = CustomerId::from_uuid(random.id(time));
            company.customers.push(Customer::new(id, customer(line, random)?));
        }
        Ok(company)
    }
}

fn customer(line: &CustomerLine, random: &mut Random) -> Result<NewCustomer, Error> {
    let CustomerLine { name, tier, company, job } = line;
    let text = |text: &str| made(ProfileText::parse(text));
    let (first, last) = name.split_once(' ').unwrap_or((name.as_str(), "Smith"));
    let host = match company {
        Some(company) => format!("{}.example", tokenize(company).join("-")),
        None => random
            .one_of(&["example.com", "example.net", "example.org"])
            .unwrap_or("example.com")
            .to_owned(),
    };
    // Unassigned phone numbers: 01632 is reserved for fiction.
    let phone =
        random.with_chance(400).then(|| format!("+44 1632 {}", 960_000 + random.below(1_000)));
    let tags: &[&str] = match tier {
        Tier::Platinum => &["vip", "trade"],
        Tier::Gold => &["trade"],
        Tier::Bronze | Tier::Silver => &[],
    };
    let profile = Profile {
        first_name: Some(text(first)?),
        last_name: Some(text(last)?),
        email: Some(email(name, &host)?),
        phone: phone.as_deref().map(text).transpose()?,
        company: company.as_deref().map(text).transpose()?,
        job_title: job.as_deref().map(text).transpose()?,
    };
    let tags = made(Tags::parse(tags))?;
    Ok(NewCustomer { tier: Some(*tier), tags, ..NewCustomer::of(profile) })
}

/// The address that a person of this name has.
pub(super) fn email(name: &str, host: &str) -> Result<Email, Error> {
    made(Email::parse(&format!("{}@{host}", tokenize(name).join("."))))
}
