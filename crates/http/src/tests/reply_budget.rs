//! Room for replies, which is taken before they are made and corrected when their size is known.

use actix_web::test::TestRequest;
use conversations_application::ports::RepositoryError;
use conversations_application::reply_budget::{BudgetExhausted, PageBudget};

use crate::testing::{ID, Reply, Storage, call};

/// Asks for messages for which storage reserves this many bytes.
async fn ask(content: usize) -> Reply {
    let mut storage = Storage::default();
    storage.messages.expect_list().returning(move |_, _, _, window| {
        let budget = PageBudget::current();
        // What was asked for before is not forgotten.
        budget.reserve(content).and_then(|()| budget.reserve(content))?;
        Ok(Some(window.slice(Vec::new(), 0)))
    });
    let path = format!("/api/v1/conversations/{ID}/messages");
    call(storage, TestRequest::get().uri(&path)).await
}

#[actix_web::test]
async fn what_fits_is_answered() {
    assert_eq!(ask(1 << 20).await.status, 200);
    // Half of what a key may hold, with a copy.
    assert_eq!(ask(16 << 20).await.status, 200);
}

#[actix_web::test]
async fn what_does_not_fit_is_to_be_asked_for_again() {
    let refused = ask((16 << 20) + 1).await;

    assert_eq!(refused.status, 503, "{}", refused.body);
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.body["error"]["code"], "SERVICE_UNAVAILABLE");
    let message = refused.body["error"]["message"].as_str().expect("a sentence");
    assert!(message.contains("is unread"), "{message}");
}

#[actix_web::test]
async fn a_budget_that_is_exhausted_is_no_defect() {
    let mut storage = Storage::default();
    storage
        .messages
        .expect_list()
        .returning(|_, _, _, _| Err(RepositoryError::BudgetExhausted(BudgetExhausted)));

    let path = format!("/api/v1/conversations/{ID}/messages");
    assert_eq!(call(storage, TestRequest::get().uri(&path)).await.status, 503);
}
