//! How replies refer to paths of the API: in `Location`, in `Link` and in the description.
//!
//! A proxy may serve the API below a path of its own and take that path off before the request comes
//! here. So without a public URL every reference is relative (RFC 3986, section 4.2): the client
//! resolves it against the URL that it asked for, which has the prefix. With a public URL
//! references are absolute.

use std::str::FromStr;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::Uri;
use actix_web::web::Data;

/// The URL under which clients reach the API, if the operator says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicUrl(Option<Arc<str>>);

/// Text that is no public URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a public URL has the scheme http or https, a host, and optionally a port and a path, but no \
     user, query or fragment, such as https://desk.example.com/support"
)]
pub struct InvalidPublicUrl;

impl FromStr for PublicUrl {
    type Err = InvalidPublicUrl;

    fn from_str(text: &str) -> Result<Self, InvalidPublicUrl> {
        // The parser of URIs drops a fragment without a word.
        let unfit = |each: char| !each.is_ascii_graphic() || "#?<>\"\\^`{|}".contains(each);
        if text.contains(unfit) {
            return Err(InvalidPublicUrl);
        }
        let url: Uri = text.parse().map_err(|_| InvalidPublicUrl)?;
        let authority = url.authority().ok_or(InvalidPublicUrl)?;
        let port = authority.as_str().strip_prefix(authority.host()).unwrap_or("@");
        let is_web = matches!(url.scheme_str(), Some("http" | "https"));
        if !is_web || authority.host().is_empty() || !is_port(port) {
            return Err(InvalidPublicUrl);
        }
        Ok(Self(Some(text.trim_end_matches('/').into())))
    }
}

/// Whether nothing stands behind a host, or a colon and a port.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}

impl PublicUrl {
    /// The URL for the list of servers in the description, which lies at `/openapi.json`.
    pub(crate) fn server(&self) -> &str {
        self.0.as_deref().unwrap_or(".")
    }

    /// What leads from the path `asked` to `target`, a path with or without a query.
    fn reference(&self, asked: &str, target: &str) -> String {
        match &self.0 {
            Some(base) => format!("{base}{target}"),
            None => relative(asked, target),
        }
    }
}

/// What leads from the request to `target`, a path of the API with or without a query.
pub(crate) fn reference(request: &HttpRequest, target: &str) -> String {
    match request.app_data::<Data<PublicUrl>>() {
        Some(url) => url.reference(request.path(), target),
        None => relative(request.path(), target),
    }
}

/// The relative reference to `target` from `asked`: below the same folder, or up to the root first.
fn relative(asked: &str, target: &str) -> String {
    let folder = asked.rfind('/').map_or("", |last| &asked[..=last]);
    match target.strip_prefix(folder) {
        Some(rest) if !rest.is_empty() && !rest.starts_with(['/', '?']) => rest.to_owned(),
        _ => {
            let up = folder.matches('/').count().saturating_sub(1);
            format!("{}{}", "../".repeat(up), target.trim_start_matches('/'))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_relative_without_a_public_url() {
        let url = PublicUrl::default();
        for (asked, target, expected) in [
            ("/api/v1/users", "/api/v1/users?limit=2", "users?limit=2"),
            ("/api/v1/users", "/api/v1/users/7", "users/7"),
            (
                "/api/v1/conversations/1/messages",
                "/api/v1/conversations/1/messages/2",
                "messages/2",
            ),
            (
                "/api/v1/conversations/%31/messages",
                "/api/v1/conversations/1/messages/2",
                "../../../../api/v1/conversations/1/messages/2",
            ),
            ("/users", "/openapi.json", "openapi.json"),
        ] {
            assert_eq!(url.reference(asked, target), expected);
        }
        assert_eq!(url.server(), ".");
    }

    #[test]
    fn references_are_absolute_with_a_public_url() {
        for text in ["https://desk.example.com/support", "https://desk.example.com/support/"] {
            let url: PublicUrl = text.parse().expect("a public URL");
            assert_eq!(
                url.reference("/api/v1/users", "/api/v1/users/7"),
                "https://desk.example.com/support/api/v1/users/7"
            );
            assert_eq!(url.server(), "https://desk.example.com/support");
        }
    }

    #[test]
    fn what_leads_nowhere_is_no_public_url() {
        for text in ["http://localhost:8080", "https://[::1]:8080/a/b", "https://desk.example.com"]
        {
            assert!(text.parse::<PublicUrl>().is_ok(), "{text}");
        }
        for text in [
            "",
            "/support",
            "desk.example.com",
            "ftp://desk.example.com",
            "https://",
            "https://ada@desk.example.com",
            "https://desk.example.com/?a",
            "https://desk.example.com/#a",
            "https://desk.example.com/a b",
            "https://desk.example.com:99999",
            "https://desk.example.com\n",
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(InvalidPublicUrl), "{text}");
        }
    }
}
