//! What the tests of the API share.

use conversations_testkit::{ApiClient, Reply};
use serde_json::{Value, json};

/// Makes a test of each function, on each database, with a server of its own.
macro_rules! on_both_databases {
    ($($name:ident),* $(,)?) => {
        on_both_databases!(@ sqlite, Sqlite, $($name),*);
        on_both_databases!(@ postgres, Postgres, $($name),*);
    };
    (@ $module:ident, $engine:ident, $($name:ident),*) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    let engine = conversations_testkit::Engine::$engine;
                    let server = conversations_testkit::TestServer::start(engine).await;
                    super::$name(&server).await;
                }
            )*
        }
    };
}

/// An id that never was.
pub(crate) const UNKNOWN: &str = "0193a5c2-1111-7abc-8def-0123456789ab";

pub(crate) async fn user(client: &ApiClient, email: &str) -> String {
    let body = json!({ "name": "Grace Hopper", "email": email });
    id(&client.post("/api/v1/users", &body).await.created())
}

pub(crate) async fn customer(client: &ApiClient, email: &str) -> String {
    let body = json!({ "profile": { "firstName": "Ada", "email": email } });
    id(&client.post("/api/v1/customers", &body).await.created())
}

pub(crate) async fn inbox(client: &ApiClient, name: &str) -> String {
    id(&client.post("/api/v1/inboxes", &json!({ "name": name })).await.created())
}

/// Opens a conversation with these fields and whatever else one needs.
pub(crate) async fn conversation(client: &ApiClient, inbox: &str, fields: Value) -> Value {
    let mut body = json!({ "subject": "Refund", "inboxId": inbox });
    merge(&mut body, fields);
    client.create_conversation(&body).await.created()
}

/// The body of a message by the system.
pub(crate) fn by_system(text: &str) -> Value {
    json!({ "body": text, "author": { "type": "system" } })
}

pub(crate) fn merge(body: &mut Value, fields: Value) {
    let Value::Object(fields) = fields else { panic!("{fields} are no fields") };
    body.as_object_mut().expect("an object").extend(fields);
}

/// The path of what was made, as its `Location` says.
#[track_caller]
pub(crate) fn location(reply: &Reply) -> String {
    reply.location()
}

#[track_caller]
pub(crate) fn id(resource: &Value) -> String {
    resource["_id"].as_str().expect("an _id").to_owned()
}

pub(crate) fn ids(resources: &[Value]) -> Vec<String> {
    resources.iter().map(id).collect()
}

/// The ids of all conversations that a query finds, by cursors.
pub(crate) async fn walk(client: &ApiClient, query: &str) -> Vec<String> {
    let (mut met, mut next) = (Vec::new(), Some(query.to_owned()));
    while let Some(asked) = next {
        let reply = client.list_conversations(&asked).await;
        next = reply.cursor("nextCursor").map(|cursor| format!("{query}&cursor={cursor}"));
        met.extend(ids(&reply.listed().0));
    }
    met
}
