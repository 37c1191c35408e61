//! `--metrics-listen`: where metrics are shown, as the command line says it.

use std::io::BufRead;
use std::net::TcpListener;

use conversations_testkit::{Engine, TestDatabase};

use crate::process::{Program, command, run};

const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_shown_where_the_flag_or_the_variable_says() {
    for (engine, database_kind) in [(Engine::Sqlite, "sqlite"), (Engine::Postgres, "postgresql")] {
        let database = TestDatabase::new(engine).await;
        let flag = command(&database, &[&SERVE[..], &["--metrics-listen", "127.0.0.1:0"]].concat());
        let mut variable = command(&database, &SERVE);
        variable.env("CONVERSATIONS_METRICS_LISTEN", "127.0.0.1:0");

        for serve in [flag, variable] {
            let (program, log) = Program::with_log(serve);
            let mut lines = log.lines().map_while(Result::ok);
            let told = lines.find(|line| line.contains("serving metrics")).expect("a line");
            let (_, rest) = told.split_once(r#""address":""#).expect("an address");
            let address = rest.split('"').next().expect("its end").to_owned();
            std::thread::spawn(move || lines.count());

            let alive = reqwest::get(format!("{}/health/ready", program.base_url())).await;
            assert_eq!(alive.expect("a reply").status(), 200);
            let metrics = reqwest::get(format!("http://{address}/metrics")).await.expect("a reply");
            let metrics = metrics.text().await.expect("a text");
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
