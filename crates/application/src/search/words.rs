//! How text becomes words: case, marks and the forms of letters are folded away, and what is neither
//! a letter nor a digit stands between words.

use std::ops::RangeInclusive;

use conversations_domain::{MessageBody, fold_char};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Of a longer word so many characters count: what begins alike up to there is the same word.
pub const MAX_WORD_LENGTH: usize = 64;

/// So many words of a text count, from its beginning. The longest message has no more where something
/// stands between words; one of characters that are words themselves, or of signs that stand for
/// whole sentences, would otherwise cost many times as much.
pub const MAX_WORDS: usize = MessageBody::MAX_LENGTH / 2;

/// Scripts that put no blanks between words: each character is a word, so that any part of a text is
/// found as a phrase. In the order of Unicode: Thai, Lao; Myanmar; Khmer; Tai Le, New Tai Lue;
/// Tai Tham; radicals; Han signs for repetition, zero and numbers; Hiragana, Katakana; its
/// extensions; Han; Han for compatibility; Kana of other planes; Han of other planes.
const WITHOUT_BLANKS: [RangeInclusive<char>; 15] = [
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
    '\u{f900}'..='\u{faff}',
    '\u{1aff0}'..='\u{1b16f}',
    '\u{20000}'..='\u{3ffff}',
];

/// The words of a text, in order. Two texts that differ only in case, in marks above and below
/// letters, or in the form of letters (`ﬁ` and `fi`, wide and narrow) have the same words, and the
/// words of words are themselves.
///
/// ```
/// use conversations_application::search::words;
///
/// assert_eq!(words("Ärger: Straße 12b, ﬁx@Example.org"), [
///     "arger", "strasse", "12b", "fix", "example", "org"
/// ]);
/// assert_eq!(words("東京 tower"), ["東", "京", "tower"]);
/// ```
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    if text.is_ascii() {
        split(text.bytes().map(|byte| char::from(byte.to_ascii_lowercase())))
    } else {
        // Folding can leave marks and letters to be taken apart: the dotted capital I is one.
        split(without_marks(without_marks(text.chars()).flat_map(fold_char)))
    }
}

/// The text in its compatibility decomposition (NFKD), without marks and without what nobody sees.
/// It is made as it is asked for: what comes after the last word that counts is not looked at.
fn without_marks(text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    text.nfkd().filter(|&character| !is_combining_mark(character) && !is_unseen(character))
}

/// What may stand inside of a word and is not seen: soft hyphens, joiners, signs of direction; and
/// the Arabic line that only stretches a word.
fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{640}' | '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}'
    )
}

fn split(folded: impl Iterator<Item = char>) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut length) = (String::new(), 0);
    for character in folded {
        if words.len() >= MAX_WORDS {
            return words;
        }
        let in_word = character.is_alphanumeric();
        let alone = in_word && stands_alone(character);
        if (!in_word || alone) && length > 0 {
            words.push(std::mem::take(&mut word));
            length = 0;
        }
        if alone && words.len() < MAX_WORDS {
            words.push(character.to_string());
        } else if in_word {
            if length < MAX_WORD_LENGTH {
                word.push(character);
            }
            length += 1;
        }
    }
    if length > 0 && words.len() < MAX_WORDS {
        words.push(word);
    }
    words
}

