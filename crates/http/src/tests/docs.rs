//! The page for people: how it is served, and that it loads nothing from other servers.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::test::TestRequest;

use crate::docs::{FILES, PAGE, routes};
use crate::routing::ResourceRoutes;
use crate::testing::{Reply, Storage, send};

async fn get(path: &str) -> Reply {
    send(Storage::default(), TestRequest::get().uri(path)).await
}

/// The page and its files.
fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let files = FILES.iter().map(|(path, file)| (*path, file.text));
    files.chain([("/docs", PAGE.text)])
}

#[actix_web::test]
async fn the_page_may_run_its_own_scripts_and_ask_its_own_server() {
    let reply = get("/docs").await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert_eq!(reply.header("referrer-policy"), "no-referrer");
    let policy: BTreeSet<_> = reply.header("content-security-policy").split("; ").collect();
    let expected = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ];
    assert_eq!(policy, expected.into());
}

#[actix_web::test]
async fn the_files_have_their_media_types_and_run_nothing() {
    for (path, _) in FILES {
        let reply = get(path).await;

        assert_eq!(reply.status, 200, "{path}");
        let media_type = match path.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(reply.header("content-type"), media_type, "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("content-security-policy"), "default-src 'none'", "{path}");
    }
}

#[actix_web::test]
async fn is_revalidated_by_etag() {
    for (path, _) in all() {
        let reply = get(path).await;
        let tag = reply.header("etag").to_owned();
        assert_eq!(reply.header("cache-control"), "private, no-cache", "{path}");

        let request = TestRequest::get().uri(path).append_header(("if-none-match", tag));
        let again = send(Storage::default(), request).await;

        assert_eq!(again.status, 304, "{path}");
    }
}

#[actix_web::test]
async fn the_start_leads_to_it_wherever_it_is() {
    for (path, location) in [("/", "docs"), ("/docs/", "../docs")] {
        for method in [Method::GET, Method::HEAD] {
            let request = TestRequest::with_uri(path).method(method);
            let reply = send(Storage::default(), request).await;

            assert_eq!(reply.status, 303, "{path}");
            assert_eq!(reply.header("location"), location, "{path}");
        }
    }
}

#[actix_web::test]
async fn the_page_allows_get_and_head_only() {
    for path in ["/", "/docs", "/docs/main.js"] {
        for method in [Method::POST, Method::DELETE, Method::OPTIONS] {
            let request = TestRequest::with_uri(path).method(method);
            let reply = send(Storage::default(), request).await;

            reply.refused(405, "METHOD_NOT_ALLOWED");
            assert_eq!(reply.header("allow"), "GET, HEAD", "{path}");
        }
    }
    for path in ["/docs", "/docs/main.js"] {
        let head = send(Storage::default(), TestRequest::with_uri(path).method(Method::HEAD)).await;
        assert_eq!(head.status, 200, "{path}");
        assert_eq!(head.header("etag"), get(path).await.header("etag"), "{path}");
    }
}

#[test]
fn it_is_no_part_of_the_api() {
    let paths = |resource: ResourceRoutes| {
        resource.operations("").map(|(each, _)| each.path).collect::<Vec<_>>()
    };
    let pages: BTreeSet<_> = routes().flat_map(paths).collect();
    let operations: BTreeSet<_> = crate::operations().into_iter().map(|each| each.path).collect();

    assert!(pages.is_disjoint(&operations));
    assert!(pages.iter().all(|path| path == "/" || path.starts_with("/docs")), "{pages:?}");
}

#[test]
fn every_file_is_served() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/docs");
    let there: BTreeSet<_> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"))
        .filter(|name| name != "mod.rs" && name != "page.html")
        .map(|name| format!("/docs/{name}"))
        .collect();

    let served: BTreeSet<_> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(served, there);
}

#[test]
fn it_refers_to_what_is_there_from_where_it_is() {
    let attributes = ["href=\"", "src=\""];
    let references = attributes.iter().flat_map(|name| PAGE.text.split(name).skip(1));
    let references: Vec<_> = references.filter_map(|rest| rest.split('"').next()).collect();
    assert!(references.contains(&"docs/main.js"), "{references:?}");

    for reference in references {
        let file = FILES.iter().any(|(path, _)| path.strip_prefix('/') == Some(reference));
        assert!(file || reference.starts_with('#') || reference == "openapi.json", "{reference}");
    }
}

#[test]
fn it_refers_to_no_other_host() {
    for (path, text) in all() {
        // A name, not an address: browsers have it built in.
        let text = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!text.contains("://"), "{path}");
        for start in ["\"//", "'//", "`//", "(//", "=//"] {
            assert!(!text.contains(start), "{path}: {start}");
        }
    }
}

#[test]
fn it_makes_no_markup_and_no_script_of_text_and_keeps_nothing() {
    for (path, text) in all() {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "createContextualFragment",
            "DOMParser",
            "eval(",
            "new Function",
            "localStorage",
            "sessionStorage",
            "document.cookie",
            "indexedDB",
            "console.",
            "<style",
            " style=",
            "onclick=",
        ] {
            assert!(!text.contains(word), "{path}: {word}");
        }
    }
}
