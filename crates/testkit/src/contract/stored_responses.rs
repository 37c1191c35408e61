//! Replies are kept with their writes, once for each request, until what they show is gone.

use conversations_application::ports::{
    Commit, ConversationToCreate, Deletion, DeliveryChange, DeliveryFilter, IdempotentRequest,
    OptionalResponse, PreviousRequest, RepositoryError, ResponseToStore, Unchanged,
};
use conversations_application::{PageStart, PageWindow};
use conversations_domain::{Conversation, Timestamp, WebhookId};
use conversations_persistence::Repositories;
use uuid::Uuid;

use super::commits::{arrival, customer_erasure, erasure, just, renamed};
use super::tenant::{Tenant, assert_stale};
use crate::fixtures::{
    a_conversation, a_customer, a_message, a_webhook, an_attempt, an_origin, at, next_id,
};

const DAY: i64 = 24 * 60 * 60 * 1_000;

fn request(number: u8) -> IdempotentRequest {
    IdempotentRequest { key: [number; 32], fingerprint: [number + 100; 32] }
}

/// A reply with these words about these, to a write of whatever outcome.
fn reply<O>(
    request: IdempotentRequest,
    time: Timestamp,
    words: &str,
    about: &[Uuid],
) -> ResponseToStore<O> {
    let (words, about) = (words.to_owned(), about.to_vec());
    ResponseToStore::new(request, time, move |_: &O| Ok((words.clone(), about.clone())))
}

fn opening(
    conversation: &Conversation,
    response: ResponseToStore<()>,
) -> Commit<ConversationToCreate, OptionalResponse> {
    Commit { response: Some(response), ..Commit::of(an_origin(), just(conversation.clone())) }
}

/// What is known of a request, now.
async fn find(
    tenant: &Tenant<'_>,
    request: IdempotentRequest,
    now: i64,
) -> Option<PreviousRequest> {
    let found = tenant.repositories.replies.find(tenant.id, request.key, at(now)).await;
    found.expect("replies are read")
}

fn known(request: IdempotentRequest, words: Option<&str>) -> PreviousRequest {
    let content = words.map(str::to_owned);
    PreviousRequest { fingerprint: request.fingerprint, content }
}

/// The reply lands with the write; the same request lands once.
pub async fn a_response_is_stored_once_with_its_write(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let first = a_conversation(tenant.inbox).build();
    let second = a_conversation(tenant.inbox).build();
    let told = |words| reply(request(1), at(0), words, &[first.id().as_uuid()]);

    let created =
        repositories.conversations.create(tenant.id, opening(&first, told("first"))).await;
    created.expect("the first one is stored");
    let again =
        repositories.conversations.create(tenant.id, opening(&second, told("second"))).await;

    assert!(matches!(again, Err(RepositoryError::Repeated)), "{again:?}");
    assert_eq!(find(&tenant, request(1), 0).await, Some(known(request(1), Some("first"))));
    assert_eq!(tenant.find(second.id()).await, None);
    let elsewhere = Tenant::new(repositories).await;
    assert_eq!(find(&elsewhere, request(1), 0).await, None);
    assert_eq!(find(&tenant, request(2), 0).await, None);
}

/// A write that does not land keeps no reply, and its key is free.
pub async fn a_failed_write_stores_no_response(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    let told = || reply(request(1), at(0), "told", &[]);

    let taken = repositories.conversations.create(tenant.id, opening(&conversation, told())).await;
    assert!(taken.is_err());
    let nowhere = a_conversation(tenant.inbox).build().id();
    let message = arrival(nowhere, a_message().build());
    let message = Commit { response: Some(reply(request(1), at(0), "told", &[])), ..message };
    let appended = repositories.messages.append(tenant.id, message).await;
    assert_eq!(appended.expect("no failure"), None);

    assert_eq!(find(&tenant, request(1), 0).await, None);
    let free = a_conversation(tenant.inbox).build();
    let created = repositories.conversations.create(tenant.id, opening(&free, told())).await;
    created.expect("the key is free");
}

