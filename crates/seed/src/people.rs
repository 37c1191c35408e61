//! The customers, users and inboxes of generated conversations.

use conversations_domain::{
    Channel, CustomFields, CustomValue, Customer, CustomerId, Email, Inbox, InboxId, Name,
    NewCustomer, NewInbox, NewUser, Profile, ProfileText, Role, Tags, Tier, Timestamp, User,
    UserId, WorkspaceId,
};

use super::random::{EntityKind, Random};
use super::{made, texts};
use conversations_application::Error;
use conversations_application::ports::{SeedPeople, SeedShape};

/// The inboxes, users and customers of a workspace, all made at this time.
pub(super) fn people(
    workspace: WorkspaceId,
    shape: SeedShape,
    time: Timestamp,
) -> Result<SeedPeople, Error> {
    let SeedShape { customers, users, inboxes, messages_per: _ } = shape;
    Ok(SeedPeople {
        inboxes: (0..inboxes)
            .map(|number| inbox(workspace, number, time))
            .collect::<Result<_, _>>()?,
        users: (0..users).map(|number| user(workspace, number, time)).collect::<Result<_, _>>()?,
        customers: (0..customers)
            .map(|number| customer(workspace, number, time))
            .collect::<Result<_, _>>()?,
    })
}

fn inbox(workspace: WorkspaceId, number: u32, time: Timestamp) -> Result<Inbox, Error> {
    let mut random = Random::of(workspace, EntityKind::Inbox, number.into());
    let id = InboxId::from_uuid(random.id(time));
    let channel = if number % 4 == 3 { Channel::Chat } else { Channel::Email };
    let name = made(Name::parse(&texts::inbox(number)))?;
    Ok(Inbox::new(id, NewInbox { name, channel: Some(channel) }))
}

fn user(workspace: WorkspaceId, number: u32, time: Timestamp) -> Result<User, Error> {
    let mut random = Random::of(workspace, EntityKind::User, number.into());
    let id = UserId::from_uuid(random.id(time));
    let (first, last, email) = texts::person(&mut random, "agents.example.com", number.into());
    let role = match number {
        0 => Role::Owner,
        1 => Role::Admin,
        _ => Role::Agent,
    };
    let name = made(Name::parse(&format!("{first} {last}")))?;
    let email = made(Email::parse(&email))?;
    Ok(User::new(id, NewUser { external_id: None, name, email, role: Some(role) }))
}

fn customer(workspace: WorkspaceId, number: u32, time: Timestamp) -> Result<Customer, Error> {
    let mut random = Random::of(workspace, EntityKind::Customer, number.into());
    let id = CustomerId::from_uuid(random.id(time));
    let (first, last, email) = texts::person(&mut random, "customers.example.com", number.into());
    let text = |text: &str| made(ProfileText::parse(text));
    let phone = if random.with_chance(500) {
        Some(text(&format!("+49 30 {}", 1_000_000 + random.below(9_000_000)))?)
    } else {
        None
    };
    let company =
        if random.with_chance(400) { Some(text(texts::company(&mut random))?) } else { None };
    let job_title = if company.is_some() && random.with_chance(500) {
        Some(text(texts::job(&mut random))?)
    } else {
        None
    };
    let tier = match random.below(100) {
        0..70 => Tier::Bronze,
        70..90 => Tier::Silver,
        90..98 => Tier::Gold,
        _ => Tier::Platinum,
    };
    let tag = if random.with_chance(300) { random.one_of(&texts::TAGS) } else { None };
    let field = random.with_chance(200).then(|| {
        let orders = i64::try_from(random.below(200)).unwrap_or_default();
        ("orders".to_owned(), CustomValue::Integer(orders))
    });
    let profile = Profile {
        first_name: Some(text(&first)?),
        last_name: Some(text(&last)?),
        email: Some(made(Email::parse(&email))?),
        phone,
        company,
        job_title,
    };
    let tags = made(Tags::parse(tag.as_slice()))?;
    let custom_fields = made(CustomFields::new(field))?;
    let tier = Some(tier);
    Ok(Customer::new(id, NewCustomer { tier, tags, custom_fields, ..NewCustomer::of(profile) }))
}
