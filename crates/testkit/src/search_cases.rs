//! What a search finds: a table that every way of searching is held against, and the meaning of a
//! query without any database.

use conversations_application::search::{SearchQuery, Term, tokenize};

/// A conversation, a query, and whether the one is found by the other.
#[derive(Debug, Clone, Copy)]
pub struct SearchCase {
    /// The subject, and then the messages.
    pub texts: &'static [&'static str],
    /// The query.
    pub query: &'static str,
    /// Whether it finds the conversation.
    pub found: bool,
}

const fn found(texts: &'static [&'static str], query: &'static str) -> SearchCase {
    SearchCase { texts, query, found: true }
}

const fn not_found(texts: &'static [&'static str], query: &'static str) -> SearchCase {
    SearchCase { texts, query, found: false }
}

const REFUND: &[&str] = &[
    "Refund for order 1042",
    "My parcel never arrived, please refund me. Yours, Ada O'Hara",
    "internal: ada@example.org is a VIP - don't wait; see RFC-7231, v1.5 / 1e5 (snake_case)",
];
const MANY_SCRIPTS: &[&str] = &[
    "Ärger mit der Straße in İstanbul",
    "Café naïve — ΟΔΟΣ, Ёлка, Việt Nam; ﬁx ｆｕｌｌ ½",
    "東京タワーへ行きました。渡辺さん 2階",
    "हिन्दी में लिखा, สวัสดีครับ, 한국어 서울, ٣٤ مُحَمَّد, שָׁלוֹם, Ծովակ 𐐀𐐁",
    "🎉 party👍 zero\u{200b}width soft\u{ad}hyphen 👩‍👩‍👧",
];
const QUOTES: &[&str] =
    &["I have a 24\" monitor and want a 27\" arm", "שלח לי דו\"ח על מע\"מ בבקשה, קניתי ב\"הארץ\""];
/// What is in another language each, so that a letter of one is not taken for that of another.
const LANGUAGES: &[&str] = &[
    "José i Łukasz, Guðmundur, Ørsted; l’été",
    "Мой йод, за́мок і їжак; воўк, м’ята",
    "کتاب یخچال، سفارش ۱۰۴۲؛ مدرسة على أحمد محـمد لڑکی",
    "लड़का आया, दाल खराब है, ज़रूर, हाँ १२३",
    "パパに連絡してください。バスの予約を変更したい、ｶﾞｽ",
    "ปีนี้ฉันต้องการคืนเงิน ๕๖ น้ำ",
    "ខ្ញុំចង់បានប្រាក់វិញ ကျေးဇူးတင်ပါတယ် ຂອບໃຈຫຼາຍ",
    "我想退款，订单号一二三",
    "물을 고객센터에 \u{1112}\u{1161}\u{11ab}글",
];
const SYNTAX: &[&str] = &["a & b | !c", "foo:* 'quoted' \\ back <-> near(x, y) ^star* col:val --"];

