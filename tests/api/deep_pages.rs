//! Pages far from both ends of a long list, which are found by other ways than those near an end.

use std::sync::Arc;

use conversations_application::ContextFactory;
use conversations_application::ports::SeedShape;
use conversations_seed::{SeedRequest, SeedService};
use conversations_testkit::{TestClock, TestIds, TestServer};

use crate::support::{id, ids, walk};

on_both_databases!(numbered_pages_match_cursor_pages, seeded_conversations_are_found_by_search);

/// Enough that the middle is far from both ends, also of the closed ones.
const CONVERSATIONS: u64 = 3_000;

const LIMIT: usize = 37;

async fn fill(server: &TestServer, conversations: u64) {
    let repositories = server.repositories();
    let workspaces = repositories.workspaces.list().await.expect("the workspaces");
    let shape = SeedShape { customers: 20, users: 5, inboxes: 3, messages_per: 0 };
    let moments = ContextFactory::new(Arc::new(TestClock::new()), Arc::new(TestIds::new()));
    let seeds = SeedService::new(Arc::clone(&repositories.seeds), moments);
    let filled = seeds.fill(workspaces[0].id, SeedRequest { conversations, shape }, |_| ()).await;
    assert_eq!(filled.expect("the workspace is filled").made, conversations);
}

async fn numbered_pages_match_cursor_pages(server: &TestServer) {
    fill(server, CONVERSATIONS).await;
    let client = server.client();

    for (query, most) in [
        ("sort=-createdAt", true),
        ("sort=createdAt", true),
        ("status=closed", true),
        ("status=closed&sort=createdAt", true),
        ("status=open,closed", true),
        ("sort=-updatedAt", true),
        ("priority=low,medium&sort=priority", false),
        ("status=pending", false),
    ] {
        let walked = walk(&client, &format!("{query}&limit=100")).await;
        assert!(!most || walked.len() > 2_200, "{query} lists only {}", walked.len());

        let last = walked.len().div_ceil(LIMIT);
        for page in [1, 2, last / 3, last / 2, last / 2 + 1, last - 1, last, last + 1] {
            let page = page.max(1);
            let asked = format!("{query}&limit={LIMIT}&page={page}");
            let (items, pagination) = client.list_conversations(&asked).await.listed();
            let expected: Vec<_> = walked.chunks(LIMIT).nth(page - 1).unwrap_or(&[]).to_vec();
            assert_eq!(ids(&items), expected, "{asked}");
            assert_eq!(pagination["total"], walked.len(), "{asked}");
        }
    }
}

async fn seeded_conversations_are_found_by_search(server: &TestServer) {
    fill(server, 50).await;
    let client = server.client();
    let (items, _) = client.list_conversations("limit=1").await.listed();
    let subject = items[0]["subject"].as_str().expect("a subject");

    let query = [("q", format!("\"{subject}\"")), ("limit", "100".to_owned())];
    let request = client.request(reqwest::Method::GET, "/api/v1/conversations").query(&query);
    let (found, _) = client.send(request).await.listed();

    assert!(ids(&found).contains(&id(&items[0])), "{subject} is not among {found:?}");
}
