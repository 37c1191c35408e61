//! How routes are declared: a path with its methods, from which the router, the header `Allow` and
//! the table of operations are made alike.

use actix_web::guard::{self, Guard};
use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::{FromRequest, Handler, Resource, Responder, Route, web};

use crate::access::Access;
use crate::caller::{Caller, Requires};
use crate::disclosure::WriteReply;
use crate::error::ApiError;
use crate::schema::{DescribeOperation, OperationDescription};

/// What the API can do: a method of a path, and who may use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The method. Where there is GET there is HEAD.
    pub method: Method,
    /// The path with its ids in braces, such as `/api/v1/conversations/{id}`.
    pub path: String,
    /// Who may use it.
    pub access: Access,
}

/// A path and what can be done there.
pub(crate) struct ResourceRoutes {
    pattern: &'static str,
    endpoints: Vec<Endpoint>,
}

/// A method of a path.
pub(crate) struct Endpoint {
    method: Method,
    access: Access,
    route: Route,
    describe: OperationDescriber,
}

/// Says what an operation takes and answers: what the types in its handler's signature say.
pub(crate) type OperationDescriber = fn(&mut OperationDescription);

/// The arguments of a handler that begin with a [`Caller`].
///
/// Only such a handler becomes an endpoint, so that a route that forgets to say who may use it does
/// not compile; what everybody may use says so with [`get_public`].
pub(crate) trait RequiresCaller {
    const ACCESS: Access;
}

macro_rules! requires_caller {
    ($(($($argument:ident),*)),* $(,)?) => {
        $(
            impl<P: Requires, $($argument),*> RequiresCaller for (Caller<P>, $($argument),*) {
                const ACCESS: Access = P::ACCESS;
            }
        )*
    };
}

requires_caller! { (A), (A, B), (A, B, C), (A, B, C, D), (A, B, C, D, E) }

/// A path and what can be done there.
pub(crate) fn at<const N: usize>(
    pattern: &'static str,
    endpoints: [Endpoint; N],
) -> ResourceRoutes {
    ResourceRoutes { pattern, endpoints: endpoints.into() }
}

macro_rules! methods {
    ($($name:ident = $method:ident replies $reply:ident),* $(,)?) => {
        $(
            #[doc = concat!(stringify!($method), " for callers with the permission in the handler's signature.")]
            pub(crate) fn $name<F, Args>(handler: F) -> Endpoint
            where
                F: Handler<Args, Output: Responder + DescribeOperation + $reply + 'static>,
                Args: FromRequest + RequiresCaller + DescribeOperation + 'static,
            {
                endpoint(Method::$method, Args::ACCESS, handler)
            }
        )*
    };
}

methods! {
    get = GET replies DescribeOperation,
    post = POST replies WriteReply,
    put = PUT replies WriteReply,
    patch = PATCH replies WriteReply,
    delete = DELETE replies WriteReply,
}

/// GET for everybody.
pub(crate) fn get_public<F, Args>(handler: F) -> Endpoint
where
    F: Handler<Args, Output: Responder + DescribeOperation + 'static>,
    Args: FromRequest + DescribeOperation + 'static,
{
    endpoint(Method::GET, Access::Open, handler)
}

/// GET for everybody, of something for people: no operation of the API.
pub(crate) fn get_page<F, Args>(handler: F) -> Endpoint
where
    F: Handler<Args, Output: Responder + 'static>,
    Args: FromRequest + 'static,
{
    let route = web::route().guard(method_guard(Method::GET)).to(handler);
    Endpoint { method: Method::GET, access: Access::Open, route, describe: |_| () }
}

fn endpoint<F, Args>(method: Method, access: Access, handler: F) -> Endpoint
where
    F: Handler<Args, Output: Responder + DescribeOperation + 'static>,
    Args: FromRequest + DescribeOperation + 'static,
{
    let route = web::route().guard(method_guard(method.clone())).to(handler);
    let describe = |operation: &mut OperationDescription| {
        Args::describe(operation);
        F::Output::describe(operation);
    };
    Endpoint { method, access, route, describe }
}

/// Whether a request has the method; a HEAD is a GET whose body the server leaves out.
fn method_guard(method: Method) -> impl Guard {
    let head = method == Method::GET;
    guard::fn_guard(move |context| {
        let asked = &context.head().method;
        *asked == method || (head && *asked == Method::HEAD)
    })
}

impl ResourceRoutes {
    /// The resource, which refuses every other method.
    pub(crate) fn into_resource(self) -> Resource {
        let allow = self.allow();
        let refuse = move || {
            let allow = allow.clone();
            async move { Err::<&str, _>(ApiError::MethodNotAllowed { allow }) }
        };
        let resource = web::resource(self.pattern).default_service(web::to(refuse));
        self.endpoints.into_iter().fold(resource, |resource, each| resource.route(each.route))
    }

    /// What can be done here, for a place below a path.
    pub(crate) fn operations(
        &self,
        base: &str,
    ) -> impl Iterator<Item = (Operation, OperationDescriber)> {
        self.endpoints.iter().map(move |endpoint| {
            let Endpoint { method, access, route: _, describe } = endpoint;
            let path = format!("{base}{}", self.pattern);
            (Operation { method: method.clone(), path, access: *access }, *describe)
        })
    }

    /// The methods that can be used here, as the header `Allow` lists them.
    fn allow(&self) -> HeaderValue {
        let methods = self.endpoints.iter().map(|each| match each.method {
            Method::GET => "GET, HEAD",
            ref other => other.as_str(),
        });
        let list = methods.collect::<Vec<_>>().join(", ");
        HeaderValue::try_from(list).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}
