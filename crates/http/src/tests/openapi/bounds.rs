//! What the patterns of the description make is what the validators take.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::str::FromStr;

use conversations_domain::{
    CustomFields, CustomValue, Email, EmailError, MessageBody, Name, Priority, ProfileText,
    RateLimit, Reason, Subject, Tag, Tags, UserId,
};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use proptest::string::string_regex;
use serde_json::Value;

use crate::conditions::{TAGS_PATTERN, parse};
use crate::conversations::list::TimeParameter;
use crate::query::QueryReader;
use crate::schema::{Schema, Schemas, schema_of_comma_separated};

/// Texts that a schema allows.
fn texts(schema: &Value) -> BoxedStrategy<String> {
    let pattern = schema["pattern"].as_str().expect("a pattern");
    let (min, max) = (schema["minLength"].as_u64(), schema["maxLength"].as_u64());
    let texts = string_regex(pattern.trim_start_matches('^').trim_end_matches('$'));
    let fits = move |text: &String| {
        let length = text.chars().count() as u64;
        min.is_none_or(|min| length >= min) && max.is_none_or(|max| length <= max)
    };
    texts.expect("a pattern that can be made").prop_filter("too long", fits).boxed()
}

/// Every text that the schema allows is read, and one that is longer is not.
fn holds<T: Schema + FromStr<Err: Debug>>() {
    let schema = T::schema(&mut Schemas::default());
    proptest!(|(text in texts(&schema))| {
        prop_assert!(text.parse::<T>().is_ok(), "{:?}", text);
    });
}

/// The longest text is read, and a longer one is not.
fn ends<T: Schema + FromStr<Err: Debug>>() {
    let schema = T::schema(&mut Schemas::default());
    let max = usize::try_from(schema["maxLength"].as_u64().expect("a bound")).expect("a length");
    assert!("ä".repeat(max).parse::<T>().is_ok());
    assert!("ä".repeat(max + 1).parse::<T>().is_err());
}

#[test]
fn every_text_that_a_pattern_makes_is_taken() {
    holds::<Subject>();
    holds::<Name>();
    holds::<ProfileText>();
    holds::<Reason>();
    holds::<MessageBody>();
    holds::<Tag>();
    holds::<RateLimit>();
    holds::<UserId>();
}

#[test]
fn an_address_that_the_pattern_makes_is_refused_for_its_domain_alone() {
    let schema = Email::schema(&mut Schemas::default());
    let allowed =
        [EmailError::Domain, EmailError::Malformed, EmailError::Scheme, EmailError::TrailingDot];
    proptest!(|(text in texts(&schema))| {
        let refused = text.parse::<Email>().err();
        // Nothing, or a dot at the end, may be left once invisible characters are gone.
        prop_assert!(refused.is_none_or(|error| allowed.contains(&error)), "{text:?} {refused:?}");
    });
}

#[test]
fn no_pattern_of_an_address_has_what_becomes_a_semicolon() {
    let pattern = Email::schema(&mut Schemas::default())["pattern"].to_string();
    for address in ["a\u{37e}@example.com", "a@example\u{37e}.com"] {
        assert_eq!(address.parse::<Email>(), Err(EmailError::Several));
    }
    assert_eq!(pattern.matches(r"\u037e").count(), 3, "{pattern}");
}

#[test]
fn lengths_are_those_of_the_domain() {
    ends::<Subject>();
    ends::<Name>();
    ends::<ProfileText>();
    ends::<Reason>();
    ends::<MessageBody>();
    ends::<Tag>();
}

#[test]
fn what_no_text_may_hold_no_pattern_makes() {
    // The classes are written down once, so one of them stands for all.
    let schema = Subject::schema(&mut Schemas::default());
    let pattern = schema["pattern"].as_str().expect("a pattern");
    for control in ['\0', '\u{8}', '\u{b}', '\u{c}', '\u{e}', '\u{1f}'] {
        assert!(Subject::parse(&format!("a{control}b")).is_err());
    }
    assert!(pattern.contains(r"\u0000-\u0008\u000b\u000c\u000e-\u001f"));
}

#[test]
fn every_limit_of_a_rate_is_known() {
    let most = format!("{}/min", RateLimit::MAX_REQUESTS);
    assert!(most.parse::<RateLimit>().is_ok());
    let pattern = RateLimit::schema(&mut Schemas::default())["pattern"].clone();
    assert_eq!(pattern, "^([1-9][0-9]{0,5}|1000000)/(s|min|h)$");
}

#[test]
fn every_custom_field_that_the_schema_allows_is_taken() {
    let schema = CustomFields::schema(&mut Schemas::default());
    let (names, values) = (texts(&schema["propertyNames"]), texts(&schema["additionalProperties"]));
    proptest!(|(name in names, value in values)| {
        prop_assert!(CustomFields::check(&name, &CustomValue::Text(value)).is_ok());
    });
    assert_eq!(schema["additionalProperties"]["minimum"], i64::MIN);
    assert_eq!(schema["additionalProperties"]["maximum"], i64::MAX);
}

#[test]
fn every_condition_that_the_pattern_makes_is_read() {
    let pattern = TAGS_PATTERN.trim_start_matches('^').trim_end_matches('$');
    proptest!(|(text in string_regex(pattern).expect("a pattern"))| {
        prop_assert!(parse(text.as_bytes()).is_some(), "{:?}", text);
    });
}

#[test]
fn every_time_that_can_be_asked_for_is_read() {
    let schema = TimeParameter::schema(&mut Schemas::default());
    let pattern = schema["pattern"].as_str().expect("a pattern");
    let after_seconds = pattern.strip_prefix("^[^.]*(");
    let fraction = after_seconds.and_then(|rest| rest.strip_suffix("[^.0-9].*)?$"));
    proptest!(|(fraction in string_regex(fraction.expect("a fraction")).expect("a pattern"))| {
        let time = format!("2026-11-22T15:04:05{fraction}Z");
        prop_assert!(time.parse::<TimeParameter>().is_ok(), "{:?}", time);
    });
    assert!("2026-11-22T15:04:05Z".parse::<TimeParameter>().is_ok());
    assert!("2026-11-22T15:04:05.1234Z".parse::<TimeParameter>().is_err());
}

#[test]
fn several_words_are_read_as_they_are_described() {
    proptest!(|(text in texts(&schema_of_comma_separated::<Priority>()))| {
        let mut query = QueryReader::new(&format!("priority={text}")).expect("a query");
        let words = query.several::<Priority>("priority").len();
        let said: BTreeSet<_> = text.split(',').collect();
        prop_assert!(words == said.len() && query.into_problems().is_empty());
    });
}

#[test]
fn several_tags_are_read_as_they_are_described_unless_one_comes_twice() {
    proptest!(|(text in texts(&schema_of_comma_separated::<Tag>()))| {
        let mut tags: Vec<_> = text.split(',').map(str::trim).collect();
        tags.sort_unstable();
        tags.dedup();
        let differ = tags.len() == text.split(',').count();
        prop_assert_eq!(text.parse::<Tags>().is_ok(), differ, "{:?}", text);
    });
}
