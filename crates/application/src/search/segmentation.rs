//! Where words begin and end in a text that is folded.

use std::ops::RangeInclusive;

use conversations_domain::MessageBody;

use super::marks::is_mark;

/// Only this many characters of a word count: words that share them are equal.
pub const MAX_WORD_LENGTH: usize = 64;

/// Only this many words of a text count, from its beginning. The longest message has no more where
/// something stands between words; one of characters that are words themselves, or of signs that
/// stand for whole sentences, would otherwise cost many times as much.
pub const MAX_WORDS: usize = MessageBody::MAX_LENGTH / 2;

/// Scripts that put no blanks between words: each character with its marks is a word, so that any part
/// of a text is found as a phrase. In the order of Unicode: Thai, Lao; Myanmar; Khmer; Tai Le, New Tai
/// Lue; Tai Tham; radicals; Han signs for repetition, zero and numbers; Hiragana, Katakana; its
/// extensions; Han; Myanmar, extended twice; Tai Viet; Han for compatibility; Kana of other planes; Han
/// of other planes.
const WITHOUT_BLANKS: [RangeInclusive<char>; 18] = [
    '\u{e00}'..='\u{eff}',
    '\u{1000}'..='\u{109f}',
    '\u{1780}'..='\u{17ff}',
    '\u{1950}'..='\u{19df}',
    '\u{1a20}'..='\u{1aaf}',
    '\u{2e80}'..='\u{2fdf}',
    '\u{3005}'..='\u{3007}',
    '\u{3021}'..='\u{303b}',
    '\u{3041}'..='\u{30ff}',
    '\u{31f0}'..='\u{31ff}',
    '\u{3400}'..='\u{4dbf}',
    '\u{4e00}'..='\u{9fff}',
    '\u{a9e0}'..='\u{a9ff}',
    '\u{aa60}'..='\u{aa7f}',
    '\u{aa80}'..='\u{aadf}',
    '\u{f900}'..='\u{faff}',
    '\u{1aff0}'..='\u{1b16f}',
    '\u{20000}'..='\u{3ffff}',
];

/// Splits folded text into words, up to [`MAX_WORDS`].
pub(super) fn split(folded: impl Iterator<Item = char>) -> Vec<String> {
    let mut splitter = Splitter::default();
    for character in folded {
        if splitter.words.len() >= MAX_WORDS {
            break;
        }
        splitter.take(character);
    }
    splitter.end_word();
    splitter.words.truncate(MAX_WORDS);
    splitter.words
}

/// Splits and folds ASCII text: [`split`], faster.
pub(super) fn split_ascii(text: &str) -> Vec<String> {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty()).take(MAX_WORDS);
    words.map(|word| word[..word.len().min(MAX_WORD_LENGTH)].to_ascii_lowercase()).collect()
}

/// Whether a query word also matches longer words. A single letter or digit matches too many, and in
/// scripts without blanks each character is a word. A single Hangul syllable is specific enough, and
/// particles follow Korean nouns without a blank.
pub(super) fn may_go_on(word: &str) -> bool {
    let mut characters = word.chars();
    let first = characters.next();
    first.is_some_and(|first| {
        is_hangul_syllable(first) || (characters.next().is_some() && !stands_alone(first))
    })
}

/// Whether a character can be part of a word.
pub(super) fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || is_mark(character)
}

#[derive(Default)]
struct Splitter {
    words: Vec<String>,
    /// The current word, and its length in characters before it was cut.
    word: String,
    length: usize,
    /// Whether the last word is a character of a script without blanks, which marks may follow.
    is_open: bool,
    hebrew: Hebrew,
}

/// The state in a Hebrew word. A quotation mark between Hebrew letters is part of the word (UAX 29, WB7):
/// `דו"ח` is `דוח`, and `צ'ק` is `צק`.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Hebrew {
    /// Not in a Hebrew word.
    #[default]
    No,
    /// After a letter.
    Letter,
    /// After a letter and an apostrophe, or several letters and a quotation mark.
    Joint,
    /// After the first letter of a word and a quotation mark: an abbreviation (`ד"ר`), or a preposition
    /// before a quotation (`ב"הארץ`).
    JointOfFirst,
    /// After that and this letter. If another letter follows, the first one is a preposition.
    Held(char),
}

impl Splitter {
    fn take(&mut self, character: char) {
        if self.hebrew != Hebrew::No && self.take_after_hebrew(character) {
            return;
        }
        if is_mark(character) && (self.length > 0 || self.is_open) {
            return self.take_mark(character);
        }
        let in_word = character.is_alphanumeric();
        self.is_open = in_word && stands_alone(character);
        if !in_word || self.is_open {
            self.end_word();
        }
        if self.is_open {
            self.words.push(character.to_string());
        } else if in_word {
            self.take_letter(character);
            if is_hebrew(character) {
                self.hebrew = Hebrew::Letter;
            }
        }
    }

    /// Handles quotation marks in Hebrew words. Returns whether it consumed the character.
    fn take_after_hebrew(&mut self, character: char) -> bool {
        let (next, taken) = match (std::mem::take(&mut self.hebrew), character) {
            (Hebrew::Letter, '\'') => (Hebrew::Joint, true),
            (Hebrew::Letter, '"') if self.length > 1 => (Hebrew::Joint, true),
            (Hebrew::Letter, '"') => (Hebrew::JointOfFirst, true),
            (Hebrew::Joint, letter) if is_hebrew(letter) => (Hebrew::No, false),
            (Hebrew::JointOfFirst, letter) if is_hebrew(letter) => (Hebrew::Held(letter), true),
            (Hebrew::Joint | Hebrew::JointOfFirst, _) => {
                self.end_word();
                (Hebrew::No, false)
            }
            (Hebrew::Held(letter), next) => {
                if is_of_word(next) {
                    self.end_word();
                }
                self.take_letter(letter);
                (Hebrew::No, false)
            }
            (Hebrew::Letter | Hebrew::No, _) => (Hebrew::No, false),
        };
        self.hebrew = next;
        taken
    }

    fn take_mark(&mut self, mark: char) {
        if self.length > 0 {
            self.take_letter(mark);
        } else if let Some(last) = self.words.last_mut().filter(|last| last.len() < MAX_WORD_LENGTH)
        {
            last.push(mark);
        }
    }

    fn take_letter(&mut self, letter: char) {
        if self.length < MAX_WORD_LENGTH {
            self.word.push(letter);
        }
        self.length += 1;
    }

    fn end_word(&mut self) {
        if let Hebrew::Held(letter) = std::mem::take(&mut self.hebrew) {
            self.take_letter(letter);
        }
        if self.length > 0 {
            self.words.push(std::mem::take(&mut self.word));
            self.length = 0;
        }
    }
}

fn stands_alone(character: char) -> bool {
    character > '\u{dff}' && WITHOUT_BLANKS.iter().any(|range| range.contains(&character))
}

fn is_hebrew(character: char) -> bool {
    matches!(character, '\u{5d0}'..='\u{5ea}' | '\u{5ef}'..='\u{5f2}')
}

fn is_hangul_syllable(character: char) -> bool {
    matches!(character, '가'..='힣')
}
