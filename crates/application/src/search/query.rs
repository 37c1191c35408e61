//! Search queries: words, phrases, and words that must be absent.

use std::fmt;
use std::str::FromStr;

use conversations_domain::{SearchText, Subject, TextError};

use super::segmentation::{is_of_word, may_go_on};
use super::tokenize;

/// Something that a text may have.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Term {
    words: Vec<String>,
    whole: bool,
}

/// What is looked for in conversations: every wanted term is in one of a conversation's texts, which
/// are its subject and its messages, each perhaps in another one; none of the unwanted is in any.
///
/// What is not in quotes is a piece per blank: of its words the last may go on (`refu` finds
/// "refund") if it has more than one character, or is a syllable of Hangul, and when there are several,
/// as in `ada@example.org`, they follow each other in one text. `"in quotes"` is a phrase of whole words. A `-` before either makes it unwanted. Nothing
/// else means anything: other signs only stand between words.
///
/// ```
/// use conversations_application::search::SearchQuery;
///
/// let query: SearchQuery = r#"Refu "order 1042" -spam"#.parse()?;
///
/// assert_eq!(query.wanted().len(), 2);
/// assert_eq!(query.unwanted()[0].words(), ["spam"]);
/// assert!("--- \"!\" -".parse::<SearchQuery>().is_err());
/// # Ok::<(), conversations_application::search::SearchQueryError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SearchQuery {
    wanted: Vec<Term>,
    unwanted: Vec<Term>,
}

/// Why a query was refused. The message completes "this parameter …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchQueryError {
    /// It is not a text that can be looked for.
    #[error(transparent)]
    Text(#[from] TextError),
    /// There is no letter and no digit in it.
    #[error("must contain a word")]
    NoWord,
    /// More words and phrases than can be looked for at once.
    #[error("must contain at most {} words and phrases", SearchQuery::MAX_TERMS)]
    TooManyTerms,
    /// More words in all, those of phrases counted one by one.
    #[error("must contain at most {} words in total", SearchQuery::MAX_WORDS)]
    TooManyWords,
}

impl Term {
    /// The words, which follow each other in one text. There is at least one.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether the last word is whole; if not, it may go on.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Whether a text of these words has it.
    #[must_use]
    pub fn is_in(&self, words: &[String]) -> bool {
        words.windows(self.words.len()).any(|window| {
            window.iter().zip(&self.words).enumerate().all(|(place, (present, wanted))| {
                let goes_on = !self.whole && place + 1 == window.len();
                if goes_on { present.starts_with(wanted) } else { present == wanted }
            })
        })
    }

    fn of(text: &str, whole: bool) -> Option<Self> {
        let words = tokenize(text);
        let last = words.last()?;
        let whole = whole || !may_go_on(last);
        Some(Self { words, whole })
    }
}

impl SearchQuery {
    /// The most characters it may have after trimming.
    pub const MAX_LENGTH: usize = SearchText::MAX_LENGTH;
    /// The most words and phrases it may have, wanted and unwanted.
    pub const MAX_TERMS: usize = 16;
    /// The most words it may have, those of phrases counted one by one.
    pub const MAX_WORDS: usize = 64;

    /// What has to be there, each different term once. May be empty when something is unwanted.
    #[must_use]
    pub fn wanted(&self) -> &[Term] {
        &self.wanted
    }

    /// What must not be there, each different term once.
    #[must_use]
    pub fn unwanted(&self) -> &[Term] {
        &self.unwanted
    }
}

impl SearchQuery {
    /// How many of the wanted terms a subject has: what lists by relevance are in the order of.
    #[must_use]
    pub fn relevance(&self, subject: &Subject) -> u32 {
        let words = tokenize(subject.as_str());
        let found = self.wanted.iter().filter(|term| term.is_in(&words)).count();
        // There are no more than MAX_TERMS.
        u32::try_from(found).unwrap_or(u32::MAX)
    }
}

