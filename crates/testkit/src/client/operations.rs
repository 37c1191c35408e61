//! A method per operation. What takes a `query` takes what follows the question mark.

use serde_json::Value;

use super::{ApiClient, Reply};

impl ApiClient {
    /// Opens a conversation.
    pub async fn create_conversation(&self, body: &Value) -> Reply {
        self.post("/api/v1/conversations", body).await
    }

    /// Lists conversations.
    pub async fn list_conversations(&self, query: &str) -> Reply {
        self.get(&format!("/api/v1/conversations?{query}")).await
    }

    /// Reads a conversation.
    pub async fn get_conversation(&self, id: &str) -> Reply {
        self.get(&format!("/api/v1/conversations/{id}")).await
    }

    /// Changes a conversation.
    pub async fn update_conversation(&self, id: &str, body: &Value) -> Reply {
        self.patch(&format!("/api/v1/conversations/{id}"), body).await
    }

    /// Claims a conversation for a user.
    pub async fn claim_conversation(&self, id: &str, body: &Value) -> Reply {
        self.post(&format!("/api/v1/conversations/{id}/claim"), body).await
    }

    /// Deletes a conversation.
    pub async fn delete_conversation(&self, id: &str) -> Reply {
        self.delete(&format!("/api/v1/conversations/{id}")).await
    }

    /// Writes a message to a conversation.
    pub async fn create_message(&self, conversation: &str, body: &Value) -> Reply {
        self.post(&format!("/api/v1/conversations/{conversation}/messages"), body).await
    }

    /// Lists the messages of a conversation.
    pub async fn list_messages(&self, conversation: &str, query: &str) -> Reply {
        self.get(&format!("/api/v1/conversations/{conversation}/messages?{query}")).await
    }

    /// Reads a message.
    pub async fn get_message(&self, conversation: &str, id: &str) -> Reply {
        self.get(&format!("/api/v1/conversations/{conversation}/messages/{id}")).await
    }

    /// Deletes a message.
    pub async fn delete_message(&self, conversation: &str, id: &str) -> Reply {
        self.delete(&format!("/api/v1/conversations/{conversation}/messages/{id}")).await
    }

    /// Lists what happened to a conversation.
    pub async fn list_history(&self, conversation: &str, query: &str) -> Reply {
        self.get(&format!("/api/v1/conversations/{conversation}/history?{query}")).await
    }

    /// Makes a customer.
    pub async fn create_customer(&self, body: &Value) -> Reply {
        self.post("/api/v1/customers", body).await
    }

    /// Lists customers.
    pub async fn list_customers(&self, query: &str) -> Reply {
        self.get(&format!("/api/v1/customers?{query}")).await
    }

    /// Reads a customer.
    pub async fn get_customer(&self, id: &str) -> Reply {
        self.get(&format!("/api/v1/customers/{id}")).await
    }

    /// Changes a customer.
    pub async fn update_customer(&self, id: &str, body: &Value) -> Reply {
        self.patch(&format!("/api/v1/customers/{id}"), body).await
    }

    /// Deletes a customer.
    pub async fn delete_customer(&self, id: &str) -> Reply {
        self.delete(&format!("/api/v1/customers/{id}")).await
    }

    /// Makes a user.
    pub async fn create_user(&self, body: &Value) -> Reply {
        self.post("/api/v1/users", body).await
    }

    /// Lists users.
    pub async fn list_users(&self, query: &str) -> Reply {
        self.get(&format!("/api/v1/users?{query}")).await
    }

    /// Reads a user.
    pub async fn get_user(&self, id: &str) -> Reply {
        self.get(&format!("/api/v1/users/{id}")).await
    }

    /// Changes a user.
    pub async fn update_user(&self, id: &str, body: &Value) -> Reply {
        self.patch(&format!("/api/v1/users/{id}"), body).await
    }

    /// Deletes a user.
    pub async fn delete_user(&self, id: &str) -> Reply {
        self.delete(&format!("/api/v1/users/{id}")).await
    }

    /// Makes an inbox.
    pub async fn create_inbox(&self, body: &Value) -> Reply {
        self.post("/api/v1/inboxes", body).await
    }

