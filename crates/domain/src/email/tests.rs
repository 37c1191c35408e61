use super::*;
use proptest::prelude::*;

fn parsed(text: &str) -> Email {
    Email::parse(text).unwrap_or_else(|error| panic!("{text:?} {error}"))
}

#[test]
fn an_address_is_kept_as_it_was_written() {
    for text in [
        "Ada@Example.org",
        "ü@例え.jp",
        "a+b@localhost",
        "\"a@b\"@c.d",
        "\"<a,b>\"@c.d",
        "ada..b@docomo.example",
        "ada@[192.0.2.1]",
        "ada@[IPv6:2001:db8::1]",
        "ada@my_host.example",
        "ada@r3---sn.example.com",
    ] {
        assert_eq!(parsed(text).as_str(), text);
    }
}

#[test]
fn what_cannot_be_delivered_to_is_refused_with_its_reason() {
    let cases = [
        ("", EmailError::Text(TextError::Empty)),
        (" \u{200b} ", EmailError::Text(TextError::Empty)),
        ("a\u{0}@b.example", EmailError::Text(TextError::ControlCharacter)),
        ("\u{b}a@b.example", EmailError::Text(TextError::ControlCharacter)),
        ("a\u{7f}@b.example", EmailError::ControlCharacter),
        ("ada", EmailError::Malformed),
        ("@example.org", EmailError::Malformed),
        ("ada@", EmailError::Malformed),
        ("mailto:ada@example.com", EmailError::Scheme),
        ("MailTo:ada@example.com", EmailError::Scheme),
        ("<ada@example.com>", EmailError::Brackets),
        ("Ada Lovelace <ada@example.com>", EmailError::Brackets),
        ("a@x.com,b@y.com", EmailError::Several),
        ("a@x.com; b@y.com", EmailError::Several),
        ("a b@example.org", EmailError::WhiteSpace),
        ("a@exam\u{a0}ple.org", EmailError::WhiteSpace),
        ("ada@@example.com", EmailError::ManyAts),
        ("ada@home@example.com", EmailError::ManyAts),
        ("ada@example.com.", EmailError::TrailingDot),
        ("ada@example。", EmailError::TrailingDot),
        ("ada@example..com", EmailError::Domain),
        ("ada@.example.com", EmailError::Domain),
        ("ada@-example.com", EmailError::Domain),
        ("ada@exam!ple.com", EmailError::Domain),
        ("ada@exam\u{ff0c}ple.com", EmailError::Domain),
        ("ada@[not an address", EmailError::WhiteSpace),
        ("ada@[]", EmailError::Domain),
        ("ada@xn--zz.example", EmailError::Domain),
    ];
    for (text, error) in cases {
        assert_eq!(Email::parse(text), Err(error), "{text:?}");
    }
    let label = "a".repeat(64);
    assert_eq!(Email::parse(&format!("ada@{label}.example")), Err(EmailError::Domain));
    let long = format!("{}@example.com", "a".repeat(243));
    let too_long = TextError::TooLong { max: Email::MAX_LENGTH };
    assert_eq!(Email::parse(&long), Err(EmailError::Text(too_long)));
}

#[test]
fn invisible_characters_are_taken_out_wherever_they_are() {
    let invisible = [
        '\u{ad}',
        '\u{200b}',
        '\u{200c}',
        '\u{200d}',
        '\u{200e}',
        '\u{200f}',
        '\u{202a}',
        '\u{202e}',
        '\u{2060}',
        '\u{2066}',
        '\u{2069}',
        '\u{fe0f}',
        '\u{feff}',
        '\u{e0020}',
    ];
    for character in invisible {
        for text in [
            format!("{character}ada@example.com"),
            format!("ada@example.com{character}"),
            format!(" {character} ada@example.com {character}"),
            format!("a{character}da@example.com"),
            format!("ada{character}@{character}example.com"),
            format!("ada@exam{character}ple.com"),
        ] {
            assert_eq!(parsed(&text).as_str(), "ada@example.com", "{text:?}");
        }
    }
}

#[test]
fn joiners_stay_between_the_letters_that_they_join() {
    let joined = "نامه\u{200c}ای@example.com";

    assert_eq!(parsed(joined).as_str(), joined);
    assert_ne!(parsed(joined).case_folded(), parsed("نامهای@example.com").case_folded());
    assert_eq!(parsed("نامه\u{200c}\u{200d}\u{200b}ای@example.com").as_str(), joined);
    assert_eq!(parsed("é\u{200d}\u{200b}ö@example.com").as_str(), "éö@example.com");
    assert_eq!(parsed("c\u{301}\u{200d}🙂@example.com").as_str(), "ć🙂@example.com");
}

#[test]
fn one_address_has_one_folded_spelling() {
    for (one, other) in [
        ("ADA@EXAMPLE.ORG", "ada@example.org"),
        ("jos\u{e9}@example.org", "jose\u{301}@example.org"),
        ("JOSE\u{301}@example.org", "jos\u{e9}@example.org"),
        ("ada@MÜNCHEN.example", "ada@mu\u{308}nchen.example"),
        ("ada@münchen.example", "ada@xn--mnchen-3ya.example"),
        ("ada@münchen.example", "ada@XN--MNCHEN-3YA.example"),
        ("ada@例え。jp", "ada@例え.jp"),
        ("ada@ｅｘａｍｐｌｅ.com", "ada@example.com"),
        ("straße@example.org", "STRASSE@example.org"),
        ("ada@[IPV6:2001:DB8::1]", "ada@[IPv6:2001:db8::1]"),
    ] {
        assert_eq!(parsed(one).case_folded(), parsed(other).case_folded(), "{one:?} {other:?}");
    }
}

#[test]
fn two_addresses_have_two_folded_spellings() {
    for (one, other) in [
        ("ada@straße.example", "ada@strasse.example"),
        ("ada@example.org", "ada@example.com"),
        ("müller@example.org", "muller@example.org"),
        ("admın@example.org", "admin@example.org"),
        ("ada@ς.example", "ada@σ.example"),
    ] {
        assert_ne!(parsed(one).case_folded(), parsed(other).case_folded(), "{one:?} {other:?}");
    }
}

#[test]
fn what_was_stored_by_an_older_rule_stays_readable_and_meets_what_is_sent_today() {
    for text in ["mailto:ada@example.com", "<ada@example.com>", "a@@b", "a@x,b@y", "ada@b."] {
        assert!(Email::parse(text).is_err(), "{text:?}");
        assert_eq!(Email::restore(text).map(|email| email.0), Ok(text.to_owned()));
    }
    let pasted = Email::restore("Ada@example.com\u{200b}").map(|email| email.case_folded());
    assert_eq!(pasted, Ok(parsed("ada@example.com").case_folded()));
    assert_eq!(Email::restore("ada"), Err(EmailError::Malformed));
}

proptest! {
    #[test]
    fn what_was_accepted_is_accepted_again_unchanged(
        local in "[a-zé\u{301}\u{200d}\u{200b}\u{feff}\u{94d}ßİ🙂]{1,9}",
        domain in "[a-zß\u{301}\u{200c}\u{200b}é-]{1,9}",
    ) {
        if let Ok(email) = Email::parse(&format!("{local}@{domain}.example")) {
            prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
            let folded = email.case_folded();
            let again = Email::restore(&folded).map(|folded| folded.case_folded());
            prop_assert_eq!(again, Ok(folded));
        }
    }
}
