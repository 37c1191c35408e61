#!/usr/bin/env bash
# uuid7 0.1.0 (PyPI): the ids say version 7, and the time in them, read as RFC 9562 says, is 174 years ahead.
#
# Expected: RFC 9562 5.7: the first 48 bits of a version 7 UUID are milliseconds since 1970. The package bears the name
# of the version, and nothing in an id tells it from others.
# Seen: it follows a draft of 2021, in which the first 36 bits are seconds: an id of 2026-03-02 reads as 2200-01-22, and
# its own `uuid_to_datetime` reads an id of the RFC for that day as 1983-09-18.
# Why it matters: where ids give the order and the time of creation, records with ids of such a script come after all
# others, in every list and behind every cursor. Compare the time in a foreign id with the time that the record states.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check uuid7==0.1.0
seen=$("$dir/venv/bin/python" - <<'PY'
from datetime import datetime, timedelta, timezone
from uuid_extensions import uuid7, uuid_to_datetime

moment = datetime(2026, 3, 2, 10, tzinfo=timezone.utc)
seconds = int(moment.timestamp())
made = uuid7(seconds * 10**9)
milliseconds = int.from_bytes(made.bytes[:6], "big")
read = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(milliseconds=milliseconds)
by_rfc = (seconds * 1000).to_bytes(6, "big").hex()
back = uuid_to_datetime(f"{by_rfc[:8]}-{by_rfc[8:]}-7000-8000-000000000000")
print(made.version, read.date(), back.date())
PY
)
echo "version, date of its id by the RFC, date by it of an id of the RFC (2026-03-02): $seen"
[ "$seen" = "7 2200-01-22 1983-09-18" ] || { echo "this has changed"; exit 1; }
