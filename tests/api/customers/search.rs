//! GET /customers with filters

use conversations_testkit::{ApiClient, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{conversation, id, ids};

on_both_databases! {
    finds_a_part_of_each_of_five_fields,
    finds_no_part_of_two_fields,
    finds_first_and_last_name_together,
    case_does_not_matter_in_any_script,
    folds_as_the_search_of_conversations_does,
    is_literal,
    finds_customers_created_with_a_conversation,
    each_filter_alone_and_all_together,
    counts_what_the_filter_finds_page_by_page,
    names_every_invalid_parameter,
}

/// Who is found, newest first, and how many there are said to be.
async fn search(client: &ApiClient, text: &str) -> Vec<String> {
    let request = client.request(Method::GET, "/api/v1/customers").query(&[("search", text)]);
    let (found, pagination) = client.send(request).await.listed();
    assert_eq!(pagination["total"], found.len(), "{text}");
    ids(&found)
}

async fn make(client: &ApiClient, body: Value) -> String {
    id(&client.create_customer(&body).await.created())
}

async fn finds_a_part_of_each_of_five_fields(server: &TestServer) {
    let client = server.client();
    let profile = json!({
        "firstName": "Augusta Ada", "lastName": "King", "email": "countess@lovelace.example",
        "phone": "+44 (20) 7946-0000", "company": "Engines & Sons", "jobTitle": "Mathematician",
    });
    let ada = make(&client, json!({ "profile": profile, "tags": ["vip"] })).await;
    let _eve = make(&client, json!({ "profile": { "firstName": "Eve", "phone": "+1" } })).await;

    for text in [
        "Augusta",
        "a Ada",
        "ADA",
        "in",
        "king",
        "countess@lovelace.example",
        "s@l",
        "44 (20)",
        "7946-",
        "0000",
        "& s",
        " engines ",
        "sons",
    ] {
        assert_eq!(search(&client, text).await, [ada.as_str()], "{text}");
    }
    for text in ["Mathematician", "math", "vip", "bronze", "null", "adda", &ada] {
        assert_eq!(search(&client, text).await, Vec::<String>::new(), "{text}");
    }
}

async fn finds_no_part_of_two_fields(server: &TestServer) {
    let client = server.client();
    let profile = json!({ "firstName": "Ada", "lastName": "King", "company": "Engines" });
    let _ada = make(&client, json!({ "profile": profile })).await;

    for text in
        ["adaking", "king ada", "ada\tking", "ada\nking", "ada,king", "kingengines", "king engines"]
    {
        assert_eq!(search(&client, text).await, Vec::<String>::new(), "{text:?}");
    }
}

async fn finds_first_and_last_name_together(server: &TestServer) {
    let client = server.client();
    let profile = json!({ "firstName": "Ada", "lastName": "Lovelace", "company": "Engines" });
    let ada = make(&client, json!({ "profile": profile })).await;
    let _other = make(&client, json!({ "profile": { "firstName": "Ada" } })).await;

    for text in ["Ada Lovelace", "ada lovelace", "a love", "A\u{301}da Lovelace"] {
        assert_eq!(search(&client, text).await, [ada.as_str()], "{text:?}");
    }
    let changes = json!({ "profile": { "lastName": "King" } });
    let _changed = client.update_customer(&ada, &changes).await.ok();
    assert_eq!(search(&client, "ada king").await, [ada.as_str()]);
    assert_eq!(search(&client, "ada lovelace").await, Vec::<String>::new());
}

async fn folds_as_the_search_of_conversations_does(server: &TestServer) {
    let client = server.client();

    for (name, found, not_found) in [
        ("Jose\u{301} Núñez", &["José", "JOSE", "Jose\u{301}", "nunez"][..], &["Josa"][..]),
        ("Łukasz", &["lukasz", "ŁUK"], &["ukaz"]),
        ("O’Hara", &["O'Hara", "o’h"], &["ohara", "o hara"]),
        ("Андрей", &["андрей", "ндреи\u{306}"], &["андреи"]),
        ("کتاب‌فروش ۱۰۴۲", &["كتاب", "کتابفروش", "1042"], &["كتب"]),
        ("パパス", &["ぱぱ", "ﾊﾟﾊﾟ"], &["ハハ", "バス"]),
        ("लड़की", &["लड़की", "लडकी"], &["लड़का"]),
        ("שָׁלוֹם", &["שלום"], &["שלוש"]),
        ("ปีใหม่", &["ปี"], &["ปู"]),
    ] {
        let made = make(&client, json!({ "profile": { "company": name } })).await;
        for text in found {
            assert_eq!(search(&client, text).await, [made.as_str()], "{text:?} for {name:?}");
        }
        for text in not_found {
            assert_eq!(search(&client, text).await, Vec::<String>::new(), "{text:?} for {name:?}");
        }
    }
    // Marks alone are no text to look for.
    assert_eq!(search(&client, "\u{301}").await, Vec::<String>::new());
}

async fn case_does_not_matter_in_any_script(server: &TestServer) {
    let client = server.client();

    for (name, texts) in [
        ("Ärger", vec!["ärg", "ÄRGER", "ÄRg"]),
        ("École", vec!["éco", "ÉCOLE"]),
        ("Weißer", vec!["weißer", "WEIẞER"]),
        ("Иванов", vec!["иван", "ИВАНОВ"]),
        ("Σίσυφος", vec!["ΣΊΣΥΦΟΣ", "σίσυφοσ"]),
        ("Ծովակ", vec!["ծով", "ԾՈՎԱԿ"]),
        ("𐐀𐐁", vec!["𐐨𐐩"]),
        ("ｗｉｄｅ", vec!["ＷＩＤＥ"]),
        ("渡辺", vec!["渡辺", "辺"]),
    ] {
        let made = make(&client, json!({ "profile": { "lastName": name } })).await;
        for text in texts {
            assert_eq!(search(&client, text).await, [made.as_str()], "{text} for {name}");
        }
    }
}

async fn is_literal(server: &TestServer) {
    let client = server.client();
    let _plain = make(&client, json!({ "profile": { "company": "100 percent off" } })).await;

    for (text, name) in [
        ("%", "100% off"),
        ("_", "snake_case"),
        ("\\", "back\\slash"),
        ("\\%", "both \\% of them"),
        ("'", "O'Hara"),
        ("\"", "\"quoted\""),
        ("' OR '1'='1", "x' OR '1'='1"),
        ("--", "a--b"),
        ("*", "star*"),
        ("[a-z]", "x[a-z]y"),
        (".*", "dot.*"),
    ] {
        assert_eq!(search(&client, name).await, Vec::<String>::new(), "{name}");
        let made = make(&client, json!({ "profile": { "company": name } })).await;
        assert_eq!(search(&client, name).await, [made.as_str()], "{name}");
        assert_eq!(search(&client, text).await[0], made, "{text}");
        client.delete_customer(&made).await.deleted();
        assert_eq!(search(&client, text).await, Vec::<String>::new(), "{text}");
    }
}

async fn finds_customers_created_with_a_conversation(server: &TestServer) {
    let client = server.client();

    let person = json!({ "profile": { "firstName": "Ädä" }, "tags": ["new"] });
    let made = conversation(&client, server.inbox(), json!({ "customer": person })).await;

    let ada = id(&made["customerId"]);
    assert_eq!(search(&client, "ÄDÄ").await, [ada.as_str()]);
    assert_eq!(ids(&client.list_customers("tags=new").await.listed().0), [ada]);
}

async fn each_filter_alone_and_all_together(server: &TestServer) {
    let client = server.client();
    let make = async |name: &str, tier: &str, status: &str, tags: &[&str]| {
        let profile = json!({ "firstName": name });
        let body = json!({ "profile": profile, "tier": tier, "status": status, "tags": tags });
        make(&client, body).await
    };
    let ada = make("Ada", "gold", "active", &["vip", "a b"]).await;
    let eve = make("Eve", "bronze", "inactive", &["vip"]).await;
    let dan = make("Dan", "gold", "archived", &[]).await;
    let all = make("Adam", "silver", "active", &["a b", "new", "vip"]).await;

    for (query, expected) in [
        ("", vec![&all, &dan, &eve, &ada]),
        ("tier=gold", vec![&dan, &ada]),
        ("tier=gold,silver", vec![&all, &dan, &ada]),
        ("tier=platinum", vec![]),
        ("status=active", vec![&all, &ada]),
        ("status=inactive,archived", vec![&dan, &eve]),
        ("tags=vip", vec![&all, &eve, &ada]),
        ("tags=vip,a+b", vec![&all, &ada]),
        ("tags=a%20b,new,vip", vec![&all]),
        ("tags=VIP", vec![]),
        ("tags=vi", vec![]),
        ("search=ada", vec![&all, &ada]),
        ("search=ada&tier=gold", vec![&ada]),
        ("search=ada&tags=vip&tier=silver,gold&status=active", vec![&all, &ada]),
        ("search=adam&tags=vip,new&tier=silver&status=active", vec![&all]),
        ("search=adam&tags=vip,new&tier=silver&status=archived", vec![]),
    ] {
        let (found, pagination) = client.list_customers(query).await.listed();
        assert_eq!(ids(&found).iter().collect::<Vec<_>>(), expected, "{query}");
        assert_eq!(pagination["total"], expected.len(), "{query}");
    }
}

async fn counts_what_the_filter_finds_page_by_page(server: &TestServer) {
    let client = server.client();
    let mut gold = Vec::new();
    for number in 0..7 {
        let tier = if number % 3 == 0 { "bronze" } else { "gold" };
        let profile = json!({ "firstName": format!("Ada {number}") });
        let made = make(&client, json!({ "profile": profile, "tier": tier, "tags": ["a"] })).await;
        if tier == "gold" {
            gold.insert(0, made);
        }
    }

    for (page, expected) in [(1, &gold[..3]), (2, &gold[3..]), (3, &[])] {
        let query = format!("search=ADA&tags=a&tier=gold&limit=3&page={page}");
        let (found, pagination) = client.list_customers(&query).await.listed();
        assert_eq!(ids(&found), expected, "{query}");
        assert_eq!(pagination, json!({ "total": 4, "page": page, "limit": 3, "totalPages": 2 }));
    }
}

async fn names_every_invalid_parameter(server: &TestServer) {
    let client = server.client();
    let longest = format!("search={}", "%F0%9F%91%8D".repeat(255));
    let longer = format!("search={}", "%F0%9F%91%8D".repeat(256));
    let many = format!("tags={}", (0..21).map(|tag| tag.to_string()).collect::<Vec<_>>().join(","));

    for (query, wrong) in [
        ("search=", vec!["search"]),
        ("search=%20", vec!["search"]),
        ("search=%00", vec!["search"]),
        ("search=a%1Fb", vec!["search"]),
        ("search=a&search=a", vec!["search"]),
        (&longer, vec!["search"]),
        ("tier=wood", vec!["tier"]),
        ("tier=gold,", vec!["tier"]),
        ("tier=Gold", vec!["tier"]),
        ("status=open", vec!["status"]),
        ("tags=a,", vec!["tags"]),
        ("tags=a,a", vec!["tags"]),
        ("tags=%00", vec!["tags"]),
        (&many, vec!["tags"]),
        ("label=a", vec!["label"]),
        ("email=a", vec!["email"]),
        (
            "search=%00&tier=x&status=&tags=,&page=0&limit=0&q=1",
            vec!["limit", "page", "q", "search", "status", "tags", "tier"],
        ),
    ] {
        assert_eq!(client.list_customers(query).await.invalid_fields(), wrong, "{query}");
    }
    let (found, _) = client.list_customers(&longest).await.listed();
    assert_eq!(found, Vec::<Value>::new());
}
