//! Splits text into words for the search index. Text is folded first; words consist of letters with their
//! marks, and of digits.

use super::folding::fold;
use super::segmentation::{split, split_ascii};

/// The words of a text, in order. Texts that [`fold_text`](super::fold_text) makes equal have the same
/// words, and the words of words are themselves.
///
/// ```
/// use conversations_application::search::tokenize;
///
/// assert_eq!(tokenize("Ärger: Straße 12b, ﬁx@Example.org"), [
///     "arger", "strasse", "12b", "fix", "example", "org"
/// ]);
/// assert_eq!(tokenize("東京 tower"), ["東", "京", "tower"]);
/// ```
#[must_use]
pub fn tokenize(text: &str) -> Vec<String> {
    if text.is_ascii() { split_ascii(text) } else { split(fold(text)) }
}

#[cfg(test)]
mod tests {
    use super::super::folding::fold_run;
    use conversations_domain::MessageBody;

    use super::super::segmentation::{MAX_WORD_LENGTH, MAX_WORDS};
    use super::*;

    #[track_caller]
    fn assert_tokens(text: &str, expected: &[&str]) {
        assert_eq!(tokenize(text), expected, "{text:?}");
    }

    #[test]
    fn letters_and_digits_make_words_and_all_else_stands_between() {
        assert_tokens("Refund for order #1042!", &["refund", "for", "order", "1042"]);
        assert_tokens(
            "snake_case don't a-b.c/d@e",
            &["snake", "case", "don", "t", "a", "b", "c", "d", "e"],
        );
        assert_tokens("1e5 v1 3.14 ٣٤", &["1e5", "v1", "3", "14", "34"]);
        assert_tokens(" \t\r\n.,;:*()|&!<->'\"\\", &[]);
        assert_tokens("", &[]);
        assert_tokens("👩‍👩‍👧 🎉 ok👍fine", &["ok", "fine"]);
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
        assert_tokens("ÄRGER ärger a\u{308}rger", &["arger"; 3]);
        assert_tokens("Straße STRASSE STRAẞE", &["strasse"; 3]);
        assert_tokens("İstanbul ISTANBUL istanbul", &["istanbul"; 3]);
        assert_tokens("ΟΔΟΣ οδος όδός", &["οδοσ"; 3]);
        assert_tokens("ﬁx ｆｉｘ 𝐟𝐢𝐱 ⓕⓘⓧ", &["fix"; 4]);
        assert_tokens("½ ² ①", &["1", "2", "2", "1"]);
        assert_tokens("Ёлка елка", &["елка"; 2]);
        assert_tokens("שָׁלוֹם שלום", &["שלומ"; 2]);
        assert_tokens("مُحَمَّد محمد محـمد", &["محمد"; 3]);
        assert_tokens("Zusam\u{ad}men zusammen", &["zusammen"; 2]);
    }

    #[test]
    fn scripts_without_blanks_are_split_at_each_character() {
        assert_tokens("東京タワー", &["東", "京", "た", "わ", "ー"]);
        assert_tokens("ﾀﾜｰ", &["た", "わ", "ー"]);
        assert_tokens("iPhone用ケース3個", &["iphone", "用", "け", "ー", "す", "3", "個"]);
        assert_tokens("ไทย", &["ไ", "ท", "ย"]);
        assert_tokens("ไม่ปูปี", &["ไ", "ม่", "ปู", "ปี"]);
        assert_tokens("ខ្ញុំ", &["ខ្", "ញុំ"]);
        assert_tokens("ガス か\u{3099}", &["が", "す", "が"]);
        assert_tokens("한국어 서울", &["한국어", "서울"]);
    }

    #[test]
    fn marks_belong_to_the_letter_before_them() {
        assert_tokens("लड़की क्या है", &["लडकी", "क्या", "है"]);
        assert_tokens("पानी\u{200d}x", &["पानीx"]);
        assert_tokens("! \u{93f} a\u{94d} \u{94d}", &["\u{93f}", "a\u{94d}"]);
        assert_tokens("பால் বাংলা", &["பால்", "বাংলা"]);
    }

    #[test]
    fn a_quotation_mark_inside_of_a_hebrew_word_may_be_a_hebrew_one() {
        assert_tokens("דו\"ח דו״ח דו”ח דוח", &["דוח"; 4]);
        assert_tokens("ד\"ר ד״ר.", &["דר"; 2]);
        assert_tokens("ת\"א", &["תא"]);
        assert_tokens("מנכ\"לית", &["מנכלית"]);
        assert_tokens("צ'ק צ׳ק צ’ק", &["צק"; 3]);
        // A preposition, and what is quoted.
        assert_tokens("ב\"הארץ\" ל\"בנק לאומי\"", &["ב", "הארצ", "ל", "בנק", "לאומי"]);
        assert_tokens("\"שלום\" 'עולם'", &["שלומ", "עולמ"]);
        assert_tokens("א\"", &["א"]);
        assert_tokens("א\"1 אב\"1 a\"b", &["א", "1", "אב", "1", "a", "b"]);
        assert_tokens("א\"ב1", &["א", "ב1"]);
    }

    #[test]
    fn of_a_long_word_the_beginning_counts() {
        let long = "é".repeat(65_536);

        assert_eq!(tokenize(&long), ["e".repeat(MAX_WORD_LENGTH)]);
        assert_eq!(tokenize(&"x".repeat(MAX_WORD_LENGTH + 1)), ["x".repeat(MAX_WORD_LENGTH)]);
    }

    #[test]
    fn of_a_long_text_the_first_words_count() {
        let numbers: Vec<_> = (0..=MAX_WORDS).map(|number| number.to_string()).collect();

        assert_eq!(tokenize(&numbers.join(" ")), numbers[..MAX_WORDS]);
        for text in [&*"語".repeat(65_536), &*"\u{fdfa}".repeat(65_536), &*"㌖".repeat(65_536)] {
            assert_eq!(tokenize(text).len(), MAX_WORDS);
        }
        let words = tokenize(&format!("{}a語", "b ".repeat(MAX_WORDS - 1)));
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

            let last = tokenize(&format!("{text}z")).pop();

            assert_eq!(last.as_deref(), Some("z"));
        }
    }

    #[test]
    fn the_words_of_words_are_themselves() {
        for character in '\0'..='\u{1ffff}' {
            for text in
                [format!("a{character}b"), format!("ก{character}"), format!("א{character}क")]
            {
                let once = tokenize(&text);
                for between in [" ", "."] {
                    assert_eq!(tokenize(&once.join(between)), once, "{text:?}");
                }
            }
        }
    }
}