    /// Lists inboxes.
    pub async fn list_inboxes(&self, query: &str) -> Reply {
        self.get(&format!("/api/v1/inboxes?{query}")).await
    }

    /// Reads an inbox.
    pub async fn get_inbox(&self, id: &str) -> Reply {
        self.get(&format!("/api/v1/inboxes/{id}")).await
    }

    /// Changes an inbox.
    pub async fn update_inbox(&self, id: &str, body: &Value) -> Reply {
        self.patch(&format!("/api/v1/inboxes/{id}"), body).await
    }

    /// Deletes an inbox.
    pub async fn delete_inbox(&self, id: &str) -> Reply {
        self.delete(&format!("/api/v1/inboxes/{id}")).await
    }

    /// Reads the key of this client.
    pub async fn me(&self) -> Reply {
        self.get("/api/v1/me").await
    }

    /// Makes a key.
    pub async fn create_key(&self, body: &Value) -> Reply {
        self.post("/api/v1/keys", body).await
    }

    /// Lists keys.
    pub async fn list_keys(&self, query: &str) -> Reply {
        self.get(&format!("/api/v1/keys?{query}")).await
    }

    /// Reads a key.
    pub async fn get_key(&self, id: &str) -> Reply {
        self.get(&format!("/api/v1/keys/{id}")).await
    }

    /// Changes a key.
    pub async fn update_key(&self, id: &str, body: &Value) -> Reply {
        self.patch(&format!("/api/v1/keys/{id}"), body).await
    }

    /// Revokes a key.
    pub async fn revoke_key(&self, id: &str) -> Reply {
        self.delete(&format!("/api/v1/keys/{id}")).await
    }

    /// Lists what remains of deletions and of changes to keys.
    pub async fn list_audit(&self, query: &str) -> Reply {
        self.get(&format!("/api/v1/audit?{query}")).await
    }

    /// Reads the feed of changes.
    pub async fn list_events(&self, query: &str) -> Reply {
        self.get(&format!("/api/v1/events?{query}")).await
    }

    /// Makes a webhook.
    pub async fn create_webhook(&self, body: &Value) -> Reply {
        self.post("/api/v1/webhooks", body).await
    }

    /// Lists webhooks.
    pub async fn list_webhooks(&self, query: &str) -> Reply {
        self.get(&format!("/api/v1/webhooks?{query}")).await
    }

    /// Reads a webhook.
    pub async fn get_webhook(&self, id: &str) -> Reply {
        self.get(&format!("/api/v1/webhooks/{id}")).await
    }

    /// Changes a webhook.
    pub async fn update_webhook(&self, id: &str, body: &Value) -> Reply {
        self.patch(&format!("/api/v1/webhooks/{id}"), body).await
    }

    /// Deletes a webhook.
    pub async fn delete_webhook(&self, id: &str) -> Reply {
        self.delete(&format!("/api/v1/webhooks/{id}")).await
    }

    /// Gives a webhook a new secret.
    pub async fn rotate_webhook_secret(&self, id: &str, body: &Value) -> Reply {
        self.post(&format!("/api/v1/webhooks/{id}/secret"), body).await
    }

    /// Sends a test to the receiver of a webhook.
    pub async fn test_webhook(&self, id: &str) -> Reply {
        self.post(&format!("/api/v1/webhooks/{id}/test"), &serde_json::json!({})).await
    }

    /// Moves a webhook to another position in the feed.
    pub async fn replay_webhook(&self, id: &str, body: &Value) -> Reply {
        self.post(&format!("/api/v1/webhooks/{id}/replay"), body).await
    }

    /// Lists the deliveries of a webhook.
    pub async fn list_deliveries(&self, webhook: &str, query: &str) -> Reply {
        self.get(&format!("/api/v1/webhooks/{webhook}/deliveries?{query}")).await
    }

    /// Sends the event of a delivery again.
    pub async fn redeliver(&self, webhook: &str, id: &str) -> Reply {
        let path = format!("/api/v1/webhooks/{webhook}/deliveries/{id}/redeliver");
        self.post(&path, &serde_json::json!({})).await
    }
}
