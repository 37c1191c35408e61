"""The life of a conversation, told by the client that openapi-python-client makes of docs/openapi.json.

CONVERSATIONS_URL and CONVERSATIONS_KEY say where and as whom. What is not as it should be ends it."""

import datetime
import os
import uuid
from http import HTTPStatus
from typing import TypeVar

from client import AuthenticatedClient
from client.api.conversations import (
    create_conversation,
    delete_conversation,
    get_conversation,
    list_conversations,
    update_conversation,
)
from client.api.customers import get_customer, list_customers, update_customer
from client.api.history import list_history
from client.api.inboxes import create_inbox
from client.api.keys import create_key
from client.api.messages import create_message, list_messages
from client.api.users import create_user
from client.models import (
    AuthorInput,
    AuthorKind,
    ConversationChanges,
    ConversationInput,
    ConversationOrder,
    CustomerChanges,
    CustomerInput,
    CustomerInputCustomFieldsType0,
    Deletion,
    ErrorReply,
    ErrorReplyErrorCode,
    Field,
    FirstMessage,
    InboxInput,
    KeyInput,
    MessageInput,
    Permission,
    Priority,
    ProfileInput,
    Status,
    UserInput,
)
from client.types import Response, Unset

T = TypeVar("T")


def of(reply: Response[T | ErrorReply], status: HTTPStatus = HTTPStatus.OK) -> T:
    """What a reply with this status holds."""
    assert reply.status_code == status, reply
    assert reply.parsed is not None and not isinstance(reply.parsed, ErrorReply), reply
    return reply.parsed


def refused(reply: Response[T | ErrorReply], code: ErrorReplyErrorCode) -> ErrorReply:
    assert isinstance(reply.parsed, ErrorReply) and reply.parsed.error.code == code, reply
    return reply.parsed


def done(step: str) -> None:
    print(f"step: {step}")


def tag_of(reply: Response[T]) -> str:
    return reply.headers["etag"]


