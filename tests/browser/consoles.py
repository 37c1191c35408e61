"""The inbox at /console: two agents, each with a browser of their own, on a server of their own."""

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request

from served import Site
from webdriver import Browser, Failure, expect, wait_for

EVERYTHING = [
    f"{verb}:{noun}"
    for noun in ("conversations", "customers", "users", "inboxes", "keys", "webhooks", "audit")
    for verb in ("read", "write")
    if f"{verb}:{noun}" != "write:audit"
]


class Desk(Site):
    """A workspace with an inbox and two agents, Ada and Grace, who have a key and a browser each."""

    window = (1440, 900)

    def __init__(self, binary, driver, chromium):
        super().__init__(binary, driver, chromium)
        self.other = None
        try:
            self.other = Browser(driver, chromium)
            self.other.resize(*self.window)
            self.key = self.new_key(EVERYTHING)
            self.inbox = self.get("/api/v1/inboxes")["data"][0]["_id"]
            self.agents = {name: self._new_agent(name) for name in ("Ada", "Grace")}
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        try:
            if self.other:
                self.other.__exit__()
        finally:
            super().__exit__()

    def _new_agent(self, name):
        user = self.post("/api/v1/users", {"name": name, "email": f"{name.lower()}@example.com"})
        body = {"name": f"{name}'s key", "permissions": EVERYTHING, "userId": user["_id"]}
        return {"user": user["_id"], "key": self.post("/api/v1/keys", body)["key"]}

    def ask(self, method, path, body=None, headers=None, key=None):
        """What the API answers: status, body and headers, whatever the status is."""
        sent = {"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json", **(headers or {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}/api/v1/{path}", data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, json.load(reply), reply.headers
        except urllib.error.HTTPError as error:
            return error.code, json.load(error), error.headers

    def open_conversation(self, subject, **fields):
        """A conversation with a message of a customer."""
        body = {"subject": subject, "inboxId": self.inbox, "message": {"body": f"Text of {subject}"}, **fields}
        if "customerId" not in body:
            body["customer"] = {"profile": {"firstName": "Customer", "lastName": subject}}
        return self.post("/api/v1/conversations", body)

    def sign_in(self, name="Ada", browser=None, place="open"):
        """A console of an agent, signed in with the key, from the beginning."""
        browser = browser or self.browser
        self.sign_out(browser)
        browser.open("about:blank")
        browser.open(f"{self.base}/console#/{place}")
        browser.type("#key", self.agents[name]["key"])
        browser.click(".sign-in-card button")
        wait_for("the console to be live", lambda: browser.run("return document.querySelector('#live')?.dataset.live") == "true")

    def sign_out(self, browser):
        """A console without a session, whatever it had. A page that knows no sessions can clear them undisturbed."""
        browser.open(f"{self.base}/docs")
        browser.run("sessionStorage.clear()")
        browser.open(f"{self.base}/console")
        browser.find("#key")

    def forgive_refusals(self, *statuses):
        """Takes off what the consoles say of refusals with these, however many: who is first is chance."""
        self._forgive(*(f"a status of {status}" for status in statuses))

    def forgive_failures(self):
        """Takes off what the consoles say while the server is gone."""
        self._forgive("net::ERR_")

    def _forgive(self, *parts):
        for browser in (self.browser, self.other):
            browser.read_logs()
            browser.messages = [each for each in browser.messages if not any(part in each["message"] for part in parts)]

    def kill_server(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def start_server(self):
        with self.log.open("ab") as log:
            serve = [self.binary, "serve", "--listen", self.listen]
            self.process = subprocess.Popen(serve, env=self.environment, stdout=subprocess.DEVNULL, stderr=log)
        wait_for("the server", self._is_ready)


def rows(browser):
    return browser.run("return [...document.querySelectorAll('.row .row-subject')].map((row) => row.innerText)")


def show(browser, conversation, view="open"):
    browser.run("location.hash = `#/${arguments[0]}/${arguments[1]}`", view, conversation["_id"])
    browser.wait_for_text("#thread-title", conversation["subject"])


def seen_within(seconds, what, look):
    """Waits until something can be seen, and says how long it took."""
    start = time.monotonic()
    wait_for(what, look)
    took = time.monotonic() - start
    expect(took <= seconds, f"{what} was seen after {took:.2f} s, not {seconds}")


def tool(name):
    return f'[data-tool="{name}"]'


def fill(browser, selector, text):
    browser.find(selector)
    browser.run("document.querySelector(arguments[0]).value = ''", selector)
    browser.type(selector, text)


__all__ = ["Desk", "Failure", "fill", "rows", "seen_within", "show", "tool"]