fn stands_alone(character: char) -> bool {
    character > '\u{dff}' && WITHOUT_BLANKS.iter().any(|range| range.contains(&character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_words(text: &str, expected: &[&str]) {
        assert_eq!(words(text), expected, "{text:?}");
    }

    #[test]
    fn letters_and_digits_make_words_and_all_else_stands_between() {
        assert_words("Refund for order #1042!", &["refund", "for", "order", "1042"]);
        assert_words(
            "snake_case don't a-b.c/d@e",
            &["snake", "case", "don", "t", "a", "b", "c", "d", "e"],
        );
        assert_words("1e5 v1 3.14 ٣٤", &["1e5", "v1", "3", "14", "٣٤"]);
        assert_words(" \t\r\n.,;:*()|&!<->'\"\\", &[]);
        assert_words("", &[]);
        assert_words("👩‍👩‍👧 🎉 ok👍fine", &["ok", "fine"]);
    }

    #[test]
    fn case_marks_and_forms_are_folded() {
        assert_words("ÄRGER ärger a\u{308}rger", &["arger"; 3]);
        assert_words("Straße STRASSE STRAẞE", &["strasse"; 3]);
        assert_words("İstanbul ISTANBUL istanbul", &["istanbul"; 3]);
        assert_words("ΟΔΟΣ οδος όδός", &["οδοσ"; 3]);
        assert_words("ﬁx ｆｉｘ 𝐟𝐢𝐱 ⓕⓘⓧ", &["fix"; 4]);
        assert_words("½ ² ①", &["1", "2", "2", "1"]);
        assert_words("Ёлка елка", &["елка"; 2]);
        assert_words("שָׁלוֹם שלום", &["שלום"; 2]);
        assert_words("مُحَمَّد محمد محـمد", &["محمد"; 3]);
        assert_words("Zusam\u{ad}men zusammen", &["zusammen"; 2]);
    }

    #[test]
    fn scripts_without_blanks_are_split_at_each_character() {
        assert_words("東京タワー", &["東", "京", "タ", "ワ", "ー"]);
        assert_words("ﾀﾜｰ", &["タ", "ワ", "ー"]);
        assert_words("iPhone用ケース3個", &["iphone", "用", "ケ", "ー", "ス", "3", "個"]);
        assert_words("ไทย", &["ไ", "ท", "ย"]);
        assert_eq!(words("한국어 서울").len(), 2);
    }

    #[test]
    fn of_a_long_word_the_beginning_counts() {
        let long = "é".repeat(65_536);

        assert_eq!(words(&long), ["e".repeat(MAX_WORD_LENGTH)]);
        assert_eq!(words(&"x".repeat(MAX_WORD_LENGTH + 1)), ["x".repeat(MAX_WORD_LENGTH)]);
    }

    #[test]
    fn of_a_long_text_the_first_words_count() {
        let numbers: Vec<_> = (0..=MAX_WORDS).map(|number| number.to_string()).collect();

        assert_eq!(words(&numbers.join(" ")), numbers[..MAX_WORDS]);
        for text in [&*"語".repeat(65_536), &*"\u{fdfa}".repeat(65_536), &*"㌖".repeat(65_536)] {
            assert_eq!(words(text).len(), MAX_WORDS);
        }
        let words = words(&format!("{}a語", "b ".repeat(MAX_WORDS - 1)));
        assert_eq!(words.last().map(String::as_str), Some("a"));
    }

    #[test]
    fn what_comes_after_the_last_word_is_not_looked_at() {
        let read = std::cell::Cell::new(0);
        let text = std::iter::repeat_n('\u{fdfa}', 65_536).inspect(|_| read.set(read.get() + 1));

        let words = split(without_marks(without_marks(text).flat_map(fold_char)));

        assert_eq!(words.len(), MAX_WORDS);
        // Each stands for four words, of which the last goes on in the next.
        assert!(read.get() <= MAX_WORDS / 3 + 2, "{} characters were read", read.get());
    }

    #[test]
    fn every_word_of_the_longest_message_counts_where_something_stands_between_words() {
        for usual in ["the order that was sent has not come so far, could you look? ", "a "] {
            let text = usual.repeat(MessageBody::MAX_LENGTH / usual.len() - 1);

            let last = words(&format!("{text}z")).pop();

            assert_eq!(last.as_deref(), Some("z"));
        }
    }

    #[test]
    fn the_words_of_words_are_themselves() {
        for character in '\0'..=char::MAX {
            let text = format!("a{character}b");
            let once = words(&text);
            assert_eq!(words(&once.join(" ")), once, "{character:?}");
        }
    }
}
