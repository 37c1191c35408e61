//! Making users.

use actix_web::web::Data;
use conversations_application::OnceService;
use conversations_application::users::UserService;
use conversations_domain::{Email, Name, NewUser, Role, User};
use serde::Deserialize;
use validator::Validate;

use super::UserBody;
use crate::caller::{Caller, WriteUsers};
use crate::disclosure::{Disclosed, Disclosure};
use crate::error::ApiError;
use crate::once::{Answer, Post, answer};
use crate::reply::Created;
use crate::validation::{optional, parses, required};

/// What a user starts with.
#[derive(Debug, Default, Deserialize, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct CreateBody {
    #[validate(required, custom(function = "parses::<Name>"))]
    name: Option<String>,
    #[validate(required, custom(function = "parses::<Email>"))]
    email: Option<String>,
    #[validate(custom(function = "parses::<Role>"))]
    role: Option<String>,
}

pub(crate) async fn create(
    caller: Caller<WriteUsers>,
    service: Data<UserService>,
    once: Data<OnceService>,
    post: Post<CreateBody>,
) -> Result<Answer<Created<Disclosed<UserBody>>>, ApiError> {
    let Post { body, request } = post;
    let new = body.try_into()?;
    let reply = answer(&once, &caller, request, made, async |remember| {
        service.create(&caller, new, remember).await
    });
    Ok(reply.await?)
}

fn made(disclosure: Disclosure, user: &User) -> Created<Disclosed<UserBody>> {
    Created::new(disclosure, format!("/users/{}", user.id()), user.clone())
}

impl TryFrom<CreateBody> for NewUser {
    type Error = ApiError;

    fn try_from(body: CreateBody) -> Result<Self, ApiError> {
        let CreateBody { name, email, role } = body;
        Ok(Self {
            name: required("name", name.as_deref())?,
            email: required("email", email.as_deref())?,
            role: optional("role", role.as_deref())?,
        })
    }
}
