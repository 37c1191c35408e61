//! Listing the conversations that a filter allows.

use conversations_application::read_model::{AssigneeFilter, ConversationFilter, ExternalIdFilter};
use conversations_domain::{
    Channel, ConversationId, CustomerId, InboxId, Priority, Source, Status, UserId,
};
use conversations_persistence::Repositories;

use super::bulk::listed;
use super::tenant::Tenant;
use super::text_search::query;
use crate::fixtures::{
    ConversationBuilder, a_conversation, a_customer, a_user, an_inbox, at, next_id, tags,
};

/// One status or several.
pub async fn filters_by_status(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let open = store(&tenant, a_conversation(tenant.inbox)).await;
    let pending = store(&tenant, a_conversation(tenant.inbox).pending()).await;
    let closed = store(&tenant, a_conversation(tenant.inbox).closed()).await;
    let of = |statuses: &[Status]| ConversationFilter {
        statuses: statuses.to_vec(),
        ..ConversationFilter::default()
    };

    assert_eq!(listed(&tenant, of(&[Status::Open])).await, [open]);
    assert_eq!(listed(&tenant, of(&[Status::Pending])).await, [pending]);
    assert_eq!(listed(&tenant, of(&[Status::Closed, Status::Open])).await, [closed, open]);
    assert_eq!(listed(&tenant, of(&[Status::Open, Status::Open])).await, [open]);
    assert_eq!(listed(&tenant, of(Status::ALL)).await, [closed, pending, open]);
}

/// One priority or several.
pub async fn filters_by_priority(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let of = |priority| a_conversation(tenant.inbox).of_priority(priority);
    let low = store(&tenant, of(Priority::Low)).await;
    let medium = store(&tenant, of(Priority::Medium)).await;
    let high = store(&tenant, of(Priority::High)).await;
    let urgent = store(&tenant, of(Priority::Urgent)).await;
    let of = |priorities: &[Priority]| ConversationFilter {
        priorities: priorities.to_vec(),
        ..ConversationFilter::default()
    };

    assert_eq!(listed(&tenant, of(&[Priority::High])).await, [high]);
    assert_eq!(listed(&tenant, of(&[Priority::Urgent, Priority::Low])).await, [urgent, low]);
    assert_eq!(listed(&tenant, of(Priority::ALL)).await, [urgent, high, medium, low]);
}

/// A user's conversations, and unassigned ones.
pub async fn filters_by_assignee(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (grace, alan) = (tenant.user(a_user()).await.id(), tenant.user(a_user()).await.id());
    let graces = store(&tenant, a_conversation(tenant.inbox).assigned_to(grace)).await;
    let alans = store(&tenant, a_conversation(tenant.inbox).assigned_to(alan)).await;
    let nobodys = store(&tenant, a_conversation(tenant.inbox)).await;
    let of =
        |assignee| ConversationFilter { assignee: Some(assignee), ..ConversationFilter::default() };

    assert_eq!(listed(&tenant, of(AssigneeFilter::User(grace))).await, [graces]);
    assert_eq!(listed(&tenant, of(AssigneeFilter::User(alan))).await, [alans]);
    assert_eq!(listed(&tenant, of(AssigneeFilter::Nobody)).await, [nobodys]);
}

/// The conversations of an inbox.
pub async fn filters_by_inbox(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let sales = tenant.inbox(an_inbox()).await.id();
    let in_sales = store(&tenant, a_conversation(sales)).await;
    let in_support = store(&tenant, a_conversation(tenant.inbox)).await;

    assert_eq!(listed(&tenant, in_inbox(sales)).await, [in_sales]);
    assert_eq!(listed(&tenant, in_inbox(tenant.inbox)).await, [in_support]);
}

/// The conversations of a customer.
pub async fn filters_by_customer(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let ada = tenant.customer(a_customer()).await.id();
    let bob = tenant.customer(a_customer()).await.id();
    let adas = store(&tenant, a_conversation(tenant.inbox).with_customer(ada)).await;
    let bobs = store(&tenant, a_conversation(tenant.inbox).with_customer(bob)).await;
    store(&tenant, a_conversation(tenant.inbox)).await;

    assert_eq!(listed(&tenant, of_customer(ada)).await, [adas]);
    assert_eq!(listed(&tenant, of_customer(bob)).await, [bobs]);
}

