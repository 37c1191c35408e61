//! Strict query strings: every parameter is known, comes once and means something, or the request
//! is refused with all that is wrong. A typo in a filter must not list everything.

use std::borrow::Cow;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use conversations_application::PageRequest;
use futures_util::future::{Ready, ready};

use crate::details::Details;
use crate::error::ApiError;
use crate::schema::OperationDescription;

/// What an operation takes from the query.
pub(crate) trait FromQuery: Sized {
    /// Reads the parameters. What is wrong with them the reader remembers; the value of such a
    /// one does not matter then.
    fn read(query: &mut QueryReader) -> Self;

    /// Describes the same parameters.
    fn describe(operation: &mut OperationDescription);
}

/// The query as `Q`, or a refusal.
pub(crate) struct ValidatedQuery<Q>(pub(crate) Q);

/// The query of an operation that takes nothing from it.
pub(crate) struct NoParameters;

/// The most parameters that a query has: several times as many as any operation takes.
const MAX_PARAMETERS: usize = 64;

/// The parameters of a query, and what is wrong with them.
#[derive(Debug)]
pub(crate) struct QueryReader {
    parameters: Vec<(String, String)>,
    problems: Details,
    /// The parameters that were read.
    #[cfg(test)]
    pub(crate) asked: std::collections::BTreeSet<String>,
}

impl QueryReader {
    /// Takes a query apart.
    pub(crate) fn new(query: &str) -> Result<Self, ApiError> {
        if pieces(query).nth(MAX_PARAMETERS).is_some() {
            return Err(malformed("The query has more than 64 parameters."));
        }
        let parameters = pieces(query).map(|piece| {
            let (_, value) = piece.split_once('=').unwrap_or((piece, ""));
            Ok((name_of(piece)?, decode(value)?))
        });
        let parameters = parameters.collect::<Result<_, ApiError>>()?;
        Ok(Self {
            parameters,
            problems: Details::default(),
            #[cfg(test)]
            asked: std::collections::BTreeSet::new(),
        })
    }

    /// A parameter that takes one value.
    pub(crate) fn one<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.take(name)?;
        self.parse(name, &text)
    }

    /// A parameter that takes one value and must not be missing.
    pub(crate) fn required<T: FromStr<Err: Display>>(&mut self, name: &str) -> Option<T> {
        if !self.has(name) {
            self.note(name, "is required");
        }
        self.one(name)
    }

    /// A parameter that takes several values of a few, with commas. What is said twice counts once, so
    /// that a long text is not a long list.
    pub(crate) fn several<T: FromStr<Err: Display> + PartialEq>(&mut self, name: &str) -> Vec<T> {
        let text = self.take(name).unwrap_or_default();
        let pieces = text.split(',').filter(|_| !text.is_empty());
        let mut values = Vec::new();
        for value in pieces.map_while(|piece| self.parse(name, piece)) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// A parameter that says yes or no.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        let text = self.take(name)?;
        // What cannot be read is neither, and the words of the standard library are not ours.
        let flag = text.parse().ok();
        if flag.is_none() {
            self.problems.note(name, "must be true or false");
        }
        flag
    }

    /// Which page is wanted: by its number or by a cursor, not by both.
    pub(crate) fn page(&mut self) -> PageRequest {
        if self.has("page") && self.has("cursor") {
            self.note("page", "must not be combined with cursor");
            self.note("cursor", "must not be combined with page");
        }
        let usual = PageRequest::default();
        let page = self.number("page", 1..=PageRequest::MAX_PAGE).unwrap_or(1);
        let cursor = self.one("cursor");
        let limit = self.number("limit", 1..=PageRequest::MAX_LIMIT.into());
        let limit = limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(usual.limit());
        let asked = match cursor {
            Some(cursor) => PageRequest::at(cursor, limit),
            None => PageRequest::new(page, limit),
        };
        asked.unwrap_or(usual)
    }

    /// Remembers what is wrong with a parameter beyond its own value.
    pub(crate) fn note(&mut self, name: &str, problem: &str) {
        self.problems.note(name, problem);
    }

    /// Everything that is wrong: parameters that were not read included.
    pub(crate) fn into_problems(self) -> Details {
        let Self { parameters, mut problems, .. } = self;
        let mut unknown: Vec<String> = parameters.into_iter().map(|(name, _)| name).collect();
        unknown.sort_unstable();
        unknown.dedup();
        for name in unknown {
            problems.note(name, "is not a known query parameter");
        }
        problems
    }

    /// Whether a parameter was given and is not read yet.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|(given, _)| given == name)
    }

    /// The value of a parameter, which then is known.
    fn take(&mut self, name: &str) -> Option<String> {
        #[cfg(test)]
        self.asked.insert(name.to_owned());
        let mut values = self.parameters.extract_if(.., |(given, _)| given == name);
        let (_, value) = values.next()?;
        let repeated = values.count() > 0;
        if repeated {
            self.problems.note(name, "must be given only once");
        } else if value.is_empty() {
            self.problems.note(name, "must not be empty");
        }
        (!repeated && !value.is_empty()).then_some(value)
    }

    fn parse<T: FromStr<Err: Display>>(&mut self, name: &str, text: &str) -> Option<T> {
        text.parse().map_err(|error: T::Err| self.problems.note(name, error.to_string())).ok()
    }

    /// A number within bounds, in the one way to write it: ASCII digits without a leading zero.
    pub(crate) fn number(&mut self, name: &str, bounds: RangeInclusive<u64>) -> Option<u64> {
        let text = self.take(name)?;
        let is_canonical = |number: &u64| number.to_string() == text;
        let number = text.parse().ok().filter(is_canonical);
        let number = number.filter(|number| bounds.contains(number));
        if number.is_none() {
            let (min, max) = bounds.into_inner();
            self.problems.note(name, format!("must be a whole number from {min} to {max}"));
        }
        number
    }
}

impl FromQuery for NoParameters {
    fn read(_: &mut QueryReader) -> Self {
        Self
    }

    fn describe(_: &mut OperationDescription) {}
}

impl FromQuery for PageRequest {
    fn read(query: &mut QueryReader) -> Self {
        query.page()
    }

    fn describe(operation: &mut OperationDescription) {
        operation.takes_page();
    }
}

impl<Q: FromQuery> ValidatedQuery<Q> {
    pub(crate) fn of(query: &str) -> Result<Self, ApiError> {
        let mut reader = QueryReader::new(query)?;
        let value = Q::read(&mut reader);
        let problems = reader.into_problems();
        if problems.is_empty() { Ok(Self(value)) } else { Err(ApiError::Validation(problems)) }
    }
}

impl<Q: FromQuery> FromRequest for ValidatedQuery<Q> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request.query_string()))
    }
}

/// The parameters of a query, as they are written.
pub(crate) fn pieces(query: &str) -> impl Iterator<Item = &str> {
    query.split('&').filter(|piece| !piece.is_empty())
}

/// The name of a parameter.
pub(crate) fn name_of(piece: &str) -> Result<String, ApiError> {
    decode(piece.split_once('=').map_or(piece, |(name, _)| name))
}

/// Decodes a name or a value as forms encode them: `+` is a blank.
fn decode(text: &str) -> Result<String, ApiError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => match (rest.next().and_then(hex_digit), rest.next().and_then(hex_digit)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => {
                    return Err(malformed(
                        "The query has a % that is not followed by two hex digits.",
                    ));
                }
            },
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| malformed("The query is not UTF-8."))
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn malformed(why: &'static str) -> ApiError {
    ApiError::BadRequest(Cow::Borrowed(why))
}
