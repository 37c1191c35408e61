//! Texts and queries that are made up, of words that are easily taken for one another.

use crate::Random;

/// Words of which one begins like another, or is folded to another, and what is none.
const WORDS: [&str; 31] = [
    "a",
    "ab",
    "abc",
    "Ab",
    "b",
    "refund",
    "REFUNDS",
    "straße",
    "Strasse",
    "Ä",
    "é",
    "İ",
    "東京",
    "京",
    "ไทย",
    "한국",
    "हिन्दी",
    "हिन",
    "มี",
    "มา",
    "ガ",
    "か",
    "й",
    "דו\"ח",
    "שָׁלוֹם",
    "٣",
    "10",
    "1042",
    "don't",
    "x_y",
    "🎉",
];
const BETWEEN: [&str; 6] = [" ", " ", " ", "-", ", ", "\n"];

/// A text of up to this many words.
pub(super) fn text_of(random: &mut Random, most: usize) -> String {
    let mut text = String::from("·");
    for _ in 0..random.below(most + 1) {
        text.push_str(random.pick::<&str>(&BETWEEN));
        text.push_str(random.pick::<&str>(&WORDS));
    }
    text
}

/// A query of some words and phrases, of which some are not to be found.
pub(super) fn query_of(random: &mut Random) -> String {
    let mut query = String::new();
    for _ in 0..=random.below(3) {
        let piece = match random.below(4) {
            0 => format!("\"{}\"", text_of(random, 3)),
            1 => text_of(random, 2).replace(' ', "-"),
            _ => (*random.pick(&WORDS)).to_owned(),
        };
        let sign = if random.percent(25) { "-" } else { "" };
        query.extend([" ", sign, &piece]);
    }
    query
}
