"""What pgbench runs beside the server: the statements that the server needs, as prepared statements with
parameters, on the same rows."""

CONVERSATION = (
    "c.workspace_id, c.id, c.subject, c.status, c.priority, c.channel, c.source, c.inbox_id, c.customer_id, "
    "c.assignee_id, c.message_count, c.last_message_number, c.last_message_at, c.closed_at, c.updated_at, "
    "c.version, c.revision, c.labels"
)
CUSTOMER = (
    "p.id, p.first_name, p.last_name, p.email, p.phone, p.company, p.job_title, p.tier, p.status, p.tags, "
    "p.custom_fields, p.updated_at, p.version"
)
USER = "u.id, u.name, u.email, u.role, u.updated_at, u.version"
PEOPLE = (
    "LEFT JOIN customers p ON p.workspace_id = c.workspace_id AND p.id = c.customer_id "
    "LEFT JOIN users u ON u.workspace_id = c.workspace_id AND u.id = c.assignee_id"
)

GET = (
    f"SELECT {CONVERSATION}, {CUSTOMER}, {USER} FROM conversations c {PEOPLE} "
    "WHERE c.workspace_id = :workspace AND c.id = :id;"
)

_PAGE = (
    f"FROM (SELECT * FROM (SELECT * FROM conversations WHERE workspace_id = :workspace AND status = :status "
    f"ORDER BY id DESC LIMIT 100) a LIMIT 50) c {PEOPLE} ORDER BY c.id DESC;"
)
_TOTAL = (
    "(SELECT coalesce(sum(n), 0) FROM conversation_counts WHERE workspace_id = :workspace "
    "AND inbox_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff' AND assignee_id = 'ffffffff-ffff-ffff-ffff-ffffffffffff' "
    "AND status = :status)"
)
LIST = f"SELECT {CONVERSATION}, {CUSTOMER}, {USER}, {_TOTAL} {_PAGE}"
LIST_WITHOUT_TOTAL = f"SELECT {CONVERSATION}, {CUSTOMER}, {USER} {_PAGE}"

# A UUIDv7 of now, which the server makes itself.
_NEW_ID = (
    "(lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7' || "
    "substr(md5(random()::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid"
)
_INSERT = (
    "INSERT INTO conversations (workspace_id, id, subject, status, priority, channel, source, inbox_id, customer_id, "
    "assignee_id, message_count, last_message_number, last_message_at, closed_at, updated_at, version, revision, labels) "
    f"SELECT :workspace::uuid, {_NEW_ID}, :subject, 'open', 1, 'email', 'api', :inbox::uuid, :customer::uuid, NULL, 0, 0, "
    "NULL, NULL, now(), 1, 1, '[]'"
)
CREATE = f"{_INSERT};"
CREATE_WITH_WORDS = (
    f"WITH new AS ({_INSERT} RETURNING workspace_id, id) INSERT INTO conversation_texts "
    "(workspace_id, conversation_id, text_id, part, words) SELECT workspace_id, id, "
    "'00000000-0000-0000-0000-000000000000', 0, :words::tsvector FROM new;"
)
_UPDATE = (
    "UPDATE conversations SET status = CASE status WHEN 'open' THEN 'pending' ELSE 'open' END, "
    "priority = :priority, assignee_id = :user, closed_at = NULL, updated_at = now(), version = version + 1, "
    "revision = revision + 1 WHERE workspace_id = :workspace AND id = (SELECT id FROM bench_ids WHERE n = :n)"
)
UPDATE = "\\set n random(1, :count)\n\\set priority random(0, 3)\n" + f"{_UPDATE};"
UPDATE_WITH_HISTORY = (
    "\\set n random(1, :count)\n\\set priority random(0, 3)\n"
    f"WITH new AS ({_UPDATE} RETURNING workspace_id, id, revision) INSERT INTO conversation_history "
    "(workspace_id, id, conversation_id, revision, field, from_value, to_value, key_id, actor_name) "
    f"SELECT workspace_id, {_NEW_ID}, id, revision, field, '\"a\"', '\"b\"', NULL, 'bench' "
    "FROM new, unnest(ARRAY['status', 'priority', 'assignedTo']) field;"
)
