//! Splits text into words for the search index. Text is folded first; words consist of letters with their
//! marks, and of digits.

use conversations_domain::MessageBody;

use super::folding::folded;
use super::split::{split, split_ascii};

/// Only this many characters of a word count: words that share them are equal.
pub const MAX_WORD_LENGTH: usize = 64;

/// Only this many words of a text count, from its beginning. The longest message has no more where
/// something stands between words; one of characters that are words themselves, or of signs that
/// stand for whole sentences, would otherwise cost many times as much.
pub const MAX_WORDS: usize = MessageBody::MAX_LENGTH / 2;

/// The words of a text, in order. Texts that [`fold_text`](super::fold_text) makes equal have the same
/// words, and the words of words are themselves.
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
    if text.is_ascii() { split_ascii(text) } else { split(folded(text)) }
}

#[cfg(test)]
mod tests {
    use super::super::folding::fold_run;
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
        assert_words("1e5 v1 3.14 ٣٤", &["1e5", "v1", "3", "14", "34"]);
        assert_words(" \t\r\n.,;:*()|&!<->'\"\\", &[]);
        assert_words("", &[]);
        assert_words("👩‍👩‍👧 🎉 ok👍fine", &["ok", "fine"]);
    }

    #[test]
    fn ascii_is_split_as_all_other_text() {
        let long = "aB".repeat(MAX_WORD_LENGTH);
        let signs = (0..128_u8).map(char::from);
        let texts = signs.flat_map(|sign| {
            [format!("{sign}"), format!("A{sign}b{sign}"), format!("{sign}1{sign}{sign}Z {long}")]
        });
        for text in texts {
            assert_eq!(split_ascii(&text), split(fold_run(text.chars())), "{text:?}");
        }
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
        assert_words("שָׁלוֹם שלום", &["שלומ"; 2]);
        assert_words("مُحَمَّد محمد محـمد", &["محمد"; 3]);
        assert_words("Zusam\u{ad}men zusammen", &["zusammen"; 2]);
    }

    #[test]
    fn scripts_without_blanks_are_split_at_each_character() {
        assert_words("東京タワー", &["東", "京", "た", "わ", "ー"]);
        assert_words("ﾀﾜｰ", &["た", "わ", "ー"]);
        assert_words("iPhone用ケース3個", &["iphone", "用", "け", "ー", "す", "3", "個"]);
        assert_words("ไทย", &["ไ", "ท", "ย"]);
        assert_words("ไม่ปูปี", &["ไ", "ม่", "ปู", "ปี"]);
        assert_words("ខ្ញុំ", &["ខ្", "ញុំ"]);
        assert_words("ガス か\u{3099}", &["が", "す", "が"]);
        assert_words("한국어 서울", &["한국어", "서울"]);
    }

    #[test]
    fn marks_belong_to_the_letter_before_them() {
        assert_words("लड़की क्या है", &["लडकी", "क्या", "है"]);
        assert_words("पानी\u{200d}x", &["पानीx"]);
        assert_words("! \u{93f} a\u{94d} \u{94d}", &["\u{93f}", "a\u{94d}"]);
        assert_words("பால் বাংলা", &["பால்", "বাংলা"]);
    }

    #[test]
    fn a_quotation_mark_inside_of_a_hebrew_word_may_be_a_hebrew_one() {
        assert_words("דו\"ח דו״ח דו”ח דוח", &["דוח"; 4]);
        assert_words("ד\"ר ד״ר.", &["דר"; 2]);
        assert_words("ת\"א", &["תא"]);
        assert_words("מנכ\"לית", &["מנכלית"]);
        assert_words("צ'ק צ׳ק צ’ק", &["צק"; 3]);
        // A preposition, and what is quoted.
        assert_words("ב\"הארץ\" ל\"בנק לאומי\"", &["ב", "הארצ", "ל", "בנק", "לאומי"]);
        assert_words("\"שלום\" 'עולם'", &["שלומ", "עולמ"]);
        assert_words("א\"", &["א"]);
        assert_words("א\"1 אב\"1 a\"b", &["א", "1", "אב", "1", "a", "b"]);
        assert_words("א\"ב1", &["א", "ב1"]);
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

        let words = split(fold_run(text));

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
        for character in '\0'..='\u{1ffff}' {
            for text in
                [format!("a{character}b"), format!("ก{character}"), format!("א{character}क")]
            {
                let once = words(&text);
                for between in [" ", "."] {
                    assert_eq!(words(&once.join(between)), once, "{text:?}");
                }
            }
        }
    }
}
