//! `conversations keys`

use std::time::Duration;

use anyhow::Context;
use clap::Subcommand;
use conversations_application::keys::{CreatedKey, KeySecret, NewApiKey, RotatedKey};
use conversations_application::ports::Clock;
use conversations_application::read_model::KeyDetails;
use conversations_application::workspaces::EnsuredWorkspace;
use conversations_application::{Caller, Error, Invalid, PageRequest, ResponseRecorder};
use conversations_domain::{
    ApiKey, KeyId, Name, Permission, RateLimit, Source, Timestamp, WorkspaceId,
};

use super::key_user::{UserChoice, address_of_user};
use super::role::KeyRole;
use super::table::table;
use super::{Database, duration, say, workspaces};
use crate::SystemClock;
use crate::operator_services::OperatorServices;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Create a key, and its workspace with an inbox if it does not exist; the secret is shown only
    /// once
    Create(Create),
    /// List keys, without their secrets
    List(List),
    /// Give a key a new secret, which is shown only once; its id, name and permissions do not
    /// change
    Rotate(Rotate),
    /// Revoke a key; it stops working immediately
    Revoke(Revoke),
}

#[derive(clap::Args)]
pub(super) struct Create {
    /// The workspace that the key opens
    #[arg(long, value_name = "NAME")]
    workspace: Name,

    /// The name of the key
    #[arg(long)]
    name: Name,

    /// A permission of the key, such as read:conversations; repeat it for more
    #[arg(long = "permission", value_name = "PERMISSION", required_unless_present = "role")]
    permissions: Vec<Permission>,

    /// A set of permissions: admin (all), agent (read and write conversations and customers, read
    /// users and inboxes), integration (the same without users) or read-only (read conversations,
    /// customers, users and inboxes)
    #[arg(long)]
    role: Option<KeyRole>,

    /// The source of the conversations that the key creates: widget, phone, api or email
    #[arg(long, default_value = "api")]
    source: Source,

    /// Expiry, such as 2030-01-01T00:00:00Z; by default none
    #[arg(long, value_name = "TIME")]
    expires_at: Option<Timestamp>,

    /// Rate limit of the key, such as 600/min (or per s, or h); by default that of the server
    #[arg(long, value_name = "LIMIT")]
    rate_limit: Option<RateLimit>,

    /// The user of the workspace whom the key speaks for, by e-mail address or id; by default none
    #[arg(long, value_name = "EMAIL_OR_ID")]
    user: Option<UserChoice>,

    /// Print a JSON object with `key` and `_id`, and with `inboxId` if a workspace was created
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: Database,
}

#[derive(clap::Args)]
pub(super) struct List {
    /// Only the keys of this workspace
    #[arg(long, value_name = "NAME")]
    workspace: Option<Name>,

    /// Print a JSON array with an object for each key
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: Database,
}

#[derive(clap::Args)]
pub(super) struct Rotate {
    /// The id of the key, as `keys list` shows it
    id: String,

    /// How long the old secret keeps working, such as 24h (or s, min, d). By default, the old
    /// secret and all earlier ones stop working immediately
    #[arg(long, value_name = "DURATION", value_parser = duration::parse)]
    grace: Option<Duration>,

    /// Print a JSON object with `key` and `_id`
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    database: Database,
}

#[derive(clap::Args)]
pub(super) struct Revoke {
    /// The id of the key, as `keys list` shows it
    id: String,

    #[command(flatten)]
    database: Database,
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Create(arguments) => create(arguments).await,
        Command::List(arguments) => list(arguments).await,
        Command::Rotate(arguments) => rotate(arguments).await,
        Command::Revoke(arguments) => revoke(arguments).await,
    }
}

