"""What the page does, a function for each promise. All of them see a page of their own."""

import json
import os
import subprocess

import live
import modules
from webdriver import expect, wait_for

SUBJECT = "Refund for order 1042"

# The luminance of what an element lies on, and its contrast with it, as WCAG 2 counts them.
CONTRAST = """
    const light = (colour) => {
      const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
      const [red, green, blue] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const node = document.querySelector(arguments[0]);
    let below = node;
    while (getComputedStyle(below).backgroundColor === "rgba(0, 0, 0, 0)") below = below.parentElement;
    const [one, other] = [light(getComputedStyle(below).backgroundColor), light(getComputedStyle(node).color)];
    return [one, (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)];
"""


def the_start_leads_to_the_page(site):
    site.browser.open(site.base + "/")
    site.browser.find("#groups a")

    expect(site.browser.run("return location.href") == site.base + "/docs", "/ does not lead to /docs")
    paths = site.get("/openapi.json")["paths"].values()
    operations = sum(len(set(path) - {"parameters"}) for path in paths)
    links = len(site.browser.all("#groups li a"))
    expect(links == operations > 0, f"{links} operations are listed, of {operations}")
    expect("Conversations API" in site.browser.text("main h1"), "there is no heading")


def every_operation_has_a_page_that_fits_its_window(site):
    site.show()
    ids = site.browser.run("return [...document.querySelectorAll('#groups li a')].map((a) => a.hash.slice(2))")
    for width, phone in ((1280, False), (800, False), (360, True)):
        site.browser.resize(width, 800, phone)
        for operation in ["", *ids]:
            site.browser.run("location.hash = `#/${arguments[0]}`", operation)
            look = "return document.querySelector('main article')?.className"
            kind = "operation" if operation else "overview"
            wait_for(f"the page of {operation}", lambda: site.browser.run(look) == kind)
            site.browser.run("document.querySelectorAll('main details').forEach((each) => (each.open = true))")
            wide = site.browser.run("return document.documentElement.scrollWidth")
            expect(wide <= width, f"{operation or 'the overview'} is {wide} pixels wide in {width}")


def a_key_that_opens_nothing_is_refused(site):
    site.show()
    site.authorize("sk_live_nothing")

    site.browser.wait_for_text("#key-state", "not valid")
    expect(site.browser.run("return document.querySelector('#key-state').dataset.kind") == "bad", "it looks accepted")
    site.expect_refusals(401)


def a_conversation_is_made_by_clicks_and_read_back(site):
    site.show()
    site.authorize()
    site.browser.wait_for_text("#key-state", "Key accepted · browser · workspace default")

    site.create_conversation()
    expect(f'"subject": "{SUBJECT}"' in site.browser.text(".reply .json"), "the reply does not show the subject")

    site.browser.click('.step[title="GET /api/v1/conversations/{id}"]')
    site.browser.wait_for_text("main h1", "Get a conversation")
    id = site.browser.run("return document.querySelector('.field input[name=id]').value")
    site.send("200 OK")
    expect(f'"subject": "{SUBJECT}"' in site.browser.text(".reply .json"), "it cannot be read back")
    stored = site.get(f"/api/v1/conversations/{id}")["data"]
    expect(stored["subject"] == SUBJECT and stored["messageCount"] == 1, f"the API has {stored}")


def ids_of_the_workspace_can_be_chosen(site):
    site.show("listMessages")
    site.authorize()
    site.browser.wait_for_text("#key-state", "Key accepted")

    site.browser.click(".field input[name=id]")
    known = {each["_id"] for each in site.get("/api/v1/conversations")["data"]}
    offered = "return [...document.querySelectorAll('main datalist option')].map((each) => each.value)"
    wait_for("conversations to choose from", lambda: known and known == set(site.browser.run(offered)))


def several_words_can_be_chosen(site):
    site.show("listConversations")
    site.authorize()
    site.browser.wait_for_text("#key-state", "Key accepted")
    site.browser.click(".parameters summary")
    site.browser.find(".pill input[name=status]")
    for word in ("open", "closed"):
        site.browser.run("document.querySelector(`.pill input[name=status][value=${arguments[0]}]`).click()", word)

    site.send("200 OK")
    site.browser.read_logs()
    expect(f"{site.base}/api/v1/conversations?status=open,closed" in site.browser.requests, "other words were sent")


def the_command_does_the_same(site):
    site.show("createConversation")
    site.authorize()
    site.browser.find('.choices option:not([value=""])')
    site.browser.run("document.querySelector('.try > details').open = true")
    site.browser.wait_for_text(".curl", "$CONVERSATIONS_KEY")

    command = site.browser.text(".curl pre")
    expect(site.key not in command, "the command shows the key")
    environment = {**os.environ, "CONVERSATIONS_KEY": site.key}
    printed = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, check=False)
    reply = json.loads(printed.stdout or "{}")
    expect(reply.get("data", {}).get("subject") == SUBJECT, f"the command answers {printed}")


