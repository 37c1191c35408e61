//! JSON Schemas (2020-12) of bodies and parameters, and the description of one operation.
//!
//! Bodies, parameters and extractors describe themselves with these, each beside its own code, and
//! [`crate::openapi`] makes a document of what they say. So nothing here knows any resource.

mod clients;
mod comma_separated;
mod object_schema;
mod operation_description;
mod values;

#[cfg(test)]
pub(crate) use comma_separated::schema as schema_of_comma_separated;
pub(crate) use object_schema::{
    Fields, ObjectSchema, Schema, Schemas, Text, object_schema, wire_name,
};
#[cfg(test)]
pub(crate) use operation_description::Reads;
pub(crate) use operation_description::{
    DescribeOperation, OperationDescription, ResponseBody, SentBody,
};
pub(crate) use values::{ID, text};
