//! What `conversations serve` prints at the first start, and of the demo.

use anyhow::Context;
use conversations_application::workspaces::BootstrappedWorkspace;
use conversations_domain::{Name, User};
use conversations_seed::DemoSummary;

use super::database::{Database, SameDatabase};
use super::healthcheck::reachable;
use super::invocation::{program, quoted};
use super::say;
use crate::{Application, DemoOutcome};

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
    /// Where the console is, if there is one and a browser reaches it.
    console: Option<String>,
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
        let has_page = application.address().is_some();
        let has_console = has_page && application.has_console();
        Self {
            console: has_console.then(|| format!("{base}/console")),
            curl,
            base,
            data: application.location(),
            database: database.again(),
            has_page,
        }
    }
}

/// Makes what an empty database lacks, and the demo that was asked for, and shows both.
pub(super) async fn first_start(
    application: &mut Application,
    access: &AccessInfo,
    demo: Option<Name>,
    json: bool,
) -> anyhow::Result<()> {
    let bootstrapped = application.bootstrap().await?;
    if json {
        announce(bootstrapped.as_ref(), access)?;
    } else if let Some(bootstrapped) = &bootstrapped {
        welcome(bootstrapped, demo.as_ref(), access)?;
    }
    let Some(workspace) = demo else { return Ok(()) };
    let made = application.insert_demo(workspace.clone()).await.with_context(|| {
        let name = workspace.as_str();
        format!("--demo: the workspace {name:?} could not be filled, and has nothing of the demo")
    })?;
    let own = bootstrapped.filter(|bootstrapped| bootstrapped.workspace.name == workspace);
    if let (Some(own), DemoOutcome::Inserted(made)) = (&own, &made)
        && let Some(user) = &made.in_charge
    {
        // So that what is done with the key in the console is done by a user.
        application.set_user_of_key(own.workspace.id, own.key, user.id()).await?;
    }
    if json {
        let conversations = match made {
            DemoOutcome::Inserted(made) => made.conversations,
            DemoOutcome::Present | DemoOutcome::Refused => 0,
        };
        tracing::info!(conversations, "inserted conversations of the demo");
        return Ok(());
    }
    show_demo(&workspace, made, own.is_some(), access)
}

/// Shows the key, this once, where things are, and what to paste.
fn welcome(
    bootstrapped: &BootstrappedWorkspace,
    demo: Option<&Name>,
    access: &AccessInfo,
) -> anyhow::Result<()> {
    let BootstrappedWorkspace { workspace, inbox, key: _, secret } = bootstrapped;
    let AccessInfo { curl, base, data, database, has_page, console } = access;
    let (mut first, mut more) = (String::new(), String::new());
    if let Some(console) = console {
        if demo == Some(&workspace.name) {
            let secret = secret.expose_secret();
            first = format!("\n    Console   {console}\n    Sign in   {secret}\n");
        } else {
            more = format!("    Console  {console}\n");
        }
    }
    let page = if *has_page { format!("    Page     {base}/docs\n") } else { String::new() };
    let text = format!(
        r#"{first}
The workspace "{workspace}" is ready, with an inbox and an administrator's key.
The key is shown only now, so keep it somewhere safe. To use it, paste these
lines into another terminal:

    export CONVERSATIONS_URL={base}
    export CONVERSATIONS_KEY={secret}
    export INBOX={inbox}

Keys are secrets of a server: never ship one in a page or an app.

{more}{page}    Data     {data}
    Stop     Ctrl-C

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
    if let Some(BootstrappedWorkspace { workspace, inbox, key: _, secret }) = bootstrapped {
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
    made: DemoOutcome,
    has_variables: bool,
    access: &AccessInfo,
) -> anyhow::Result<()> {
    let name = workspace.as_str();
    let console = match &access.console {
        Some(console) if !has_variables => format!("\n    Console   {console}\n\n"),
        _ => String::new(),
    };
    let made = match made {
        DemoOutcome::Inserted(made) => made,
        DemoOutcome::Present => {
            return say(&format!(
                "{console}The workspace {name:?} has the demo of an earlier start: nothing was \
                 inserted, and its people\ngo on writing. Sign in with the key of that start, or \
                 with another:\n\n    {program} keys create --workspace {workspace} --name demo \
                 --role admin{flag}\n",
                program = program(),
                workspace = quoted(name),
                flag = access.database.flag(),
            ));
        }
        DemoOutcome::Refused => {
            return say(&format!(
                "The workspace {name:?} is not empty, so it is left as it is: no demo was made.\n\
                 For one in a workspace of its own, start with --demo=NAME, such as --demo=desk.\n"
            ));
        }
    };
    let DemoSummary { conversations, messages, customers, users, inboxes, in_charge } = made;
    let make_a_key = if has_variables {
        String::new()
    } else {
        how_to_make_a_key(name, in_charge, &access.database)
    };
    let AccessInfo { curl, base, .. } = access;
    say(&format!(
        r#"{console}The workspace {name:?} has the last 30 days of a fictional support desk: {conversations} conversations with
{messages} messages, {customers} customers, {users} users and {inboxes} inboxes. While the server runs with
--demo, its customers and agents go on writing now and then.

{make_a_key}Look at what is open and urgent, and find a word:

    {curl} -w '\n' '{base}/api/v1/conversations?status=open&priority=high,urgent' \
      -H "Authorization: Bearer $CONVERSATIONS_KEY"

    {curl} -w '\n' '{base}/api/v1/conversations?q=invoice' \
      -H "Authorization: Bearer $CONVERSATIONS_KEY"

"#
    ))
}

fn how_to_make_a_key(workspace: &str, user: Option<User>, database: &SameDatabase) -> String {
    let user = user.map(|user| format!(" --user {}", user.into_parts().email.as_str()));
    format!(
        r"Make a key of it, in another terminal{condition}, and put it into the variable
CONVERSATIONS_KEY:

    {program} keys create --workspace {workspace} --name demo --role admin{user}{flag}

",
        user = user.unwrap_or_default(),
        condition = database.condition(),
        program = program(),
        workspace = quoted(workspace),
        flag = database.flag(),
    )
}