def what_is_wrong_is_shown(site):
    site.show("createInbox")
    site.authorize()
    site.browser.wait_for_text("#key-state", "Key accepted")
    site.browser.run("document.querySelector('textarea').value = ''")
    site.browser.type("textarea", '{"name": ')

    site.browser.wait_for_text(".problem", "Not JSON")
    site.send("400 Bad Request")
    expect("BAD_REQUEST" in site.browser.text(".reply .json"), "the reply does not show the code")
    site.expect_refusals(400)


def no_request_goes_elsewhere_than_was_typed(site):
    site.show("getMessage")
    site.authorize()
    site.browser.wait_for_text("#key-state", "Key accepted")
    site.browser.read_logs()
    before = len(site.browser.requests)

    site.browser.type(".field input[name=messageId]", "x")
    for typed in ("..", " . "):
        site.browser.run("document.querySelector('.field input[name=id]').value = ''")
        site.browser.type(".field input[name=id]", typed)
        site.browser.click(".field input[name=messageId]")
        site.browser.click(".send-row button")
        said = site.browser.run("return document.querySelector('.field input[name=id]').validationMessage")
        expect(said, f"“{typed}” is taken as an id")
    site.browser.read_logs()
    sent = [url for url in site.browser.requests[before:] if not url.endswith("/conversations?limit=50")]
    expect(not sent, f"requests went to {sent}")


def the_keyboard_is_enough(site):
    site.show("getLiveness")
    focused = "return document.activeElement.closest(arguments[0]) !== null"
    site.browser.press("Tab")
    expect(site.browser.run(focused, ".skip"), "the first stop is not the link to the content")
    site.browser.press("Enter")
    for _ in range(12):
        site.browser.press("Tab")
        outline = site.browser.run("return getComputedStyle(document.activeElement).outlineStyle")
        expect(outline != "none", "the focus cannot be seen")
        if site.browser.run(focused, ".send-row button"):
            break
    expect(site.browser.run(focused, ".send-row button"), "the keyboard does not reach Send")
    site.browser.press("Enter")
    site.browser.wait_for_text(".reply .status", "200 OK")


def the_search_finds_operations(site):
    site.show()
    shown = "return [...document.querySelectorAll('#groups li a')].filter((a) => a.checkVisibility()).map((a) => a.hash)"
    site.browser.press("/")
    site.browser.type("#search", "claim")
    expect(site.browser.run(shown) == ["#/claimConversation"], "the search finds something else")
    site.browser.press("Enter")
    site.browser.wait_for_text("main h1", "Claim a conversation")
    site.browser.type("#search", " nothing like this")
    expect("No matching operations" in site.browser.text("nav"), "the search does not say that there is nothing")


def the_search_finds_fields_and_parameters(site):
    site.show()
    for word, found in (("assignedTo", "claimConversation"), ("lastMessageAt", "getConversation"), ("cursor", "listAudit")):
        site.browser.run("document.querySelector('#search').value = ''")
        site.browser.type("#search", word)
        shown = site.browser.run("""
            return [...document.querySelectorAll('#groups li a')].filter((a) => a.checkVisibility()).map((a) => a.hash.slice(2))
        """)
        expect(found in shown and "getLiveness" not in shown, f"“{word}” finds {shown}")


def operations_stand_by_their_titles(site):
    site.show()
    first = site.browser.text("#groups li a")
    expect(first.startswith("List conversations") and "GET" in first, f"the list shows “{first}”")


def the_page_tells_what_holds_for_all_requests(site):
    for title in ("Keys", "Paging", "Errors", "Idempotency", "Versions", "Limits"):
        site.show()
        site.browser.click(f'#guide a[href="#/groups/{title}"]')
        place = "return document.querySelector(`#group-${arguments[0]} h2`).getBoundingClientRect().top"
        wait_for(f"the section {title}", lambda: -5 <= site.browser.run(place, title) < 800)
    expect("never ship one" in site.browser.text("#group-Keys"), "nothing is said of keys in pages")


def a_deletion_asks_first(site):
    site.show("createInbox")
    site.authorize()
    site.browser.wait_for_text("#key-state", "Key accepted")
    site.send("201 Created")
    site.browser.click('.step[title="DELETE /api/v1/inboxes/{id}"]')
    site.browser.wait_for_text("main h1", "Delete an inbox")
    id = site.browser.run("return document.querySelector('.field input[name=id]').value")
    inboxes = lambda: {each["_id"] for each in site.get("/api/v1/inboxes")["data"]}

    site.browser.click(".try-form .send-row button")
    site.browser.wait_for_text("dialog", f"/api/v1/inboxes/{id}")
    site.browser.press("Enter")
    wait_for("the end of the question", lambda: not site.browser.all("dialog"))
    expect(id in inboxes(), "what was not confirmed was done")

    site.browser.click(".try-form .send-row button")
    site.browser.click("dialog .danger")
    site.browser.wait_for_text(".reply .status", "200 OK")
    expect(id not in inboxes(), "what was confirmed was not done")


