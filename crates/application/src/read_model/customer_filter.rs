//! Which customers are listed.

use conversations_domain::{CustomerStatus, SearchText, Tags, Tier};

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
}
