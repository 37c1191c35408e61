//! Two libraries know the normal forms of Unicode. They answer alike, for every character there is.

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{CanonicalCombiningClass, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::{canonical_combining_class, is_combining_mark};

const CATEGORIES: CodePointMapDataBorrowed<'_, GeneralCategory> = CodePointMapData::new();
const CLASSES: CodePointMapDataBorrowed<'_, CanonicalCombiningClass> = CodePointMapData::new();

#[test]
fn the_forms_of_every_character_are_alike() {
    let (nfc, nfd) =
        (ComposingNormalizerBorrowed::new_nfc(), DecomposingNormalizerBorrowed::new_nfd());
    let (nfkc, nfkd) =
        (ComposingNormalizerBorrowed::new_nfkc(), DecomposingNormalizerBorrowed::new_nfkd());
    for character in char::MIN..=char::MAX {
        // Alone, between others that it may be joined to or change places with, and twice.
        for text in [
            format!("{character}"),
            format!("a{character}"),
            format!("{character}\u{301}"),
            format!("{character}\u{323}\u{93c}"),
            format!("\u{1100}{character}\u{11a8}"),
            format!("\u{5d0}\u{5b0}{character}\u{5b8}\u{3099}"),
            format!("{character}{character}"),
        ] {
            let of = |iter: &mut dyn Iterator<Item = char>| iter.collect::<String>();
            let characters = || text.chars();
            assert_eq!(of(&mut nfc.normalize_iter(characters())), of(&mut text.nfc()), "{text:?}");
            assert_eq!(of(&mut nfd.normalize_iter(characters())), of(&mut text.nfd()), "{text:?}");
            assert_eq!(
                of(&mut nfkc.normalize_iter(characters())),
                of(&mut text.nfkc()),
                "{text:?}"
            );
            assert_eq!(
                of(&mut nfkd.normalize_iter(characters())),
                of(&mut text.nfkd()),
                "{text:?}"
            );
        }
    }
}

#[test]
fn every_character_is_a_mark_of_the_same_class_for_both() {
    for character in char::MIN..=char::MAX {
        let is_mark = GeneralCategoryGroup::Mark.contains(CATEGORIES.get(character));
        assert_eq!(is_mark, is_combining_mark(character), "{character:?}");
        let class = CLASSES.get(character).0;
        assert_eq!(class, canonical_combining_class(character), "{character:?}");
    }
}
