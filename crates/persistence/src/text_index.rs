//! Columns of words, and what is looked for in them: `TSVECTOR` and `TSQUERY` on PostgreSQL, text for
//! FTS5 on SQLite. Both are written here, from words that are letters and digits only, so that
//! nothing is parsed that callers could have written.
//!
//! (Some of it is `pub` because the code that `diesel::table!` writes is; the module is not.)

use std::collections::{BTreeMap, HashMap};

use conversations_application::search::{SearchQuery, Term, tokenize};
use conversations_domain::WorkspaceId;
use diesel::expression::AsExpression;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::SqlType;
use diesel::sqlite::Sqlite;
use uuid::Uuid;

/// The words of a part of a text: `TSVECTOR` on PostgreSQL, TEXT on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 3614, array_oid = 3643), sqlite_type(name = "Text"))]
pub struct TextVector;

/// What is looked for: `TSQUERY` on PostgreSQL, a query of FTS5 on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(oid = 3615, array_oid = 3645), sqlite_type(name = "Text"))]
pub struct TextQuery;

/// What is looked for, as a part of the words of a text on SQLite.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(sqlite_type(name = "Text"))]
pub struct Part;

/// A part of a text: some of its words in order, as SQLite keeps them, which is a text for FTS5.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression)]
#[diesel(sql_type = TextVector)]
pub struct SpacedWords(String);

/// A part of a text: some of its words, each with its places, as PostgreSQL's `tsvectorrecv` reads
/// them.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression)]
#[diesel(sql_type = TextVector)]
pub struct PositionedWords(pub(crate) Vec<u8>);

/// How a dialect writes a part of a text. It is written where the text is split, so that nothing is
/// left to do on the thread that sends it.
pub(crate) trait WriteTextVector {
    /// Some words in order, each with this mark before it.
    fn write(mark: &str, words: &[String]) -> Self;
}

/// Words that follow each other in one text, of which the last may go on.
#[derive(Debug, Clone, PartialEq, Eq, AsExpression)]
#[diesel(sql_type = TextQuery)]
#[diesel(sql_type = Part)]
pub struct DbTerm {
    pub(crate) words: Vec<String>,
    pub(crate) whole: bool,
}

/// How often a part has one word at most: PostgreSQL keeps 255 places of each.
const SAME_WORD: u16 = 255;
/// How many words a part has at most: together they have less than a megabyte then, and PostgreSQL
/// keeps the place of each, which it does up to 16,383.
const PART: usize = 2_048;
/// How many words a part has in common with the next one: no phrase lies in two of them only.
const COMMON: usize = SearchQuery::MAX_WORDS - 1;

/// The parts of a text; one without a word has one without words.
pub(crate) fn parts_of<W: WriteTextVector>(workspace: WorkspaceId, text: &str) -> Vec<W> {
    let mark = workspace_mark(workspace);
    let words = tokenize(text);
    cut(&words).map(|part| W::write(&mark, part)).collect()
}

/// Cuts words into parts.
fn cut(words: &[String]) -> impl Iterator<Item = &[String]> {
    let mut rest = Some(words);
    std::iter::from_fn(move || {
        let words = rest?;
        let length = length_of_part(words);
        // A part that is cut has more words than it shares.
        rest = (length < words.len()).then(|| &words[length - COMMON..]);
        Some(&words[..length])
    })
}

fn length_of_part(words: &[String]) -> usize {
    let mut counts: HashMap<&str, u16> = HashMap::new();
    for (place, word) in words.iter().enumerate() {
        let count = counts.entry(word).or_default();
        if place == PART || *count == SAME_WORD {
            return place;
        }
        *count += 1;
    }
    words.len()
}

impl DbTerm {
    pub(crate) fn of(workspace: WorkspaceId, term: &Term) -> Self {
        let mark = workspace_mark(workspace);
        let words = term.words().iter().map(|word| format!("{mark}{word}")).collect();
        Self { words, whole: term.is_whole() }
    }

    /// Each of its words, as a term of its own.
    pub(crate) fn each_word(&self) -> impl Iterator<Item = Self> {
        let last = self.words.len() - 1;
        self.words.iter().enumerate().map(move |(place, word)| Self {
            words: vec![word.clone()],
            whole: self.whole || place < last,
        })
    }

    /// The first and the last of the words that it finds; only the first when that is the only one.
    /// It has to be of one word.
    pub(crate) fn range(&self) -> (String, Option<String>) {
        let first = self.words.join(" ");
        let last = (!self.whole).then(|| format!("{first}{}", char::MAX));
        (first, last)
    }
}

