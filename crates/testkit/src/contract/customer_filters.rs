//! Listing the customers that a filter allows.

use conversations_application::ports::Commit;
use conversations_application::read_model::{CustomerFilter, ExternalIdFilter};
use conversations_domain::{
    Customer, CustomerId, CustomerParts, CustomerStatus, Profile, Tags, Tier,
};
use conversations_persistence::Repositories;

use super::bulk::customers;
use super::pages::page;
use super::tenant::Tenant;
use crate::fixtures::{CustomerBuilder, a_customer, an_origin, email, profile_text, tags};

/// One tier or several.
pub async fn filters_by_tier(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let bronze = store(&tenant, a_customer().ranked(Tier::Bronze)).await;
    let silver = store(&tenant, a_customer().ranked(Tier::Silver)).await;
    let gold = store(&tenant, a_customer().ranked(Tier::Gold)).await;
    let of = async |tiers: &[Tier]| {
        let filter = CustomerFilter { tiers: tiers.to_vec(), ..CustomerFilter::default() };
        customers(&tenant, repositories, filter).await
    };

    assert_eq!(of(&[Tier::Silver]).await, [silver]);
    assert_eq!(of(&[Tier::Bronze, Tier::Gold]).await, [gold, bronze]);
    assert_eq!(of(&[Tier::Gold, Tier::Gold]).await, [gold]);
    assert_eq!(of(&[Tier::Platinum]).await, []);
    assert_eq!(of(Tier::ALL).await, [gold, silver, bronze]);
}

/// One status or several.
pub async fn filters_by_status(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let active = store(&tenant, a_customer().in_status(CustomerStatus::Active)).await;
    let inactive = store(&tenant, a_customer().in_status(CustomerStatus::Inactive)).await;
    let archived = store(&tenant, a_customer().in_status(CustomerStatus::Archived)).await;
    let of = async |statuses: &[CustomerStatus]| {
        let filter = CustomerFilter { statuses: statuses.to_vec(), ..CustomerFilter::default() };
        customers(&tenant, repositories, filter).await
    };

    assert_eq!(of(&[CustomerStatus::Inactive]).await, [inactive]);
    let two = [CustomerStatus::Active, CustomerStatus::Archived];
    assert_eq!(of(&two).await, [archived, active]);
    assert_eq!(of(CustomerStatus::ALL).await, [archived, inactive, active]);
}

/// One tag, or several: then all of them, literally.
pub async fn filters_by_tag(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let vip = store(&tenant, a_customer().tagged(&["vip"])).await;
    let both = store(&tenant, a_customer().tagged(&["berlin", "vip"])).await;
    let other_case = store(&tenant, a_customer().tagged(&["VIP", "50%", "a_b"])).await;
    store(&tenant, a_customer()).await;
    let of = async |texts: &[&str]| {
        let filter = CustomerFilter { tags: tags(texts), ..CustomerFilter::default() };
        customers(&tenant, repositories, filter).await
    };

    assert_eq!(of(&["vip"]).await, [both, vip]);
    assert_eq!(of(&["vip", "berlin"]).await, [both]);
    assert_eq!(of(&["VIP"]).await, [other_case]);
    assert_eq!(of(&["a_b", "50%"]).await, [other_case]);
    for none in [&["berlin", "VIP"][..], &["axb"], &["50"], &["%"], &["vi"], &["vip", "unknown"]] {
        assert_eq!(of(none).await, [], "{none:?}");
    }
}

/// One address, whatever its case.
pub async fn filters_by_email(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let ada = store(&tenant, a_customer().reachable_at("Ädä@x.org")).await;
    store(&tenant, a_customer().reachable_at("ada@x.org")).await;
    store(&tenant, a_customer()).await;
    let of = async |address| {
        let filter = CustomerFilter { email: Some(email(address)), ..CustomerFilter::default() };
        customers(&tenant, repositories, filter).await
    };

    assert_eq!(of("äDÄ@X.org").await, [ada]);
    assert_eq!(of("dä@x.org").await, []);
}

/// An id in one other system or in any, compared exactly.
pub async fn filters_by_external_id(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let other = Tenant::new(repositories).await;
    let in_crm = store(&tenant, a_customer().known_to("crm", "a1")).await;
    let in_shop = store(&tenant, a_customer().known_to("shop", "a1")).await;
    for near_miss in
        [a_customer().known_to("crm", "A1"), a_customer().known_to("crm", "a12"), a_customer()]
    {
        store(&tenant, near_miss).await;
    }
    store(&other, a_customer().known_to("crm", "a1")).await;
    let of = async |id, source| {
        let external_id = Some(by_external_id(id, source));
        let filter = CustomerFilter { external_id, ..CustomerFilter::default() };
        customers(&tenant, repositories, filter).await
    };

    assert_eq!(of("a1", None).await, [in_shop, in_crm]);
    assert_eq!(of("a1", Some("crm")).await, [in_crm]);
    for (id, source) in [("a1", Some("erp")), ("a", None), ("%", None), ("crm", Some("a1"))] {
        assert_eq!(of(id, source).await, [], "{id}");
    }
}

