"""What the inbox at /console does, a function for each promise."""

import random
import time

from checks import CONTRAST
from consoles import fill, rows, seen_within, show, tool
from webdriver import expect, wait_for

# Places whose text has to be readable in both themes.
READABLE = (
    "body", "#views a", "#views .count", ".row-name", ".row-time", ".row .label", ".thread-facts", ".message.agent .message-body",
    ".message.note .message-body", ".note-mark", ".message.note time", ".history-line", ".tab[aria-selected=true]", ".tools .quiet",
    ".panel-foot .soft", ".avatar", "#card dt", "button.erase",
)


def a_key_opens_the_inbox_and_signing_out_leaves_nothing(desk):
    browser = desk.browser
    made = desk.open_conversation("Secret lamp")
    desk.sign_out(browser)
    browser.type("#key", "sk_live_nothing")
    browser.click(".sign-in-card button")
    browser.wait_for_text("#sign-in-problem", "not valid")
    desk.expect_refusals(401)

    desk.sign_in()
    browser.wait_for_text("#who", "Ada")
    browser.wait_for_text("#workspace", "default")
    show(browser, made)
    browser.wait_for_text(".message-body", "Text of Secret lamp")
    browser.type(".panel.reply textarea", "A draft")
    key = desk.agents["Ada"]["key"]
    kept = browser.run("return [location.href, document.cookie, JSON.stringify({...localStorage}), document.documentElement.outerHTML].join()")
    expect(key not in kept, "the key is kept where others can read it")

    browser.click("#sign-out")
    browser.find("#key")
    left = browser.run("return JSON.stringify({...sessionStorage}) + document.documentElement.innerHTML + location.href")
    for text in ("Secret lamp", key, "A draft", "Ada"):
        expect(text not in left, f"“{text}” is still there after signing out")


def a_key_without_a_user_is_asked_once(desk):
    desk.sign_out(desk.browser)
    desk.browser.type("#key", desk.key)
    desk.browser.click(".sign-in-card button")
    desk.browser.wait_for_text("#choose-user", "Who are you?")
    user = desk.agents["Grace"]["user"]
    desk.browser.run("document.querySelector('#choose-user select').value = arguments[0]", user)
    desk.browser.click("#choose-user button")
    desk.browser.wait_for_text("#who", "Grace")
    desk.browser.open("about:blank")
    desk.browser.open(f"{desk.base}/console")
    desk.browser.wait_for_text("#who", "Grace")


def what_a_key_may_not_is_not_offered(desk):
    made = desk.open_conversation("Read only")
    desk.agents["Reader"] = {"key": desk.new_key(["read:conversations"])}
    desk.sign_in("Reader")
    show(desk.browser, made)
    desk.browser.wait_for_text(".unable", "may only read")
    for selector in (tool("Close"), tool("Delete"), "#compose", ".panel.reply textarea", ".delete-message", "#views section:last-child a"):
        shown = desk.browser.run("return document.querySelector(arguments[0])?.checkVisibility() ?? false", selector)
        expect(not shown, f"{selector} is offered")


def counts_are_those_of_the_api(desk):
    """After 200 random changes that others make."""
    desk.sign_in()
    dice = random.Random(7)
    made = [desk.open_conversation(f"Counted {number}")["_id"] for number in range(20)]
    users = [agent["user"] for agent in desk.agents.values() if "user" in agent]
    for _ in range(200):
        id = dice.choice(made)
        kind = dice.random()
        if kind < 0.1:
            made.append(desk.open_conversation(f"Counted {len(made)}")["_id"])
        elif kind < 0.15:
            made.remove(id)
            desk.ask("DELETE", f"conversations/{id}")
        elif kind < 0.6:
            desk.ask("PATCH", f"conversations/{id}", {"status": dice.choice(["open", "pending", "closed"])})
        else:
            desk.ask("PATCH", f"conversations/{id}", {"assignedTo": dice.choice([None, *users])})
    ada = users[0]
    filters = {
        "mine": f"status=open,pending&assignedTo={ada}", "unassigned": "status=open,pending&assignedTo=none",
        "open": "status=open", "pending": "status=pending", "closed": "status=closed",
        f"inbox-{desk.inbox}": f"status=open,pending&inboxId={desk.inbox}",
    }
    totals = {name: desk.get(f"/api/v1/conversations?limit=1&{query}")["pagination"]["total"] for name, query in filters.items()}
    look = "return Object.fromEntries([...document.querySelectorAll('#views [data-view]')].map((a) => [a.dataset.view, Number(a.querySelector('.count').textContent.replace(/\\D/g, ''))]))"
    wait_for(f"the counts {totals}", lambda: desk.browser.run(look) == totals)
    wait_for("the list as the API has it", lambda: listed(desk) == desk.browser.run("return [...document.querySelectorAll('.row')].map((row) => row.dataset.id).slice(0, 8)"))


