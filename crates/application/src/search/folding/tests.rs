use super::digits::ZEROS;
use super::*;

/// A language, and two texts that have to match.
const SAME: [(&str, &str, &str); 60] = [
    ("German", "Straße ÄRGER", "strasse arger"),
    ("French", "Élève cœur", "eleve coeur"),
    ("French, typographic", "l’hôtel “ouvert”", "l'hotel \"ouvert\""),
    ("Spanish", "mañana ¿Cómo?", "manana ¿como?"),
    ("Portuguese", "São João, ação", "sao joao, acao"),
    ("Italian", "perché città", "perche citta"),
    ("Vietnamese", "Đà Nẵng Nguyễn", "da nang nguyen"),
    ("Polish", "Łódź żółć", "lodz zolc"),
    ("Czech", "příliš žluťoučký", "prilis zlutoucky"),
    ("Hungarian", "őrült űr", "orult ur"),
    ("Romanian, comma and cedilla", "Timișoara", "Timişoara"),
    ("Danish", "Ørsted Ærø Ålborg", "orsted aero alborg"),
    ("Icelandic", "Guðmundur", "gudmundur"),
    ("Croatian", "Đorđe Šešelj", "dorde seselj"),
    ("Turkish", "İstanbul", "istanbul"),
    ("Maltese", "Ħamrun", "hamrun"),
    ("Latin, composed or not", "José", "Jose\u{301}"),
    ("Latin, marks in another order", "ệ", "e\u{302}\u{323}"),
    ("Latin, joined letters", "ﬁx ﬄ", "fix ffl"),
    ("Latin, wide", "ｆｉｘ １２", "fix 12"),
    ("Latin, broken by a soft hyphen", "Zusam\u{ad}men", "zusammen"),
    ("Irish", "O’Brien Oʼbrien", "O'Brien o'brien"),
    ("Uzbek", "Oʻzbekiston", "o'zbekiston"),
    ("Greek", "όδός ΟΔΟΣ Ἀθῆναι", "οδος οδοσ αθηναι"),
    ("Russian", "ёлка за́мок", "елка замок"),
    ("Russian, composed or not", "йод", "и\u{306}од"),
    ("Ukrainian", "м’ята їжа", "мʼята і\u{308}жа"),
    ("Armenian", "ԾՈՎԱԿ", "ծովակ"),
    ("Georgian", "ᲗᲑᲘᲚᲘᲡᲘ", "თბილისი"),
    ("Hebrew, with points", "שָׁלוֹם", "שלום"),
    ("Hebrew, at the end", "ךםןףץ", "כמנפצ"),
    ("Hebrew, quotes", "דו״ח צ׳ק", "דו\"ח צ'ק"),
    ("Arabic, with points", "مُحَمَّد هٰذا", "محمد هذا"),
    ("Arabic, stretched", "محـــمد", "محمد"),
    ("Arabic, hamza", "أحمد إلى آخر مسؤول", "احمد الى اخر مسوول"),
    ("Arabic, yeh without dots", "على مستشفى", "علي مستشفي"),
    ("Arabic, at the end", "مدرسة", "مدرسه"),
    ("Arabic, forms of old encodings", "ﻣﺮﺣﺒﺎ ﻻ", "مرحبا لا"),
    ("Persian", "کتاب یخچال", "كتاب يخچال"),
    ("Persian, joined and not", "می\u{200c}خواهم", "میخواهم"),
    ("Persian, ezafe", "خانهٔ خانۀ", "خانه خانه"),
    ("Urdu", "کہاں", "كهاں"),
    ("Kurdish", "ئەوە", "ئهوه"),
    ("digits, Arabic and Persian", "١٠٤٢ ۱۰۴۲", "1042 1042"),
    ("digits, of India", "१०४२ ১০৪২ ௧௦௪௨", "1042 1042 1042"),
    ("digits, of Thailand and Burma", "๑๐๔๒ ၁၀၄၂", "1042 1042"),
    ("Hindi without the dot", "ज़रूर लड़की", "जरूर लडकी"),
    ("Hindi, the moon", "हाँ पाँच", "हां पांच"),
    ("Hindi, composed or not", "क\u{93c}", "\u{958}"),
    ("Bengali, composed or not", "কো", "ক\u{9c7}\u{9be}"),
    ("Tamil, composed or not", "கோ", "க\u{bc7}\u{bbe}"),
    ("Sinhala, joined", "ශ්\u{200d}රී", "ශ්රී"),
    ("Thai, one sign or two", "น\u{e33}", "น\u{e4d}\u{e32}"),
    ("Khmer, invisible vowels", "ក\u{17b4}រ", "ករ"),
    ("Japanese, half wide", "ﾊﾟﾊﾟ ﾀﾜｰ", "パパ タワー"),
    ("Japanese, composed or not", "ハ\u{309a}か\u{3099}", "パが"),
    ("Japanese, both kinds of kana", "ネコ ヴ", "ねこ ゔ"),
    ("Chinese, forms for other encodings", "\u{f9ff}", "刺"),
    ("Korean, composed or not", "\u{1112}\u{1161}\u{11ab}", "한"),
    ("emoji, two ways to show one", "❤\u{fe0f}", "❤"),
];

