//! JSON Schemas (2020-12) of bodies and parameters, and the description of one operation.
//!
//! Bodies, parameters and extractors describe themselves with these, each beside its own code, and
//! [`crate::openapi`] makes a document of what they say. So nothing here knows any resource.

mod clients;
mod description;
mod several;
mod shape;
mod values;

#[cfg(test)]
pub(crate) use description::Reads;
pub(crate) use description::{Described, Description, Sent, Shown};
#[cfg(test)]
pub(crate) use several::schema as schema_of_several;
pub(crate) use shape::{Fields, Kind, Schemas, Shape, Text, shape, wire_name};
pub(crate) use values::{ID, text};