def listed(desk):
    page = desk.get("/api/v1/conversations?status=open&sort=-updatedAt&limit=8")
    return [each["_id"] for each in page["data"]]


def a_change_elsewhere_is_seen_at_once(desk):
    made = desk.open_conversation("Seen at once")
    desk.sign_in()
    show(desk.browser, made)
    desk.ask("POST", f"conversations/{made['_id']}/messages", {"body": "And another lamp", "author": {"type": "customer"}})
    seen_within(1, "a message", lambda: "And another lamp" in desk.browser.text(".log"))
    desk.ask("PATCH", f"conversations/{made['_id']}", {"priority": "urgent", "labels": ["lamp"]})
    seen_within(1, "the history", lambda: "changed the priority from medium to urgent, added the label lamp" in desk.browser.text(".log"))
    other = desk.open_conversation("Came while looking")
    seen_within(1, "a new row", lambda: rows(desk.browser)[:1] == ["Came while looking"])
    marked = desk.browser.run("return document.querySelector('.row.changed')?.dataset.id")
    expect(marked == other["_id"], "the row that changed is not marked")


def of_two_who_claim_one_wins(desk):
    made = desk.open_conversation("Wanted by two")
    desk.sign_in("Ada")
    desk.sign_in("Grace", desk.other)
    for browser in (desk.browser, desk.other):
        show(browser, made)
        browser.find(tool("Claim"))
    # Both at once, before one has heard of the other.
    claim = "setTimeout(() => document.querySelector('[data-tool=Claim]').click(), arguments[0] - Date.now())"
    at = desk.browser.run("return Date.now()") + 400
    for browser in (desk.browser, desk.other):
        browser.run(claim, at)
    said = lambda browser: browser.text("#thread-said")
    wait_for("both to say so", lambda: said(desk.browser) and said(desk.other))
    owner = desk.get(f"/api/v1/conversations/{made['_id']}")["data"]["assignedTo"]["name"]
    words = {"Ada": said(desk.browser), "Grace": said(desk.other)}
    loser = "Grace" if owner == "Ada" else "Ada"
    expect(words[owner] == "It is yours.", f"the winner reads {words}")
    expect(words[loser] == f"{owner} has it.", f"the loser reads {words}")
    desk.forgive_refusals(409, 412)


def a_note_never_goes_out_as_a_reply(desk):
    made = desk.open_conversation("Notes and replies")
    desk.sign_in()
    browser = desk.browser
    show(browser, made)
    browser.press("n")
    browser.type(".panel.note textarea", "Not for the customer")
    browser.press("Escape")
    browser.press("r")
    expect(browser.run("return document.activeElement.dataset.kind") == "reply", "r leads elsewhere")
    expect(browser.run("return document.activeElement.value") == "", "the note stands in the reply")
    browser.type(".panel.reply textarea", "For the customer")

    browser.open("about:blank")
    browser.open(f"{desk.base}/console#/open/{made['_id']}")
    browser.wait_for_text("#thread-title", made["subject"])
    kept = browser.run("return ['reply', 'note'].map((kind) => document.querySelector(`.panel.${kind} textarea`).value)")
    expect(kept == ["For the customer", "Not for the customer"], f"after a reload the drafts are {kept}")
    browser.click("#tab-note")
    browser.click(".panel.note button")
    browser.wait_for_text(".message.note", "Not for the customer")
    browser.click("#tab-reply")
    browser.click(".panel.reply button")
    browser.wait_for_text(".message.agent", "For the customer")
    stored = desk.get(f"/api/v1/conversations/{made['_id']}/messages")["data"]
    sent = [(each["body"], each["internal"]) for each in stored[1:]]
    expect(sent == [("Not for the customer", True), ("For the customer", False)], f"stored is {sent}")


