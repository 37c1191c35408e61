"""Processes of a benchmark: the server under test, PostgreSQL's settings, wrk and pgbench."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

HERE = Path(__file__).resolve().parent
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A `conversations serve` with its log in a file, as operators run it."""

    def __init__(self, binary, database_url, log, options=()):
        self.port = free_port()
        self.began = time.perf_counter()
        command = [binary, "serve", f"--listen=127.0.0.1:{self.port}", "--key-concurrency=1000", *options]
        self.log = open(log, "wb")
        self.process = subprocess.Popen(
            command, env={**os.environ, "DATABASE_URL": database_url}, stdout=subprocess.DEVNULL, stderr=self.log
        )
        self.milliseconds_to_first = self._wait()

    def _wait(self):
        while self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5):
                    return (time.perf_counter() - self.began) * 1000
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.001)
        raise RuntimeError(f"the server ended before it answered; see {self.log.name}")

    def memory(self):
        """Resident MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def processor_seconds(self):
        """What the processors worked for it so far."""
        return processor_seconds(self.process.pid)

    def get(self, path, key):
        """The JSON of a GET."""
        return self.ask("GET", path, key)[1]

    def ask(self, method, path, key, body=None):
        """The headers and the JSON of an answer."""
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.headers, json.load(answer)

    def sample(self, path, key, seconds):
        """The latency of a list on one connection, one after the other: p50 and p99 in milliseconds, and how many rows it has."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        times, end = [], time.perf_counter() + seconds
        while len(times) < 3 or time.perf_counter() < end:
            began = time.perf_counter()
            connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
            answer = connection.getresponse()
            body = answer.read()
            times.append((time.perf_counter() - began) * 1000)
            if answer.status != 200:
                raise RuntimeError(f"{answer.status} for {path}")
        connection.close()
        times.sort()
        return {"p50": times[len(times) // 2], "p99": times[len(times) * 99 // 100], "requests": len(times), "listed": len(json.loads(body)["data"])}

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


def processor_seconds(pid):
    """What the processors worked for a process so far, with its children that ended."""
    # The name of the command is in parentheses and may hold blanks.
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def command(binary, database_url, *arguments, check=True):
    """Runs a command of the binary and answers what it printed."""
    environment = {**os.environ, "DATABASE_URL": database_url}
    done = subprocess.run([binary, *arguments], env=environment, stdout=subprocess.PIPE, text=True, check=check)
    return done if not check else done.stdout


class Load:
    """Requests in a file, which wrk sends again and again."""

    def __init__(self, path, lines):
        self.path = Path(path)
        self.path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self, server, key, connections, seconds, pause=0.0, tag=""):
        """Each connection pauses this many milliseconds on average between its requests. With a tag it
        asks for what has changed since."""
        threads = 1
        arguments = ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout=30s", "-s", str(HERE / "load.lua")]
        arguments += [f"http://127.0.0.1:{server.port}", "--", str(self.path), key, str(pause), tag]
        return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def run(self, server, key, connections, seconds, **more):
        return result(self.start(server, key, connections, seconds, **more))


def result(wrk):
    """What a wrk measured: requests per second, and p50, p99 and most in milliseconds."""
    printed, _ = wrk.communicate()
    line = next((line for line in printed.splitlines() if line.startswith("{")), None)
    if line is None:
        raise RuntimeError("wrk measured nothing")
    seen = json.loads(line)
    if seen["refused"] + seen["broken"] > seen["requests"] / 100:
        raise RuntimeError(f"{seen['refused']} requests were refused and {seen['broken']} broke, of {seen['requests']}")
    return {
        "rate": seen["requests"] / (seen["microseconds"] / 1e6),
        "p50": seen["p50"] / 1000,
        "p99": seen["p99"] / 1000,
        "max": seen["max"] / 1000,
        "requests": seen["requests"],
    }


class Postgres:
    """The PostgreSQL of TEST_POSTGRES_URL, reached over TCP by everybody."""

    def __init__(self, url):
        self.url = url.rsplit("/", 1)[0]
        port = self.url.rsplit(":", 1)[1]
        self.options = ["-h", "127.0.0.1", "-p", port, "-U", "postgres"]

    def database_url(self, name):
        return f"{self.url}/{name}"

    def sql(self, statement, database="postgres", check=True):
        """The rows of a statement, as lists of text."""
        arguments = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *self.options, "-d", database, "-At"]
        done = subprocess.run(arguments, input=statement, check=check, capture_output=True, text=True)
        return [line.split("|") for line in done.stdout.splitlines()]

    def processor_seconds(self):
        """What the processors worked for all its processes so far."""
        directory = self.sql("SHOW data_directory")[0][0]
        main = Path(directory, "postmaster.pid").read_text(encoding="ascii").split()[0]
        children = Path(f"/proc/{main}/task/{main}/children").read_text(encoding="ascii").split()
        seen = 0.0
        for pid in [main, *children]:
            # One may have ended since.
            with suppress(OSError):
                seen += processor_seconds(pid)
        return seen

    def has(self, database):
        return bool(self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{database}'"))

    def set(self, **settings):
        for name, value in settings.items():
            self.sql(f"ALTER SYSTEM SET {name} = {value}" if value is not None else f"ALTER SYSTEM RESET {name}")
        self.sql("SELECT pg_reload_conf()")
        time.sleep(0.2)

    @contextmanager
    def slow_commits(self):
        """Each commit waits for 2 ms before it goes to the disk."""
        self.set(commit_delay=2000, commit_siblings=0)
        try:
            yield
        finally:
            self.set(commit_delay=None, commit_siblings=None)

    def pgbench(self, scripts, database, clients, seconds, generic=True):
        """Transactions per second of scripts, each with its variables: `(text, {name: value})`."""
        directory = Path(os.environ["BENCH_SCRATCH"])
        # pgbench counts what it takes to connect as a part of its time, though not of its rate.
        seconds += 1 + clients // 64
        arguments = ["pgbench", *self.options, "-n", "-M", "prepared", "-c", str(clients), "-j", "1", "-T", str(seconds)]
        for place, (text, variables) in enumerate(scripts):
            for name, value in variables.items():
                text = text.replace(f":{name}", f":{name}_{place}")
                arguments += ["-D", f"{name}_{place}={value}"]
            path = directory / f"script-{place}.sql"
            path.write_text(text, encoding="utf-8")
            arguments += ["-f", str(path)]
        options = "-c plan_cache_mode=force_generic_plan" if generic else ""
        environment = {**os.environ, "PGOPTIONS": options}
        done = subprocess.run([*arguments, database], capture_output=True, text=True, env=environment, check=False)
        rate = re.search(r"tps = ([\d.]+)", done.stdout)
        if rate is None or done.returncode != 0:
            raise RuntimeError(f"pgbench: {done.stderr.strip().splitlines()[-1:]}")
        return {"rate": float(rate[1])}
