//! Listing customers.

use conversations_domain::Customer;

use super::CustomerService;
use crate::ports::CustomerFilter;
use crate::{Caller, Error, Page, PageRequest};

impl CustomerService {
    /// A page of the customers that the filter allows, newest first, with the exact total.
    pub async fn list(
        &self,
        caller: &Caller,
        filter: CustomerFilter,
        page: PageRequest,
    ) -> Result<Page<Customer>, Error> {
        Ok(self.customers.list(caller.workspace, filter, page).await?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use conversations_domain::{CustomerStatus, SearchText, Tags, Tier};
    use mockall::predicate::eq;

    use super::*;
    use crate::ports::MockCustomerRepository;
    use crate::testing::{caller, customer, customer_id, moments, third_page, workspace};

    #[tokio::test]
    async fn asks_for_what_the_filter_allows_in_the_workspace_of_the_caller() {
        let filter = CustomerFilter {
            search: SearchText::parse("ada").ok(),
            tiers: vec![Tier::Gold],
            statuses: vec![CustomerStatus::Active],
            tags: Tags::parse(&["vip"]).expect("a tag"),
        };
        let stored = Page { items: vec![customer(customer_id(1))], total: 15 };
        let mut customers = MockCustomerRepository::new();
        let answer = stored.clone();
        customers
            .expect_list()
            .times(1)
            .with(eq(workspace()), eq(filter.clone()), eq(third_page()))
            .returning(move |_, _, _| Ok(answer.clone()));
        let service = CustomerService::new(Arc::new(customers), moments());

        let listed = service.list(&caller(), filter, third_page()).await;

        assert_eq!(listed.ok(), Some(stored));
    }
}