def a_reply_that_came_meanwhile_is_pointed_out(desk):
    made = desk.open_conversation("Two who answer")
    desk.sign_in()
    browser = desk.browser
    show(browser, made)
    browser.type(".panel.reply textarea", "My answer")
    author = {"type": "agent", "_id": desk.agents["Grace"]["user"]}
    desk.ask("POST", f"conversations/{made['_id']}/messages", {"body": "Her answer", "author": author})
    browser.wait_for_text(".panel.reply .warning", "Grace replied while you were writing.")
    expect(browser.text(".panel.reply button") == "Send reply anyway", "the button says nothing of it")
    browser.click(".panel.reply button")
    browser.wait_for_text(".log", "My answer")


def a_lost_answer_is_sent_again_once(desk):
    made = desk.open_conversation("Sent once")
    desk.sign_in()
    show(desk.browser, made)
    desk.browser.run("""
        const real = window.fetch;
        window.sent = [];
        let lost = 0;
        window.fetch = async (url, options) => {
          const reply = await real(url, options);
          if (options?.method !== "POST") return reply;
          window.sent.push(options.headers.get("Idempotency-Key"));
          if ((lost += 1) === 1) throw new TypeError("the answer is lost");
          return reply;
        };
    """)
    desk.browser.type(".panel.reply textarea", "Only once")
    desk.browser.click(".panel.reply button")
    desk.browser.wait_for_text(".message.agent", "Only once")
    keys = wait_for("both attempts", lambda: len(desk.browser.run("return window.sent")) > 1 and desk.browser.run("return window.sent"))
    expect(len(keys) == 2 and keys[0] and keys[0] == keys[1], f"the keys were {keys}")
    stored = desk.get(f"/api/v1/conversations/{made['_id']}/messages")["data"]
    expect([each["body"] for each in stored[1:]] == ["Only once"], f"stored is {stored}")


def nothing_is_overwritten_unseen(desk):
    made = desk.open_conversation("Changed under one's hands")
    desk.sign_in()
    browser = desk.browser
    show(browser, made)
    browser.type(".panel.reply textarea", "A draft that stays")
    # The page does not hear of it in time.
    browser.run("""
        const real = window.fetch;
        window.fetch = (url, options) => (options?.method === "PATCH" ? new Promise((go) => (window.release = () => go(real(url, options)))) : real(url, options));
    """)
    browser.click(tool("Close"))
    wait_for("the request", lambda: browser.run("return typeof window.release === 'function'"))
    desk.ask("PATCH", f"conversations/{made['_id']}", {"status": "pending", "priority": "high"}, key=desk.agents["Grace"]["key"])
    browser.run("window.release()")
    browser.wait_for_text("#conflict", "Not done: it changed in the meantime.")
    said = browser.text("#conflict")
    expect("Grace's key" in said and "set it to pending" in said and "from medium to high" in said, f"it says {said}")
    expect(browser.run("return document.querySelector('.panel.reply textarea').value") == "A draft that stays", "the draft is gone")
    stored = desk.get(f"/api/v1/conversations/{made['_id']}")["data"]["status"]
    expect(stored == "pending", "it was overwritten")
    browser.run("document.querySelector('#conflict button').click(); setTimeout(() => window.release(), 100)")
    wait_for("the change after all", lambda: desk.get(f"/api/v1/conversations/{made['_id']}")["data"]["status"] == "closed")
    desk.forgive_refusals(412)


