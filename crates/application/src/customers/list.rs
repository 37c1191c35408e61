//! Listing customers.

use conversations_domain::Customer;

use super::CustomerService;
use crate::{Caller, Error, Page, PageRequest};

impl CustomerService {
    /// A page of the workspace's customers, newest first, with the exact total.
    pub async fn list(&self, caller: &Caller, page: PageRequest) -> Result<Page<Customer>, Error> {
        Ok(self.customers.list(caller.workspace, page).await?)
    }
}
