//! Listing customers.

use conversations_domain::Customer;

use super::CustomerService;
use crate::page::ListScope;
use crate::read_model::CustomerFilter;
use crate::{Caller, Error, Invalid, Page, PageRequest, SortKey};

impl CustomerService {
    /// A page of the customers that the filter allows, newest first, with the exact total.
    pub async fn list(
        &self,
        caller: &Caller,
        filter: CustomerFilter,
        page: PageRequest,
    ) -> Result<Page<Customer>, Error> {
        let CustomerFilter { search, tiers, statuses, tags, email, external_id } = &filter;
        let mut scope = ListScope::of(caller.workspace, "customers")
            .with_any_of(search)
            .with_any_of(tiers)
            .with_any_of(statuses)
            .with_any_of(tags.iter());
        // Only where they are given: cursors from before there were these stay valid.
        if let Some(email) = email {
            scope = scope.with("email").with(email.case_folded());
        }
        if let Some(external_id) = external_id {
            scope = scope.with("externalId").with_any_of(external_id.values());
        }
        let resolved = scope.resolve(page)?;
        let found = self.customers.list(caller.workspace, filter, resolved.window).await;
        let found = found.map_err(|error| Error::of_search(error, Invalid::TextTooBroad))?;
        Ok(resolved.page(found, |customer| SortKey::of_id(customer.id())))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::{CustomerStatus, SearchText, Tags, Tier};
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::{MockCustomerRepository, RepositoryError};
    use crate::read_model::ExternalIdFilter;
    use crate::testing::{
        caller, context_factory, customer, customer_id, nothing_left, third_page, third_window,
        workspace,
    };

    fn external_id(id: &str, source: Option<&str>) -> ExternalIdFilter {
        let source = source.map(|source| source.parse().expect("a source"));
        ExternalIdFilter { id: id.parse().expect("an id"), source }
    }

    #[tokio::test]
    async fn lists_with_the_filter_in_the_callers_workspace() {
        let filter = CustomerFilter {
            search: SearchText::parse("ada").ok(),
            tiers: vec![Tier::Gold],
            statuses: vec![CustomerStatus::Active],
            tags: Tags::parse(&["vip"]).expect("a tag"),
            email: "ada@example.org".parse().ok(),
            external_id: Some(external_id("7", Some("crm"))),
        };
        let stored = third_window().slice(vec![customer(customer_id(1))], 15);
        let mut customers = MockCustomerRepository::new();
        let answer = stored.clone();
        customers
            .expect_list()
            .times(1)
            .with(eq(workspace()), eq(filter.clone()), eq(third_window()))
            .returning(move |_, _, _| Ok(answer.clone()));
        let service = CustomerService::new(Arc::new(customers), nothing_left(), context_factory());

        let listed = service.list(&caller(), filter, third_page()).await;

        let listed = listed.expect("a page");
        assert_eq!((listed.items, listed.total, listed.page), (stored.items, 15, Some(3)));
    }

    #[tokio::test]
    async fn a_search_in_too_many_is_invalid() {
        let mut customers = MockCustomerRepository::new();
        customers.expect_list().returning(|_, _, _| Err(RepositoryError::TooBroad));
        let service = CustomerService::new(Arc::new(customers), nothing_left(), context_factory());

        let listed = service.list(&caller(), CustomerFilter::default(), third_page()).await;

        assert!(matches!(listed, Err(Error::Invalid(Invalid::TextTooBroad))));
    }

    #[tokio::test]
    async fn a_cursor_belongs_to_one_filter() {
        let any = CustomerFilter::default;
        let filters = [
            any(),
            CustomerFilter { search: SearchText::parse("gold").ok(), ..any() },
            CustomerFilter { tiers: vec![Tier::Gold], ..any() },
            CustomerFilter { statuses: vec![CustomerStatus::Active], ..any() },
            CustomerFilter { tags: Tags::parse(&["gold"]).expect("a tag"), ..any() },
            CustomerFilter { email: "gold@example.org".parse().ok(), ..any() },
            CustomerFilter { external_id: Some(external_id("gold", None)), ..any() },
            CustomerFilter { external_id: Some(external_id("gold", Some("crm"))), ..any() },
        ];
        let list = async |filter: &CustomerFilter, page| {
            let mut customers = MockCustomerRepository::new();
            let found = third_window().slice(vec![customer(customer_id(1))], 99);
            customers.expect_list().returning(move |_, _, _| Ok(found.clone()));
            let service =
                CustomerService::new(Arc::new(customers), nothing_left(), context_factory());
            service.list(&caller(), filter.clone(), page).await
        };

        for (place, filter) in filters.iter().enumerate() {
            let page = list(filter, third_page()).await.expect("a page by number");
            let cursor = page.next.and_then(|next| PageRequest::at(next, 5)).expect("a cursor");
            for (of, other) in filters.iter().enumerate() {
                let listed = list(other, cursor).await;
                assert_eq!(listed.is_ok(), of == place, "{filter:?} {other:?}");
            }
        }
    }
}
