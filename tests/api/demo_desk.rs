//! The desk of the demo: what its people do while a server runs with `--demo`

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use conversations_application::ContextFactory;
use conversations_application::conversations::ConversationService;
use conversations_application::customers::CustomerService;
use conversations_application::erasures::ErasureService;
use conversations_application::inboxes::InboxService;
use conversations_application::messages::MessageService;
use conversations_application::users::UserService;
use conversations_application::workspaces::WorkspaceService;
use conversations_domain::{Name, WorkspaceId};
use conversations_seed::{DemoDesk, DeskServices, SeedService};
use conversations_testkit::{TestClock, TestIds, TestServer};
use serde_json::{Value, json};

use crate::support::{id, user, walk};

on_both_databases! {
    its_people_write_and_all_totals_hold,
    the_same_seed_is_the_same_life,
    it_leaves_other_workspaces_alone,
    it_leaves_to_others_what_they_take,
    it_ends_with_its_workspace,
}

/// An hour after the server, whose ids are then others.
fn contexts() -> ContextFactory {
    let clock = TestClock::new();
    clock.advance(Duration::from_secs(3_600));
    ContextFactory::new(Arc::new(clock), Arc::new(TestIds::new()))
}

fn services(server: &TestServer) -> DeskServices {
    let (all, contexts) = (server.repositories().clone(), contexts());
    let erasures = ErasureService::new(all.erasures, Duration::from_secs(60), contexts.clone());
    DeskServices {
        workspaces: WorkspaceService::new(all.workspaces, contexts.clone()),
        inboxes: InboxService::new(Arc::clone(&all.inboxes), contexts.clone()),
        users: UserService::new(Arc::clone(&all.users), erasures.clone(), contexts.clone()),
        customers: CustomerService::new(
            Arc::clone(&all.customers),
            erasures.clone(),
            contexts.clone(),
        ),
        messages: MessageService::new(
            all.messages,
            Arc::clone(&all.conversations),
            Arc::clone(&all.users),
            contexts.clone(),
        ),
        conversations: ConversationService::new(
            all.conversations,
            all.customers,
            all.users,
            all.inboxes,
            all.replies,
            erasures,
            contexts.clone(),
        ),
    }
}

/// The workspace of the server, with the demo.
async fn workspace_with_demo(server: &TestServer) -> WorkspaceId {
    let seeds = SeedService::new(Arc::clone(&server.repositories().seeds), contexts());
    let workspace = server.repositories().workspaces.list().await.expect("the workspaces")[0].id;
    let made = seeds.insert_demo(workspace).await.expect("a demo");
    assert!(made.is_some());
    workspace
}

async fn desk(server: &TestServer, workspace: WorkspaceId, seed: u64) -> DemoDesk {
    let desk = DemoDesk::of(services(server), workspace, seed).await;
    desk.expect("people are read").expect("a demo is there")
}

async fn its_people_write_and_all_totals_hold(server: &TestServer) {
    const STEPS: usize = 800;
    let workspace = workspace_with_demo(server).await;
    let client = server.client();
    let before = client.list_conversations("limit=1").await.body["pagination"].clone();
    let mut desk = desk(server, workspace, 7).await;

    for step in 0..STEPS {
        assert!(desk.step().await.expect("it is done"), "{step}");
    }

    let (_, after) = client.list_conversations("limit=1").await.listed();
    let count = |pagination: &Value| pagination["total"].as_u64().expect("a total");
    assert!(count(&after) > count(&before) && count(&after) <= 400, "{before}, {after}");
    let found = server.repositories().totals.check(workspace).await.expect("a comparison");
    assert_eq!(found.differences, []);
    let mut events = BTreeMap::new();
    let mut cursor = before["asOf"].as_str().expect("a cursor").to_owned();
    loop {
        let page = client.list_events(&format!("after={cursor}&limit=100")).await.body;
        for event in page["data"].as_array().expect("events") {
            *events.entry(event["type"].to_string()).or_insert(0) += 1;
        }
        page["pagination"]["cursor"].as_str().expect("a cursor").clone_into(&mut cursor);
        if page["pagination"]["remaining"] == 0 {
            break;
        }
    }
    for kind in [
        "conversation.created",
        "conversation.assigned",
        "conversation.closed",
        "message.received",
        "message.sent",
        "message.noted",
    ] {
        let count = events.get(&format!("\"{kind}\"")).copied().unwrap_or(0);
        assert!(count > 10, "{kind}: {events:?}");
    }
    // Every slot of every text is filled.
    for conversation in walk(&client, "sort=-updatedAt&limit=100").await.into_iter().take(40) {
        let path = format!("/api/v1/conversations/{conversation}/messages?limit=100");
        let (messages, _) = client.get(&path).await.listed();
        assert!(!messages.is_empty() && messages.len() <= 50, "{}", messages.len());
        for message in messages {
            assert!(!message["body"].as_str().expect("text").contains('{'), "{message}");
        }
    }
}

async fn the_same_seed_is_the_same_life(server: &TestServer) {
    let workspace = workspace_with_demo(server).await;
    let mut pauses = Vec::new();
    for seed in [1, 1, 2] {
        let mut desk = desk(server, workspace, seed).await;
        pauses.push((0..20).map(|_| desk.pause()).collect::<Vec<_>>());
    }

    assert_eq!(pauses[0], pauses[1]);
    assert_ne!(pauses[0], pauses[2]);
    for pause in pauses.concat() {
        assert!((3..=60).contains(&pause.as_secs()), "{pause:?}");
    }
}

async fn it_leaves_other_workspaces_alone(server: &TestServer) {
    let client = server.client();
    let _user = user(&client, "grace@example.org").await;
    let workspace = server.repositories().workspaces.list().await.expect("the workspaces")[0].id;

    let desk = DemoDesk::of(services(server), workspace, 1).await;

    assert!(desk.expect("people are read").is_none());
}

async fn it_leaves_to_others_what_they_take(server: &TestServer) {
    let workspace = workspace_with_demo(server).await;
    let client = server.client();
    let visitor = user(&client, "grace@example.org").await;
    let mut desk = desk(server, workspace, 3).await;

    for _ in 0..60 {
        assert!(desk.step().await.expect("it is done"));
        // Whatever is changed last is taken by the visitor, or is gone.
        let (last, _) = client.list_conversations("sort=-updatedAt&limit=2").await.listed();
        let taken = json!({ "assignedTo": visitor, "status": "pending" });
        let _taken = client.update_conversation(&id(&last[0]), &taken).await.ok();
        let _gone = client.delete_conversation(&id(&last[1])).await;
    }

    let (_, pagination) = client.list_conversations("limit=1").await.listed();
    assert!(pagination["total"].as_u64().is_some_and(|total| total > 100), "{pagination}");
}

async fn it_ends_with_its_workspace(server: &TestServer) {
    let workspace = workspace_with_demo(server).await;
    let mut desk = desk(server, workspace, 1).await;
    let services = services(server);
    services.workspaces.delete(Name::parse("default").expect("a name")).await.expect("deleted");

    assert!(!desk.step().await.expect("nothing is done"));
}