def a_customer_is_not_overwritten_either(desk):
    made = desk.open_conversation("Edited by two")
    customer = made["customerId"]["_id"]
    desk.sign_in()
    browser = desk.browser
    show(browser, made)
    browser.click("#edit-customer")
    fill(browser, 'dialog [name="profile.company"]', "Lamps Ltd")
    desk.ask("PATCH", f"customers/{customer}", {"profile": {"phone": "+44 1"}}, key=desk.agents["Grace"]["key"])
    browser.click("dialog button[type=submit]")
    browser.wait_for_text("dialog .conflict", "Phone")
    expect(browser.run("return document.querySelector('dialog [name=\"profile.company\"]').value") == "Lamps Ltd", "what was typed is gone")
    browser.click("dialog button[type=submit]")
    wait_for("the end of the dialog", lambda: not browser.all("dialog"))
    profile = desk.get(f"/api/v1/customers/{customer}")["data"]["profile"]
    expect((profile["company"], profile["phone"]) == ("Lamps Ltd", "+44 1"), f"stored is {profile}")
    browser.wait_for_text("#card", "Lamps Ltd")
    desk.forgive_refusals(412)


def errors_stand_beside_their_fields(desk):
    desk.sign_in()
    browser = desk.browser
    browser.click("#compose")
    browser.find("dialog [name=customerKind]")
    browser.run("const kind = document.querySelector('dialog [name=customerKind]'); kind.value = 'new'; kind.dispatchEvent(new Event('change'))")
    browser.type('dialog [name="customer.profile.email"]', "not an address")
    browser.click("dialog button[type=submit]")
    for name, part in (("subject", "must not be empty"), ("customer.profile.email", "e-mail")):
        look = "const input = document.querySelector(`dialog [name=\"${arguments[0]}\"]`); return document.getElementById(input.getAttribute('aria-describedby'))?.innerText ?? ''"
        wait_for(f"what is wrong with {name}", lambda: part in browser.run(look, name).lower())
    desk.expect_refusals(422)
    fill(browser, "dialog [name=subject]", "Made in the console")
    fill(browser, 'dialog [name="customer.profile.email"]', "made@example.com")
    browser.type('dialog [name="message.body"]', "<b>Hello</b> javascript:alert(1) https://example.com/a.")
    browser.click("dialog button[type=submit]")
    browser.wait_for_text("#thread-title", "Made in the console")
    browser.wait_for_text(".message-body", "<b>Hello</b>")
    links = browser.run("return [...document.querySelectorAll('.message-body a')].map((a) => [a.href, a.rel])")
    expect(links == [["https://example.com/a", "noopener noreferrer"]], f"the links are {links}")


def a_killed_server_loses_nothing(desk):
    made = desk.open_conversation("Before the crash")
    desk.sign_in()
    show(desk.browser, made)
    # Nothing of the session is read again: what comes has to come over the stream.
    desk.kill_server()
    desk.browser.wait_for_text("#strip", "Not live.")
    desk.start_server()
    desk.ask("POST", f"conversations/{made['_id']}/messages", {"body": "After the crash", "author": {"type": "customer"}})
    later = desk.open_conversation("Opened after the crash")
    desk.browser.wait_for_text(".log", "After the crash")
    wait_for("the new row", lambda: later["subject"] in rows(desk.browser))
    expect(not desk.browser.run("return document.querySelector('#strip').checkVisibility()"), "the strip is still there")
    desk.forgive_failures()


def an_erasure_leaves_no_text(desk):
    made = desk.open_conversation("Erase me wholly")
    customer = made["customerId"]["_id"]
    desk.open_conversation("Another of the same", customerId=customer)
    desk.sign_in()
    desk.sign_in("Grace", desk.other)
    browser = desk.browser
    for each in (browser, desk.other):
        show(each, made)
        each.type(".panel.reply textarea", "About wholly")
        wait_for("the other conversation", lambda: "Another of the same" in each.text("#card"))
    browser.click("#card .erase")
    browser.type("dialog [name=reason]", "request 17")
    browser.click("dialog [name=sure]")
    browser.click("dialog button[type=submit]")
    browser.wait_for_text("dialog", "Receipt")
    receipt = browser.text("dialog")
    expect("request 17" in receipt and customer in receipt and "Conversations\n2" in receipt.replace("\n\n", "\n"), f"the receipt is {receipt}")
    for each in (browser, desk.other):
        look = "return document.documentElement.outerHTML + JSON.stringify({...sessionStorage}) + [...document.querySelectorAll('textarea, input')].map(({ value }) => value)"
        gone = lambda: not any(word in each.run(look) for word in ("wholly", "Another of the same"))
        wait_for("the text to be gone", gone)
    browser.press("Escape")
    desk.forgive_refusals(404)


