//! What a search looks at is bounded: beyond, it is refused before it begins, whatever the load.

use conversations_persistence::SearchLimits;
use conversations_testkit::{ApiClient, Engine, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{by_system, conversation, id, ids, merge};

/// So much that a test can go beyond it.
const LIMITS: SearchLimits = SearchLimits { texts: 12, customers: 4 };

async fn start(engine: Engine) -> TestServer {
    TestServer::start_with(engine, |settings| settings.limits.search = LIMITS).await
}

async fn list(client: &ApiClient, parameters: &[(&str, &str)]) -> conversations_testkit::Reply {
    client.send(client.request(Method::GET, "/api/v1/conversations").query(parameters)).await
}

/// How many are found.
async fn count(client: &ApiClient, parameters: &[(&str, &str)]) -> Value {
    list(client, parameters).await.listed().1["total"].clone()
}

/// As many conversations with this subject and these fields.
async fn make(server: &TestServer, count: usize, subject: &str, more: &Value) -> Vec<String> {
    let mut made = Vec::with_capacity(count);
    for _ in 0..count {
        let mut fields = json!({ "subject": subject });
        merge(&mut fields, more.clone());
        made.push(id(&conversation(&server.client(), server.inbox(), fields).await));
    }
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_may_be_in_so_many_texts_and_not_in_more() {
    for engine in Engine::ALL {
        let server = start(engine).await;
        let client = server.client();
        let _made = make(&server, 12, "common word", &json!({})).await;

        for query in ["common", "comm", "\"common\""] {
            assert_eq!(count(&client, &[("q", query)]).await, 12, "{engine:?}: {query}");
        }
        let _one_more = make(&server, 1, "common", &json!({})).await;
        for query in ["common", "comm", "\"common\"", "common comm"] {
            for sort in ["-createdAt", "relevance", "updatedAt"] {
                let refused = list(&client, &[("q", query), ("sort", sort)]).await;
                assert_eq!(refused.invalid_fields(), ["q"], "{engine:?}: {query} by {sort}");
            }
        }
        // Each time, and for no other workspace.
        let refused = list(&client, &[("q", "common")]).await.refused(422, "VALIDATION_ERROR");
        let told = refused["details"]["q"][0].as_str().expect("a reason");
        assert!(told.contains("rarer") && told.contains("filter"), "{told}");
        let elsewhere = server.client_of("elsewhere").await;
        assert_eq!(count(&elsewhere, &[("q", "common")]).await, 0, "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rare_word_beside_common_ones_narrows_a_search() {
    for engine in Engine::ALL {
        let server = start(engine).await;
        let client = server.client();
        let _common = make(&server, 20, "refund of an order", &json!({})).await;
        let message = json!({ "message": by_system("about the grinder, order 7") });
        let rare = make(&server, 2, "refund of an order", &message).await;
        let other = make(&server, 1, "grinder", &json!({})).await;
        let newest = |ids: &[&str]| ids.iter().rev().map(|&id| id.to_owned()).collect::<Vec<_>>();

        for (query, expected) in [
            ("grinder refund", newest(&[&rare[0], &rare[1]])),
            ("refund order grin", newest(&[&rare[0], &rare[1]])),
            ("grinder -refund", newest(&[&other[0]])),
            ("\"the grinder order\" refund", newest(&[&rare[0], &rare[1]])),
            ("\"grinder the\" refund", newest(&[])),
            ("grinder refund -\"order 7\"", newest(&[])),
        ] {
            let found = list(&client, &[("q", query)]).await.listed();
            assert_eq!(ids(&found.0), expected, "{engine:?}: {query}");
            assert_eq!(found.1["total"], expected.len(), "{engine:?}: {query}");
        }
        let by_relevance = [("q", "grinder"), ("sort", "relevance")];
        let found = list(&client, &by_relevance).await.listed().0;
        assert_eq!(ids(&found), [&*other[0], &rare[1], &rare[0]], "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_narrows_a_search() {
    for engine in Engine::ALL {
        let server = start(engine).await;
        let client = server.client();
        let _common = make(&server, 20, "refund", &json!({})).await;
        let labelled = json!({ "labels": ["vip"], "priority": "urgent" });
        let few = make(&server, 3, "refund of an order", &labelled).await;

        for filter in [("label", "vip"), ("priority", "urgent")] {
            assert_eq!(count(&client, &[("q", "refund"), filter]).await, few.len(), "{engine:?}");
            assert_eq!(count(&client, &[("q", "refund -order"), filter]).await, 0, "{engine:?}");
            assert_eq!(count(&client, &[("q", "-invoice -refund"), filter]).await, 0, "{engine:?}");
        }
        let refused = list(&client, &[("q", "refund"), ("status", "open")]).await;
        assert_eq!(refused.invalid_fields(), ["q"], "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_be_there_may_be_in_so_many_texts() {
    for engine in Engine::ALL {
        let server = start(engine).await;
        let client = server.client();
        let _others = make(&server, 20, "refund", &json!({})).await;
        let _few = make(&server, 6, "spam offer", &json!({})).await;

        assert_eq!(count(&client, &[("q", "-spam")]).await, 20, "{engine:?}");
        assert_eq!(count(&client, &[("q", "-spam -off")]).await, 20, "{engine:?}");
        assert_eq!(count(&client, &[("q", "-\"offer spam\"")]).await, 26, "{engine:?}");
        let refused = list(&client, &[("q", "-refund")]).await;
        assert_eq!(refused.invalid_fields(), ["q"], "{engine:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_a_text_is_looked_for_in_so_many_customers() {
    for engine in Engine::ALL {
        let server = start(engine).await;
        let client = server.client();
        let find = async |query: &str| {
            let path = format!("/api/v1/customers?{query}");
            client.send(client.request(Method::GET, &path)).await
        };
        for number in 0..4 {
            let tier = if number == 0 { "gold" } else { "silver" };
            let body = json!({ "profile": { "firstName": format!("Ada {number}") }, "tier": tier });
            let _made = client.post("/api/v1/customers", &body).await.created();
        }
        assert_eq!(find("search=ada").await.listed().1["total"], 4, "{engine:?}");

        let body = json!({ "profile": { "firstName": "Ada 5" }, "tier": "silver" });
        let _made = client.post("/api/v1/customers", &body).await.created();

        assert_eq!(find("search=ada").await.invalid_fields(), ["search"], "{engine:?}");
        assert_eq!(find("search=ada&tier=silver").await.listed().1["total"], 4, "{engine:?}");
        assert_eq!(find("").await.listed().1["total"], 5, "{engine:?}");
    }
}
