//! Searching customers.

use std::hash::{BuildHasher, RandomState};

use conversations_application::read_model::{CustomerFilter, ExternalIdFilter};
use conversations_application::search::fold_text;
use conversations_domain::{
    Customer, CustomerId, CustomerStatus, Email, Profile, ProfileText, SearchText, Tags, Tier,
};
use conversations_persistence::Repositories;

use super::bulk::customers;
use super::random::Choose;
use super::tenant::Tenant;
use crate::Random;
use crate::fixtures::{CustomerBuilder, a_customer, at, email, profile_text, tags};

/// What is looked for is a part of the first or last name, the e-mail address, the telephone
/// number or the company, and of nothing else.
pub async fn searches_five_fields(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let text = |text| Some(profile_text(text));
    let ada = Profile {
        first_name: text("Augusta Ada"),
        last_name: text("King-Noel"),
        email: Some(email("countess@lovelace.example")),
        phone: text("+44 (0) 1815 / 1210"),
        company: text("Analytical Engines Ltd."),
        job_title: text("Programmer"),
    };
    let id = tenant.customer(a_customer().known_as(ada)).await.id();
    tenant.customer(a_customer().tagged(&["Programmer"])).await;

    for part in [
        "Augusta",
        "a Ada",
        "g-No",
        "Noel",
        "countess@",
        "@love",
        "+44",
        "/ 1210",
        "l E",
        "Ltd.",
        "countess@lovelace.example",
        "Analytical Engines Ltd.",
    ] {
        assert_eq!(found(&tenant, repositories, part).await, [id], "{part}");
    }
    for none in ["Programmer", "gramm", "Engine Ltd", "18151210", "bronze", "active", "xyz"] {
        assert_eq!(found(&tenant, repositories, none).await, [], "{none}");
    }
}

/// Case does not tell two texts apart, in no script.
pub async fn finds_whatever_the_case(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    for (name, searches) in [
        ("Ada", &["ada", "ADA", "aD", "dA"][..]),
        ("ÄÖzgür", &["äö", "ÄÖ", "äÖZG", "ÜR"]),
        ("ΣΑΣ", &["σας", "σασ", "ας", "ΑΣ"]),
        ("οδυσσευς", &["ΟΔΥΣΣΕΥΣ", "ευς", "ευσ"]),
        ("Weißstraße", &["STRASSE", "straße", "ISSST", "ẞ"]),
        ("GROSSMANN", &["großmann", "ßm"]),
        ("Ærøskøbing", &["ÆRØ", "KØB"]),
        ("Արմեն", &["ԱՐՄԵՆ", "րմեն"]),
        ("Дмитрий", &["ДМИТРИЙ", "дми"]),
        ("ǅungla", &["ǆ", "Ǆ", "ǅ"]),
        ("kelvin \u{212a}", &["N K", "n \u{212a}"]),
    ] {
        let profile = Profile { last_name: Some(profile_text(name)), ..Profile::default() };
        let id = tenant.customer(a_customer().known_as(profile)).await.id();

        for search in searches {
            let found = found(&tenant, repositories, search).await;
            assert!(found.contains(&id), "{search} in {name}");
        }
    }
}