def the_keyboard_is_enough(desk):
    made = desk.open_conversation("By keys alone")
    desk.sign_in()
    browser = desk.browser
    wait_for("the list", lambda: rows(browser))
    browser.press("?")
    browser.wait_for_text("dialog", "Next conversation")
    browser.press("Escape")
    for key in "gu":
        browser.press(key)
    browser.wait_for_text("#list-title", "Unassigned")
    wait_for("the row", lambda: rows(browser)[:1] == [made["subject"]])
    browser.press("j")
    browser.press("Enter")
    browser.wait_for_text("#thread-title", made["subject"])
    browser.press("c")
    browser.wait_for_text("#thread-said", "It is yours.")
    browser.press("p")
    browser.find("dialog.menu")
    browser.press("h")
    browser.press("Enter")
    browser.wait_for_text("#thread-said", "Priority high.")
    browser.press("l")
    browser.find("dialog.menu")
    browser.type("dialog.menu input", "by-keys")
    browser.press("Enter")
    browser.press("Enter")
    browser.wait_for_text(".thread-labels", "by-keys")
    browser.press("r")
    for letter in "Hi":
        browser.press(letter)
    browser.run("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true }))")
    browser.wait_for_text(".message.agent", "Hi")
    browser.press("Escape")
    browser.press("e")
    browser.wait_for_text("#thread-said", "Closed.")
    stored = desk.get(f"/api/v1/conversations/{made['_id']}")["data"]
    expect((stored["status"], stored["priority"], stored["labels"]) == ("closed", "high", ["by-keys"]), f"stored is {stored}")
    browser.run("document.activeElement.blur()")
    seen = set()
    for _ in range(60):
        browser.press("Tab")
        seen.add(browser.run("return document.activeElement.id || document.activeElement.dataset.tool || document.activeElement.className"))
        outline = browser.run("const node = document.activeElement; return node === document.body || getComputedStyle(node).outlineStyle !== 'none' || node.id === 'rows' || node.id === 'list-body'")
        expect(outline, f"the focus cannot be seen on {browser.run('return document.activeElement.outerHTML')[:200]}")
    for stop in ("rows", "search", "sort", "Reopen", "sign-out", "edit-customer"):
        expect(stop in seen, f"Tab does not reach {stop}: {sorted(seen)}")


def both_themes_can_be_read(desk):
    made = desk.open_conversation("Contrast", labels=["lamp"], priority="urgent")
    user = desk.agents["Grace"]["user"]
    for internal in (False, True):
        desk.ask("POST", f"conversations/{made['_id']}/messages", {"body": "Text", "internal": internal, "author": {"type": "agent", "_id": user}})
    desk.ask("PATCH", f"conversations/{made['_id']}", {"status": "pending"})
    desk.sign_in(place=f"pending/{made['_id']}")
    desk.browser.resize(1440, 900)
    for scheme in ("dark", "light"):
        desk.browser.prefer(scheme)
        for selector in READABLE:
            desk.browser.find(selector)
            wait_for(f"enough contrast of {selector} in {scheme}", lambda: desk.browser.run(CONTRAST, selector)[1] >= 4.5)


def a_phone_shows_one_pane_at_a_time(desk):
    made = desk.open_conversation("On a phone")
    desk.browser.resize(360, 740, True)
    desk.sign_in()
    shown = "return ['views', 'list', 'thread'].filter((id) => document.getElementById(id).checkVisibility())"
    wide = "return document.documentElement.scrollWidth"
    for href, pane in (("#/open", "list"), (f"#/open/{made['_id']}", "thread"), ("#/views/open", "views")):
        desk.browser.run("location.hash = arguments[0]", href)
        wait_for(f"the pane {pane}", lambda: desk.browser.run(shown) == [pane])
        expect(desk.browser.run(wide) <= 360, f"{pane} is {desk.browser.run(wide)} pixels wide")
    for page in ("users", "inboxes", "keys", "webhooks", "audit"):
        desk.browser.run("location.hash = `#/admin/${arguments[0]}`", page)
        wait_for("the page", lambda: desk.browser.all(".admin-page"))
        expect(desk.browser.run(wide) <= 360, f"{page} is {desk.browser.run(wide)} pixels wide")


