#!/usr/bin/env bash
# A person asks to be erased: how to find them, erase them, and see what remains.
#
#   CONVERSATIONS_KEY=sk_live_… docs/examples/right-to-erasure.sh
#
# Needs bash, curl and a running server: CONVERSATIONS_URL says where, http://127.0.0.1:8080 unless
# set. The key has to have all permissions that it hands on, as the one of the first start has. The
# script makes a customer, two conversations and a key, and removes them; what stays is the audit.
# The first answer that is not the expected one ends it with exit code 1. What is then left in the
# files of the database, and for how long, stands in docs/erasure.md.
set -euo pipefail

: "${CONVERSATIONS_KEY:?set it to the key that the server printed at its first start}"
key=$CONVERSATIONS_KEY
api="${CONVERSATIONS_URL:-http://127.0.0.1:8080}"
api="${api%/}/api/v1"
run="$(date +%s)-$$" # makes the e-mail address, the label and the reason of this run unique

step() { printf '\n# %s\n' "$*"; }
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# request METHOD PATH STATUS [BODY]: sends a request, shows it, and keeps the answer in $answer.
request() {
  local method=$1 path=$2 expected=$3 body=${4:-} response status
  local options=(--silent --show-error --request "$method" --write-out '\n%{http_code}'
    --header "Authorization: Bearer $key")
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

step "A customer, with two conversations"
request GET "/inboxes?limit=1" 200
inbox=$(first _id)
request POST /customers 201 '{"profile": {"firstName": "Ada", "lastName": "Lovelace", "email": "ada-'"$run"'@example.com"}}'
customer=$(first _id)
request POST /conversations 201 '{
  "subject": "Refund for order 1042",
  "inboxId": "'"$inbox"'",
  "customerId": "'"$customer"'",
  "labels": ["refund-'"$run"'", "lamp"],
  "message": {"body": "The lamp arrived broken."}
}'
conversation=$(first _id)
request POST /conversations 201 '{"subject": "My address", "inboxId": "'"$inbox"'", "customerId": "'"$customer"'", "labels": ["lamp"]}'

step "Labels find conversations: all that are given have to be there"
request GET "/conversations?label=lamp,refund-$run" 200
expect '"total":1'

step "Change the labels: the list is replaced whole"
request PATCH "/conversations/$conversation" 200 '{"labels": ["refund-'"$run"'", "paid"], "status": "closed"}'

step "The history says what changed, who changed it, and when"
request GET "/conversations/$conversation/history" 200
expect '"field":"status","from":"open","to":"closed"'
expect '"field":"labels","from":["refund-'"$run"'","lamp"],"to":["refund-'"$run"'","paid"]'

step "Make a key for the one who handles such requests, which can do nothing else"
request POST /keys 201 '{
  "name": "privacy",
  "permissions": ["read:customers", "write:customers", "write:conversations", "read:audit"]
}'
privacy_id=$(first _id)
key=$(first key)

step "It cannot read conversations"
request GET /conversations 403
expect '"required":"read:conversations"'

step "Find the person"
request GET "/customers?search=ada-$run@EXAMPLE.com" 200
expect '"total":1'
[ "$(first _id)" = "$customer" ] || fail "this is somebody else: $answer"

step "Conversations keep a customer from being deleted"
request DELETE "/customers/$customer" 409
expect '"conversations":2'

step "Erase the person, with the conversations: all in one transaction, or nothing"
request DELETE "/customers/$customer?erase=true" 200 '{"reason": "request '"$run"'"}'

step "The audit has an entry for the person and one for each conversation, without their content"
request GET "/audit?limit=100" 200
expect '"action":"customer.erased","targetId":"'"$customer"'","reason":"request '"$run"'"'
expect '"action":"conversation.deleted","targetId":"'"$conversation"'","reason":"request '"$run"'","messageCount":1'

step "Now it is as if they had never been"
key=$CONVERSATIONS_KEY
request GET "/customers/$customer" 404
request GET "/conversations/$conversation" 404
request GET "/conversations?customerId=$customer" 200
expect '"total":0'

step "Revoke the key: from now on it opens nothing"
request DELETE "/keys/$privacy_id" 200 '{"reason": "end of the example"}'

printf '\nDone.\n'