/// What the words of a workspace begin with: letters of the random end of its id. Two workspaces
/// may have the same; then a search of one walks past words of the other.
fn workspace_mark(workspace: WorkspaceId) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    const LENGTH: usize = 5;

    let id = Uuid::from(workspace).as_u128();
    let letters = (0..LENGTH).map(|place| (id >> (5 * place)) as usize % LETTERS.len());
    letters.map(|letter| char::from(LETTERS[letter])).collect()
}

impl WriteTextVector for SpacedWords {
    fn write(mark: &str, words: &[String]) -> Self {
        let length = words.iter().map(|word| mark.len() + word.len() + 1).sum();
        let mut text = String::with_capacity(length);
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                text.push(' ');
            }
            text.push_str(mark);
            text.push_str(word);
        }
        Self(text)
    }
}

impl ToSql<TextVector, Sqlite> for SpacedWords {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(&*self.0);
        Ok(IsNull::No)
    }
}

/// How many words, then the words in order, each with its places.
impl WriteTextVector for PositionedWords {
    fn write(mark: &str, words: &[String]) -> Self {
        let mut places: BTreeMap<&str, Vec<u16>> = BTreeMap::new();
        for (word, place) in words.iter().zip(1..) {
            places.entry(word).or_default().push(place);
        }
        // A part has far fewer words than either number holds.
        let count = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
        let mut bytes = u32::from(count(places.len())).to_be_bytes().to_vec();
        for (word, places) in places {
            bytes.extend_from_slice(mark.as_bytes());
            bytes.extend_from_slice(word.as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(&count(places.len()).to_be_bytes());
            bytes.extend(places.into_iter().flat_map(u16::to_be_bytes));
        }
        Self(bytes)
    }
}

impl ToSql<TextQuery, Sqlite> for DbTerm {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        let end = if self.whole { "" } else { " *" };
        out.set_value(format!("\"{}\"{end}", self.words.join(" ")));
        Ok(IsNull::No)
    }
}

/// Between blanks: the words of a text have them too, and one at either end.
impl ToSql<Part, Sqlite> for DbTerm {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        let end = if self.whole { " " } else { "" };
        out.set_value(format!(" {}{end}", self.words.join(" ")));
        Ok(IsNull::No)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: WorkspaceId = WorkspaceId::from_uuid(Uuid::nil());

    fn spaced(workspace: WorkspaceId, text: &str) -> Vec<String> {
        parts_of(workspace, text).into_iter().map(|SpacedWords(words)| words).collect()
    }

    #[test]
    fn a_short_text_is_one_part_with_the_mark_of_its_workspace() {
        assert_eq!(spaced(NOBODY, "Refund 12"), ["aaaaarefund aaaaa12"]);
        assert_eq!(spaced(NOBODY, "!"), [""]);
        let other = WorkspaceId::from_uuid(Uuid::from_u128(0b00011_00010_00001_00000_11010));
        assert_eq!(spaced(other, "x"), ["2abcdx"]);
    }

    #[test]
    fn words_are_placed_as_postgresql_reads_them() {
        let parts: Vec<PositionedWords> = parts_of(NOBODY, "b a b");

        let expected = b"\0\0\0\x02aaaaaa\0\0\x01\0\x02aaaaab\0\0\x02\0\x01\0\x03";
        assert_eq!(parts, [PositionedWords(expected.to_vec())]);
        assert_eq!(parts_of::<PositionedWords>(NOBODY, "!"), [PositionedWords(vec![0; 4])]);
    }

    #[test]
    fn parts_share_as_many_words_as_a_phrase_may_have_but_one() {
        let text: Vec<_> = (0..3_000).map(|number| number.to_string()).collect();
        let parts: Vec<_> = cut(&text).collect();

        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].len(), PART);
        assert_eq!(parts[0][PART - COMMON..], parts[1][..COMMON]);
        assert_eq!(parts[1].last().map(String::as_str), Some("2999"));
    }

    #[test]
    fn no_part_has_a_word_too_often() {
        for text in ["a ".repeat(32_768), "a b ".repeat(16_384), "語".repeat(65_536)] {
            for words in cut(&tokenize(&text)) {
                assert!(words.len() <= 2 * usize::from(SAME_WORD));
                let first = words.iter().filter(|word| **word == words[0]).count();
                assert!(first <= usize::from(SAME_WORD));
            }
        }
    }

    #[test]
    fn whatever_a_message_holds_its_words_take_less_than_a_few_megabytes() {
        for character in ['\u{fdfa}', '\u{fdfb}', '㌖', '㎯', '語', 'ﬃ', '\u{1d7d8}', 'x'] {
            for text in [character.to_string(), format!("{character} ")] {
                let text: String = text.chars().cycle().take(65_536).collect();
                let bytes = spaced(NOBODY, &text).iter().map(String::len).sum::<usize>();
                assert!(bytes <= 1 << 20, "{character:?}: {bytes}");
            }
        }
    }
}
