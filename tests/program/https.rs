//! HTTPS: the server shows a certificate, and another one when it is told to read it again.

use std::io::BufRead;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use conversations_testkit::{Engine, TestDatabase};

use crate::process::{Program, bare, command};

/// Makes a certificate for `localhost` that vouches for itself.
fn certify(directory: &Path, name: &str) {
    let made = Command::new("openssl")
        .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(' '))
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
        .current_dir(directory)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{made:?}");
}

/// What curl says of the server, if this certificate is the one that it trusts.
fn ask(directory: &Path, trusted: &str, port: &str) -> Output {
    Command::new("curl")
        .args(["-sS", "--max-time", "10", "--cacert", trusted])
        .arg(format!("https://localhost:{port}/health/ready"))
        .current_dir(directory)
        .output()
        .expect("curl runs")
}

#[tokio::test]
async fn the_certificate_is_read_again_when_the_server_is_told_so() {
    for engine in Engine::ALL {
        let directory = tempfile::tempdir().expect("a directory");
        for name in ["one", "other"] {
            certify(directory.path(), name);
        }
        let file = |name: &str| directory.path().join(name);
        let put = |name: &str| {
            for kind in ["pem", "key"] {
                std::fs::copy(file(&format!("{name}.{kind}")), file(&format!("now.{kind}")))
                    .expect("a copy");
            }
        };
        put("one");
        let database = TestDatabase::new(engine).await;
        let mut serve = command(&database, &["serve", "--listen", "127.0.0.1:0"]);
        serve.env("CONVERSATIONS_TLS_CERT", file("now.pem"));
        serve.env("CONVERSATIONS_TLS_KEY", file("now.key"));
        let (program, log) = Program::with_log(serve);
        let mut lines = log.lines().map_while(Result::ok);
        let port = program.address().rsplit(':').next().expect("a port").to_owned();
        let trusts = |name: &str| ask(directory.path(), &format!("{name}.pem"), &port);
        let hang_up = || {
            let id = program.id().to_string();
            assert!(Command::new("kill").args(["-HUP", &id]).status().expect("kill").success());
        };

        let answered = trusts("one");
        assert!(answered.status.success(), "{answered:?}");
        assert_eq!(answered.stdout, br#"{"status":"ok"}"#);
        assert!(!trusts("other").status.success());
        // Clients without TLS are told nothing.
        let plain = Command::new("curl")
            .args(["-sS", "--max-time", "10", &format!("http://127.0.0.1:{port}/health/ready")])
            .output();
        assert!(!plain.expect("curl runs").status.success());

        // What cannot be read leaves all as it was.
        std::fs::write(file("now.pem"), "nothing").expect("a file");
        hang_up();
        let kept = lines.find(|line| line.contains("certificate")).expect("a line of the log");
        assert!(kept.contains("ERROR") && kept.contains("now.pem"), "{kept}");
        assert!(trusts("one").status.success());

        put("other");
        hang_up();
        let began = Instant::now();
        while !trusts("other").status.success() {
            assert!(began.elapsed() < Duration::from_secs(10), "the certificate is the old one");
        }
        assert!(!trusts("one").status.success());

        let mut healthcheck = bare(&["healthcheck", "--listen", program.address()]);
        healthcheck.env("CONVERSATIONS_TLS_CERT", file("now.pem"));
        let healthy = healthcheck.output().expect("the binary runs");
        assert!(healthy.status.success(), "{healthy:?}");

        let (_, status) = program.stop();
        assert!(status.success(), "{status}");
    }
}

#[test]
fn a_certificate_that_cannot_be_shown_is_refused_by_its_name() {
    let directory = tempfile::tempdir().expect("a directory");
    for name in ["one", "other"] {
        certify(directory.path(), name);
    }
    std::fs::write(directory.path().join("empty.pem"), "").expect("a file");
    for (arguments, part) in [
        (vec!["--tls-cert", "one.pem"], "--tls-key"),
        (vec!["--tls-key", "one.key"], "--tls-cert"),
        (vec!["--tls-cert", "absent.pem", "--tls-key", "one.key"], "--tls-cert absent.pem"),
        (vec!["--tls-cert", "empty.pem", "--tls-key", "one.key"], "contains no certificate"),
        (vec!["--tls-cert", "one.pem", "--tls-key", "one.pem"], "--tls-key one.pem"),
        (vec!["--tls-cert", "one.pem", "--tls-key", "other.key"], "does not belong to --tls-cert"),
    ] {
        let serve = [&["serve", "--listen", "127.0.0.1:0"][..], &arguments].concat();
        let output = bare(&serve).current_dir(&directory).output().expect("the binary runs");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(part) && said.lines().count() == 1, "{arguments:?}: {said}");
        assert!(!directory.path().join("data").exists(), "something was made: {said}");
    }
}
