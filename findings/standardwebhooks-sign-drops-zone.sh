#!/usr/bin/env bash
# standardwebhooks 1.1.0 (PyPI): `Webhook.sign` replaces the zone of an aware datetime instead of converting it.
#
# Expected: an aware datetime names one moment (Python's datetime documentation, "Aware and naive objects"), and Standard
# Webhooks 1.0 signs the Unix time of the attempt. 12:00+02:00 and 10:00Z are one moment and have one signature.
# Seen: the two signatures differ. The zone of the first is overwritten with UTC, so that what is signed lies two hours
# ahead of the header, and the same package refuses it.
# Why it matters: a sender that runs with local times sends webhooks that no receiver can verify, except for
# those in UTC.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check standardwebhooks==1.1.0
seen=$("$dir/venv/bin/python" - <<'PY'
import base64
from datetime import datetime, timedelta, timezone
from standardwebhooks.webhooks import Webhook

webhook = Webhook("whsec_" + base64.b64encode(bytes(range(24))).decode())
utc = datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
berlin = utc.astimezone(timezone(timedelta(hours=2)))
assert utc == berlin
same = webhook.sign("msg_1", utc, "{}") == webhook.sign("msg_1", berlin, "{}")
shifted = webhook.sign("msg_1", utc + timedelta(hours=2), "{}") == webhook.sign("msg_1", berlin, "{}")
print(same, shifted)
PY
)
echo "one signature for one moment, and that of two hours later: $seen"
[ "$seen" = "False True" ] || { echo "this has changed"; exit 1; }