/// What a reply says can depend on what the write ends in.
pub async fn a_response_reflects_the_outcome_of_its_write(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    tenant.append(conversation.id(), a_message().build()).await;

    let told =
        ResponseToStore::new(request(1), at(0), |message: &conversations_domain::Message| {
            Ok((message.number().to_string(), vec![message.id().as_uuid()]))
        });
    let message = arrival(conversation.id(), a_message().build());
    let message = Commit { response: Some(told), ..message };
    repositories.messages.append(tenant.id, message).await.expect("a message is stored");
    let told = ResponseToStore::new(request(2), at(0), |stored: &Conversation| {
        Ok((stored.message_count().to_string(), vec![stored.id().as_uuid()]))
    });
    let change =
        Commit { response: Some(told), ..Commit::of(an_origin(), renamed(&conversation, "Lamp")) };
    repositories.conversations.update(tenant.id, change).await.expect("the change is stored");

    assert_eq!(find(&tenant, request(1), 0).await, Some(known(request(1), Some("2"))));
    assert_eq!(find(&tenant, request(2), 0).await, Some(known(request(2), Some("2"))));
}

/// A command that had nothing to change is told the same again, too, as long as it shows the
/// current state.
pub async fn a_response_without_a_write_is_stored_once(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;

    keep(&tenant, &conversation, (1, 0), "first").await.expect("the first one is kept");
    let again = keep(&tenant, &conversation, (1, 0), "second").await;

    assert!(matches!(again, Err(RepositoryError::Repeated)), "{again:?}");
    assert_eq!(find(&tenant, request(1), 0).await, Some(known(request(1), Some("first"))));
}

/// What has changed or is gone meanwhile is not shown by a reply that comes too late.
pub async fn a_response_without_a_write_must_show_the_stored_version(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    tenant.update(renamed(&conversation, "Lamp")).await.expect("the change is stored");
    let gone = tenant.conversation().await;
    let erased = repositories.conversations.erase(tenant.id, erasure(gone.id())).await;
    assert_eq!(erased.expect("erased"), Some(0));

    assert_stale(&keep(&tenant, &conversation, (1, 0), "late").await);
    assert_stale(&keep(&tenant, &gone, (2, 0), "late").await);

    assert_eq!(find(&tenant, request(1), 0).await, None);
    assert_eq!(find(&tenant, request(2), 0).await, None);
}

/// Keeps a reply to a request of this number at this time, which changed nothing.
async fn keep(
    tenant: &Tenant<'_>,
    conversation: &Conversation,
    (number, time): (u8, i64),
    words: &str,
) -> Result<(), RepositoryError> {
    let unchanged = Unchanged { conversation: conversation.id(), loaded: conversation.revision() };
    let told = reply(request(number), at(time), words, &[next_id(at(0))]);
    tenant.repositories.replies.store_unchanged(tenant.id, unchanged, told).await
}

/// A reply that shows a webhook to which nothing was written goes when the webhook does.
pub async fn a_response_about_a_webhook_goes_with_it(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let (webhook, other) = (tenant.webhook(a_webhook()).await, tenant.webhook(a_webhook()).await);
    let keep = |id: WebhookId, words| {
        let told = reply(request(1), at(0), words, &[id.as_uuid()]);
        repositories.webhooks.store_response(tenant.id, id, told)
    };

    keep(webhook.id(), "sent").await.expect("it is kept");
    let again = keep(other.id(), "again").await;
    assert!(matches!(again, Err(RepositoryError::Repeated)), "{again:?}");
    assert_eq!(find(&tenant, request(1), 0).await, Some(known(request(1), Some("sent"))));
    let deletion = Commit::of(an_origin(), Deletion::of(webhook.id()));
    repositories.webhooks.delete(tenant.id, deletion).await.expect("it is deleted");

    assert_eq!(find(&tenant, request(1), 0).await, Some(known(request(1), None)));
    let told = reply(request(2), at(0), "late", &[webhook.id().as_uuid()]);
    let late = repositories.webhooks.store_response(tenant.id, webhook.id(), told).await;
    assert_stale(&late);
    assert_eq!(find(&tenant, request(2), 0).await, None);
}

