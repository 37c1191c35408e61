#!/usr/bin/env bash
# aiopenapi3 0.11.0 (PyPI) over httpx2 2.16.2: a property that was never set is sent as null.
#
# Expected: a property that is not in `required` may be absent, and null is another value, which `type: string` forbids
# (JSON Schema 2020-12, which OpenAPI 3.1 uses). In a merge patch (RFC 7396) null removes what is stored.
# Seen: a body of the package's own type for the schema, with one property set, goes out with all of them.
# Why it matters: a PATCH of the priority unassigns the conversation, or is refused for fields that the caller never
# wrote. A dict as the body goes out as it is. A description whose schemas of changes each have a property that cannot
# be null makes such a request fail instead of clearing the rest.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check aiopenapi3==0.11.0 httpx2==2.16.2
seen=$("$dir/venv/bin/python" - <<'PY'
import httpx2
from aiopenapi3 import OpenAPI

body = {
    "type": "object",
    "properties": {
        "assignedTo": {"type": ["string", "null"]},
        "priority": {"type": "string"},
        "subject": {"type": "string"},
    },
}
json = {"application/json": {"schema": {"$ref": "#/components/schemas/Changes"}}}
change = {
    "operationId": "change",
    "requestBody": {"required": True, "content": json},
    "responses": {"204": {"description": "changed"}},
}
description = {
    "openapi": "3.1.0",
    "info": {"title": "finding", "version": "1"},
    "servers": [{"url": "http://localhost"}],
    "paths": {"/conversation": {"patch": change}},
    "components": {"schemas": {"Changes": body}},
}
sent = []


def answer(request):
    sent.append(request.content.decode())
    return httpx2.Response(204)


def session(*args, **options) -> httpx2.Client:
    return httpx2.Client(*args, transport=httpx2.MockTransport(answer), **options)


api = OpenAPI("http://localhost/openapi.json", description, session_factory=session)
changes = api._.change.data.get_type()
api._.change(data=changes(priority="high"))
print(sent[0])
PY
)
echo "the body of a change of the priority: $seen"
[ "$seen" = '{"assignedTo": null, "priority": "high", "subject": null}' ] || { echo "this has changed"; exit 1; }