async fn create(arguments: Create) -> anyhow::Result<()> {
    let Create {
        workspace,
        name,
        permissions,
        role,
        source,
        expires_at,
        rate_limit,
        user,
        json,
        database,
    } = arguments;
    if expires_at.is_some_and(|end| end <= SystemClock.now()) {
        anyhow::bail!("--expires-at must be in the future");
    }

    let (operators, _) = database.open().await?;
    // Before anything is made.
    let user = match user {
        Some(user) => match user.find(&operators, &workspace).await {
            Ok(user) => Some(user),
            Err(error) => {
                operators.store.close().await;
                return Err(error);
            }
        },
        None => None,
    };
    let EnsuredWorkspace { workspace, new_inbox } =
        operators.workspaces.ensure_with_inbox(workspace).await?;
    let of_role = role.map(KeyRole::permissions).unwrap_or_default();
    let permissions = permissions.into_iter().chain(of_role.iter()).collect();
    let caller = Caller::at_the_command_line(workspace.id);
    let order = NewApiKey { name, permissions, source, expires_at, rate_limit, user };
    let CreatedKey { key, secret } =
        operators.keys.create(&caller, order, ResponseRecorder::disabled()).await?;
    let secret = secret.expose_secret();
    let shown = say(&if json {
        let mut made = serde_json::json!({ "_id": key.id.to_string(), "key": secret });
        if let Some(inbox) = &new_inbox {
            made["inboxId"] = serde_json::json!(inbox.id().to_string());
        }
        format!("{made}\n")
    } else {
        let (id, name) = (key.id, workspace.name.as_str());
        let made = new_inbox.map(|inbox| workspaces::made(&workspace, &inbox)).unwrap_or_default();
        format!(
            "{made}The key {id} of the workspace {name:?}:\n\n    {secret}\n\n\
             It is shown only now, so keep it somewhere safe. Keys are secrets of a server: never\n\
             ship one in a page or an app.\n"
        )
    });
    if shown.is_err() {
        // It was never shown.
        operators.keys.revoke_anywhere(key.id).await?;
    }
    operators.store.close().await;
    shown
}

async fn list(arguments: List) -> anyhow::Result<()> {
    let List { workspace: wanted, json, database } = arguments;
    let operators = database.open_present().await?;
    let mut workspaces = operators.workspaces.list().await?;
    if let Some(wanted) = &wanted {
        workspaces.retain(|workspace| workspace.name == *wanted);
        if workspaces.is_empty() {
            let wanted = wanted.as_str();
            return Err(
                anyhow::Error::from(Error::NotFound).context(format!("no workspace {wanted:?}"))
            );
        }
    }
    let mut keys = Vec::new();
    for workspace in workspaces {
        for key in every_key(&operators, workspace.id).await? {
            let user = match key.key.user {
                Some(user) => Some(address_of_user(&operators, workspace.id, user).await?),
                None => None,
            };
            keys.push(ListedKey { workspace: workspace.name.clone(), details: key, user });
        }
    }
    operators.store.close().await;
    say(&if json {
        let keys: Vec<_> = keys.iter().map(as_json).collect();
        format!("{}\n", serde_json::json!(keys))
    } else if keys.is_empty() {
        let of = wanted.map(|name| format!(" in the workspace {:?}", name.as_str()));
        format!("There are no keys{}.\n", of.unwrap_or_default())
    } else {
        let rows: Vec<_> = keys.into_iter().map(row).collect();
        table(COLUMNS, &rows)
    })
}

async fn every_key(
    operators: &OperatorServices,
    workspace: WorkspaceId,
) -> Result<Vec<KeyDetails>, Error> {
    let caller = Caller::at_the_command_line(workspace);
    let mut keys = Vec::new();
    let mut request = PageRequest::new(1, PageRequest::MAX_LIMIT);
    while let Some(asked) = request {
        let page = operators.keys.list(&caller, asked).await?;
        keys.extend(page.items);
        request = page.next.and_then(|next| PageRequest::at(next, asked.limit()));
    }
    Ok(keys)
}

/// A key of a list, with the e-mail address of the user whom it speaks for.
struct ListedKey {
    workspace: Name,
    details: KeyDetails,
    user: Option<String>,
}

/// What a list of keys shows of each.
const COLUMNS: [&str; 10] = [
    "ID",
    "WORKSPACE",
    "NAME",
    "SECRET",
    "SOURCE",
    "EXPIRES",
    "LAST USED",
    "RATE LIMIT",
    "USER",
    "PERMISSIONS",
];

