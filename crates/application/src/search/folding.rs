//! Folding brings text to the form that searches compare, script by script.
//!
//! It removes the marks that only add to a letter: accents of Latin and Greek letters, stress marks and the
//! dots of `ё`, the points of Hebrew and Arabic. It keeps the marks that make another letter or are one:
//! `й` is not `и`, `パ` is not `ハ`, and the vowel signs of Indic scripts and of Thai are vowels. This
//! follows the primary weights of the Unicode Collation Algorithm and the rules of CLDR for searches. ADR 31
//! lists the differences and their reasons.

mod digits;

use conversations_domain::fold_char;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};

use super::marks::{is_mark, is_nukta};
use digits::ascii_digit;

/// Folds a text for comparison. Blanks and punctuation stay.
///
/// ```
/// use conversations_application::search::fold_text;
///
/// assert_eq!(fold_text("José O’Hara"), fold_text("JOSE\u{301} O'HARA"));
/// assert_ne!(fold_text("パパ"), fold_text("ハハ"));
/// ```
#[must_use]
pub fn fold_text(text: &str) -> String {
    const ZERO_WIDTH_SPACE: char = '\u{200b}';

    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    fold(text).filter(|&character| character != ZERO_WIDTH_SPACE).collect()
}

/// Folds a text lazily. Zero width spaces stay, because they separate words.
///
/// Most characters of most texts are [plain] and skip the normalisation. The runs between them are folded
/// by themselves: normalisation never joins a kept mark to a plain character.
pub(super) fn fold(mut text: &str) -> impl Iterator<Item = char> {
    let runs = std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let is_plain = |character| plain(character).is_some();
        let (simple, rest) = text.split_at(text.find(|c| !is_plain(c)).unwrap_or(text.len()));
        let (other, rest) = rest.split_at(rest.find(is_plain).unwrap_or(rest.len()));
        text = rest;
        Some(simple.chars().filter_map(plain).chain(fold_run(other.chars())))
    });
    runs.flatten()
}

/// The folded form of a character that needs no normalisation, or `None`. This is only faster than
/// [`fold_run`], which returns the same.
fn plain(character: char) -> Option<char> {
    match character {
        '\0'..='\u{7f}' => Some(character.to_ascii_lowercase()),
        '\u{2013}' | '\u{2014}' | '\u{4e00}'..='\u{9fff}' => Some(character),
        '\u{2018}' | '\u{2019}' | '\u{201c}'..='\u{201f}' => Some(ascii_quote(character)),
        _ => None,
    }
}

/// Folds characters with full normalisation.
pub(super) fn fold_run(text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    // NFC composes again what NFKD took apart and the filter kept, such as Kana and Hangul.
    let kept = significant(text).flat_map(fold_char).flat_map(letters);
    ComposingNormalizerBorrowed::new_nfc().normalize_iter(kept)
}

/// The compatibility decomposition (NFKD) of a text, without insignificant marks and invisible characters.
fn significant(text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut base = '\0';
    DecomposingNormalizerBorrowed::new_nfkd().normalize_iter(text).filter(move |&character| {
        if is_invisible(character) {
            return false;
        }
        if is_mark(character) {
            return is_significant(base, character);
        }
        base = character;
        true
    })
}

/// Whether a mark turns its base into another letter, or is a letter itself.
fn is_significant(base: char, mark: char) -> bool {
    match mark {
        // Marks of many scripts.
        '\u{300}'..='\u{36f}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe20}'..='\u{fe2f}' => makes_a_letter(base, mark),
        // Variation selectors.
        '\u{180b}'..='\u{180f}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0100}'..='\u{e01ef}'
        // Cyrillic; Hebrew; Arabic; Syriac; N'Ko; Arabic, extended; Ethiopic; Vedic accents.
        | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5c7}'
        | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}'
        | '\u{670}'
        | '\u{6d6}'..='\u{6ed}'
        | '\u{711}'
        | '\u{730}'..='\u{74a}'
        | '\u{7eb}'..='\u{7f3}'
        | '\u{7fd}'
        | '\u{897}'..='\u{89f}'
        | '\u{8ca}'..='\u{8ff}'
        | '\u{135d}'..='\u{135f}'
        | '\u{951}'..='\u{954}'
        | '\u{1cd0}'..='\u{1cff}' => false,
        // The dot below Indic letters, which many people leave out.
        _ => !is_nukta(mark),
    }
}

/// Whether a base and a mark are a Cyrillic letter of their own.
fn makes_a_letter(base: char, mark: char) -> bool {
    match mark {
        '\u{306}' => matches!(base, 'и' | 'И' | 'у' | 'У'),
        '\u{308}' => matches!(base, 'і' | 'І'),
        '\u{301}' => matches!(base, 'г' | 'Г' | 'к' | 'К'),
        _ => false,
    }
}

/// Whether a character inside a word is invisible or only stretches it: soft hyphens, joiners, direction
/// marks, the inherent vowels of Khmer, and the Arabic tatweel.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{640}' | '\u{17b4}' | '\u{17b5}' | '\u{200c}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{feff}'
    )
}

/// Replaces a letter, digit or quotation mark by the form that all its variants share.
fn letters(character: char) -> impl Iterator<Item = char> {
    let (first, second) = match character {
        'æ' => ('a', Some('e')),
        'œ' => ('o', Some('e')),
        'đ' | 'ð' => ('d', None),
        'ħ' => ('h', None),
        'ł' => ('l', None),
        'ø' => ('o', None),
        // Final forms.
        'ך' => ('כ', None),
        'ם' => ('מ', None),
        'ן' => ('נ', None),
        'ף' => ('פ', None),
        'ץ' => ('צ', None),
        // Keyboards for Arabic, Persian, Urdu and Kurdish have different codes for one letter.
        '\u{671}' => ('\u{627}', None),
        '\u{6a9}' => ('\u{643}', None),
        '\u{649}' | '\u{6cc}' => ('\u{64a}', None),
        '\u{629}' | '\u{6c1}' | '\u{6c3}' | '\u{6d5}' => ('\u{647}', None),
        // Candrabindu is often written as anusvara.
        '\u{901}' => ('\u{902}', None),
        'ァ'..='ヶ' | 'ヽ' => (hiragana(character), None),
        other => (ascii_digit(ascii_quote(other)), None),
    };
    std::iter::once(first).chain(second)
}

/// Replaces typographic quotation marks and apostrophes by those of ASCII.
fn ascii_quote(character: char) -> char {
    match character {
        '\u{2bb}' | '\u{2bc}' | '\u{5f3}' | '\u{2018}' | '\u{2019}' | '\u{201b}' | '\u{2032}' => {
            '\''
        }
        '\u{5f4}' | '\u{201c}'..='\u{201f}' => '"',
        other => other,
    }
}

fn hiragana(katakana: char) -> char {
    /// Katakana minus Hiragana, in code points.
    const DISTANCE: u32 = 0x60;

    char::from_u32(u32::from(katakana) - DISTANCE).unwrap_or(katakana)
}

#[cfg(test)]
mod tests;