/// One label, or several: then all of them, in whatever order.
pub async fn filters_by_label(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let refund = store(&tenant, a_conversation(tenant.inbox).labelled(&["refund"])).await;
    let both = store(&tenant, a_conversation(tenant.inbox).labelled(&["refund", "vip"])).await;
    let vip = store(&tenant, a_conversation(tenant.inbox).labelled(&["berlin", "vip"])).await;
    store(&tenant, a_conversation(tenant.inbox)).await;

    assert_eq!(listed(&tenant, with_labels(&["refund"])).await, [both, refund]);
    assert_eq!(listed(&tenant, with_labels(&["vip"])).await, [vip, both]);
    assert_eq!(listed(&tenant, with_labels(&["refund", "vip"])).await, [both]);
    assert_eq!(listed(&tenant, with_labels(&["vip", "refund"])).await, [both]);
    assert_eq!(listed(&tenant, with_labels(&["berlin", "refund"])).await, []);
    assert_eq!(listed(&tenant, with_labels(&["refund", "unknown"])).await, []);
}

/// One channel or several.
pub async fn filters_by_channel(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let email = store(&tenant, a_conversation(tenant.inbox).over(Channel::Email)).await;
    let chat = store(&tenant, a_conversation(tenant.inbox).over(Channel::Chat)).await;
    let phone = store(&tenant, a_conversation(tenant.inbox).over(Channel::Phone)).await;
    let of = |channels: &[Channel]| ConversationFilter {
        channels: channels.to_vec(),
        ..ConversationFilter::default()
    };

    assert_eq!(listed(&tenant, of(&[Channel::Chat])).await, [chat]);
    assert_eq!(listed(&tenant, of(&[Channel::Phone, Channel::Email])).await, [phone, email]);
    assert_eq!(listed(&tenant, of(&[Channel::Whatsapp])).await, []);
    assert_eq!(listed(&tenant, of(Channel::ALL)).await, [phone, chat, email]);
}

/// One source or several.
pub async fn filters_by_source(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let api = store(&tenant, a_conversation(tenant.inbox).from_source(Source::Api)).await;
    let widget = store(&tenant, a_conversation(tenant.inbox).from_source(Source::Widget)).await;
    let email = store(&tenant, a_conversation(tenant.inbox).from_source(Source::Email)).await;
    let of = |sources: &[Source]| ConversationFilter {
        sources: sources.to_vec(),
        ..ConversationFilter::default()
    };

    assert_eq!(listed(&tenant, of(&[Source::Widget])).await, [widget]);
    assert_eq!(listed(&tenant, of(&[Source::Email, Source::Api])).await, [email, api]);
    assert_eq!(listed(&tenant, of(&[Source::Phone])).await, []);
    assert_eq!(listed(&tenant, of(Source::ALL)).await, [email, widget, api]);
}

/// Each filter that is given counts: what fails one of them is not listed.
pub async fn all_filters_apply_together(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let sales = tenant.inbox(an_inbox()).await.id();
    let (customer, user) =
        (tenant.customer(a_customer()).await.id(), tenant.user(a_user()).await.id());
    let in_inbox = |inbox| {
        let urgent = a_conversation(inbox).urgent().labelled(&["vip", "refund"]);
        urgent.over(Channel::Chat).from_source(Source::Widget).opened_at(at(5)).changed_at(at(15))
    };
    let right = || in_inbox(sales).with_customer(customer).assigned_to(user).about("A refund");
    let wanted = right().labelled(&["refund", "berlin", "vip"]).known_to("crm", "7");
    let wanted = store(&tenant, wanted).await;
    for near_miss in [
        in_inbox(tenant.inbox).with_customer(customer).assigned_to(user),
        right().closed(),
        right().of_priority(Priority::Low),
        in_inbox(sales).assigned_to(user),
        in_inbox(sales).with_customer(customer),
        right().labelled(&["vip"]),
        right().labelled(&["refund"]),
        right().over(Channel::Email),
        right().from_source(Source::Api),
        right().opened_at(at(4)).changed_at(at(15)),
        right().opened_at(at(6)).changed_at(at(15)),
        right().changed_at(at(14)),
        right().changed_at(at(16)),
        right().about("An invoice"),
        right(),
        right().known_to("shop", "7"),
    ] {
        store(&tenant, near_miss).await;
    }

    let filter = ConversationFilter {
        statuses: vec![Status::Open, Status::Pending],
        priorities: vec![Priority::Urgent, Priority::High],
        assignee: Some(AssigneeFilter::User(user)),
        inbox: Some(sales),
        customer: Some(customer),
        labels: tags(&["refund", "vip"]),
        channels: vec![Channel::Chat, Channel::Phone],
        sources: vec![Source::Widget, Source::Phone],
        created_after: Some(at(4)),
        created_before: Some(at(6)),
        updated_after: Some(at(14)),
        updated_before: Some(at(16)),
        text: Some(query("refund")),
        external_id: Some(by_external_id("7", Some("crm"))),
    };
    assert_eq!(listed(&tenant, filter).await, [wanted]);
}