/// What is looked for is no pattern.
pub async fn finds_literally(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut stored = Vec::new();
    for company in ["50% off", "a_b", "axb", r"back\slash", "O'Brien; --", "[x]*?^$", "a\tb\nc"] {
        let profile = Profile { company: Some(profile_text(company)), ..Profile::default() };
        stored.push(tenant.customer(a_customer().known_as(profile)).await.id());
    }
    let [percent, underscore, x, backslash, quote, signs, blank] = stored[..] else {
        unreachable!("as many are stored")
    };

    for (search, ids) in [
        ("%", vec![percent]),
        ("0%", vec![percent]),
        ("5%o", vec![]),
        ("_", vec![underscore]),
        ("a_b", vec![underscore]),
        ("axb", vec![x]),
        (r"\", vec![backslash]),
        (r"k\s", vec![backslash]),
        (r"\\", vec![]),
        (r"\%", vec![]),
        ("'", vec![quote]),
        (";", vec![quote]),
        ("' OR 1=1", vec![]),
        ("[x]", vec![signs]),
        ("*", vec![signs]),
        ("?", vec![signs]),
        ("a\tb", vec![blank]),
        ("a b", vec![]),
    ] {
        assert_eq!(found(&tenant, repositories, search).await, ids, "{search}");
    }
}

/// Nothing is found that ends in one field and begins in another, whatever stands between them.
pub async fn finds_nothing_across_two_fields(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let text = |text| Some(profile_text(text));
    let profile = Profile {
        first_name: text("one"),
        last_name: text("two"),
        email: Some(email("three@x.org")),
        phone: text("four"),
        company: text("five"),
        job_title: text("six"),
    };
    tenant.customer(a_customer().known_as(profile)).await;

    for between in ["", " ", ",", ", ", "\n", "\t", "|", "\u{a0}", "\u{7f}", "\u{2028}", "null"] {
        for (end, begin) in [("one", "two"), ("two", "three"), ("x.org", "four"), ("four", "five")]
        {
            let search = format!("{end}{between}{begin}");
            let found = found(&tenant, repositories, &search).await;
            // First and last name are one text, with a blank between.
            let is_name = end == "one" && matches!(between, " " | "\u{a0}");
            assert_eq!(!found.is_empty(), is_name, "{search:?}");
        }
    }
}

/// As long as a text may be, so long may be what is looked for.
pub async fn finds_the_longest_text(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;

    for character in ["%", "_", "\\", "\u{10ffff}", "ß", "ΐ"] {
        let longest = character.repeat(SearchText::MAX_LENGTH);
        let profile = Profile { company: Some(profile_text(&longest)), ..Profile::default() };
        let id = tenant.customer(a_customer().known_as(profile)).await.id();

        assert_eq!(found(&tenant, repositories, &longest).await, [id], "{character}");
    }
}

/// Whatever is stored and whatever is asked for, what is found is what a filter in memory finds. A
/// failure names the seed; put it in the place of the random one to see it again.
pub async fn finds_what_an_in_memory_filter_finds(repositories: &Repositories) {
    for seed in [1, RandomState::new().hash_one(0)] {
        let mut random = Random::new(seed);
        let tenant = Tenant::new(repositories).await;
        let mut stored = Vec::new();
        for _ in 0..40 {
            stored.push(tenant.customer(a_random_customer(&mut random)).await);
        }
        // Each of these once, because two customers cannot have the same one.
        for system in SYSTEMS {
            for id in FOREIGN_IDS {
                let customer = a_random_customer(&mut random).known_to(system, id);
                stored.push(tenant.customer(customer).await);
            }
        }
        stored.sort_by_key(|customer| std::cmp::Reverse(customer.id()));

        for _ in 0..60 {
            let filter = CustomerFilter {
                search: random.maybe(&PARTS).map(|part| part.parse().expect("a search")),
                tiers: random.some_of(Tier::ALL),
                statuses: random.some_of(CustomerStatus::ALL),
                tags: match random.below(3) {
                    0 => tags(&random.different(&TAGS)),
                    _ => Tags::default(),
                },
                email: None,
                external_id: (random.below(5) == 0).then(|| ExternalIdFilter {
                    id: random.pick(&FOREIGN_IDS).parse().expect("an id"),
                    source: random.maybe(&SYSTEMS).map(|source| source.parse().expect("a source")),
                }),
            };
            let expected: Vec<_> =
                stored.iter().filter(|each| allows(&filter, each)).map(Customer::id).collect();
            let context = format!("seed {seed}: {filter:?}");
            assert_eq!(customers(&tenant, repositories, filter).await, expected, "{context}");
        }
    }
}

const TAGS: [&str; 4] = ["vip", "VIP", "v_p", "berlin"];
const SYSTEMS: [&str; 2] = ["crm", "shop"];
/// Two of them differ in case only.
const FOREIGN_IDS: [&str; 3] = ["a1", "A1", "a"];
const PARTS: [&str; 10] = ["a", "A%", "%", "_", "\\", "ß", "SS", "Σ", "ς", "aß"];

/// What the filter means, without a database.
fn allows(filter: &CustomerFilter, customer: &Customer) -> bool {
    let CustomerFilter { search, tiers, statuses, tags, email: address, external_id } = filter;
    let parts = customer.clone().into_parts();
    let Profile { first_name, last_name, email, phone, company, job_title: _ } = parts.profile;
    let present: Vec<_> = parts.tags.iter().collect();
    let key = email.as_ref().map(Email::case_folded);
    let email = email.map(|email| email.as_str().to_owned());
    let names: Vec<_> =
        [&first_name, &last_name].into_iter().flatten().map(ProfileText::as_str).collect();
    let names = Some(names.join(" "));
    let texts = [phone, company].into_iter().map(|text| text.map(|text| text.as_str().to_owned()));

    search.as_ref().is_none_or(|search| {
        let search = fold_text(search.as_str());
        texts.chain([email, names]).flatten().any(|text| fold_text(&text).contains(&search))
    }) && (tiers.is_empty() || tiers.contains(&parts.tier))
        && (statuses.is_empty() || statuses.contains(&parts.status))
        && tags.iter().all(|tag| present.contains(&tag))
        && address.as_ref().is_none_or(|address| key == Some(address.case_folded()))
        && external_id.as_ref().is_none_or(|asked| asked.allows(customer.external_id()))
}

fn a_random_customer(random: &mut Random) -> CustomerBuilder {
    let text = |random: &mut Random| {
        let parts: Vec<_> = (0..random.below(4)).map(|_| *random.pick(&PARTS)).collect();
        (!parts.is_empty()).then(|| profile_text(&parts.concat()))
    };
    let profile = Profile {
        first_name: text(random),
        last_name: text(random),
        email: None,
        phone: text(random),
        company: text(random),
        job_title: text(random),
    };
    a_customer()
        .known_as(profile)
        .ranked(*random.pick(Tier::ALL))
        .in_status(*random.pick(CustomerStatus::ALL))
        .tagged(&random.different(&TAGS))
        .made_at(at(i64::try_from(random.below(20)).expect("a small number")))
}

/// The customers in whom a search finds something.
async fn found(tenant: &Tenant<'_>, repositories: &Repositories, text: &str) -> Vec<CustomerId> {
    let search = Some(text.parse().expect("a search"));
    customers(tenant, repositories, CustomerFilter { search, ..CustomerFilter::default() }).await
}
