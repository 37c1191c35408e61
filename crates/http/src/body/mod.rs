//! Bodies, each field of which is declared once.
//!
//! A body is a struct in [`request_body!`] or [`response_body!`]. Its fields have the domain's types,
//! and their comments are what the description of the API says of them. How it is read, what is
//! reported, its schema and the names on the wire follow from that.

mod field;
mod macros;
mod value;

pub(crate) use field::{Field, Patch, RequestBody, changes_something};
pub(crate) use macros::{request_body, response_body};
pub(crate) use value::BodyValue;