/// A language, and two texts that must not match.
const DIFFERENT: [(&str, &str, &str); 36] = [
    ("Japanese", "パパ", "ハハ"),
    ("Japanese", "バス", "パス"),
    ("Japanese", "がいこく", "かいこく"),
    ("Japanese, small kana", "きよう", "きょう"),
    ("Hindi", "लड़की", "लड़का"),
    ("Hindi", "दिल", "दाल"),
    ("Hindi", "कल", "कुल"),
    ("Hindi", "हंस", "हस"),
    ("Hindi", "क्या", "कया"),
    ("Bengali", "দিন", "দান"),
    ("Punjabi", "ਦਿਨ", "ਦਾਨ"),
    ("Gujarati", "દિન", "દાન"),
    ("Tamil", "பால்", "பல்"),
    ("Telugu", "పాలు", "పాల"),
    ("Kannada", "ಹಾಲು", "ಹಾಲ"),
    ("Malayalam", "പാൽ", "പൽ"),
    ("Sinhala", "කිරි", "කරි"),
    ("Thai", "ปู", "ปี"),
    ("Thai", "ไม่", "ไม"),
    ("Lao", "ປີ", "ປູ"),
    ("Khmer", "កូន", "កាន"),
    ("Burmese", "မိုး", "မူး"),
    ("Tibetan", "བོད", "བད"),
    ("Russian", "мой", "мои"),
    ("Ukrainian", "їжак", "іжак"),
    ("Ukrainian", "ґрати", "грати"),
    ("Belarusian", "воўк", "воук"),
    ("Macedonian", "ќе", "ке"),
    ("Macedonian", "ѓон", "гон"),
    ("Korean", "하", "한"),
    ("Korean", "달", "딸"),
    ("Turkish", "ısı", "isi"),
    ("Urdu", "لڑکی", "لڑکے"),
    ("Urdu", "کہا", "کھا"),
    ("Persian", "پدر", "بدر"),
    ("Icelandic", "þau", "tau"),
];

#[test]
fn variants_of_one_text_match() {
    for (language, one, other) in SAME {
        assert_eq!(fold_text(one), fold_text(other), "{language}: {one:?} and {other:?}");
    }
}

#[test]
fn different_words_do_not_match() {
    for (language, one, other) in DIFFERENT {
        assert_ne!(fold_text(one), fold_text(other), "{language}: {one:?} and {other:?}");
    }
}

/// Every assigned character, alone and after letters that combine. Of large uniform blocks there is one.
fn texts() -> impl Iterator<Item = String> {
    let is_like_many = |character: &char| matches!(character, '\u{4e01}'..='\u{9fff}' | '\u{ac1d}'..='\u{d7a3}' | '\u{e001}'..='\u{f8ff}');
    let characters =
        ('\0'..='\u{1ffff}').chain('\u{2f800}'..='\u{2fa1f}').chain('\u{e0100}'..='\u{e01ef}');
    characters
        .filter(move |character| !is_like_many(character))
        .flat_map(|character| ["", "a", "и", "ハ"].map(|before| format!("{before}{character}")))
}

#[test]
fn folding_twice_is_folding_once() {
    for text in texts() {
        let once = fold_text(&text);
        assert_eq!(fold_text(&once), once, "{text:?}");
    }
}

#[test]
fn skipping_the_normalisation_changes_nothing() {
    for text in texts() {
        let run: String = fold_run(text.chars()).collect();
        let all: String = fold(&text).collect();
        assert_eq!(all, run, "{text:?}");
    }
}

#[test]
fn normalisation_forms_match() {
    for text in texts() {
        let decomposed = DecomposingNormalizerBorrowed::new_nfd().normalize(&text);
        let compatible = ComposingNormalizerBorrowed::new_nfkc().normalize(&text);
        for other in [decomposed, compatible] {
            assert_eq!(fold_text(&text), fold_text(&other), "{text:?}");
        }
    }
}

#[test]
fn digits_of_all_scripts_become_ascii() {
    assert!(ZEROS.is_sorted());
    for zero in ZEROS {
        for value in 0..10 {
            let character = char::from_u32(u32::from(zero) + value).expect("a character");
            assert!(character.is_numeric(), "{character:?}");
            assert_eq!(fold_text(&character.to_string()), value.to_string());
        }
    }
    assert_eq!(ascii_digit('\u{66a}'), '\u{66a}');
    assert_eq!(ascii_digit('x'), 'x');
}