def an_administrator_makes_and_revokes_a_key(desk):
    desk.sign_in(place="admin/keys")
    browser = desk.browser
    browser.wait_for_text(".admin-page", "Ada's key")
    browser.click(".admin-head button")
    browser.type("dialog [name=name]", "Made in the console")
    browser.run("document.querySelector('dialog [name=userId]').value = arguments[0]", desk.agents["Grace"]["user"])
    browser.click("dialog button[type=submit]")
    browser.wait_for_text("dialog .secret", "sk_live_")
    secret = browser.text("dialog .secret code")
    status, me, _ = desk.ask("GET", "me", key=secret)
    expect(status == 200 and me["data"]["user"] is None or me["data"]["userId"] == desk.agents["Grace"]["user"], f"the key is {me}")
    browser.click("dialog .dialog-actions button")
    browser.wait_for_text(".admin-page", "Made in the console")
    expect(secret not in browser.run("return document.documentElement.outerHTML"), "the secret is still in the page")
    browser.run("[...document.querySelectorAll('tr')].find((row) => row.innerText.includes('Made in the console')).querySelector('.erase').click()")
    browser.click("dialog .danger")
    wait_for("the key to go", lambda: "Made in the console" not in browser.text(".admin-page"))
    expect(desk.ask("GET", "me", key=secret)[0] == 401, "the key still works")
    for page, words in (("users", "Grace"), ("inboxes", "email"), ("audit", "key.revoked"), ("webhooks", "Nothing yet.")):
        browser.run("location.hash = `#/admin/${arguments[0]}`", page)
        browser.wait_for_text(".admin-page", words)


def a_long_list_keeps_few_rows(desk):
    for number in range(450):
        desk.open_conversation(f"Long {number}", customer=None)
    desk.sign_in()
    total = desk.get("/api/v1/conversations?limit=1&status=open")["pagination"]["total"]
    most = 0
    step = "document.querySelector('#list-body').scrollTop += 3000; return [document.querySelectorAll('.row').length, document.querySelector('.row:last-child')?.getAttribute('aria-posinset'), document.querySelectorAll('*').length]"
    until = time.monotonic() + 30
    reached = 0
    while time.monotonic() < until and reached < total:
        count, place, _ = desk.browser.run(step)
        most = max(most, count)
        reached = max(reached, int(place or 0))
        time.sleep(0.05)
    expect(reached == total, f"the end at {total} was not reached, but {reached}")
    expect(0 < most <= 300, f"{most} rows were in the document")


def the_page_is_light(desk):
    sizes = desk.browser.run("""
        const seen = performance.getEntriesByType("resource").filter(({ name }) => /\\/(console|shared)\\//.test(name));
        return seen.reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0);
    """)
    expect(0 < sizes <= 150_000, f"the page weighs {sizes} bytes")


def the_policy_was_never_broken(desk):
    for browser in (desk.browser, desk.other):
        browser.read_logs()
        expect(not browser.messages, f"the console of a browser says {browser.messages}")
        strange = {url for url in browser.requests if url.startswith("http") and not url.startswith(desk.base + "/")}
        expect(not strange, f"requests went to {sorted(strange)}")


CHECKS = [
    a_key_opens_the_inbox_and_signing_out_leaves_nothing,
    a_key_without_a_user_is_asked_once,
    what_a_key_may_not_is_not_offered,
    counts_are_those_of_the_api,
    a_change_elsewhere_is_seen_at_once,
    of_two_who_claim_one_wins,
    a_note_never_goes_out_as_a_reply,
    a_reply_that_came_meanwhile_is_pointed_out,
    a_lost_answer_is_sent_again_once,
    nothing_is_overwritten_unseen,
    a_customer_is_not_overwritten_either,
    errors_stand_beside_their_fields,
    a_killed_server_loses_nothing,
    an_erasure_leaves_no_text,
    the_keyboard_is_enough,
    both_themes_can_be_read,
    a_phone_shows_one_pane_at_a_time,
    an_administrator_makes_and_revokes_a_key,
    a_long_list_keeps_few_rows,
    the_page_is_light,
    the_policy_was_never_broken,
]