impl FromStr for SearchQuery {
    type Err = SearchQueryError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = SearchText::parse(text)?;
        let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
        for Piece { text, unwanted: is_unwanted, whole } in pieces(text.as_str()) {
            let terms = if is_unwanted { &mut unwanted } else { &mut wanted };
            if let Some(term) = Term::of(text, whole).filter(|term| !terms.contains(term)) {
                terms.push(term);
            }
        }
        let count: usize = wanted.iter().chain(&unwanted).map(|term| term.words.len()).sum();
        match wanted.len() + unwanted.len() {
            0 => Err(SearchQueryError::NoWord),
            terms if terms > Self::MAX_TERMS => Err(SearchQueryError::TooManyTerms),
            _ if count > Self::MAX_WORDS => Err(SearchQueryError::TooManyWords),
            _ => Ok(Self { wanted, unwanted }),
        }
    }
}

/// What it was read as: read again, it is the same query, if it is not too long for one.
impl fmt::Display for SearchQuery {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = self.wanted.iter().map(|term| ("", term));
        let terms = wanted.chain(self.unwanted.iter().map(|term| ("-", term)));
        for (index, (sign, Term { words, whole })) in terms.enumerate() {
            let blank = if index == 0 { "" } else { " " };
            if *whole {
                write!(formatter, "{blank}{sign}\"{}\"", words.join(" "))?;
            } else {
                write!(formatter, "{blank}{sign}{}", words.join("."))?;
            }
        }
        Ok(())
    }
}

/// A part of a query as it was written.
#[derive(Debug, PartialEq, Eq)]
struct Piece<'a> {
    text: &'a str,
    unwanted: bool,
    whole: bool,
}

/// Splits a query into pieces. A quote inside a word (`דו"ח`), at the end of a word (`24"`) or without a
/// closing quote is ordinary punctuation.
fn pieces(query: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = query.trim_start();
    // A minus means something at the beginning and after blanks only.
    let mut fresh = true;
    while !rest.is_empty() {
        let signed = if fresh { rest.strip_prefix('-') } else { None };
        let (unwanted, begun) = (signed.is_some(), signed.unwrap_or(rest));
        let (text, whole, after) = if let Some((phrase, after)) = phrase_at_start(begun) {
            (phrase, true, after)
        } else {
            let end = end_of_piece(begun);
            (&begun[..end], false, &begun[end..])
        };
        pieces.push(Piece { text, unwanted, whole });
        rest = after.trim_start();
        fresh = rest.len() < after.len();
    }
    pieces
}

/// The phrase at the start of a text, and the rest. The first quote that is not inside a word closes it.
fn phrase_at_start(text: &str) -> Option<(&str, &str)> {
    let phrase = text.strip_prefix('"')?;
    let is_inside = |place: usize| {
        ends_in_word(&phrase[..place]) && phrase[place + 1..].chars().next().is_some_and(is_of_word)
    };
    let mut quotes = phrase.match_indices('"').map(|(place, _)| place);
    let end = quotes.find(|&place| !is_inside(place))?;
    Some((&phrase[..end], &phrase[end + 1..]))
}

/// Where a piece ends that is not in quotes: at a blank, or where a phrase begins.
fn end_of_piece(text: &str) -> usize {
    let ends = |(place, character): &(usize, char)| {
        let may_open = *character == '"' && !ends_in_word(&text[..*place]);
        character.is_whitespace() || (may_open && phrase_at_start(&text[*place..]).is_some())
    };
    text.char_indices().find(ends).map_or(text.len(), |(place, _)| place)
}