/// Each filter that is given counts: what fails one of them is not listed.
pub async fn all_filters_apply_together(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let right = || a_customer().ranked(Tier::Gold).tagged(&["vip", "berlin"]);
    let wanted = right().tagged(&["berlin", "new", "vip"]).reachable_at("ada@x.org");
    let wanted = store(&tenant, wanted.known_to("crm", "7")).await;
    let alan = Profile { first_name: Some(profile_text("Alan")), ..Profile::default() };
    for near_miss in [
        right().known_as(alan),
        right().ranked(Tier::Bronze),
        right().in_status(CustomerStatus::Archived),
        right().tagged(&["vip"]),
        right().tagged(&["berlin"]),
        right().reachable_at("eve@x.org").known_to("shop", "7"),
    ] {
        store(&tenant, near_miss).await;
    }

    let filter = CustomerFilter {
        search: "AD".parse().ok(),
        tiers: vec![Tier::Gold, Tier::Silver],
        statuses: vec![CustomerStatus::Active, CustomerStatus::Inactive],
        tags: tags(&["vip", "berlin"]),
        email: Some(email("ADA@x.org")),
        external_id: Some(by_external_id("7", Some("crm"))),
    };
    assert_eq!(customers(&tenant, repositories, filter).await, [wanted]);
}

/// Pages and their total are those of what the filter allows.
pub async fn counts_what_the_filter_allows(repositories: &Repositories) {
    let tenant = Tenant::new(repositories).await;
    let mut allowed = Vec::new();
    for _ in 0..3 {
        allowed.push(tenant.customer(a_customer().tagged(&["vip", "a"])).await);
        store(&tenant, a_customer().tagged(&["vip"])).await;
    }
    let [third, second, first] = &allowed[..] else { unreachable!("three are stored") };

    let filter = CustomerFilter {
        tags: tags(&["a", "vip"]),
        search: "a".parse().ok(),
        ..Default::default()
    };
    for (request, items) in [
        (page(1, 2), vec![first, second]),
        (page(2, 2), vec![third]),
        (page(3, 2), vec![]),
        (page(2_147_483_648, 100), vec![]),
    ] {
        let page = repositories.customers.list(tenant.id, filter.clone(), request).await;

        let items = items.into_iter().cloned().collect();
        assert_eq!(page.ok(), Some(request.slice(items, 3)), "{request:?}");
    }
}

/// Customers of another workspace are never found, nor are one's own by what others of the same id
/// have there.
pub async fn filters_one_workspace_only(repositories: &Repositories) {
    let (tenant, other) = (Tenant::new(repositories).await, Tenant::new(repositories).await);
    let theirs = other.customer(a_customer().reachable_at("a@b.cd").tagged(&["vip"])).await;
    let searching = CustomerFilter { search: "a@b".parse().ok(), ..CustomerFilter::default() };
    let tagged = CustomerFilter { tags: tags(&["vip"]), ..CustomerFilter::default() };
    let all = CustomerFilter::default();

    for filter in [&searching, &tagged, &all] {
        assert_eq!(customers(&tenant, repositories, filter.clone()).await, []);
    }
    let parts = CustomerParts {
        profile: Profile { email: Some(email("e@f.gh")), ..Profile::default() },
        tags: Tags::default(),
        ..theirs.clone().into_parts()
    };
    let twin = Commit::of(an_origin(), Customer::restore(parts));
    repositories.customers.create(tenant.id, twin).await.expect("a twin elsewhere");
    for (filter, ours) in [(searching, vec![]), (tagged, vec![]), (all, vec![theirs.id()])] {
        assert_eq!(customers(&tenant, repositories, filter.clone()).await, ours, "{filter:?}");
        assert_eq!(customers(&other, repositories, filter).await, [theirs.id()]);
    }
}

fn by_external_id(id: &str, source: Option<&str>) -> ExternalIdFilter {
    let source = source.map(|source| source.parse().expect("a source"));
    ExternalIdFilter { id: id.parse().expect("an id"), source }
}

async fn store(tenant: &Tenant<'_>, customer: CustomerBuilder) -> CustomerId {
    tenant.customer(customer).await.id()
}
