//! What `conversations serve` prints at the first start, and of the demo.

use anyhow::Context;
use conversations_application::workspaces::BootstrappedWorkspace;
use conversations_domain::Name;
use conversations_seed::DemoSummary;

use super::database::{Database, SameDatabase};
use super::healthcheck::reachable;
use super::invocation::{program, quoted};
use super::say;
use crate::Application;

/// How people reach what was started.
pub(super) struct AccessInfo {
    /// The command that sends a request.
    curl: String,
    /// What every URL begins with.
    base: String,
    /// Where the data lies.
    data: String,
    /// What other commands take to work on the same database.
    database: SameDatabase,
    /// Whether a browser reaches it.
    has_page: bool,
}

impl AccessInfo {
    /// How people reach this application, which may listen on this socket in the file system.
    pub(super) fn to(application: &Application, socket: &str, database: &Database) -> Self {
        let scheme = if application.certificates().is_some() { "https" } else { "http" };
        let (curl, base) = match application.address() {
            Some(address) => ("curl -sS".to_owned(), format!("{scheme}://{}", reachable(address))),
            None => (
                format!("curl -sS --unix-socket {}", quoted(socket)),
                "http://localhost".to_owned(),
            ),
        };
        Self {
            curl,
            base,
            data: application.location(),
            database: database.again(),
            has_page: application.address().is_some(),
        }
    }
}

/// Makes what an empty database lacks, and the demo that was asked for, and shows both.
pub(super) async fn first_start(
    application: &Application,
    access: &AccessInfo,
    demo: Option<Name>,
    json: bool,
) -> anyhow::Result<()> {
    let bootstrapped = application.bootstrap().await?;
    if json {
        announce(bootstrapped.as_ref(), access)?;
    } else if let Some(bootstrapped) = &bootstrapped {
        welcome(bootstrapped, access)?;
    }
    let Some(workspace) = demo else { return Ok(()) };
    let made = application.insert_demo(workspace.clone()).await.with_context(|| {
        let name = workspace.as_str();
        format!("--demo: the workspace {name:?} could not be filled, and has nothing of the demo")
    })?;
    if json {
        let conversations = made.as_ref().map_or(0, |made| made.conversations);
        tracing::info!(conversations, "inserted conversations of the demo");
        return Ok(());
    }
    let has_variables =
        bootstrapped.is_some_and(|bootstrapped| bootstrapped.workspace.name == workspace);
    show_demo(&workspace, made, has_variables, access)
}

/// Shows the key, this once, where things are, and what to paste.
fn welcome(bootstrapped: &BootstrappedWorkspace, access: &AccessInfo) -> anyhow::Result<()> {
    let BootstrappedWorkspace { workspace, inbox, secret } = bootstrapped;
    let AccessInfo { curl, base, data, database, has_page } = access;
    let page = if *has_page { format!("    Page   {base}/docs\n") } else { String::new() };
    let text = format!(
        r#"
The workspace "{workspace}" is ready, with an inbox and an administrator's key.
The key is shown only now, so keep it somewhere safe. To use it, paste these
lines into another terminal:

    export CONVERSATIONS_URL={base}
    export CONVERSATIONS_KEY={secret}
    export INBOX={inbox}

Keys are secrets of a server: never ship one in a page or an app.

{page}    Data   {data}
    Stop   Ctrl-C

While the server runs, other commands work in another terminal{condition}:

    {program} keys list{flag}
    {program} --help

Open a first conversation, where you pasted the lines above:

    {curl} -w '\n' "$CONVERSATIONS_URL/api/v1/conversations" \
      -H "Authorization: Bearer $CONVERSATIONS_KEY" \
      -H 'Content-Type: application/json' \
      -d '{{"subject": "My first conversation", "inboxId": "'"$INBOX"'", "message": {{"body": "Hello!"}}}}'

"#,
        workspace = workspace.name,
        secret = secret.expose_secret(),
        inbox = inbox.id(),
        condition = database.condition(),
        flag = database.flag(),
        program = program(),
    );
    say(&text).with_context(not_shown)
}

/// The same for programs, as one line: also what was there before has a URL.
fn announce(
    bootstrapped: Option<&BootstrappedWorkspace>,
    access: &AccessInfo,
) -> anyhow::Result<()> {
    let mut line = serde_json::json!({ "url": access.base });
    if let Some(BootstrappedWorkspace { workspace, inbox, secret }) = bootstrapped {
        line["workspace"] = workspace.name.as_str().into();
        line["workspaceId"] = workspace.id.to_string().into();
        line["inboxId"] = inbox.id().to_string().into();
        line["key"] = secret.expose_secret().into();
    }
    say(&format!("{line}\n")).with_context(not_shown)
}

/// What to do when the only sight of a key was lost.
fn not_shown() -> String {
    format!("the key could not be shown: make another with `{} keys create`", program())
}

/// Says what was made up, and what to look at. Where `welcome` has shown a key of the workspace, its
/// variables are used.
fn show_demo(
    workspace: &Name,
    made: Option<DemoSummary>,
    has_variables: bool,
    access: &AccessInfo,
) -> anyhow::Result<()> {
    let name = workspace.as_str();
    let Some(DemoSummary { conversations, messages, customers, users, inboxes }) = made else {
        return say(&format!(
            "The workspace {name:?} is not empty, so it is left as it is: no demo was made.\n\
             For one in a workspace of its own, start with --demo=NAME, such as --demo=desk.\n"
        ));
    };
    let make_a_key =
        if has_variables { String::new() } else { how_to_make_a_key(name, &access.database) };
    let AccessInfo { curl, base, .. } = access;
    say(&format!(
        r#"The workspace {name:?} has the last 30 days of a fictional support desk: {conversations} conversations with
{messages} messages, {customers} customers, {users} users and {inboxes} inboxes.

{make_a_key}Look at what is open and urgent, and find a word:

    {curl} -w '\n' '{base}/api/v1/conversations?status=open&priority=high,urgent' \
      -H "Authorization: Bearer $CONVERSATIONS_KEY"

    {curl} -w '\n' '{base}/api/v1/conversations?q=invoice' \
      -H "Authorization: Bearer $CONVERSATIONS_KEY"

"#
    ))
}

fn how_to_make_a_key(workspace: &str, database: &SameDatabase) -> String {
    format!(
        r"Make a key that may read it, in another terminal{condition}, and put it into the
variable CONVERSATIONS_KEY:

    {program} keys create --workspace {workspace} --name demo --role read-only{flag}

",
        condition = database.condition(),
        program = program(),
        workspace = quoted(workspace),
        flag = database.flag(),
    )
}
