//! JSON in ASCII: characters beyond it are escaped.
//!
//! Some clients of event streams end a line at U+0085 or U+2028, and some decode each piece of the body
//! on its own, so that a character may be cut in two.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

struct AsciiFormatter;

impl Formatter for AsciiFormatter {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|character: char| !character.is_ascii()) {
            let (plain, others) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut characters = others.chars();
            if let Some(character) = characters.next() {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

/// Writes a value as JSON on one line, in ASCII.
pub(super) fn to_ascii_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::with_capacity(1024);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, AsciiFormatter);
    value.serialize(&mut serializer)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn it_is_the_same_value_in_ascii_on_one_line() {
        let value = json!({ "ключ": ["é語🙂", "\u{85}\u{2028}\n\r\"\\", "plain", 1.5, null, ""] });

        let bytes = to_ascii_json(&value).expect("JSON");

        assert!(bytes.iter().all(|byte| matches!(byte, b' '..=b'~')), "{bytes:?}");
        assert_eq!(serde_json::from_slice::<Value>(&bytes).expect("JSON"), value);
    }
}
