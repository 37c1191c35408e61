//! Which customers are listed.

use conversations_domain::{CustomerStatus, Email, SearchText, Tags, Tier};

use super::ExternalIdFilter;

/// Which customers are wanted: those that every given field allows. Empty allows all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerFilter {
    /// This is a part of a name, the e-mail address, the telephone number or the company, whatever
    /// its case.
    pub search: Option<SearchText>,
    /// One of these, if there are any.
    pub tiers: Vec<Tier>,
    /// One of these, if there are any.
    pub statuses: Vec<CustomerStatus>,
    /// With all of these tags.
    pub tags: Tags,
    /// With this e-mail address, whatever its case.
    pub email: Option<Email>,
    /// With this id in another system.
    pub external_id: Option<ExternalIdFilter>,
}
