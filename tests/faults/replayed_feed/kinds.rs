//! The operations of each kind of resource.

use serde_json::{Map, Value, json};

use super::operations::{Writer, forget, hold, pick};
use crate::client::Call;

impl Writer {
    pub(super) async fn create_conversation(&mut self) {
        let inbox = pick(&self.resources.inboxes, &mut self.random);
        let mut body = json!({
            "subject": self.text(),
            "inboxId": inbox.unwrap_or_else(|| self.inbox.clone()),
            "labels": self.some_of(&["refund", "lamp", "vip", "berlin"]),
            "priority": *self.random.pick(&["low", "medium", "high", "urgent"]),
            "channel": *self.random.pick(&["email", "chat"]),
        });
        match self.random.below(3) {
            0 => body["customer"] = self.customer(),
            1 => body["customerId"] = json!(pick(&self.resources.customers, &mut self.random)),
            _ => {}
        }
        if self.random.percent(60) {
            body["message"] = json!({ "body": self.text(), "author": { "type": "customer" } });
        }
        let made = self.create("create a conversation", "/api/v1/conversations", body).await;
        if let Some(answer) = made {
            let customer = &answer.body["data"]["customerId"]["_id"];
            if let Some(customer) = customer.as_str().map(str::to_owned) {
                let mut known = hold(&self.resources.customers);
                if !known.contains(&customer) {
                    known.push(customer);
                }
            }
            hold(&self.resources.conversations).push(answer.id());
            self.told("conversation.created", answer.id());
        }
    }

    pub(super) async fn update_conversation(&mut self) {
        let Some(id) = pick(&self.resources.conversations, &mut self.random) else { return };
        let mut body = Map::new();
        let mut set = |field: &str, value: Value| drop(body.insert(field.to_owned(), value));
        for _ in 0..=self.random.below(3) {
            match self.random.below(7) {
                0 => set("subject", json!(self.text())),
                1 => set("status", json!(*self.random.pick(&["open", "pending", "closed"]))),
                2 => set("priority", json!(*self.random.pick(&["low", "high", "urgent"]))),
                3 => {
                    let inbox = pick(&self.resources.inboxes, &mut self.random);
                    set("inboxId", json!(inbox.unwrap_or_else(|| self.inbox.clone())));
                }
                4 => {
                    let user = pick(&self.resources.users, &mut self.random);
                    set("assignedTo", json!(user.filter(|_| self.random.percent(70))));
                }
                5 => set("labels", json!(self.some_of(&["refund", "lamp", "vip", "paid"]))),
                _ => set("labels", json!({ "add": [format!("label {}", self.random.below(9))] })),
            }
        }
        if self.random.percent(5)
            && let Some(customer) = pick(&self.resources.customers, &mut self.random)
        {
            body.insert("customerId".to_owned(), json!(customer));
        }
        let path = format!("/api/v1/conversations/{id}");
        let _answer = self.change("update a conversation", path, body.into()).await;
    }

    pub(super) async fn claim(&mut self) {
        let conversation = pick(&self.resources.conversations, &mut self.random);
        let user = pick(&self.resources.users, &mut self.random);
        let (Some(id), Some(user)) = (conversation, user) else { return };
        let path = format!("/api/v1/conversations/{id}/claim");
        let call = Call::post(path, json!({ "assignedTo": user }));
        let _answer = self.perform("claim a conversation", call).await;
    }

    pub(super) async fn append(&mut self) {
        let Some(id) = pick(&self.resources.conversations, &mut self.random) else { return };
        let user = pick(&self.resources.users, &mut self.random);
        let (author, internal) = match (self.random.below(3), user) {
            (0, Some(user)) => (json!({ "type": "agent", "_id": user }), self.random.percent(40)),
            (1, _) => (json!({ "type": "system" }), self.random.percent(20)),
            _ => (json!({ "type": "customer" }), false),
        };
        let body = json!({ "body": self.text(), "author": author, "internal": internal });
        let path = format!("/api/v1/conversations/{id}/messages");
        match self.create("write a message", &path, body).await {
            Some(answer) => {
                hold(&self.resources.messages).push((id, answer.id()));
                self.told("message.received", answer.id());
            }
            // It may be the conversation that is gone, or the agent.
            None => self.forget_if_gone(&id).await,
        }
    }

    async fn forget_if_gone(&mut self, conversation: &String) {
        let path = format!("/api/v1/conversations/{conversation}");
        if self.client.settle(&Call::get(path)).await.answer.status == 404 {
            forget(&self.resources.conversations, conversation);
        }
    }

    pub(super) async fn delete_message(&mut self) {
        let Some(message) = pick(&self.resources.messages, &mut self.random) else { return };
        forget(&self.resources.messages, &message);
        let (conversation, id) = message;
        let path = format!("/api/v1/conversations/{conversation}/messages/{id}");
        if self.perform("delete a message", Call::delete(path)).await.is_some() {
            self.told("message.deleted", id);
        }
    }

