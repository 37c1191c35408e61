//! Addresses of databases on a PostgreSQL.

/// The address of a database on a server.
pub(crate) fn database_on(server: &str, name: &str) -> String {
    let (server, query) = server.split_once('?').unwrap_or((server, ""));
    let authority = server.find("://").map_or(0, |place| place + 3);
    let end = server[authority..].find('/').map_or(server.len(), |place| authority + place);
    let question = if query.is_empty() { "" } else { "?" };
    format!("{}/{name}{question}{query}", &server[..end])
}

/// The host and the port in the address of a database.
pub(crate) fn address_of(url: &str) -> String {
    let authority = url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default().to_owned()
}
