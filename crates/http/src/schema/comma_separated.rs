//! Parameters that take several words, with commas between them.
//!
//! They are described as text with a pattern, not as lists of `explode: false`: clients that are made
//! from the description send lists as repeated parameters, whatever it says, and those are refused.

use conversations_application::read_model::{CountedField, CountedFields};
use conversations_domain::{
    Channel, CustomerStatus, EventPattern, EventType, Priority, Source, Status, Tag, Tags, Tier,
};
use serde_json::{Value, json};

use super::operation_description::OperationDescription;
use super::values::{BLANKS, CONTROLS};

/// What a parameter may take several of.
pub(crate) trait CommaSeparated {
    /// One of them, as a pattern.
    fn pattern() -> String;

    /// All that there are, if they are few.
    fn vocabulary() -> Vec<&'static str> {
        Vec::new()
    }

    /// The most that it takes, if there is a bound.
    const MAX_COUNT: Option<usize> = None;
}

macro_rules! vocabularies {
    ($($name:ident),* $(,)?) => {
        $(
            impl CommaSeparated for $name {
                fn pattern() -> String {
                    format!("({})", Self::vocabulary().join("|"))
                }

                fn vocabulary() -> Vec<&'static str> {
                    Self::ALL.iter().map(|word| word.as_str()).collect()
                }
            }
        )*
    };
}

vocabularies! { Status, Priority, Channel, Source, Tier, CustomerStatus }

impl CommaSeparated for CountedField {
    fn pattern() -> String {
        format!("({})", Self::vocabulary().join("|"))
    }

    fn vocabulary() -> Vec<&'static str> {
        Self::ALL.iter().map(|field| field.as_str()).collect()
    }

    const MAX_COUNT: Option<usize> = Some(CountedFields::MAX_COUNT);
}

impl CommaSeparated for EventPattern {
    fn pattern() -> String {
        let words: Vec<_> = Self::vocabulary()
            .iter()
            .map(|word| word.replace('.', r"\.").replace('*', r"\*"))
            .collect();
        format!("({})", words.join("|"))
    }

    fn vocabulary() -> Vec<&'static str> {
        let types = EventType::ALL.iter().map(|kind| kind.as_str());
        Self::PATTERNS.into_iter().chain(types).collect()
    }

    const MAX_COUNT: Option<usize> = Some(Self::MAX_COUNT);
}

impl CommaSeparated for Tag {
    fn pattern() -> String {
        let others = Self::MAX_LENGTH - 1;
        format!("[{BLANKS}]*[^{CONTROLS}{BLANKS},][^{CONTROLS},]{{0,{others}}}")
    }

    const MAX_COUNT: Option<usize> = Some(Tags::MAX_COUNT);
}

/// The schema of a parameter that takes at least one.
pub(crate) fn schema<T: CommaSeparated>() -> Value {
    let one = T::pattern();
    let more = T::MAX_COUNT.map_or("*".to_owned(), |most| format!("{{0,{}}}", most - 1));
    let pattern = format!("^{one}(,{one}){more}$");
    let mut schema = json!({ "type": "string", "minLength": 1, "pattern": pattern });
    let words = T::vocabulary();
    if !words.is_empty() {
        // For pages that let people choose.
        schema["x-several-of"] = json!(words);
    }
    schema
}

impl OperationDescription {
    /// The operation takes several words with commas between them from the query.
    pub(crate) fn takes_comma_separated<T: CommaSeparated>(
        &mut self,
        name: &str,
        text: &str,
    ) -> &mut Value {
        let text = format!("{text} Comma-separated.");
        self.takes_as(name, &text, &schema::<T>())
    }
}
