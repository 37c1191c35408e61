//! Identity: one type per entity over a UUID, so that no id can be taken for another's.

use uuid::Uuid;

use crate::Timestamp;

/// Text that is not an id in its canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an id: a UUID in lower case with hyphens")]
pub struct InvalidId;

/// Reads the one canonical form of a UUID: 36 characters, lower case, hyphens.
///
/// The version is not looked at: an id is opaque to its readers, and one that was never made here
/// is an id that does not exist.
fn parse_canonical(text: &str) -> Result<Uuid, InvalidId> {
    let id = Uuid::try_parse(text).map_err(|_| InvalidId)?;
    let mut canonical = Uuid::encode_buffer();
    if id.hyphenated().encode_lower(&mut canonical) == text { Ok(id) } else { Err(InvalidId) }
}

/// The time inside a `UUIDv7`: its first 48 bits are milliseconds since the Unix epoch (RFC 9562,
/// section 5.7).
fn created_at(id: Uuid) -> Timestamp {
    let millis = (id.as_u128() >> 80) as u64;
    // 48 bits of milliseconds end in the year 10889, well inside the calendar.
    i64::try_from(millis)
        .ok()
        .and_then(Timestamp::from_unix_millis)
        .unwrap_or_else(|| Timestamp::from(chrono::DateTime::UNIX_EPOCH))
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $name(Uuid);

            impl $name {
                /// The id with this UUID.
                #[must_use]
                pub const fn from_uuid(id: Uuid) -> Self {
                    Self(id)
                }

                /// Reads an id in its canonical form: lower case, with hyphens.
                ///
                /// # Errors
                /// When the text is anything else, another spelling of a UUID included.
                pub fn parse(text: &str) -> Result<Self, InvalidId> {
                    parse_canonical(text).map(Self)
                }

                /// The UUID of the id.
                #[must_use]
                pub const fn as_uuid(self) -> Uuid {
                    self.0
                }

                /// When what it names was made: ids are `UUIDv7`, which carry their time.
                #[must_use]
                pub fn created_at(self) -> Timestamp {
                    created_at(self.0)
                }
            }

            impl From<$name> for Uuid {
                fn from(id: $name) -> Self {
                    id.0
                }
            }

            impl std::fmt::Display for $name {
                fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    std::fmt::Display::fmt(&self.0, formatter)
                }
            }

            impl std::str::FromStr for $name {
                type Err = InvalidId;

                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    Self::parse(text)
                }
            }

            #[cfg(feature = "serde")]
            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.0.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
                }
            }

            $crate::text::deserialize_from_str!($name);
        )*
    };
}

ids! {
    /// Names a workspace: a tenant.
    WorkspaceId,
    /// Names an inbox.
    InboxId,
    /// Names a user: an agent of a workspace.
    UserId,
    /// Names a customer.
    CustomerId,
    /// Names a conversation.
    ConversationId,
    /// Names a message.
    MessageId,
    /// Names an entry of a conversation's history.
    HistoryId,
    /// Names an entry of a workspace's audit.
    AuditId,
    /// Names an API key; not its secret.
    KeyId,
    /// Names an event.
    EventId,
    /// Names a webhook.
    WebhookId,
    /// Names a delivery of a webhook.
    WebhookDeliveryId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_read() {
        assert!(InboxId::parse("0193a5c2-1111-7abc-8def-000000000001").is_ok());
        for text in [
            "",
            "0193A5C2-1111-7ABC-8DEF-000000000001",
            "0193a5c211117abc8def000000000001",
            "{0193a5c2-1111-7abc-8def-000000000001}",
            "urn:uuid:0193a5c2-1111-7abc-8def-000000000001",
            " 0193a5c2-1111-7abc-8def-000000000001",
        ] {
            assert_eq!(InboxId::parse(text), Err(InvalidId), "{text:?}");
        }
    }

    #[test]
    fn carries_the_time_of_its_making() {
        let id = ConversationId::parse("0193a5c2-1111-7abc-8def-000000000001");

        assert_eq!(id.map(|id| id.created_at().as_unix_millis()), Ok(0x0193_a5c2_1111_i64));
    }

    #[test]
    fn any_uuid_has_a_time() {
        assert_eq!(created_at(Uuid::max()).as_unix_millis(), 0xffff_ffff_ffff);
    }
}
