#!/usr/bin/env bash
# SQLite 3.54.1 (PyPI apsw 3.54.1.0) and PostgreSQL 18 (npm @electric-sql/pglite 0.5.17): of a row that breaks two
# unique indexes at once, SQLite names the youngest index and PostgreSQL the oldest.
#
# Expected: the same statements in the same order name the same index. Both databases stop at the first violation, and
# neither manual says which it is (SQLite: SQLITE_CONSTRAINT_UNIQUE; PostgreSQL: the error field "constraint name").
# Seen: with an index on email and then one on name, SQLite names u.name and PostgreSQL u_email. Made the other way
# round, the answers change places too.
# Why it matters: a service that turns the name into "this value is taken" blames another field on each database, and
# tests with one conflict each do not show it. Look for both values after a violation, or make the order irrelevant.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund @electric-sql/pglite@0.5.17 >/dev/null
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check apsw==3.54.1.0
cat >run.py <<'PY'
import sys
import apsw

db = apsw.Connection(":memory:")
db.execute(sys.argv[1])
try:
    db.execute(sys.argv[2])
except apsw.ConstraintError as error:
    print(str(error).rsplit(" ", 1)[1])
PY
cat >run.mjs <<'JS'
import { PGlite } from "@electric-sql/pglite";

const db = new PGlite();
await db.exec(process.argv[2]);
await db.query(process.argv[3]).catch((error) => console.log(error.constraint));
await db.close();
JS
seen=""
for order in "email name" "name email"; do
    schema="create table u (id integer primary key, email text, name text);"
    for column in $order; do
        schema+=" create unique index u_$column on u ($column);"
    done
    schema+=" insert into u values (1, 'ada@example.org', 'Ada');"
    row="insert into u values (2, 'ada@example.org', 'Ada')"
    seen+="$order: $(venv/bin/python run.py "$schema" "$row") $(node run.mjs "$schema" "$row"); "
done
echo "indexes in order of their making, what SQLite and PostgreSQL name: $seen"
[ "$seen" = "email name: u.name u_email; name email: u.email u_name; " ] || { echo "this has changed"; exit 1; }
