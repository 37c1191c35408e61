//! The spellings of one address: which characters count for nothing, and which are the same.

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{CanonicalCombiningClass, DefaultIgnorableCodePoint};
use icu_properties::{CodePointMapData, CodePointSetData};
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

use super::fold;

/// The dots that separate labels (UTS 46, section 2.3).
pub(super) const DOTS: [char; 4] = ['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'];

/// The zero width joiner and non-joiner, which between letters of some scripts tell words apart.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// What no name of a host has. The underscore is let pass, because some hosts have it.
const DENIED: AsciiDenyList = AsciiDenyList::new(true, "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}~");

/// The text without invisible characters, such as the zero width space, byte order marks and
/// direction marks. A joiner stays where it can mean something: between two characters of scripts
/// without capital letters. Accents belong to their letters here, so that it makes no difference
/// how these are composed.
pub(super) fn without_invisible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let invisible = CodePointSetData::new::<DefaultIgnorableCodePoint>();
    let joins = |character: char| {
        !(character.is_ascii()
            || character.is_whitespace()
            || character.is_lowercase()
            || character.is_uppercase())
    };
    let classes = CodePointMapData::<CanonicalCombiningClass>::new();
    let is_accent = |character| classes.get(character) != CanonicalCombiningClass::NotReordered;
    let mut visible = String::with_capacity(text.len());
    let (mut joiner, mut letter) = (None, None);
    for character in text.chars() {
        if JOINERS.contains(&character) {
            joiner = joiner.or(Some(character));
        } else if !invisible.contains(character) {
            let joined = joiner.take().filter(|_| joins(character));
            visible.extend(joined.filter(|_| letter.is_some_and(joins)));
            visible.push(character);
            if !is_accent(character) {
                letter = Some(character);
            }
        }
    }
    Cow::Owned(visible)
}

/// The text in composed form (NFC).
pub(super) fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

/// What texts have in common that differ in case, or in how their letters are composed (the
/// canonical caseless matching of Unicode).
pub(super) fn caseless(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    composed(&fold(&decomposed)).into_owned()
}

/// The domain as DNS knows it, in ASCII and lower case (UTS 46, non-transitional: `ß` is not `ss`);
/// `None` if it is no name of a host.
pub(super) fn ascii_domain(domain: &str) -> Option<Cow<'_, str>> {
    Uts46::new()
        .to_ascii(domain.as_bytes(), DENIED, Hyphens::CheckFirstLast, DnsLength::Verify)
        .ok()
}

/// Whether it is an address of a host in place of its name (RFC 5321, section 4.1.3).
pub(super) fn is_address_literal(domain: &str) -> bool {
    domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|inner| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".:-".contains(&byte);
        !inner.is_empty() && inner.bytes().all(allowed)
    })
}
