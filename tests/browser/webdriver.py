"""A browser without a window, driven through chromedriver over the WebDriver protocol (W3C), and what it
logged: messages of the console, and every request."""

import base64
import json
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c"}
WAIT_SECONDS = 10

# It may resolve no name at all, so that whatever it asks of another host fails, and asks for nothing by
# itself. The sandbox does not work for root, nor in most containers; all it shows is ours.
SWITCHES = [
    "--headless",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--window-size=1280,800",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    # In place of its own first page, which is full of requests.
    "about:blank",
]


class Failure(Exception):
    """What was not as it has to be, as a sentence."""


def expect(true, what):
    if not true:
        raise Failure(what)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, look):
    """What `look` answers, as soon as it is something."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise Failure(f"waited without success for {what}")
        time.sleep(0.05)


class Browser:
    """A browser with a profile of its own, which goes with it."""

    def __init__(self, driver, chromium):
        self.profile = tempfile.TemporaryDirectory(prefix="conversations-browser-", ignore_cleanup_errors=True)
        port = free_port()
        self.driver = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [driver, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.requests = []
        self.messages = []
        try:
            wait_for("chromedriver", self._is_ready)
            self.session = self._new_session(chromium)
        except BaseException:
            self._stop()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self._call("DELETE", f"/session/{self.session}")
        finally:
            self._stop()

    def _stop(self):
        self.process.terminate()
        self.process.wait()
        self.profile.cleanup()

    def _new_session(self, chromium):
        options = {"binary": chromium, "args": [*SWITCHES, f"--user-data-dir={self.profile.name}"]}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"},
        }
        body = {"capabilities": {"alwaysMatch": wanted}}
        return self._call("POST", "/session", body)["sessionId"]

    def _is_ready(self):
        try:
            return self._call("GET", "/status")["ready"]
        except OSError:
            return False

    def _call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.driver + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise Failure(json.load(error)["value"]["message"].split("\n")[0]) from None

    def call(self, command, **body):
        return self._call("POST", f"/session/{self.session}/{command}", body)

    def open(self, url):
        self.call("url", url=url)

    def run(self, script, *arguments):
        """What a piece of JavaScript answers in the page, a promise when it is kept."""
        return self.call("execute/sync", script=script, args=list(arguments))

    def devtools(self, command, **parameters):
        return self.call("goog/cdp/execute", cmd=command, params=parameters)

    def find(self, selector):
        """The element, which may have to appear first."""
        return wait_for(selector, lambda: self.all(selector))[0]

    def all(self, selector):
        return self.call("elements", using="css selector", value=selector)

    def click(self, selector):
        self.call(f"element/{self.find(selector)[ELEMENT]}/click")

    def type(self, selector, text):
        self.call(f"element/{self.find(selector)[ELEMENT]}/value", text=text)

    def press(self, key):
        """A key of the keyboard, wherever the focus is."""
        value = KEYS.get(key, key)
        actions = [{"type": "keyDown", "value": value}, {"type": "keyUp", "value": value}]
        self.call("actions", actions=[{"type": "key", "id": "keyboard", "actions": actions}])

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)

    def wait_for_text(self, selector, part):
        wait_for(f"“{part}” in {selector}", lambda: part in self.text(selector))

    def prefer(self, scheme):
        """Light or dark, as the settings of a system say."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", features=features)

    def resize(self, width, height, phone=False):
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone
        )

    def screenshot(self, path):
        reply = self._call("GET", f"/session/{self.session}/screenshot")
        path.write_bytes(base64.b64decode(reply))

    def read_logs(self):
        """Takes over what was logged since the last time."""
        for entry in self.call("se/log", type="performance"):
            event = json.loads(entry["message"])["message"]
            if event["method"] == "Network.requestWillBeSent":
                self.requests.append(event["params"]["request"]["url"])
        self.messages += [entry for entry in self.call("se/log", type="browser") if entry["level"] in ("WARNING", "SEVERE")]
