//! What `/metrics` shows as the command line says it: where it is, and how many connections there may be.

use std::io::BufRead;
use std::net::TcpListener;
use std::process::Command;

use conversations_testkit::{Engine, TestDatabase};

use crate::process::{Program, command, run};

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// Starts a server that shows metrics, and returns their URL.
fn serve(command: Command) -> (Program, String) {
    let (program, log) = Program::with_log(command);
    let mut lines = log.lines().map_while(Result::ok);
    let told = lines.find(|line| line.contains("serving metrics")).expect("a line");
    let (_, rest) = told.split_once(r#""address":""#).expect("an address");
    let address = rest.split('"').next().expect("its end").to_owned();
    std::thread::spawn(move || lines.count());
    (program, format!("http://{address}/metrics"))
}

async fn text_at(url: &str) -> String {
    reqwest::get(url).await.expect("a reply").text().await.expect("a text")
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_shown_where_the_flag_or_the_variable_says() {
    for (engine, database_kind) in [(Engine::Sqlite, "sqlite"), (Engine::Postgres, "postgresql")] {
        let database = TestDatabase::new(engine).await;
        let flag = command(&database, &[&SERVE[..], &["--metrics-listen", "127.0.0.1:0"]].concat());
        let mut variable = command(&database, &SERVE);
        variable.env("CONVERSATIONS_METRICS_LISTEN", "127.0.0.1:0");

        for command in [flag, variable] {
            let (program, url) = serve(command);

            let alive = reqwest::get(format!("{}/health/ready", program.base_url())).await;
            assert_eq!(alive.expect("a reply").status(), 200);
            let metrics = text_at(&url).await;
            let kind = format!("database=\"{database_kind}\"");
            let count = r#"conversations_http_requests_total{route="/health/ready",method="GET",status="200"} 1"#;
            assert!(
                metrics.contains(&kind) && metrics.lines().any(|line| line == count),
                "{metrics}"
            );
            assert!(program.stop().1.success());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_has_the_connections_that_the_flag_or_the_variable_says() {
    const MAX: &str = "conversations_database_connections_max{pool=\"";

    // On PostgreSQL of all pools together, for the worker and for what goes on beside requests; on SQLite
    // of that for lists, with one for other workspaces.
    for (engine, setting, pool, expected) in [
        (Engine::Postgres, "database-connections", "", 2 * 16),
        (Engine::Sqlite, "database-readers", "list", 9),
    ] {
        let database = TestDatabase::new(engine).await;
        let value = if engine == Engine::Postgres { "16" } else { "8" };
        let shows = [&SERVE[..], &["--workers", "1", "--metrics-listen", "127.0.0.1:0"]].concat();
        let name = format!("--{setting}");
        let flag = command(&database, &[&shows[..], &[&name, value]].concat());
        let mut variable = command(&database, &shows);
        let name = setting.to_uppercase().replace('-', "_");
        variable.env(format!("CONVERSATIONS_{name}"), value);

        for command in [flag, variable] {
            let (_program, url) = serve(command);
            let metrics = text_at(&url).await;
            let pools = metrics.lines().filter_map(|line| line.strip_prefix(MAX));
            let of_pools = pools.filter(|line| line.starts_with(pool));
            let counts = of_pools.map(|line| line.rsplit(' ').next().expect("a count"));
            let sum: u32 = counts.map(|count| count.parse::<u32>().expect("a number")).sum();
            assert_eq!(sum, expected, "{engine:?}: {metrics}");
        }
    }
}

#[test]
fn an_address_that_cannot_be_had_is_said_before_anything_is_served() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address").to_string();
    let database = TestDatabase::sqlite();

    for address in [taken.as_str(), "nowhere"] {
        let output = run(&database, &[&SERVE[..], &["--metrics-listen", address]].concat());

        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("cannot serve metrics on {address}")), "{said}");
    }
}
