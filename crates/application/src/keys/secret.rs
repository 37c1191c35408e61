//! The secret of an API key: its form, its checksum, its hash.

use conversations_domain::{Name, Permissions, RateLimit, Source, Timestamp, UserId};
use sha2::{Digest, Sha256};

use crate::ports::SecretHash;

const PREFIX: &str = "sk_live_";
/// 43 characters out of 62 carry 256.03 bits.
const RANDOM_LENGTH: usize = 43;
/// Six characters out of 62 hold any CRC-32.
const CHECKSUM_LENGTH: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const HINT_LENGTH: usize = 4;

/// The secret of an API key: `sk_live_`, 43 random characters in base 62, and a CRC-32 of both in
/// six more, so that a typo or a guess is refused without asking the database and a secret scanner
/// recognises a leaked one.
///
/// It has no `Debug`, `Display` or `Serialize`: it is shown by [`KeySecret::expose_secret`] alone.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySecret(String);

/// What a key is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// The name.
    pub name: Name,
    /// The permissions.
    pub permissions: Permissions,
    /// What it is made for.
    pub source: Source,
    /// The expiry, if any.
    pub expires_at: Option<Timestamp>,
    /// Its own rate limit; without one, that of the server applies.
    pub rate_limit: Option<RateLimit>,
    /// The user of the workspace whom it speaks for, if any.
    pub user: Option<UserId>,
}

impl KeySecret {
    /// Makes a secret of 256 random bits of the operating system.
    ///
    /// # Errors
    /// When the operating system has no random bits to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut text = String::with_capacity(PREFIX.len() + RANDOM_LENGTH + CHECKSUM_LENGTH);
        text.push_str(PREFIX);
        let mut random = [0_u8; 2 * RANDOM_LENGTH];
        while text.len() < PREFIX.len() + RANDOM_LENGTH {
            getrandom::fill(&mut random)?;
            let missing = PREFIX.len() + RANDOM_LENGTH - text.len();
            // Bytes from 248 on are thrown away: with them the first letters were more frequent.
            let fair = random.iter().filter(|&&byte| byte < 248);
            text.extend(
                fair.take(missing).map(|&byte| char::from(ALPHABET[usize::from(byte % 62)])),
            );
        }
        let checksum = checksum(&text);
        text.push_str(&checksum);
        Ok(Self(text))
    }

    /// Reads a secret; `None` for text that cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = text.len() == PREFIX.len() + RANDOM_LENGTH + CHECKSUM_LENGTH
            && text
                .strip_prefix(PREFIX)
                .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        if !well_formed {
            return None;
        }
        let (body, check) = text.split_at(PREFIX.len() + RANDOM_LENGTH);
        (checksum(body) == check).then(|| Self(text.to_owned()))
    }

    /// The secret itself, for the one who was waiting for it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }

    /// By which the key is stored and found. A fast hash is right for what is random: there is
    /// nothing to guess.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The last four characters, by which people tell keys apart.
    #[must_use]
    pub fn hint(&self) -> String {
        self.0[self.0.len() - HINT_LENGTH..].to_owned()
    }
}

/// The CRC-32 of a text in base 62, always six characters.
fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [0_u8; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[(rest % 62) as usize];
        rest /= 62;
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_generated_is_read_and_no_two_are_alike() {
        let one = KeySecret::generate().expect("random bits");
        let other = KeySecret::generate().expect("random bits");

        assert!(one.expose_secret().starts_with("sk_live_"));
        assert_eq!(one.expose_secret().len(), 57);
        assert!(KeySecret::parse(one.expose_secret()) == Some(one.clone()));
        assert!(one != other);
        assert_ne!(one.hash(), other.hash());
        assert!(one.expose_secret().ends_with(&one.hint()));
    }

    #[test]
    fn every_single_typo_is_found() {
        let secret = KeySecret::generate().expect("random bits");

        for place in 0..secret.expose_secret().len() {
            let mut typo = secret.expose_secret().as_bytes().to_vec();
            typo[place] = if typo[place] == b'x' { b'y' } else { b'x' };
            let typo = String::from_utf8(typo).expect("ASCII");
            assert!(KeySecret::parse(&typo).is_none(), "a typo at {place}");
        }
    }

    #[test]
    fn other_text_is_no_secret() {
        for text in ["", "sk_live_", "ü", &"x".repeat(57), &format!("sk_live_{}", "é".repeat(24))]
        {
            assert!(KeySecret::parse(text).is_none(), "{text:?}");
        }
        let other_letters = format!("sk_live_{}", "-".repeat(43));
        let summed = other_letters.clone() + &checksum(&other_letters);
        assert!(KeySecret::parse(&summed).is_none(), "{summed:?}");
    }
}