def a_key_that_may_not_is_told_before(site):
    site.show("createUser")
    site.authorize()
    site.browser.wait_for_text("#key-state", "Key accepted")
    site.browser.wait_for_text(".try-form .send-row", "Sent with your key")
    site.browser.run("location.hash = '#/listAudit'")
    site.browser.wait_for_text(".try-form .send-row", "Your key lacks read:audit")


def examples_of_replies_are_open(site):
    site.show("getConversation")
    shown = site.browser.run("return document.querySelector('.reply-kind[open] .example[open] .json')?.checkVisibility()")
    expect(shown, "the example of the reply is folded")
    marks = site.browser.run("return document.querySelectorAll('.reply-inside .required').length")
    expect(marks == 0, "fields of a reply are said to be required")


def nothing_lies_over_a_command(site):
    for width, phone in ((1280, False), (360, True)):
        site.browser.resize(width, 800, phone)
        site.show("createConversation")
        site.browser.run("document.querySelector('.try > details').open = true")
        site.browser.find(".try .curl .copy")
        apart = site.browser.run("""
            const [text, button] = [".try .curl pre", ".try .curl .copy"]
              .map((each) => document.querySelector(each).getBoundingClientRect());
            return button.left >= text.right || button.top >= text.bottom;
        """)
        expect(apart, f"the button lies over the command in {width}")


def both_themes_can_be_read(site):
    site.show("createConversation")
    for scheme, dark in (("dark", True), ("light", False)):
        site.browser.prefer(scheme)
        for selector in ("body", ".fields p", "nav li a", ".method.delete", ".primary", "summary"):
            readable = lambda: site.browser.run(CONTRAST, selector)[1] >= 4.5
            wait_for(f"enough contrast of {selector} in {scheme}", readable)
        paper, _ = site.browser.run(CONTRAST, "body")
        expect((paper < 0.1) == dark, f"{scheme} is not {scheme}")


def the_key_is_kept_nowhere_and_can_be_forgotten(site):
    site.show()
    site.authorize()
    site.browser.wait_for_text("#key-state", "Key accepted")
    site.create_conversation()
    kept = site.browser.run("""
        const fields = [...document.querySelectorAll("input, textarea")].map(({ value }) => value);
        return JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, document.cookie,
          history.state, window.name, document.documentElement.outerHTML, fields]);
    """)
    expect(site.key not in kept, "the page keeps the key where others can read it")
    expect(site.key not in site.log.read_text(), "the log has the key")

    site.browser.click("#forget-key")
    site.browser.wait_for_text("#key-state", "No key yet")
    expect(not site.browser.all(".reply .status"), "what was seen with the key is still there")
    site.send("401 Unauthorized")
    site.expect_refusals(401)


def a_forgotten_page_asks_for_nothing(site):
    site.show("createConversation")
    site.authorize()
    site.browser.wait_for_text("#key-state", "Key accepted")
    site.browser.click("#forget-key")
    site.browser.wait_for_text("#key-state", "No key yet")
    site.browser.read_logs()
    before = len(site.browser.requests)

    site.authorize()
    site.browser.find('.choices option:not([value=""])')
    site.browser.read_logs()
    asked = site.browser.requests[before:].count(f"{site.base}/api/v1/inboxes?limit=50")
    expect(asked == 1, f"inboxes to choose from were asked for {asked} times")


def the_console_has_nothing_to_say(site):
    site.browser.read_logs()
    expect(not site.browser.messages, f"the console says {site.browser.messages}")


def no_request_left_this_machine(site):
    site.browser.read_logs()
    sent = [url for url in site.browser.requests if url.split(":")[0] in ("http", "https", "ws", "wss", "ftp")]
    strange = {url for url in sent if not url.startswith(site.base + "/")}
    expect(sent, "no request was seen at all")
    expect(not strange, f"requests went to {sorted(strange)}")


# In this order: the last two look back at all others.
CHECKS = [
    the_start_leads_to_the_page,
    every_operation_has_a_page_that_fits_its_window,
    a_key_that_opens_nothing_is_refused,
    a_conversation_is_made_by_clicks_and_read_back,
    ids_of_the_workspace_can_be_chosen,
    several_words_can_be_chosen,
    the_command_does_the_same,
    what_is_wrong_is_shown,
    no_request_goes_elsewhere_than_was_typed,
    the_keyboard_is_enough,
    the_search_finds_operations,
    the_search_finds_fields_and_parameters,
    operations_stand_by_their_titles,
    the_page_tells_what_holds_for_all_requests,
    a_deletion_asks_first,
    a_key_that_may_not_is_told_before,
    examples_of_replies_are_open,
    nothing_lies_over_a_command,
    both_themes_can_be_read,
    modules.descriptions_run_nothing,
    modules.numbers_keep_their_digits,
    modules.commands_are_safe_to_paste,
    modules.a_proxy_may_serve_it_below_a_path,
    *live.CHECKS,
    the_key_is_kept_nowhere_and_can_be_forgotten,
    a_forgotten_page_asks_for_nothing,
    the_console_has_nothing_to_say,
    no_request_left_this_machine,
]