/// The table that decides.
pub const SEARCH_CASES: &[SearchCase] = &[
    // Words, whole and begun, whatever their case.
    found(REFUND, "refund"),
    found(REFUND, "REFU"),
    found(REFUND, "re"),
    // One character is a whole word.
    not_found(REFUND, "r"),
    found(REFUND, "a"),
    not_found(REFUND, "refund-f"),
    found(REFUND, "-r"),
    not_found(REFUND, "-a"),
    not_found(REFUND, "efund"),
    not_found(REFUND, "refunds"),
    found(REFUND, "1042"),
    found(REFUND, "104"),
    not_found(REFUND, "042"),
    found(REFUND, "v1"),
    found(REFUND, "1e5"),
    found(REFUND, "snake_case"),
    found(REFUND, "case"),
    // Each from another text.
    found(REFUND, "order parcel vip"),
    found(REFUND, "vip order"),
    not_found(REFUND, "order parcel nothing"),
    // Phrases lie in one text, in order, of whole words.
    found(REFUND, "\"refund for order\""),
    found(REFUND, "\"order 1042\""),
    found(REFUND, "\"Refund\""),
    not_found(REFUND, "\"refu\""),
    not_found(REFUND, "\"refund for ord\""),
    not_found(REFUND, "\"for refund\""),
    not_found(REFUND, "\"refund order\""),
    not_found(REFUND, "\"1042 my\""),
    not_found(REFUND, "\"1042 my parcel\""),
    found(REFUND, "\"arrived please\" \"refund for\""),
    found(REFUND, "\"is a vip don t wait\""),
    found(REFUND, "\"  is,  a... VIP!\""),
    // What signs divide and blanks do not is a phrase that may go on.
    found(REFUND, "ada@example.org"),
    found(REFUND, "ada@exam"),
    not_found(REFUND, "ada@example.com"),
    found(REFUND, "O'Hara"),
    found(REFUND, "hara"),
    found(REFUND, "don't"),
    not_found(REFUND, "order@1041"),
    not_found(REFUND, "1042-refund"),
    found(REFUND, "rfc-72"),
    found(REFUND, "rfc/7231"),
    // What must not be there.
    found(REFUND, "refund -invoice"),
    not_found(REFUND, "refund -vip"),
    not_found(REFUND, "refund -ord"),
    not_found(REFUND, "-1042"),
    found(REFUND, "-invoice"),
    found(REFUND, "refund -\"order refund\""),
    not_found(REFUND, "refund -\"for order\""),
    found(REFUND, "refund -\"ord\""),
    found(REFUND, "-ada@example.com"),
    not_found(REFUND, "-ada@example"),
    not_found(REFUND, "refund -refund"),
    found(REFUND, "refund - vip"),
    found(REFUND, "order-1042"),
    // Every script.
    found(MANY_SCRIPTS, "arger"),
    found(MANY_SCRIPTS, "ÄRGER"),
    found(MANY_SCRIPTS, "A\u{308}rg"),
    found(MANY_SCRIPTS, "strasse"),
    found(MANY_SCRIPTS, "STRAẞE"),
    found(MANY_SCRIPTS, "\"straße in istanbul\""),
    not_found(MANY_SCRIPTS, "\"strase\""),
    found(MANY_SCRIPTS, "istanbul"),
    found(MANY_SCRIPTS, "İSTANBUL"),
    found(MANY_SCRIPTS, "cafe NAIVE"),
    found(MANY_SCRIPTS, "οδός"),
    found(MANY_SCRIPTS, "елка"),
    found(MANY_SCRIPTS, "viet"),
    found(MANY_SCRIPTS, "fix full"),
    found(MANY_SCRIPTS, "ﬁｘ"),
    found(MANY_SCRIPTS, "\"1 2\""),
    found(MANY_SCRIPTS, "東京"),
    found(MANY_SCRIPTS, "京タ"),
    found(MANY_SCRIPTS, "ﾀﾜｰ"),
    found(MANY_SCRIPTS, "\"渡辺\""),
    not_found(MANY_SCRIPTS, "辺渡"),
    found(MANY_SCRIPTS, "2階"),
    not_found(MANY_SCRIPTS, "-渡辺"),
    found(MANY_SCRIPTS, "हिन्दी"),
    found(MANY_SCRIPTS, "हिन्"),
    found(MANY_SCRIPTS, "สวัสดี"),
    found(MANY_SCRIPTS, "ครับ"),
    found(MANY_SCRIPTS, "한국"),
    found(MANY_SCRIPTS, "서울"),
    not_found(MANY_SCRIPTS, "국어"),
    found(MANY_SCRIPTS, "٣٤"),
    not_found(MANY_SCRIPTS, "٣"),
    not_found(MANY_SCRIPTS, "3"),
    found(MANY_SCRIPTS, "محمد"),
    found(MANY_SCRIPTS, "שלום"),
    found(MANY_SCRIPTS, "ԾՈՎ"),
    found(MANY_SCRIPTS, "𐐨𐐩"),
    found(MANY_SCRIPTS, "party"),
    found(MANY_SCRIPTS, "🎉 party"),
    found(MANY_SCRIPTS, "softhyphen"),
    found(MANY_SCRIPTS, "width"),
    not_found(MANY_SCRIPTS, "zerowidth"),
    // A quote inside of a word, or at its end, begins no phrase.
    found(QUOTES, "monitor 24\" arm 27\""),
    found(QUOTES, "monitor 24” arm 27”"),
    not_found(QUOTES, "\"24 arm\""),
    found(QUOTES, "\"24\" monitor\""),
    not_found(QUOTES, "a\"monitor 24\""),
    found(QUOTES, "דו\"ח מע\"מ"),
    found(QUOTES, "דו״ח מע״מ"),
    found(QUOTES, "דו”ח"),
    found(QUOTES, "דוח"),
    found(QUOTES, "\"דו\"ח על מע\"מ\""),
    not_found(QUOTES, "\"מע\"מ דו\"ח\""),
    found(QUOTES, "הארץ"),
    // What adds to a letter makes no difference, and what makes another one does.
    found(LANGUAGES, "jose łukasz"),
    found(LANGUAGES, "JOSE\u{301} lukasz gudmundur orsted"),
    found(LANGUAGES, "l'ete"),
    found(LANGUAGES, "замок йод"),
    found(LANGUAGES, "и\u{306}од"),
    not_found(LANGUAGES, "мои"),
    not_found(LANGUAGES, "іжак"),
    not_found(LANGUAGES, "воук"),
    found(LANGUAGES, "м'ята"),
    found(LANGUAGES, "كتاب"),
    found(LANGUAGES, "يخچال"),
    found(LANGUAGES, "1042"),
    found(LANGUAGES, "١٠٤٢"),
    found(LANGUAGES, "۱۰۴۲"),
    found(LANGUAGES, "१०४२"),
    found(LANGUAGES, "مدرسه علي احمد مُحَمَّد"),
    not_found(LANGUAGES, "لڑکے"),
    found(LANGUAGES, "लड़का"),
    found(LANGUAGES, "लडका जरूर हां 123"),
    not_found(LANGUAGES, "लड़की"),
    not_found(LANGUAGES, "दिल"),
    found(LANGUAGES, "दाल"),
    found(LANGUAGES, "パパ"),
    found(LANGUAGES, "ﾊﾟﾊﾟ ガス"),
    not_found(LANGUAGES, "ハハ"),
    not_found(LANGUAGES, "パス"),
    found(LANGUAGES, "バス"),
    // A word inside of a text without blanks is found.
    found(LANGUAGES, "連絡"),
    found(LANGUAGES, "予約 変更"),
    not_found(LANGUAGES, "約予"),
    found(LANGUAGES, "ปี"),
    not_found(LANGUAGES, "ปู"),
    found(LANGUAGES, "คืนเงิน"),
    found(LANGUAGES, "น้ำ 56"),
    not_found(LANGUAGES, "นำ"),
    found(LANGUAGES, "ចង់"),
    found(LANGUAGES, "ប្រាក់"),
    not_found(LANGUAGES, "ប្រុក់"),
    found(LANGUAGES, "တင်"),
    found(LANGUAGES, "ຫຼາຍ"),
    found(LANGUAGES, "退款"),
    not_found(LANGUAGES, "款退"),
    // A syllable of Hangul goes on, as a word does.
    found(LANGUAGES, "물 고객"),
    found(LANGUAGES, "한"),
    not_found(LANGUAGES, "하"),
    not_found(LANGUAGES, "센터"),
    // What means something to databases means nothing here.
    found(SYNTAX, "a & b"),
    found(SYNTAX, "b | c"),
    found(SYNTAX, "foo:*"),
    found(SYNTAX, "col:val"),
    not_found(SYNTAX, "val:col"),
    found(SYNTAX, "near(x, y)"),
    not_found(SYNTAX, "x NEAR y OR z"),
    not_found(SYNTAX, "a OR b"),
    not_found(SYNTAX, "a AND b"),
    not_found(SYNTAX, "a NOT b"),
    found(SYNTAX, "'quoted' \\ star*"),
    found(SYNTAX, "\"quoted back\""),
    found(SYNTAX, "!c"),
    found(SYNTAX, "{a} : [b]"),
    found(SYNTAX, "b'); --"),
    found(SYNTAX, "^a"),
    found(SYNTAX, "a \" b"),
];

/// Whether a query finds a conversation with these texts.
#[must_use]
pub fn finds(query: &SearchQuery, texts: &[String]) -> bool {
    let texts: Vec<_> = texts.iter().map(|text| tokenize(text)).collect();
    let somewhere = |term: &Term| texts.iter().any(|text| has(text, term));
    query.wanted().iter().all(somewhere) && !query.unwanted().iter().any(somewhere)
}

fn has(text: &[String], term: &Term) -> bool {
    let wanted = term.words();
    text.windows(wanted.len()).any(|window| {
        window.iter().zip(wanted).enumerate().all(|(place, (word, wanted))| {
            let goes_on = !term.is_whole() && place + 1 == window.len();
            if goes_on { word.starts_with(wanted) } else { word == wanted }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_means_what_the_table_says() {
        for SearchCase { texts, query, found } in SEARCH_CASES {
            let texts: Vec<_> = texts.iter().map(|&text| text.to_owned()).collect();
            let parsed = query.parse().expect("a query");
            assert_eq!(finds(&parsed, &texts), *found, "{query:?} in {texts:?}");
        }
    }
}
