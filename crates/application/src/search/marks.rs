//! What Unicode says of the marks that follow letters.

use icu_properties::props::{CanonicalCombiningClass, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};

const CATEGORIES: CodePointMapDataBorrowed<'static, GeneralCategory> = CodePointMapData::new();
const CLASSES: CodePointMapDataBorrowed<'static, CanonicalCombiningClass> = CodePointMapData::new();

/// Whether a character is a mark: it belongs to the letter before it.
pub(super) fn is_mark(character: char) -> bool {
    // There are no marks below, and most text is below.
    character >= '\u{300}' && GeneralCategoryGroup::Mark.contains(CATEGORIES.get(character))
}

/// Whether a mark is the dot below letters of Indic scripts.
pub(super) fn is_nukta(mark: char) -> bool {
    CLASSES.get(mark) == CanonicalCombiningClass::Nukta
}
