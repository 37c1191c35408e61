//! A server, an honest tenant, and what an attacker may do there.

use std::path::Path;
use std::process::Command;

use conversations_testkit::{Engine, Random, TestDatabase};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::attacks::honest_tenant::HonestTenant;
use crate::attacks::wire::{Caller, Endpoint, Request};
use crate::process::printed;
use crate::server::Server;

/// The workspace of the attacker.
pub(crate) const EVIL: &str = "evil";

/// The last part of the address that an attacker calls from.
const EVIL_ADDRESS: u8 = 66;

/// Everything that an attacker needs to bring in what is to be attacked with.
const ALL: [&str; 8] = [
    "read:conversations",
    "write:conversations",
    "read:customers",
    "write:customers",
    "read:users",
    "write:users",
    "read:inboxes",
    "write:inboxes",
];

/// A server with an honest tenant.
pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) server: Server,
    pub(crate) honest: HonestTenant,
    endpoint: Endpoint,
    _database: TestDatabase,
    _certificate: TempDir,
}

impl Stage {
    /// To be made where a thread may wait.
    pub(crate) fn new(engine: Engine, over_tls: bool, random: &mut Random) -> Self {
        // Where that is not allowed, the attacks with many sockets say so.
        let _most = rlimit::increase_nofile_limit(8_192);
        let runtime = Handle::current();
        let database = runtime.block_on(TestDatabase::new(engine));
        let mut server = runtime.block_on(Server::start(database.url(), random));
        let certificate = tempfile::tempdir().expect("a directory");
        let mut endpoint = Endpoint::plain(server.listens_on());
        if over_tls {
            let (arguments, config) = certify(certificate.path());
            server.restart_with(&arguments);
            endpoint = endpoint.over_tls(config);
        }
        let honest = HonestTenant::new(&endpoint, server.key(), server.inbox());
        Self { engine, server, honest, endpoint, _database: database, _certificate: certificate }
    }

    /// The server as seen from an address of attackers, of which each has another.
    pub(crate) fn endpoint(&self, attacker: usize) -> Endpoint {
        let number = u8::try_from(attacker % 64).unwrap_or_default();
        self.endpoint.called_from(EVIL_ADDRESS + number)
    }

    /// A key of the attacker.
    pub(crate) fn key(&self, permissions: &[&str]) -> String {
        self.server.make_key(EVIL, permissions)
    }

    /// A tenant that brings in what is to be attacked with, and its inbox.
    pub(crate) fn attacker(&self, workspace: &str) -> Attacker {
        let key = self.server.make_key(workspace, &ALL);
        let mut caller = self.endpoint(0).caller();
        let body = json!({ "name": "Complaints" });
        let inbox = id(&caller.data(&Request::post(&key, "/api/v1/inboxes", &body)));
        Attacker { key, inbox, caller }
    }

    /// Fills a workspace with made-up data.
    pub(crate) fn seed(&self, workspace: &str, more: &[(&str, usize)]) {
        let counts: Vec<_> = more.iter().map(|(what, count)| format!("--{what}={count}")).collect();
        let mut arguments = vec!["seed", "--workspace", workspace];
        arguments.extend(counts.iter().map(String::as_str));
        printed(&self.server.command(&arguments).output().expect("the binary runs"));
    }
}

/// Who brings in what an attack needs.
pub(crate) struct Attacker {
    pub(crate) key: String,
    pub(crate) inbox: String,
    caller: Caller,
}

impl Attacker {
    /// Makes something, and answers its id.
    pub(crate) fn make(&mut self, path: &str, body: &Value) -> String {
        id(&self.caller.data(&Request::post(&self.key, path, body)))
    }

    /// The id of the first thing in a list.
    pub(crate) fn first(&mut self, path: &str) -> String {
        id(&self.caller.data(&Request::get(&self.key, path))[0])
    }
}

fn id(of: &Value) -> String {
    of["_id"].as_str().expect("an id").to_owned()
}

/// A certificate of the server that vouches for itself, and a client that trusts it.
fn certify(directory: &Path) -> (Vec<String>, ClientConfig) {
    let made = Command::new("openssl")
        .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2".split(' '))
        .args("-keyout key.pem -out certificate.pem -subj /CN=localhost".split(' '))
        .args(["-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .current_dir(directory)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{made:?}");
    let certificate = directory.join("certificate.pem");
    let mut trusted = RootCertStore::empty();
    let read = CertificateDer::from_pem_file(&certificate).expect("a certificate");
    trusted.add(read).expect("a certificate that can be trusted");
    let client = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    let key = directory.join("key.pem");
    let arguments = [("--tls-cert", certificate), ("--tls-key", key)];
    let arguments = arguments.map(|(name, file)| format!("{name}={}", file.display()));
    (arguments.to_vec(), client)
}
