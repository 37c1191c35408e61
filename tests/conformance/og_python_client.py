"""The life of a conversation, told by the client that openapi-generator makes of docs/openapi.json for Python.

CONVERSATIONS_URL and CONVERSATIONS_KEY say where and as whom. What is not as it should be ends it; each
step that went well is printed."""

import os
import uuid

from og_client import (
    ApiClient,
    AuthorInput,
    AuthorKind,
    Configuration,
    ConversationChanges,
    ConversationInput,
    ConversationsApi,
    CustomerChanges,
    CustomerInput,
    CustomersApi,
    Deletion,
    FirstMessage,
    HistoryApi,
    InboxesApi,
    InboxInput,
    MessageInput,
    MessagesApi,
    Priority,
    ProfileInput,
    Status,
    UserInput,
    UsersApi,
)
from og_client.exceptions import ApiException


def done(step: str) -> None:
    print(f"step: {step}")


def refused(call: object, *arguments: object, **named: object) -> ApiException:
    """The error of a call that has to be refused."""
    try:
        call(*arguments, **named)  # type: ignore[operator]
    except ApiException as error:
        return error
    raise AssertionError("it was not refused")


def main() -> None:
    configuration = Configuration(host=os.environ["CONVERSATIONS_URL"], access_token=os.environ["CONVERSATIONS_KEY"])
    api = ApiClient(configuration)
    conversations, customers, run = ConversationsApi(api), CustomersApi(api), uuid.uuid4().hex
    inbox = InboxesApi(api).create_inbox(InboxInput(name="Refunds")).data
    user = UsersApi(api).create_user(UserInput(name="Grace", email=f"{run}@example.com")).data

    new = ConversationInput(
        inboxId=inbox.id,
        subject="Refund for order 1042",
        labels=["refund", run],
        priority=Priority.High,
        customer=CustomerInput.from_dict({
            "profile": {"firstName": "Ada", "email": f"ada-{run}@example.com"},
            "customFields": {"plan": "yearly", "seats": 3, "trial": False, "order": "42"},
        }),
        message=FirstMessage(body="The lamp arrived broken. 👍"),
    )
    made = conversations.create_conversation(new, idempotency_key=run).data
    again = conversations.create_conversation_with_http_info(new, idempotency_key=run)
    assert again.data.data.id == made.id and again.headers["idempotent-replayed"] == "true"
    assert made.status is Status.Open and made.customer_id.profile.first_name == "Ada"
    done("create")

    found = conversations.list_conversations(status="open,pending", label=f"refund,{run}", assigned_to="none", limit=1)
    assert found.pagination.total == 1 and [each.to_dict() for each in found.data] == [made.to_dict()]
    done("list")

    seen = conversations.get_conversation_with_http_info(made.id)
    tag = seen.headers["etag"]
    changes = ConversationChanges(status=Status.Pending, assignedTo=user.id)
    changed = conversations.update_conversation(made.id, changes, if_match=tag).data
    assert changed.assigned_to.id == user.id
    late = refused(conversations.update_conversation, made.id, changes, if_match=tag)
    assert late.status == 412 and late.data.error.code == "PRECONDITION_FAILED"
    done("change what was seen")

    unassigned = conversations.update_conversation(made.id, ConversationChanges(assignedTo=None)).data
    assert unassigned.assigned_to is None and unassigned.status is Status.Pending
    done("unassign")

    labelled = conversations.update_conversation(made.id, ConversationChanges.from_dict({"labels": [run, "paid"]})).data
    assert labelled.labels == [run, "paid"]
    history = HistoryApi(api).list_history(made.id).data
    changed = [entry.to_dict() for entry in history if entry.var_field == "labels"]
    assert [(entry["from"], entry["to"]) for entry in changed] == [(["refund", run], [run, "paid"])], changed
    assert {"status", "assignedTo", "labels"} <= {entry.var_field.value for entry in history}
    done("history of labels")

    customer = customers.get_customer(made.customer_id.id).data
    fields = customer.to_dict()["customFields"]
    assert fields == {"plan": "yearly", "seats": 3, "trial": False, "order": "42"}, fields
    same = customers.update_customer(customer.id, CustomerChanges.from_dict({"customFields": fields})).data
    assert same.to_dict()["customFields"] == fields
    none = customers.update_customer(customer.id, CustomerChanges(customFields=None)).data
    assert none.custom_fields == {}
    done("custom fields")

    agent = AuthorInput(type=AuthorKind.Agent, id=user.id)
    MessagesApi(api).create_message(made.id, MessageInput(author=agent, body="On its way."))
    messages = MessagesApi(api).list_messages(made.id, limit=1)
    rest = MessagesApi(api).list_messages(made.id, cursor=messages.pagination.next_cursor)
    assert [message.number for message in messages.data + rest.data] == [1, 2]
    done("messages")

    wrong = refused(conversations.create_conversation, ConversationInput(inboxId=uuid.UUID(int=0), subject="a"))
    assert wrong.status == 422 and set(wrong.data.error.details) == {"inboxId"}, wrong.data
    done("errors")

    assert conversations.delete_conversation(made.id, deletion=Deletion(reason="end of the story")).success
    assert refused(conversations.get_conversation, made.id).status == 404
    done("delete")


if __name__ == "__main__":
    main()