fn row(listed: ListedKey) -> [String; 10] {
    let ListedKey { workspace, details: KeyDetails { key, last_used_at }, user } = listed;
    let permissions: Vec<_> = key.permissions.iter().map(Permission::as_str).collect();
    let or = |value: Option<String>, absent: &str| value.unwrap_or_else(|| absent.to_owned());
    [
        key.id.to_string(),
        workspace.into_string(),
        key.name.into_string(),
        format!("…{}", key.hint),
        key.source.to_string(),
        or(key.expires_at.map(|end| end.to_string()), "never"),
        or(last_used_at.map(|time| time.to_string()), "never"),
        or(key.rate_limit.map(|limit| limit.to_string()), "default"),
        or(user, "none"),
        permissions.join(","),
    ]
}

/// A key as the API shows it, with the name of its workspace.
fn as_json(listed: &ListedKey) -> serde_json::Value {
    let ListedKey { workspace, details: KeyDetails { key, last_used_at }, user: _ } = listed;
    serde_json::json!({
        "_id": key.id.to_string(),
        "workspace": workspace.as_str(),
        "name": key.name.as_str(),
        "permissions": key.permissions.iter().map(Permission::as_str).collect::<Vec<_>>(),
        "source": key.source.to_string(),
        "expiresAt": key.expires_at.map(|end| end.to_string()),
        "rateLimit": key.rate_limit.map(|limit| limit.to_string()),
        "userId": key.user.map(|user| user.to_string()),
        "lastUsedAt": last_used_at.map(|time| time.to_string()),
        "hint": key.hint,
        "createdAt": key.id.created_at().to_string(),
    })
}

/// Servers may remember a key that they looked up for less than this.
const SERVERS_REMEMBER: Duration = Duration::from_secs(1);

async fn rotate(arguments: Rotate) -> anyhow::Result<()> {
    let Rotate { id, grace, json, database } = arguments;
    let id = read_id(&id)?;
    let operators = database.open_present().await?;
    let show = |key: &ApiKey, secret: &KeySecret| {
        let (id, name, secret) = (key.id, key.name.as_str(), secret.expose_secret());
        say(&if json {
            format!("{}\n", serde_json::json!({ "_id": id.to_string(), "key": secret }))
        } else {
            format!(
                "The new secret of the key {id} ({name:?}):\n\n    {secret}\n\n\
                 It is shown only now, so keep it somewhere safe.\n"
            )
        })
    };
    let rotated = operators.keys.rotate_anywhere(id, grace, show).await;
    operators.store.close().await;

    let RotatedKey { key: _, old_ends_at } = rotated.map_err(|error: anyhow::Error| {
        let why = match error.downcast_ref::<Error>() {
            Some(Error::NotFound) => format!("no key {id}"),
            Some(Error::Invalid(Invalid::EndIsPast)) => format!("the key {id} has expired"),
            _ => "the old secret still works".to_owned(),
        };
        error.context(why)
    })?;
    if old_ends_at.is_none() {
        // Only now is it true of every server: see `SERVERS_REMEMBER`.
        tokio::time::sleep(SERVERS_REMEMBER).await;
    }
    if json {
        return Ok(());
    }
    say(&match old_ends_at {
        Some(end) => format!("The old secret works until {end}.\n"),
        None => "The old secret has stopped working.\n".to_owned(),
    })
}

/// Reads an id. Not clap does, because its own errors repeat what was given: perhaps a secret.
fn read_id(text: &str) -> anyhow::Result<KeyId> {
    KeyId::parse(text).context("this is not a key id; `keys list` shows them")
}

async fn revoke(arguments: Revoke) -> anyhow::Result<()> {
    let Revoke { id, database } = arguments;
    let id = read_id(&id)?;
    let operators = database.open_present().await?;
    let revoked = operators.keys.revoke_anywhere(id).await;
    operators.store.close().await;

    match revoked {
        Err(Error::NotFound) => {
            Err(anyhow::Error::from(Error::NotFound).context(format!("no key {id}")))
        }
        other => {
            other?;
            // Only now is it true of every server: see `SERVERS_REMEMBER`.
            tokio::time::sleep(SERVERS_REMEMBER).await;
            say(&format!("Revoked the key {id}.\n"))
        }
    }
}