    pub(super) async fn delete_conversation(&mut self) {
        let Some(id) = pick(&self.resources.conversations, &mut self.random) else { return };
        forget(&self.resources.conversations, &id);
        let call = Call::delete(format!("/api/v1/conversations/{id}"));
        if self.perform("delete a conversation", call).await.is_some() {
            self.told("conversation.deleted", id);
        }
    }

    /// The body of a customer, who may be known by their address.
    fn customer(&mut self) -> Value {
        let email = format!("customer-{}@example.org", self.random.below(200));
        let email = if self.random.percent(50) { json!(email) } else { Value::Null };
        json!({
            "profile": { "firstName": self.text(), "email": email },
            "tier": *self.random.pick(&["bronze", "gold"]),
            "tags": self.some_of(&["vip", "berlin", "new"]),
            "customFields": { "seats": self.random.below(5), "plan": "pro" },
        })
    }

    pub(super) async fn create_customer(&mut self) {
        let body = self.customer();
        if let Some(answer) = self.create("create a customer", "/api/v1/customers", body).await {
            hold(&self.resources.customers).push(answer.id());
            self.told("customer.created", answer.id());
        }
    }

    pub(super) async fn update_customer(&mut self) {
        let Some(id) = pick(&self.resources.customers, &mut self.random) else { return };
        let body = match self.random.below(4) {
            0 => json!({ "profile": { "company": self.text(), "phone": null } }),
            1 => json!({ "tags": { "add": [format!("tag {}", self.random.below(9))] } }),
            2 => json!({ "customFields": { "seats": self.random.below(5), "plan": null } }),
            _ => json!({ "status": *self.random.pick(&["active", "inactive", "archived"]) }),
        };
        let path = format!("/api/v1/customers/{id}");
        let _answer = self.change("update a customer", path, body).await;
    }

    pub(super) async fn delete_customer(&mut self) {
        let Some(id) = pick(&self.resources.customers, &mut self.random) else { return };
        let (name, erase) = if self.random.percent(50) {
            ("erase a customer", "?erase=true")
        } else {
            ("delete a customer", "")
        };
        let call = Call::delete(format!("/api/v1/customers/{id}{erase}"));
        if self.perform(name, call).await.is_some() {
            forget(&self.resources.customers, &id);
            self.told("customer.deleted", id);
        }
    }

    pub(super) async fn create_user(&mut self) {
        let email = format!("user-{}-{}@example.org", self.name, self.number);
        let body = json!({ "name": self.text(), "email": email });
        if let Some(answer) = self.create("create a user", "/api/v1/users", body).await {
            hold(&self.resources.users).push(answer.id());
            self.told("user.created", answer.id());
        }
    }

    pub(super) async fn update_user(&mut self) {
        let Some(id) = pick(&self.resources.users, &mut self.random) else { return };
        let role = *self.random.pick(&["owner", "admin", "agent"]);
        let name = if self.random.percent(50) { self.text() } else { "Grace".to_owned() };
        let path = format!("/api/v1/users/{id}");
        let _answer =
            self.change("update a user", path, json!({ "role": role, "name": name })).await;
    }

    pub(super) async fn delete_user(&mut self) {
        let Some(id) = pick(&self.resources.users, &mut self.random) else { return };
        forget(&self.resources.users, &id);
        let call = Call::delete(format!("/api/v1/users/{id}"));
        if self.perform("delete a user", call).await.is_some() {
            self.told("user.deleted", id);
        }
    }

    pub(super) async fn create_inbox(&mut self) {
        let body = json!({ "name": self.text(), "channel": *self.random.pick(&["chat", "phone"]) });
        if let Some(answer) = self.create("create an inbox", "/api/v1/inboxes", body).await {
            hold(&self.resources.inboxes).push(answer.id());
            self.told("inbox.created", answer.id());
        }
    }

    pub(super) async fn update_inbox(&mut self) {
        let Some(id) = pick(&self.resources.inboxes, &mut self.random) else { return };
        let channel = *self.random.pick(&["email", "chat", "phone"]);
        let path = format!("/api/v1/inboxes/{id}");
        let _answer = self.change("update an inbox", path, json!({ "channel": channel })).await;
    }

    /// The newest inbox is empty at times.
    pub(super) async fn delete_inbox(&mut self) {
        let Some(id) = hold(&self.resources.inboxes).last().cloned() else { return };
        let call = Call::delete(format!("/api/v1/inboxes/{id}"));
        if self.perform("delete an inbox", call).await.is_some() {
            forget(&self.resources.inboxes, &id);
            self.told("inbox.deleted", id);
        }
    }
}
