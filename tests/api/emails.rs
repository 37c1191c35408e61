//! E-mail addresses: what is taken for one, and which are the same, wherever one is sent.

use conversations_testkit::{ApiClient, TestServer};
use serde_json::{Value, json};

use crate::support::{id, inbox};

on_both_databases! {
    pasted_characters_that_nobody_sees_make_nobody_new,
    spellings_of_one_address_are_one_person,
    what_no_mail_can_be_delivered_to_is_refused_with_its_reason,
}

/// Opens a conversation with whom this is the address of, and answers the customer.
async fn customer_of(client: &ApiClient, inbox: &str, address: &str) -> Value {
    let body = json!({
        "subject": "Refund", "inboxId": inbox, "customer": { "profile": { "email": address } },
    });
    client.create_conversation(&body).await.created()["customerId"].clone()
}

async fn pasted_characters_that_nobody_sees_make_nobody_new(server: &TestServer) {
    let client = server.client();
    let inbox = inbox(&client, "Support").await;

    let ada = customer_of(&client, &inbox, "ada@example.com").await;

    for pasted in [
        "ada@example.com\u{200b}",
        "\u{200f}ada@example.com",
        "\u{feff}ada@exam\u{ad}ple.com\u{2060}",
        " Ada@Example.com\u{200b} ",
    ] {
        assert_eq!(customer_of(&client, &inbox, pasted).await, ada, "{pasted:?}");
    }
    let body = json!({ "profile": { "email": "\u{200b}eve@example.com\u{200b}" } });
    let eve = client.create_customer(&body).await.created();
    assert_eq!(eve["profile"]["email"], "eve@example.com");
}

async fn spellings_of_one_address_are_one_person(server: &TestServer) {
    let client = server.client();
    let inbox = inbox(&client, "Support").await;

    for (one, other) in [
        ("jos\u{e9}@example.com", "JOSE\u{301}@example.com"),
        ("ada@m\u{fc}nchen.example", "ada@MU\u{308}NCHEN.example"),
        ("eve@m\u{fc}nchen.example", "eve@xn--mnchen-3ya.example"),
    ] {
        let first = customer_of(&client, &inbox, one).await;
        assert_eq!(customer_of(&client, &inbox, other).await, first, "{other:?}");

        let user = |email| json!({ "name": "Grace", "email": email });
        let made = id(&client.post("/api/v1/users", &user(one)).await.created());
        let taken = client.post("/api/v1/users", &user(other)).await;
        assert_eq!(taken.refused(409, "CONFLICT")["details"], json!({ "email": ["is taken"] }));
        let same = json!({ "email": other });
        let _same = client.patch(&format!("/api/v1/users/{made}"), &same).await.ok();
    }
    let straße = customer_of(&client, &inbox, "ada@straße.example").await;
    assert_ne!(customer_of(&client, &inbox, "ada@strasse.example").await, straße);
}

async fn what_no_mail_can_be_delivered_to_is_refused_with_its_reason(server: &TestServer) {
    let client = server.client();
    let inbox = inbox(&client, "Support").await;
    let ada = client.create_customer(&json!({ "profile": { "email": "ada@example.com" } })).await;
    let ada = format!("/api/v1/customers/{}", id(&ada.created()));

    for (address, reason) in [
        ("mailto:ada@example.com", "must be only the address, without `mailto:`"),
        ("<ada@example.com>", "must be only the address, without `<` and `>`"),
        ("ada@@example.com", "must contain exactly one `@`"),
        ("a@x.com,b@x.com", "must be one address, without a comma or semicolon"),
        ("ada@example.com.", "must not end with a dot"),
        ("ada @example.com", "must not contain white space"),
        ("ada@example..com", "must have a domain name after the `@`, such as example.com"),
        ("ada", "must be an e-mail address, such as ada@example.com"),
    ] {
        let profile = json!({ "profile": { "email": address } });
        let conversation = json!({ "subject": "x", "inboxId": inbox, "customer": profile });
        let user = json!({ "name": "Grace", "email": address });
        for (reply, field) in [
            (client.create_customer(&profile).await, "profile.email"),
            (client.patch(&ada, &profile).await, "profile.email"),
            (client.create_conversation(&conversation).await, "customer.profile.email"),
            (client.post("/api/v1/users", &user).await, "email"),
        ] {
            assert_eq!(
                reply.refused(422, "VALIDATION_ERROR")["details"],
                json!({ field: [reason] })
            );
        }
    }
}
