//! Authentication: which keys open the API and which do not, and what callers learn of it.

use actix_web::test::TestRequest;
use conversations_application::keys::KeySecret;
use conversations_application::owner::{self, Owner};
use conversations_domain::{ApiKey, Permissions, Timestamp};

use crate::testing::{NOW, Storage, key, send};

/// A storage that knows one key.
fn storage_with(secret: &KeySecret, key: ApiKey) -> Storage {
    let hash = secret.hash();
    let mut storage = Storage::default();
    storage
        .keys
        .expect_find_by_hash()
        .returning(move |asked| Ok((asked == hash).then(|| key.clone())));
    storage.users.expect_list().returning(|_, _, window| Ok(window.slice(Vec::new(), 0)));
    storage
}

fn get() -> TestRequest {
    TestRequest::get().uri("/api/v1/users")
}

#[actix_web::test]
async fn a_key_opens_in_either_header() {
    let secret = KeySecret::generate().expect("random bits");
    let bearer = ("authorization", format!("bearer {}", secret.expose_secret()));
    let plain = ("x-api-key", secret.expose_secret().to_owned());

    for request in [
        get().append_header(bearer.clone()),
        get().append_header(plain.clone()),
        get().append_header(bearer).append_header(plain),
    ] {
        let reply = send(storage_with(&secret, key(Permissions::all())), request).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

#[actix_web::test]
async fn what_is_done_for_a_request_is_done_for_its_workspace_and_key() {
    let secret = KeySecret::generate().expect("random bits");
    let key = key(Permissions::all());
    let owner = Owner { workspace: key.workspace, key: key.id };
    let mut storage = Storage::default();
    let (hash, found) = (secret.hash(), key);
    storage.keys.expect_find_by_hash().returning(move |asked| {
        assert_eq!(owner::current(), None, "no caller is known yet");
        Ok((asked == hash).then(|| found.clone()))
    });
    storage.users.expect_list().returning(move |_, _, window| {
        assert_eq!(owner::current(), Some(owner));
        Ok(window.slice(Vec::new(), 0))
    });

    let reply = send(storage, get().append_header(("x-api-key", secret.expose_secret()))).await;

    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(owner::current(), None);
}

#[actix_web::test]
async fn a_key_that_is_none_opens_nothing() {
    let known = KeySecret::generate().expect("random bits");
    let unknown = KeySecret::generate().expect("random bits");

    for secret in [unknown.expose_secret(), "sk_live_x", "x", &"x".repeat(10_000)] {
        let request = get().append_header(("x-api-key", secret));
        let reply = send(storage_with(&known, key(Permissions::all())), request).await;

        reply.refused(401, "API_KEY_INVALID");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
    }
    // A key in the query is not read, so that no client puts it where queries are logged.
    let request =
        TestRequest::get().uri(&format!("/api/v1/users?x-api-key={}", known.expose_secret()));
    let reply = send(storage_with(&known, key(Permissions::all())), request).await;
    reply.refused(401, "AUTH_REQUIRED");
}

#[actix_web::test]
async fn a_key_opens_until_its_end() {
    let secret = KeySecret::generate().expect("random bits");
    let expired =
        ApiKey { expires_at: Timestamp::from_unix_millis(NOW), ..key(Permissions::all()) };

    let request = get().append_header(("x-api-key", secret.expose_secret()));
    let reply = send(storage_with(&secret, expired), request).await;

    reply.refused(401, "API_KEY_EXPIRED");
    assert_eq!(reply.header("www-authenticate"), "Bearer");
}
