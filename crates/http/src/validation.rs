//! How bodies are validated: the rules are the domain's own `parse`, `validator` asks them all, and
//! what is wrong is reported by the names that callers know.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use crate::details::Details;
use crate::schema::wire_name;

/// Where `validator` puts what concerns more than one field.
pub(crate) const WHOLE_STRUCT: &str = "__all__";
/// Marks an error whose parameters are problems by the rest of their path.
const INSIDE: &str = "inside";

const REPEATED: &str = "must not contain duplicates";

/// Reads a list that is to have different entries, or says what is wrong with them, by their places.
pub(crate) fn read_entries<T>(texts: &[String]) -> Result<Vec<T>, Vec<(String, String)>>
where
    T: FromStr<Err: Display> + PartialEq,
{
    let mut entries = Vec::with_capacity(texts.len());
    let mut problems = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let problem = match text.parse::<T>() {
            Ok(entry) if entries.contains(&entry) => REPEATED.to_owned(),
            Ok(entry) => {
                entries.push(entry);
                continue;
            }
            Err(error) => error.to_string(),
        };
        problems.push((format!("[{index}]"), problem));
    }
    if problems.is_empty() { Ok(entries) } else { Err(problems) }
}

/// What is wrong with a field.
pub(crate) fn problem(text: impl Into<Cow<'static, str>>) -> ValidationError {
    ValidationError::new("problem").with_message(text.into())
}

/// What is wrong with a field of a struct whose fields do not fit together.
pub(crate) fn misfit(field: &'static str, text: &'static str) -> ValidationError {
    ValidationError::new(field).with_message(Cow::Borrowed(text))
}

/// What is wrong inside a field, by the rest of the path (`[3]`, `.plan`).
pub(crate) fn inside(problems: impl IntoIterator<Item = (String, String)>) -> ValidationError {
    let mut error = ValidationError::new(INSIDE);
    for (rest, text) in problems {
        error.add_param(Cow::Owned(rest), &text);
    }
    error
}

/// Everything that `validator` found, by the names that callers know.
pub(crate) fn all(errors: &ValidationErrors) -> Details {
    let mut details = Details::default();
    note_struct(errors, "", &mut details);
    details
}

fn note_struct(errors: &ValidationErrors, parent: &str, details: &mut Details) {
    // In a fixed order, because two problems may belong to one path.
    let mut fields: Vec<_> = errors.errors().iter().collect();
    fields.sort_unstable_by_key(|(field, _)| *field);
    for (field, kind) in fields {
        let path = join(parent, &wire_name(field));
        match kind {
            ValidationErrorsKind::Struct(inner) => note_struct(inner, &path, details),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    note_struct(inner, &format!("{path}[{index}]"), details);
                }
            }
            ValidationErrorsKind::Field(errors) => {
                for error in errors {
                    let misfit = field == WHOLE_STRUCT;
                    let path = if misfit { &join(parent, &error.code) } else { &path };
                    note_field(error, path, details);
                }
            }
        }
    }
}

fn note_field(error: &ValidationError, path: &str, details: &mut Details) {
    if error.code == INSIDE {
        for (rest, text) in &error.params {
            details.note(format!("{path}{rest}"), text.as_str().unwrap_or_default());
        }
    } else {
        let text = error.message.as_ref().unwrap_or(&error.code);
        details.note(path, &**text);
    }
}

fn join(parent: &str, field: &str) -> String {
    if parent.is_empty() { field.to_owned() } else { format!("{parent}.{field}") }
}
