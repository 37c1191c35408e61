//! What `conversations serve` prints at the first start, and of the demo.

use anyhow::Context;
use conversations_application::workspaces::Founded;
use conversations_domain::Name;
use conversations_seed::DemoMade;

use super::database::SameDatabase;
use super::invocation::{program, quoted};
use super::say;

/// How people reach what was started.
pub(super) struct Access {
    /// The command that sends a request.
    pub(super) curl: String,
    /// What every URL begins with.
    pub(super) base: String,
    /// Where the data lies.
    pub(super) data: String,
    /// What other commands take to work on the same database.
    pub(super) database: SameDatabase,
    /// Whether a browser reaches it.
    pub(super) has_page: bool,
}

/// Shows the key, this once, where things are, and what to paste.
pub(super) fn welcome(founded: &Founded, access: &Access) -> anyhow::Result<()> {
    let Founded { workspace, inbox, secret } = founded;
    let Access { curl, base, data, database, has_page } = access;
    let secret = secret.reveal();
    let inbox = inbox.id();
    let page = if *has_page { format!("    Page   {base}/docs\n") } else { String::new() };
    let text = format!(
        r#"
The workspace "{workspace}" is ready, with an inbox and an administrator's key.
The key is shown only now, so keep it somewhere safe:

    {secret}

Keys are secrets of a server: never ship one in a page or an app.

{page}    Data   {data}
    Stop   Ctrl-C

While the server runs, other commands work in another terminal{condition}:

    {program} keys list{flag}
    {program} --help

Open a first conversation:

    {curl} {base}/api/v1/conversations \
      -H 'Authorization: Bearer {secret}' \
      -H 'Content-Type: application/json' \
      -d '{{"subject": "My first conversation", "inboxId": "{inbox}", "message": {{"body": "Hello!"}}}}'

"#,
        workspace = workspace.name,
        condition = database.condition(),
        flag = database.flag(),
        program = program(),
    );
    say(&text).with_context(|| {
        format!("the key could not be shown: make another with `{} keys create`", program())
    })
}

/// Says what was made up, and what to look at: with the key, if it is known.
pub(super) fn show_demo(
    workspace: &Name,
    made: Option<DemoMade>,
    secret: Option<&str>,
    access: &Access,
) -> anyhow::Result<()> {
    let name = workspace.as_str();
    let Some(DemoMade { conversations, messages, customers, users, inboxes }) = made else {
        return say(&format!(
            "The workspace {name:?} is not empty, so it is left as it is: no demo was made.\n\
             For one in a workspace of its own, start with --demo=NAME, such as --demo=desk.\n"
        ));
    };
    let (make_a_key, key) = match secret {
        Some(secret) => (String::new(), secret),
        None => (how_to_make_a_key(name, &access.database), "$CONVERSATIONS_KEY"),
    };
    let Access { curl, base, .. } = access;
    say(&format!(
        r#"The workspace {name:?} has the last 30 days of a fictional support desk: {conversations} conversations with
{messages} messages, {customers} customers, {users} users and {inboxes} inboxes.

{make_a_key}Look at what is open and urgent, and find a word:

    {curl} '{base}/api/v1/conversations?status=open&priority=high,urgent' \
      -H "Authorization: Bearer {key}"

    {curl} '{base}/api/v1/conversations?q=invoice' \
      -H "Authorization: Bearer {key}"

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
