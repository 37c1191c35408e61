"""The program, serving a database of its own, and a browser that looks at it."""

import json
import os
import subprocess
import tempfile
import urllib.request
from pathlib import Path

from webdriver import Browser, Failure, expect, free_port, wait_for

PERMISSIONS = [
    f"{verb}:{noun}" for noun in ("conversations", "customers", "users", "inboxes") for verb in ("read", "write")
]


class Site:
    """A server on SQLite in a new folder, a key of it, and a browser; all gone at the end."""

    # The size of the window at the start of each check.
    window = (1280, 800)

    def __init__(self, binary, driver, chromium):
        self.folder = tempfile.TemporaryDirectory(prefix="conversations-docs-")
        self.binary = str(Path(binary).resolve())
        self.log = Path(self.folder.name) / "log"
        self.listen = f"127.0.0.1:{free_port()}"
        self.base = f"http://{self.listen}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CONVERSATIONS_")}
        self.environment = {**kept, "DATABASE_URL": f"sqlite://{self.folder.name}/conversations.db"}
        with self.log.open("wb") as log:
            serve = [self.binary, "serve", "--listen", self.listen]
            self.process = subprocess.Popen(serve, env=self.environment, stdout=subprocess.DEVNULL, stderr=log)
        try:
            wait_for("the server", self._is_ready)
            self.key = self.new_key(PERMISSIONS)
            self.browser = Browser(driver, chromium)
        except BaseException:
            self._stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.browser.__exit__()
        finally:
            self._stop()

    def _stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def _is_ready(self):
        if self.process.poll() is not None:
            raise Failure(f"the server did not start: {self.log.read_text()}")
        try:
            return self.get("/health/ready")
        except OSError:
            return None

    def new_key(self, permissions):
        """A key with these permissions."""
        command = [self.binary, "keys", "create", "--json", "--workspace", "default", "--name", "browser"]
        for permission in permissions:
            command += ["--permission", permission]
        printed = subprocess.run(command, env=self.environment, capture_output=True, check=True).stdout
        return json.loads(printed)["key"]

    def get(self, path):
        """What the API answers, without the page."""
        headers = {"Authorization": f"Bearer {self.key}"} if path.startswith("/api") else {}
        with urllib.request.urlopen(urllib.request.Request(self.base + path, headers=headers), timeout=10) as reply:
            return json.load(reply)

    def post(self, path, body):
        """Makes something without the page, and answers it."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), headers, method="POST")
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)["data"]

    def show(self, operation=""):
        """Opens the page again at an operation."""
        self.browser.open("about:blank")
        self.browser.open(f"{self.base}/docs#/{operation}")
        self.browser.find("main h1")

    def authorize(self, key=None):
        self.browser.run("document.querySelector('#key').value = ''")
        self.browser.type("#key", key or self.key)
        self.browser.click("#use-key")

    def send(self, status):
        """Clicks on Send and waits for a reply with this status."""
        self.browser.run("document.querySelector('.try .reply').replaceChildren()")
        self.browser.click(".send-row button")
        self.browser.wait_for_text(".reply .status", status)

    def expect_refusals(self, *statuses):
        """Takes off what the console says of requests that were refused with these, and nothing else."""
        before = len(self.browser.messages)
        self.browser.read_logs()
        new = self.browser.messages[before:]
        said = [message["message"] for message in new]
        fits = len(said) == len(statuses) and all(f"a status of {one}" in text for one, text in zip(statuses, said))
        expect(fits, f"the console says {new}")
        del self.browser.messages[before:]

    def create_conversation(self):
        """Makes one by clicks, from a page that has the key."""
        self.browser.click('#groups a[href="#/createConversation"]')
        self.browser.find('.choices option:not([value=""])')
        self.send("201 Created")
