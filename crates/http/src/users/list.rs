//! Listing users.

use actix_web::web::Data;
use conversations_application::PageRequest;
use conversations_application::read_model::UserFilter;
use conversations_application::users::UserService;

use super::UserBody;
use crate::caller::{Caller, ReadUsers};
use crate::error::ApiError;
use crate::external_id::{describe_external_id_filter, external_id_filter};
use crate::page::{FollowedList, ListReader};
use crate::query::{FromQuery, QueryReader, ValidatedQuery};
use crate::schema::OperationDescription;

/// Which users are wanted, and which page of them.
pub(crate) struct ListQuery {
    filter: UserFilter,
    page: PageRequest,
}

pub(crate) async fn list(
    caller: Caller<ReadUsers>,
    service: Data<UserService>,
    query: ValidatedQuery<ListQuery>,
    reader: ListReader,
) -> Result<FollowedList<UserBody>, ApiError> {
    let ListQuery { filter, page } = query.0;
    reader.read(&caller, page, async || service.list(&caller, filter, page).await).await
}

impl FromQuery for ListQuery {
    fn read(query: &mut QueryReader) -> Self {
        let filter = UserFilter { external_id: external_id_filter(query) };
        Self { filter, page: query.page() }
    }

    fn describe(operation: &mut OperationDescription) {
        describe_external_id_filter(operation);
        operation.takes_page();
    }
}