/// An id in one other system or in any, compared exactly, of conversations in any status.
pub async fn filters_by_external_id(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let in_crm = store(&tenant, a_conversation(tenant.inbox).known_to("crm", "a1").closed()).await;
    let in_shop = store(&tenant, a_conversation(tenant.inbox).known_to("shop", "a1")).await;
    for near_miss in ["A1", "a12", "a"] {
        store(&tenant, a_conversation(tenant.inbox).known_to("crm", near_miss)).await;
    }
    store(&tenant, a_conversation(tenant.inbox)).await;
    store(&other, a_conversation(other.inbox).known_to("crm", "a1")).await;
    let of = async |id, source| {
        let external_id = Some(by_external_id(id, source));
        listed(&tenant, ConversationFilter { external_id, ..Default::default() }).await
    };

    assert_eq!(of("a1", None).await, [in_shop, in_crm]);
    assert_eq!(of("a1", Some("crm")).await, [in_crm]);
    for (id, source) in [("a1", Some("erp")), ("%", None), ("crm", Some("a1"))] {
        assert_eq!(of(id, source).await, [], "{id}");
    }
}

/// A filter by what is not in the workspace finds nothing, wherever else it may be.
pub async fn filtering_by_what_is_not_there_finds_nothing(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let (customer, user) =
        (other.customer(a_customer()).await.id(), other.user(a_user()).await.id());
    let theirs = a_conversation(other.inbox).with_customer(customer).assigned_to(user);
    store(&other, theirs.labelled(&["theirs"])).await;
    store(&tenant, a_conversation(tenant.inbox)).await;
    let nowhere = next_id(at(0));
    let of_user = |user| ConversationFilter {
        assignee: Some(AssigneeFilter::User(user)),
        ..ConversationFilter::default()
    };

    for filter in [
        in_inbox(other.inbox),
        in_inbox(InboxId::from_uuid(nowhere)),
        of_customer(customer),
        of_customer(CustomerId::from_uuid(nowhere)),
        of_user(user),
        of_user(UserId::from_uuid(nowhere)),
        with_labels(&["theirs"]),
        with_labels(&["nowhere"]),
    ] {
        assert_eq!(listed(&tenant, filter).await, []);
    }
}

fn in_inbox(inbox: InboxId) -> ConversationFilter {
    ConversationFilter { inbox: Some(inbox), ..ConversationFilter::default() }
}

fn of_customer(customer: CustomerId) -> ConversationFilter {
    ConversationFilter { customer: Some(customer), ..ConversationFilter::default() }
}

fn by_external_id(id: &str, source: Option<&str>) -> ExternalIdFilter {
    let source = source.map(|source| source.parse().expect("a source"));
    ExternalIdFilter { id: id.parse().expect("an id"), source }
}

fn with_labels(labels: &[&str]) -> ConversationFilter {
    ConversationFilter { labels: tags(labels), ..ConversationFilter::default() }
}

async fn store(tenant: &Tenant<'_>, conversation: ConversationBuilder) -> ConversationId {
    tenant.open(conversation.build()).await.id()
}
