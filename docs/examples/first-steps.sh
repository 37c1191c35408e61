#!/usr/bin/env bash
# The whole life of a conversation, told in requests.
#
#   CONVERSATIONS_KEY=sk_live_… docs/examples/first-steps.sh
#
# Needs bash, curl and a running server: CONVERSATIONS_URL says where, http://127.0.0.1:8080 unless
# set. It makes a user and a customer, which stay, and a conversation, which it deletes. The first
# answer that is not the expected one ends it with exit code 1.
set -euo pipefail

: "${CONVERSATIONS_KEY:?set it to the key that the server printed at its first start}"
api="${CONVERSATIONS_URL:-http://127.0.0.1:8080}"
api="${api%/}/api/v1"
run="$(date +%s)-$$" # makes the e-mail addresses of this run unique

step() { printf '\n# %s\n' "$*"; }
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# request METHOD PATH STATUS [BODY]: sends a request, shows it, and keeps the answer in $answer.
request() {
  local method=$1 path=$2 expected=$3 body=${4:-} response status
  local options=(--silent --show-error --request "$method" --write-out '\n%{http_code}'
    --header "Authorization: Bearer $CONVERSATIONS_KEY")
  if [ -n "$body" ]; then options+=(--header "Content-Type: application/json" --data "$body"); fi

  printf '%s\n' "$method /api/v1$path${body:+ $body}"
  response=$(curl "${options[@]}" "$api$path") || fail "no answer from $api"
  status=${response##*$'\n'}
  answer=${response%$'\n'*}
  [ "$status" = "$expected" ] || fail "expected $expected, but the server answered $status: $answer"
}

# first FIELD: prints the value that the field has where it stands first in the answer.
first() {
  local pattern="\"$1\":\"?([^\",}]*)"
  [[ $answer =~ $pattern ]] || fail "the answer has no field $1: $answer"
  printf '%s' "${BASH_REMATCH[1]}"
}

# expect TEXT: the answer must contain it.
expect() {
  [[ $answer == *"$1"* ]] || fail "expected $1 in the answer: $answer"
  printf '  → %s\n' "$1"
}

step "Find an inbox: the server made one at its first start"
request GET "/inboxes?limit=1" 200
inbox=$(first _id)
printf '  → inbox %s\n' "$inbox"

step "Make a user: an agent who will answer"
request POST /users 201 '{"name": "Grace Hopper", "email": "grace-'"$run"'@example.com"}'
user=$(first _id)
printf '  → user %s\n' "$user"

step "Open a conversation, with a new customer and what they wrote"
request POST /conversations 201 '{
  "subject": "Refund for order 1042",
  "inboxId": "'"$inbox"'",
  "channel": "email",
  "customer": {"profile": {"firstName": "Ada", "lastName": "Lovelace", "email": "ada-'"$run"'@example.com"}},
  "message": {"body": "The lamp arrived broken. Can I have my money back?"}
}'
conversation=$(first _id)
expect '"status":"open"'
expect '"messageCount":1'

step "List the open ones, newest first, with an exact total"
request GET "/conversations?status=open&limit=1" 200
expect '"status":"open"'
total=$(first total)
printf '  → %s open in total\n' "$total"

step "Read it, with its customer"
request GET "/conversations/$conversation" 200
expect '"subject":"Refund for order 1042"'
expect '"firstName":"Ada"'

step "Assign it to the agent (PUT does the same: both change only the fields that are sent)"
request PATCH "/conversations/$conversation" 200 '{"assignedTo": "'"$user"'"}'
expect '"name":"Grace Hopper"'

step "Answer the customer"
request POST "/conversations/$conversation/messages" 201 \
  '{"author": {"type": "agent", "_id": "'"$user"'"}, "body": "I am sorry to hear that. The refund is on its way."}'
expect '"number":2'

step "Leave an internal note, which the customer never sees"
request POST "/conversations/$conversation/messages" 201 \
  '{"author": {"type": "agent", "_id": "'"$user"'"}, "internal": true, "body": "Third broken lamp this week."}'
expect '"internal":true'

step "List the messages, oldest first"
request GET "/conversations/$conversation/messages" 200
expect '"total":3'

step "Close it"
request PATCH "/conversations/$conversation" 200 '{"status": "closed"}'
expect '"status":"closed"'

step "The customer writes again, and that opens it again"
request POST "/conversations/$conversation/messages" 201 \
  '{"author": {"type": "customer"}, "body": "The money has not arrived."}'
request GET "/conversations/$conversation" 200
expect '"status":"open"'
expect '"closedAt":null'

step "Make it urgent"
request PATCH "/conversations/$conversation" 200 '{"priority": "urgent"}'
expect '"priority":"urgent"'

step "Unassign it: null clears a field"
request PATCH "/conversations/$conversation" 200 '{"assignedTo": null}'
expect '"assignedTo":null'

step "Delete it for good; the reason stays in the audit, the content nowhere"
request DELETE "/conversations/$conversation" 200 '{"reason": "end of the first steps"}'

step "Now it is as if it had never been"
request GET "/conversations/$conversation" 404
expect '"code":"NOT_FOUND"'

printf '\nDone.\n'