fn ends_in_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_of_word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A query as it was read.
    fn read(text: &str) -> Result<String, SearchQueryError> {
        text.parse().map(|query: SearchQuery| query.to_string())
    }

    #[track_caller]
    fn assert_reads(text: &str, canonical: &str) {
        assert_eq!(read(text).as_deref(), Ok(canonical), "{text:?}");
        assert_eq!(read(canonical).as_deref(), Ok(canonical), "{text:?}");
    }

    #[test]
    fn words_phrases_and_what_is_unwanted() {
        assert_reads("Refund", "refund");
        assert_reads("  re fund\t xy ", "re fund xy");
        assert_reads(r#""Order 1042""#, r#""order 1042""#);
        assert_reads(r#"aa -bb -"c d" "e""#, r#"aa "e" -bb -"c d""#);
        assert_reads(r#""a b" cc"#, r#""a b" cc"#);
        assert_reads(r#""a" "b""c d""#, r#""a" "b" "c d""#);
        assert_reads(r#"aa,"b c" ("d e"),"#, r#"aa "b c" "d e""#);
        assert_reads("-bb", "-bb");
        assert_reads("ada@example.org", "ada.example.org");
        assert_reads("-don't", r#"-"don t""#);
        assert_reads("渡辺", r#""渡 辺""#);
        assert_reads("Ärger ÄRGER arger", "arger");
        assert_reads(r#"refund "refund" -refund"#, r#"refund "refund" -refund"#);
    }

    #[test]
    fn a_quote_inside_of_a_word_or_at_its_end_is_no_phrase() {
        assert_reads(r#"aa"bb cc"dd"#, "aa.bb cc.dd");
        assert_reads(r#"דו"ח מע"מ"#, "דוח מעמ");
        assert_reads(r#"monitor 24" arm 27""#, "monitor 24 arm 27");
        assert_reads(r#""דו"ח שנתי" -"24" arm""#, r#""דוח שנתי" arm -"24""#);
        assert_reads(r#""aa"bb cc"#, "aa.bb cc");
        assert_reads("דו״ח “aa bb”", "דוח aa bb");
    }

    #[test]
    fn everything_else_only_stands_between_words() {
        assert_reads("- aa", "aa");
        assert_reads("aa -- bb", "aa bb");
        assert_reads("--aa", "-aa");
        assert_reads("a-bb", "a.bb");
        assert_reads(r#""a"-bb"#, r#""a" bb"#);
        assert_reads("aa \"bb cc", "aa bb cc");
        assert_reads("-\"bb cc", "cc -bb");
        assert_reads(r#""" aa"#, "aa");
        assert_reads(
            "aa* ^bb NOT:cc (dd) | ee & ff OR gg <-> h:*AA !ii",
            "aa bb not.cc dd ee ff or gg h.aa ii",
        );
        assert_reads("“aa bb”", "aa bb");
    }

    #[test]
    fn a_single_character_is_a_whole_word() {
        assert_reads("a -b x.y 語", r#""a" "x y" "語" -"b""#);
        assert_reads("é ß", r#""e" ss"#);
        // With its marks, too, where there are no blanks between words; a syllable of Hangul goes on.
        assert_reads("ปี 物", r#""ปี" "物""#);
        assert_reads("물", "물");
    }

    #[test]
    fn a_query_has_some_words_and_not_too_many() {
        let terms =
            |count: usize| (0..count).map(|term| format!("w{term}")).collect::<Vec<_>>().join(" ");

        for nothing in ["-", "\"", "\"\"", "🎉", "--- \"!\" -", "*", "\u{301}"] {
            assert_eq!(read(nothing), Err(SearchQueryError::NoWord), "{nothing:?}");
        }
        assert_eq!(read(" "), Err(SearchQueryError::Text(TextError::Empty)));
        assert_eq!(read("a\0"), Err(SearchQueryError::Text(TextError::ControlCharacter)));
        assert!(read(&"x".repeat(SearchQuery::MAX_LENGTH)).is_ok());
        assert!(matches!(read(&"x".repeat(256)), Err(SearchQueryError::Text(_))));
        assert!(read(&terms(SearchQuery::MAX_TERMS)).is_ok());
        assert_eq!(read(&terms(SearchQuery::MAX_TERMS + 1)), Err(SearchQueryError::TooManyTerms));
        assert!(read(&"語".repeat(SearchQuery::MAX_WORDS)).is_ok());
        let words = "語".repeat(SearchQuery::MAX_WORDS + 1);
        assert_eq!(read(&words), Err(SearchQueryError::TooManyWords));
    }

    proptest! {
        #[test]
        fn whatever_is_asked_terms_have_words_of_letters_and_digits(
            text in r#"([a-cÄß語٣दीปีאב'"*:&|!()<>\\-]|\s|-"|" ){0,60}"#
        ) {
            if let Ok(query) = text.parse::<SearchQuery>() {
                for term in query.wanted.iter().chain(&query.unwanted) {
                    prop_assert!(!term.words.is_empty());
                    for word in &term.words {
                        prop_assert!(word.starts_with(char::is_alphanumeric));
                        prop_assert!(word.chars().all(is_of_word));
                    }
                }
            }
        }
    }
}
