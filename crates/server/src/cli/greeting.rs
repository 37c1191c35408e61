//! What `conversations serve` prints at the first start, and of the demo.

use anyhow::Context;
use conversations_application::seed::DemoMade;
use conversations_application::workspaces::Founded;
use conversations_domain::Name;

use super::say;

/// Shows the key, this once, and what to paste.
pub(super) fn welcome(founded: &Founded, curl: &str, base: &str) -> anyhow::Result<()> {
    let Founded { workspace, inbox, secret } = founded;
    let secret = secret.reveal();
    let inbox = inbox.id();
    let text = format!(
        r#"
The workspace "{workspace}" is ready, with an inbox and an administrator's key.
The key is shown only now, so keep it somewhere safe:

    {secret}

Open a first conversation:

    {curl} {base}/api/v1/conversations \
      -H 'Authorization: Bearer {secret}' \
      -H 'Content-Type: application/json' \
      -d '{{"subject": "My first conversation", "inboxId": "{inbox}", "message": {{"body": "Hello!"}}}}'

"#,
        workspace = workspace.name,
    );
    say(&text).context("the key could not be shown: make another with `conversations keys create`")
}

/// Says what was made up, and what to look at: with the key, if it is known.
pub(super) fn show_demo(
    workspace: &Name,
    made: Option<DemoMade>,
    secret: Option<&str>,
    (curl, base): (&str, &str),
) -> anyhow::Result<()> {
    let name = workspace.as_str();
    let Some(DemoMade { conversations, messages, customers, users, inboxes }) = made else {
        return say(&format!(
            "The workspace {name:?} is not empty, so it is left as it is: no demo was made.\n"
        ));
    };
    let (make_a_key, key) = match secret {
        Some(secret) => (String::new(), secret),
        None => (how_to_make_a_key(name), "$CONVERSATIONS_KEY"),
    };
    say(&format!(
        r#"The workspace {name:?} has the last 30 days of a made-up support desk: {conversations} conversations with
{messages} messages, {customers} customers, {users} users and {inboxes} inboxes.

{make_a_key}Look at what is open and urgent, and find a word:

    {curl} '{base}/api/v1/conversations?status=open&priority=high,urgent' \
      -H "Authorization: Bearer {key}"

    {curl} '{base}/api/v1/conversations?q=invoice' \
      -H "Authorization: Bearer {key}"

"#
    ))
}

fn how_to_make_a_key(workspace: &str) -> String {
    format!(
        r"Make a key that may read it, with the database that this server was given, and put it into the
variable CONVERSATIONS_KEY:

    conversations keys create --workspace {} --name demo --permission read:conversations

",
        quoted(workspace)
    )
}

/// A word of a command line, for a shell.
pub(super) fn quoted(word: &str) -> String {
    let plain = |each: char| each.is_ascii_alphanumeric() || "-_./".contains(each);
    if !word.starts_with('-') && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_to_a_shell() {
        assert_eq!(quoted("default"), "default");
        assert_eq!(quoted("Our desk"), "'Our desk'");
        assert_eq!(quoted("Ann's"), r"'Ann'\''s'");
    }
}
