#!/usr/bin/env bash
# whatstk 0.9.1 (PyPI): all messages of a Spanish export with twelve hours become the text of the first.
#
# Expected: in CLDR the day periods of Spanish (es) are "a. m." and "p. m." with a no-break space, as in the exports of
# phones with that language. The README promises "multi-language support for various WhatsApp date formats".
# Seen: three messages by two people are one, by the first of them, with the other lines as its text, whichever the
# space. With "AM" and "PM" they are three. There is no error.
# Why it matters: an import of such a chat has one message by the customer who began, and none by the agent. Count the
# lines that begin with a date, and refuse a result that has fewer messages.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check whatstk==0.9.1
seen=$(cd "$dir" && venv/bin/python - <<'PY'
from whatstk import WhatsAppChat

for morning, afternoon in [("AM", "PM"), ("a. m.", "p. m."), ("a.\u00a0m.", "p.\u00a0m.")]:
    with open("chat.txt", "w", encoding="utf-8") as file:
        file.write(f"2/3/26, 10:00 {morning} - Ada: hello\n")
        file.write(f"2/3/26, 1:05 {afternoon} - Grace: what is it?\n")
        file.write(f"2/3/26, 1:06 {afternoon} - Ada: the bill\n")
    print(list(WhatsAppChat.from_source("chat.txt").df["username"]), end=" ")
PY
)
echo "authors with AM, with a. m. and with a no-break space in it: $seen"
[ "$seen" = "['Ada', 'Grace', 'Ada'] ['Ada'] ['Ada'] " ] || { echo "this has changed"; exit 1; }
