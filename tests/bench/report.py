"""Writes what was measured: docs/benchmarks.md from the template beside this file, and the charts."""

import os
import platform
import re
import subprocess
from pathlib import Path

import charts
from data import size
from event_targets import event_targets
from targets import Missing, is_full, series, shape, spread, targets

HERE = Path(__file__).resolve().parent


def _first_line(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).splitlines()[0].strip()


def facts(bench, options, seconds):
    """The circumstances of a run."""
    processor = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="ascii"))
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"))[1])
    names = ("shared_buffers", "max_wal_size", "fsync", "synchronous_commit", "full_page_writes")
    shown = {name: bench.postgres.sql(f"SHOW {name}")[0][0] for name in names}
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": processor[1] if processor else "unknown",
        "memory": f"{memory / 1024**2:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "postgres": _first_line("pgbench", "--version").split("(PostgreSQL) ")[-1],
        "settings": ", ".join(f"{name} {value}" for name, value in shown.items()),
        "wrk": _first_line("wrk", "-v").split(" [")[0],
        "rounds": options.rounds,
        "streams": f"{options.streams:,}",
        "seconds": options.seconds,
        "rows": [one.data.rows for one in bench.by_size],
        "writes": bench.writes.data.rows,
        "sqlite": [one.data.rows for one in bench.sqlite],
        "clients": bench.clients.get("pgbench"),
        "took": round(seconds),
    }


def _range(values):
    median, least, most = values
    return f"{median:.2f}", f"{least:.2f}–{most:.2f}"