/// A delivery that a caller had sent again is stored with the reply, once for each request.
pub async fn an_update_of_a_delivery_lands_once_with_its_response(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let webhook = tenant.webhook_with_a_delivery().await.id();
    let window = PageWindow { start: PageStart::Offset(0), limit: 2 };
    let stored = async || {
        let all = DeliveryFilter::default();
        let found = repositories.deliveries.list(tenant.id, webhook, all, window).await;
        found.expect("deliveries are listed").items.remove(0)
    };
    let update = async |number: u8, words| {
        let loaded = stored().await;
        let mut changed = loaded.clone();
        changed.add_attempt(an_attempt(at(number.into()), None), None);
        let told = reply(request(1), at(0), words, &[webhook.as_uuid()]);
        let change = DeliveryChange { loaded, changed };
        repositories.deliveries.update(tenant.id, webhook, change, Some(told)).await
    };

    update(5, "sent").await.expect("it is stored");
    let once = stored().await;
    let again = update(6, "again").await;

    assert!(matches!(again, Err(RepositoryError::Repeated)), "{again:?}");
    assert_eq!(stored().await, once);
    assert_eq!(find(&tenant, request(1), 0).await, Some(known(request(1), Some("sent"))));
}

/// After a day a request is as if it had never been.
pub async fn a_response_is_stored_for_a_day(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let conversation = tenant.conversation().await;
    keep(&tenant, &conversation, (1, 0), "first").await.expect("the first one is kept");

    let early = keep(&tenant, &conversation, (1, DAY - 1), "second").await;
    assert!(matches!(early, Err(RepositoryError::Repeated)), "{early:?}");
    assert_eq!(find(&tenant, request(1), DAY - 1).await, Some(known(request(1), Some("first"))));
    assert_eq!(find(&tenant, request(1), DAY).await, None);
    keep(&tenant, &conversation, (1, DAY), "third").await.expect("the first one no longer counts");

    assert_eq!(find(&tenant, request(1), DAY).await, Some(known(request(1), Some("third"))));
}

/// The old ones are forgotten, whatever there are, and no other.
pub async fn expired_responses_are_deleted(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    for (place, number, time) in [(&tenant, 1, 0), (&tenant, 2, 1), (&other, 1, 0)] {
        let conversation = place.conversation().await;
        keep(place, &conversation, (number, time), "told").await.expect("it is kept");
    }

    let mut rounds = 0;
    while repositories.replies.delete_expired(at(DAY)).await.expect("nothing fails") {
        rounds += 1;
    }

    assert!(rounds > 0);
    // As they were: a read with an older clock finds what is not forgotten.
    assert_eq!(find(&tenant, request(1), 0).await, None);
    assert_eq!(find(&other, request(1), 0).await, None);
    assert_eq!(find(&tenant, request(2), 0).await, Some(known(request(2), Some("told"))));
}

/// A reply goes with any of those that it shows; that there was a request is remembered.
pub async fn erasing_a_subject_deletes_the_stored_response(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let customer = tenant.customer(a_customer()).await.id();
    let theirs = a_conversation(tenant.inbox).with_customer(customer).build();
    let (gone, left) = (a_conversation(tenant.inbox).build(), a_conversation(tenant.inbox).build());
    for (number, conversation, about) in [
        (1, &theirs, vec![theirs.id().as_uuid(), customer.as_uuid()]),
        (2, &gone, vec![gone.id().as_uuid()]),
        (3, &left, vec![left.id().as_uuid()]),
    ] {
        let told = reply(request(number), at(0), "told", &about);
        let created = repositories.conversations.create(tenant.id, opening(conversation, told));
        created.await.expect("it is stored");
    }

    let erased = repositories.conversations.erase(tenant.id, erasure(gone.id())).await;
    assert_eq!(erased.expect("erased"), Some(0));
    assert_eq!(find(&tenant, request(1), 0).await, Some(known(request(1), Some("told"))));
    let erased = repositories.customers.erase(tenant.id, customer_erasure(customer)).await;
    assert!(erased.expect("erased"));

    assert_eq!(find(&tenant, request(1), 0).await, Some(known(request(1), None)));
    assert_eq!(find(&tenant, request(2), 0).await, Some(known(request(2), None)));
    assert_eq!(find(&tenant, request(3), 0).await, Some(known(request(3), Some("told"))));
}