def main() -> None:
    api = AuthenticatedClient(os.environ["CONVERSATIONS_URL"], os.environ["CONVERSATIONS_KEY"])
    run = uuid.uuid4().hex
    inbox = of(create_inbox.sync_detailed(client=api, body=InboxInput("Refunds")), HTTPStatus.CREATED).data
    user = of(
        create_user.sync_detailed(client=api, body=UserInput(email=f"{run}@example.com", name="Grace")),
        HTTPStatus.CREATED,
    ).data

    # Create, with customer and message; sent twice, it is done once.
    new = ConversationInput(
        inbox_id=inbox.field_id,
        subject="Refund for order 1042",
        labels=["refund", run],
        priority=Priority.HIGH,
        customer=CustomerInput(
            ProfileInput(first_name="Ada", email=f"ada-{run}@example.com"),
            custom_fields=CustomerInputCustomFieldsType0.from_dict(
                {"plan": "yearly", "seats": 3, "trial": False, "order": "42"}
            ),
        ),
        message=FirstMessage("The lamp arrived broken. 👍"),
    )
    first = create_conversation.sync_detailed(client=api, body=new, idempotency_key=run)
    opened = of(first, HTTPStatus.CREATED).data
    again = create_conversation.sync_detailed(client=api, body=new, idempotency_key=run)
    assert of(again, HTTPStatus.CREATED).data == opened
    assert again.headers["idempotent-replayed"] == "true" and first.headers["location"].endswith(str(opened.field_id))

    # Get, and again only if it changed. A key that may read is shown the same by the write.
    reply = get_conversation.sync_detailed(opened.field_id, client=api)
    made = of(reply).data
    assert opened.to_dict() == made.to_dict()
    assert made.status is Status.OPEN and made.priority is Priority.HIGH and made.message_count == 1
    assert made.customer_id is not None and made.customer_id.profile.first_name == "Ada"

    done("create")

    known = get_conversation.sync_detailed(made.field_id, client=api, if_none_match=tag_of(reply))
    assert known.status_code == HTTPStatus.NOT_MODIFIED

    # List, by every kind of filter at once.
    found = of(
        list_conversations.sync_detailed(
            client=api,
            status="open,pending",
            priority=",".join([Priority.HIGH, Priority.URGENT]),
            assigned_to="none",
            inbox_id=inbox.field_id,
            customer_id=made.customer_id.field_id,
            label=f"{run},refund",
            source="api",
            created_before=made.created_at + datetime.timedelta(milliseconds=1),
            q="broken lamp",
            sort=ConversationOrder.OLDEST,
            limit=1,
        )
    )
    assert found.pagination.total == 1 and found.data == [made]
    closed = of(list_conversations.sync_detailed(client=api, status=Status.CLOSED, inbox_id=inbox.field_id))
    assert closed.pagination.total == 0 and closed.data == []

    done("list")

    # Update what was seen, and not what was not.
    changes = ConversationChanges(status=Status.PENDING, assigned_to=user.field_id)
    changed = update_conversation.sync_detailed(made.field_id, client=api, body=changes, if_match=tag_of(reply))
    assigned = of(changed).data.assigned_to
    assert assigned and assigned.to_dict() == user.to_dict()
    late = update_conversation.sync_detailed(made.field_id, client=api, body=changes, if_match=tag_of(reply))
    refused(late, ErrorReplyErrorCode.PRECONDITION_FAILED)
    done("change what was seen")

    relabel = ConversationChanges(labels=[run, "paid"], assigned_to=None)
    labelled = of(update_conversation.sync_detailed(made.field_id, client=api, body=relabel)).data
    assert labelled.labels == [run, "paid"] and labelled.assigned_to is None
    done("unassign")

    # Write and read messages.
    agent = AuthorInput(AuthorKind.AGENT, field_id=user.field_id)
    for body in (MessageInput(agent, "On its way."), MessageInput(agent, "Third one.", internal=True)):
        of(create_message.sync_detailed(made.field_id, client=api, body=body), HTTPStatus.CREATED)
    messages = of(list_messages.sync_detailed(made.field_id, client=api, limit=2))
    assert [message.number for message in messages.data] == [1, 2] and messages.pagination.total == 3
    cursor = messages.pagination.next_cursor
    assert cursor is not None
    rest = of(list_messages.sync_detailed(made.field_id, client=api, cursor=cursor)).data
    assert [message.internal for message in rest] == [True] and rest[0].author.field_id == user.field_id

    done("messages")

    # The history has it all.
    history = of(list_history.sync_detailed(made.field_id, client=api)).data
    fields = [entry.field for entry in history]
    assert {Field.STATUS, Field.ASSIGNEE, Field.LABELS} <= set(fields), fields
    relabelled = [(entry.from_, entry.to) for entry in history if entry.field is Field.LABELS]
    assert relabelled == [(["refund", run], [run, "paid"])], relabelled
    done("history of labels")

    # What is read goes back as it is; null is none.
    customer = of(get_customer.sync_detailed(made.customer_id.field_id, client=api)).data
    fields_read = customer.custom_fields.to_dict()
    assert fields_read == {"plan": "yearly", "seats": 3, "trial": False, "order": "42"}, fields_read
    same = CustomerChanges.from_dict({"customFields": fields_read})
    kept = of(update_customer.sync_detailed(customer.field_id, client=api, body=same)).data
    assert kept.to_dict()["customFields"] == fields_read
    cleared = CustomerChanges(custom_fields=None)
    emptied = of(update_customer.sync_detailed(customer.field_id, client=api, body=cleared)).data
    assert emptied.to_dict()["customFields"] == {}
    done("custom fields")

    # Who may only write is told the id of what it wrote.
    order = KeyInput(name=run, permissions=[Permission.WRITE_CONVERSATIONS])
    writer = of(create_key.sync_detailed(client=api, body=order), HTTPStatus.CREATED).data
    assert not isinstance(writer.key, Unset)
    form = AuthenticatedClient(os.environ["CONVERSATIONS_URL"], writer.key)
    blind = of(update_conversation.sync_detailed(made.field_id, client=form, body=relabel)).data
    assert blind.to_dict() == {"_id": str(made.field_id)}

    # What is wrong is named.
    wrong = create_conversation.sync_detailed(client=api, body=ConversationInput(uuid.UUID(int=0), ""))
    details = refused(wrong, ErrorReplyErrorCode.VALIDATION_ERROR).error.details
    assert set(details.additional_keys) == {"subject"}, details
    none = CustomerChanges().tier
    assert isinstance(none, Unset)
    done("errors")

    # Delete.
    gone = delete_conversation.sync_detailed(made.field_id, client=api, body=Deletion("end of the story"))
    assert of(gone).success
    refused(get_conversation.sync_detailed(made.field_id, client=api), ErrorReplyErrorCode.NOT_FOUND)
    person = of(get_customer.sync_detailed(made.customer_id.field_id, client=api)).data
    listed = of(list_customers.sync_detailed(client=api, search=f"ADA-{run}", tier="bronze,gold"))
    assert listed.data == [person]
    done("delete")


if __name__ == "__main__":
    main()
