//! Listing customers.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::customers::CustomerService;
use conversations_application::read_model::CustomerFilter;
use conversations_domain::{CustomerStatus, Email, SearchText, Tag, Tier};

use super::CustomerBody;
use crate::caller::{Caller, ReadCustomers};
use crate::error::ApiError;
use crate::external_id::{describe_external_id_filter, external_id_filter};
use crate::page::{FollowedList, ListReader};
use crate::query::{FromQuery, QueryReader, ValidatedQuery};
use crate::schema::OperationDescription;

/// Which customers are wanted, and which page of them.
pub(crate) struct ListQuery {
    filter: CustomerFilter,
    page: PageRequest,
}

pub(crate) async fn list(
    caller: Caller<ReadCustomers>,
    service: Data<CustomerService>,
    query: ValidatedQuery<ListQuery>,
    reader: ListReader,
) -> Result<FollowedList<CustomerBody>, ApiError> {
    let ListQuery { filter, page } = query.0;
    reader.read(&caller, page, async || service.list(&caller, filter, page).await).await
}

impl FromQuery for ListQuery {
    fn read(query: &mut QueryReader) -> Self {
        Self {
            filter: CustomerFilter {
                search: query.one("search"),
                tiers: query.several("tier"),
                statuses: query.several("status"),
                tags: query.one("tags").unwrap_or_default(),
                email: query.one("email"),
                external_id: external_id_filter(query),
            },
            page: query.page(),
        }
    }

    fn describe(operation: &mut OperationDescription) {
        let text = "Part of the first name, last name, full name, e-mail address, phone or \
            company. Case and accents are ignored. A search through too many customers is a 422; \
            add another filter.";
        operation.takes_from_query::<SearchText>("search", text);
        operation.takes_comma_separated::<Tier>("tier", "With one of these tiers.");
        operation.takes_comma_separated::<CustomerStatus>("status", "With one of these statuses.");
        operation.takes_comma_separated::<Tag>("tags", "With all of these tags.");
        let text = "With this e-mail address. Case is ignored.";
        operation.takes_from_query::<Email>("email", text);
        describe_external_id_filter(operation);
        operation.takes_page();
    }
}
