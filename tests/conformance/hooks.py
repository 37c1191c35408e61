"""What schemathesis is told beyond its configuration: that it shall not lock itself out, and that data which
its schema allows is refused only for what no schema can say."""

import os
import re

import schemathesis
from schemathesis.core.failures import Failure

# The ids of the keys that requests are sent with, and that of a key for all else.
OWN = set(os.environ["CONFORMANCE_KEYS"].split(","))
SPARE = os.environ["CONFORMANCE_SPARE_KEY"]

# Seconds that a request for events may wait, as numbers or as what stands in a URL.
LONG_WAITS = {str(seconds) for seconds in range(2, 31)}

# What is wrong with a field only beside other fields, beside what is stored, or at this time. All else that
# can be wrong with a field its schema has to say.
REASONS = re.compile(
    "|".join(
        [
            "does not exist",
            "must be in the future",
            "must not be combined with (page|cursor)",
            "must be a cursor of this list with the same filter and order",
            "must be given in the body or in the query, not in both",
            "must not be relevance without q",
            "must not be combined with customerId",
            "must be combined with externalId",
            "must be left out or be that of the path",
            "is required, because there is none with this external id",
            "must have at least one of firstName, lastName, email, phone and company",
            "must have at least one field to change",  # of a profile that is there, but empty
            "must not contain duplicates",  # once white space is taken off
            "is required for an agent",
            "must not be given for the system",
            "must be the conversation's customer",
            "must not be true for a message of the customer",
            "must have at most (20 entries|50 fields)",  # with those that stay
            "must not be both added and removed",
            "must have a domain name after the `@`, such as example.com",  # what UTS 46 says
            "must be only the address, without `mailto:`",
            "must be an e-mail address, such as ada@example.com",  # once invisible characters are gone
            "must contain (a word|at most .* words)",
        ]
    )
)


def is_right(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    """Changes what is about to be sent."""
    # A spare key is changed or revoked in place of one that is used: schemathesis finds all keys.
    writes = case.operation.path == "/api/v1/keys/{id}" and case.method != "GET"
    if writes and case.path_parameters.get("id") in OWN:
        case.path_parameters["id"] = SPARE
    # A request for events that do not come: waiting for a second shows as much as for thirty, which is more
    # than `request-timeout`. So do wrong requests of which only what is not looked at is wrong, such as an empty
    # X-Request-Id; a `wait` that is wrong itself is sent as it is.
    if case.operation.path == "/api/v1/events" and str((case.query or {}).get("wait")) in LONG_WAITS:
        case.query["wait"] = 1
    # The coverage phase puts only letters and digits into headers, and takes for right what their pattern,
    # which asks for quotes, does not allow.
    for name in ("If-Match", "If-None-Match"):
        value = case.headers.get(name) if is_right(case) else None
        if value is not None and value != "*" and '"' not in value:
            case.headers[name] = "*"


@schemathesis.check
def right_data_is_refused_for_a_reason(context, response, case):
    """A 422 names what no schema can say."""
    if response.status_code != 422 or not is_right(case):
        return
    error = response.json()["error"]
    if error["code"] == "IDEMPOTENCY_KEY_REUSED":
        return
    problems = [problem for problems in error["details"].values() for problem in problems]
    unsaid = [problem for problem in problems if not REASONS.fullmatch(problem)]
    if unsaid or not problems:
        raise Failure(
            operation=case.operation.label,
            title="Refused for what its schema does not say",
            message=str(error["details"]),
        )


@schemathesis.check
def who_may_not_write_is_told_so_first(context, response, case):
    """Whatever else is wrong, a caller who may only read is refused for that."""
    needed = case.operation.definition.raw.get("x-permission", "")
    if case.auth_identity != "reader" or not needed.startswith("write:"):
        return
    # Without the key, without the route, or with a body that is too large.
    if response.status_code not in (401, 403, 404, 405, 413):
        raise Failure(
            operation=case.operation.label,
            title="Answered without the permission to write",
            message=f"{response.status_code} for {case.method} {case.formatted_path}",
        )
