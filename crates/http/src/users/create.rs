//! Creating users.

use actix_web::web::Data;
use conversations_application::IdempotencyService;
use conversations_application::users::UserService;
use conversations_domain::{Email, Name, NewUser, Role, User};
use serde_json::{Value, json};

use super::UserBody;
use crate::body::{Field, request_body};
use crate::caller::{Caller, WriteUsers};
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::external_id::{self, ExternalIdEntry};
use crate::idempotency::{IdempotentJson, IdempotentResponse, run_idempotent};
use crate::reply::Created;
use crate::schema::SentBody;

request_body! {
    /// A new user.
    #[body(name = "UserInput")]
    pub(crate) struct CreateBody {
        /// The user's id in another system.
        external_id: Field<Option<ExternalIdEntry>>,
        /// The name.
        name: Field<Name>,
        /// Unique among users; case is ignored.
        email: Field<Email>,
        /// The kind.
        role: Field<Option<Role>> = Role::default(),
    }
}

impl SentBody for CreateBody {
    fn example() -> Value {
        json!({ "name": "Grace Hopper", "email": "grace@example.com", "role": "agent" })
    }
}

pub(crate) async fn create(
    caller: Caller<WriteUsers>,
    service: Data<UserService>,
    once: Data<IdempotencyService>,
    post: IdempotentJson<CreateBody>,
) -> Result<IdempotentResponse<Created<Disclosed<UserBody>>>, ApiError> {
    let IdempotentJson { body, request } = post;
    let new = body.try_into()?;
    let reply = run_idempotent(&once, &caller, request, made, async |recorder| {
        service.create(&caller, new, recorder).await
    });
    Ok(reply.await?)
}

fn made(disclosure: Disclosure, user: &User) -> Created<Disclosed<UserBody>> {
    Created::new(disclosure, format!("/users/{}", user.id()), user.clone())
}

impl TryFrom<CreateBody> for NewUser {
    type Error = ApiError;

    fn try_from(body: CreateBody) -> Result<Self, ApiError> {
        let CreateBody { external_id, name, email, role } = body;
        Ok(Self {
            external_id: external_id::taken(external_id)?,
            name: name.take()?,
            email: email.take()?,
            role: role.take()?,
        })
    }
}
