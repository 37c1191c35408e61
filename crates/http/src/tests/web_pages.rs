//! The pages for people: how they are served, and that they load nothing from other servers.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::test::TestRequest;

use crate::openapi::StaticAsset;
use crate::routing::ResourceRoutes;
use crate::testing::{Reply, Storage, send};
use crate::web_pages::PageFile;
use crate::{console, docs, web_pages};

/// A page with its own files, and the module that starts it.
struct Page {
    path: &'static str,
    html: StaticAsset,
    files: &'static [PageFile],
    main: &'static str,
}

const PAGES: [Page; 2] = [
    Page { path: "/docs", html: docs::PAGE, files: docs::FILES, main: "docs/main.js" },
    Page { path: "/console", html: console::PAGE, files: console::FILES, main: "console/main.js" },
];

async fn get(path: &str) -> Reply {
    send(Storage::default(), TestRequest::get().uri(path)).await
}

/// The files of all pages.
fn files() -> impl Iterator<Item = &'static PageFile> {
    PAGES.into_iter().flat_map(|each| each.files).chain(web_pages::FILES)
}

/// The pages and their files.
fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    let pages = PAGES.into_iter().map(|each| (each.path, each.html.text));
    files().map(|(path, file)| (*path, file.text)).chain(pages)
}

#[actix_web::test]
async fn the_page_may_run_its_own_scripts_and_ask_its_own_server() {
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
    for Page { path, .. } in PAGES {
        let reply = get(path).await;

        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
        let policy: BTreeSet<_> = reply.header("content-security-policy").split("; ").collect();
        assert_eq!(policy, expected.into(), "{path}");
    }
}

#[actix_web::test]
async fn the_files_have_their_media_types_and_run_nothing() {
    for (path, _) in files() {
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
    for (path, location) in [("/", "docs"), ("/docs/", "../docs"), ("/console/", "../console")] {
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
    for path in ["/", "/docs", "/docs/main.js", "/console", "/console/main.js", "/shared/dom.js"] {
        for method in [Method::POST, Method::DELETE, Method::OPTIONS] {
            let request = TestRequest::with_uri(path).method(method);
            let reply = send(Storage::default(), request).await;

            reply.refused(405, "METHOD_NOT_ALLOWED");
            assert_eq!(reply.header("allow"), "GET, HEAD", "{path}");
        }
    }
    for path in ["/docs", "/docs/main.js", "/console", "/console/main.js"] {
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
    let routes = web_pages::routes().chain(docs::routes()).chain(console::routes());
    let pages: BTreeSet<_> = routes.flat_map(paths).collect();
    let operations: BTreeSet<_> = crate::operations().into_iter().map(|each| each.path).collect();

    assert!(pages.is_disjoint(&operations));
    let folders = ["/docs", "/console", "/shared/"];
    let is_page = |path: &String| path == "/" || folders.iter().any(|each| path.starts_with(each));
    assert!(pages.iter().all(is_page), "{pages:?}");
}

#[test]
fn every_file_is_served() {
    let folders = [
        ("docs", "/docs/", docs::FILES),
        ("console", "/console/", console::FILES),
        ("web_pages/shared", "/shared/", web_pages::FILES),
    ];
    for (folder, place, files) in folders {
        let stored: BTreeSet<_> =
            std::fs::read_dir(format!("{}/src/{folder}", env!("CARGO_MANIFEST_DIR")))
                .expect("the folder")
                .map(|entry| entry.expect("a file").file_name().into_string().expect("a name"))
                .filter(|name| name != "mod.rs" && name != "page.html")
                .map(|name| format!("{place}{name}"))
                .collect();

        let served: BTreeSet<_> = files.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(served, stored, "{folder}");
    }
}

#[test]
fn it_refers_to_what_is_there_from_where_it_is() {
    for Page { path, html, main, .. } in PAGES {
        let attributes = ["href=\"", "src=\""];
        let references = attributes.iter().flat_map(|name| html.text.split(name).skip(1));
        let references: Vec<_> = references.filter_map(|rest| rest.split('"').next()).collect();
        assert!(references.contains(&main), "{path}: {references:?}");

        for reference in references {
            let file = files().any(|(path, _)| path.strip_prefix('/') == Some(reference));
            let known = file || reference.starts_with('#') || reference == "openapi.json";
            assert!(known, "{path}: {reference}");
        }
    }
}

#[test]
fn every_module_imports_what_is_there() {
    for (path, file) in files() {
        for line in file.text.lines().filter(|line| line.starts_with("import ")) {
            let Some(name) = line.split('"').nth(1) else { continue };
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let imported = name
                .strip_prefix("./")
                .map(|name| format!("{folder}/{name}"))
                .or_else(|| name.strip_prefix("..").map(ToOwned::to_owned));

            let found = files().any(|(path, _)| Some(*path) == imported.as_deref());
            assert!(found, "{path}: {name}");
        }
    }
}

/// What an agent loads comes over slow lines too; what few need is loaded when it is used.
#[test]
fn the_console_weighs_little() {
    const LATER: [&str; 4] = ["admin", "compose.js", "customer.js", "erase.js"];
    let at_once =
        |path: &str| !LATER.iter().any(|each| path.starts_with(&format!("/console/{each}")));
    let files = web_pages::FILES.iter().chain(console::FILES);
    let loaded = files.filter(|(path, _)| at_once(path)).map(|(_, file)| file.text.len());
    let bytes = console::PAGE.text.len() + loaded.sum::<usize>();

    assert!(bytes <= 150_000, "{bytes} bytes");
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
fn it_makes_no_markup_and_no_script_of_text() {
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

#[test]
fn one_file_of_the_console_keeps_what_is_kept() {
    for (path, text) in all().filter(|(path, _)| *path != "/console/storage.js") {
        for word in ["localStorage", "sessionStorage"] {
            assert!(!text.contains(word), "{path}: {word}");
        }
    }
}