def lines_of(targets, figures, numbers="per second"):
    """The table of targets, and whether each was reached."""
    lines = [f"| # | what | target | median | spread | reached | {numbers} |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for target in targets:
        wanted = f"≥ {target.least:g}" if target.least is not None else f"≤ {target.most:g}"
        try:
            median, between = _range(target.seen(figures))
            verdict = "yes" if target.reached(float(median)) else "**no**"
            shown = target.numbers(figures)
        except Missing as missing:
            median, between, verdict, shown = "–", f"not measured: {missing}", "–", ""
        lines.append(f"| {target.name} | {target.text} | {wanted} | {median} | {between} | {verdict} | {shown} |")
    return lines


def _table(seen):
    figures, sizes = seen["figures"], seen["facts"]["rows"]
    wanted = targets(size(sizes[0]), size(sizes[-1]), size(seen["facts"]["sqlite"][0]))
    return "\n".join([*lines_of(wanted, figures), _storms(seen["storms"])])


def _storms(storms):
    checks = storms["checks"].values()
    if any("unrecognized" in each["said"] or each["code"] == 2 for each in checks):
        return f"| P10 | cells that differ after all writes; deadlocks | 0; 0 | –; {storms['deadlocks']} | | – | |"
    differ = sum(each["code"] != 0 for each in checks)
    good = "yes" if differ == 0 and storms["deadlocks"] == 0 else "**no**"
    text = "databases in which a recount differs after all writes; deadlocks"
    return f"| P10 | {text} | 0; 0 | {differ}; {storms['deadlocks']} | | {good} | |"


def _latencies(figures):
    rows = (
        ("GET", "P1", "ours"), ("GET, 256 connections", "P2", "ours"), ("list of 50 with its total", "P3", "ours"),
        ("create", "P7", "ours"), ("update", "P8", "ours"), ("GET among lists and writes", "P11", "GET in the mix"),
        ("SQLite: GET", "S1", "ours"), ("SQLite: list", "S2", "ours"), ("SQLite: create", "S3", "ours"),
    )
    lines = ["| what | per second | p50, ms | p99, ms |", "| --- | --- | --- | --- |"]
    for text, row, side in rows:
        try:
            rate, p50, p99 = (spread(series(figures, row, side, what))[0] for what in ("rate", "p50", "p99"))
            lines.append(f"| {text} | {rate:,.0f} | {p50:.2f} | {p99:.2f} |")
        except Missing:
            lines.append(f"| {text} | not measured | | |")
    return "\n".join(lines)


def _shapes(seen):
    figures, sizes = seen["figures"], seen["facts"]["rows"]
    names = size(sizes[0]), size(sizes[-1])
    lines = [f"| filters | p50 at {names[0]}, ms | p50 at {names[1]}, ms | ratio |", "| --- | --- | --- | --- |"]
    for row in (row for row in figures if row.startswith("P5 ")):
        try:
            small, large = (spread(series(figures, row, name, "p50"))[0] for name in names)
            times = shape(figures, row, *names)[0]
            full = "" if is_full(figures, row, *names) else ", not full"
            lines.append(f"| {row[3:].replace('+', ', ')} | {small:.2f}{full} | {large:.2f} | {times:.2f} |")
        except Missing:
            continue
    for row in (row for row in figures if row.startswith("P6 ")):
        parts = {side: spread(series(figures, row, side, "p50"))[0] for side in figures[row] if any(figures[row][side])}
        text = ", ".join(f"{side} {p50:.2f} ms" for side, p50 in parts.items())
        lines.append(f"\nPages by number at {names[1]}, {row[3:]}: {text}." if row == "P6 no filter" else f"The same, {row[3:]}: {text}.")
    return "\n".join(lines)


def _busiest(figures, largest):
    try:
        return f"{spread(series(figures, 'P5 customerId of the busiest', largest, 'p50'))[0]:.0f}"
    except Missing:
        return "–"


def _problems(seen):
    found = [f"- {name}: {problem}" for name, problem in seen["problems"].items()]
    return "\n".join(found) or "Nothing failed."


def write(seen, folder):
    figures, facts_ = seen["figures"], seen["facts"]
    values = {
        **{name: value for name, value in facts_.items() if not isinstance(value, list)},
        "sizes": ", ".join(size(rows) for rows in facts_["rows"]),
        "sqlite_sizes": ", ".join(size(rows) for rows in facts_["sqlite"]),
        "largest": size(facts_["rows"][-1]),
        "writes": size(facts_["writes"]),
        "busiest": _busiest(figures, size(facts_["rows"][-1])),
        "table": _table(seen), "events": "\n".join(lines_of(event_targets(), figures, "seen")), "latencies": _latencies(figures), "shapes": _shapes(seen), "problems": _problems(seen),
        "seeds": "\n".join(f"- {name}: {seconds:,.0f} s" for name, seconds in seen["seeds"].items()) or "- kept from before",
    }
    template = (HERE / "benchmarks.template.md").read_text(encoding="utf-8")
    text = re.sub(r"\{\{(\w+)\}\}", lambda found: str(values[found[1]]), template)
    (folder / "benchmarks.md").write_text(text, encoding="utf-8")
    (folder / "images").mkdir(exist_ok=True)
    curves = {}
    for text, row in (("list with total", "P5"), ("GET", "GET")):
        curve = [(rows, spread(series(figures, row, size(rows), "p50"))[0]) for rows in facts_["rows"] if any(figures.get(row, {}).get(size(rows), []))]
        if curve:
            curves[text] = curve
    groups = {}
    for text, row in (("GET", "P1"), ("list of 50", "P3"), ("create", "P7"), ("update", "P8")):
        if all(any(figures.get(row, {}).get(side, [])) for side in ("ours", "pgbench")):
            groups[text] = {name: spread(series(figures, row, side))[0] for side, name in (("ours", "Conversations, HTTP"), ("pgbench", "pgbench, SQL"))}
    for name, chart in (
        ("latency.svg", charts.lines("p50 at 64 connections, PostgreSQL", "ms", curves)),
        ("throughput.svg", charts.bars("Throughput beside pgbench on the same data", "per second", groups)),
    ):
        if chart:
            (folder / "images" / name).write_text(chart, encoding="utf-8")
