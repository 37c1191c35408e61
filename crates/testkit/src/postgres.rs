//! Databases on the PostgreSQL server that `TEST_POSTGRES_URL` names.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use conversations_persistence::{Limits, open};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use tokio::sync::OnceCell;

use crate::cluster;
use crate::partitions::{partition_all, tell_plans};
use crate::plan_proxy::PlanProxy;
use crate::postgres_url::{address_of, database_on};

/// A database that is gone when this value is.
pub(crate) struct PostgresDatabase {
    name: String,
    url: String,
    /// What reads the plans of its statements.
    proxy: Option<PlanProxy>,
}

/// A lock on a table, until this value is dropped.
pub(crate) struct TableLock(AsyncPgConnection);

impl PostgresDatabase {
    /// A fresh one with its schema, copied from a template, which takes a tenth of the time that
    /// migrating takes.
    pub(crate) async fn with_schema() -> Self {
        static COPY: OnceCell<String> = OnceCell::const_new();
        let copy = COPY.get_or_init(async || copy_of(&template().await).await).await;
        let name = fresh_name("test");
        administer_all(&format!("CREATE DATABASE {name} {copy}")).await;
        Self::called(name)
    }

    /// The same with each table partitioned by workspace.
    pub(crate) async fn partitioned() -> Self {
        static COPY: OnceCell<String> = OnceCell::const_new();
        let copy = COPY.get_or_init(async || {
            let template = template().await;
            let mut connection =
                AsyncPgConnection::establish(&url_of(&template)).await.expect("a connection");
            connection.batch_execute(&partition_all()).await.expect("partitions");
            drop(connection);
            copy_of(&template).await
        });
        let copy = copy.await;
        let name = fresh_name("partitioned");
        administer(&format!("CREATE DATABASE {name} {copy}")).await;
        administer(&tell_plans(&name)).await;
        let mut database = Self::called(name);
        let proxy = PlanProxy::to(address_of(&database.url)).await;
        database.url = format!(
            "{}?sslmode=disable",
            database.url.replace(&address_of(&database.url), &proxy.address().to_string())
        );
        database.proxy = Some(proxy);
        database
    }

    /// One without its schema.
    pub(crate) async fn empty() -> Self {
        let name = fresh_name("empty");
        administer(&format!("CREATE DATABASE {name}")).await;
        Self::called(name)
    }

    fn called(name: String) -> Self {
        Self { url: url_of(&name), name, proxy: None }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) async fn execute(&self, statements: &str) {
        let done = self.connection().await.batch_execute(statements).await;
        done.expect("statements that succeed");
    }

    /// Locks a table, once no other connection uses it.
    pub(crate) async fn lock(&self, table: &str) -> TableLock {
        let mut connection = self.connection().await;
        let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        connection.batch_execute(&lock).await.expect("a table that can be locked");
        TableLock(connection)
    }

    /// How often a table was walked through, and an index of it was used.
    pub(crate) async fn uses_of(&self, table: &str, index: &str) -> (i64, i64) {
        #[derive(QueryableByName)]
        struct Uses {
            #[diesel(sql_type = BigInt)]
            walks: i64,
            #[diesel(sql_type = BigInt)]
            looks: i64,
        }

        let Uses { walks, looks } = diesel::sql_query(
            "SELECT seq_scan AS walks, idx.idx_scan AS looks FROM pg_stat_user_tables AS tab \
             JOIN pg_stat_user_indexes AS idx USING (relid) \
             WHERE tab.relname = $1 AND idx.indexrelname = $2",
        )
        .bind::<Text, _>(table)
        .bind::<Text, _>(index)
        .get_result(&mut self.connection().await)
        .await
        .expect("a table with an index");
        (walks, looks)
    }

    /// The names of the tables that have a row with this text, also in the hexadecimal form in which
    /// binary columns are shown.
    pub(crate) async fn tables_with(&self, text: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Table {
            #[diesel(sql_type = Text)]
            name: String,
        }

        #[derive(QueryableByName)]
        struct Count {
            #[diesel(sql_type = BigInt)]
            count: i64,
        }

        let mut connection = self.connection().await;
        let tables: Vec<Table> = diesel::sql_query(
            "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
        )
        .load(&mut connection)
        .await
        .expect("the names of the tables");

        let mut found = Vec::new();
        for Table { name } in tables {
            let Count { count } = diesel::sql_query(format!(
                "SELECT count(*) AS count FROM {name} AS row \
                 WHERE strpos(row::text, $1) > 0 \
                 OR strpos(row::text, encode(convert_to($1, 'UTF8'), 'hex')) > 0"
            ))
            .bind::<Text, _>(text)
            .get_result(&mut connection)
            .await
            .expect("a table that can be read");
            if count > 0 {
                found.push(name);
            }
        }
        found
    }

    async fn connection(&self) -> AsyncPgConnection {
        AsyncPgConnection::establish(&self.url).await.expect("a connection")
    }
}

impl Drop for PostgresDatabase {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let servers = servers();
        // The runtime of the test cannot be waited for here; a thread has its own. What fails goes
        // with the test's server.
        let _left_behind = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                for server in servers {
                    let mut connection = AsyncPgConnection::establish(&server).await?;
                    connection.batch_execute(&statement).await?;
                }
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
            })
        })
        .join();
    }
}

impl TableLock {
    /// Lets go of it.
    pub(crate) async fn release(mut self) {
        self.0.batch_execute("ROLLBACK").await.expect("the end of a transaction");
    }
}

/// Makes a template, and returns its name.
async fn template() -> String {
    let name = fresh_name("template");
    administer_all(&format!("CREATE DATABASE {name}")).await;
    let nodes: Vec<_> = servers().iter().map(|server| database_on(server, &name)).collect();
    if nodes.len() > 1 {
        cluster::join(&nodes).await;
    }
    let url = url_of(&name).parse().expect("a database URL");
    let store = open(&url, Limits::default()).expect("an open database");
    store.migrate().await.expect("the schema");
    if nodes.len() > 1 {
        store.distribute().await.expect("a distributed schema");
        store.close().await;
        cluster::release(&servers(), &name).await;
    }
    name
}

/// How `CREATE DATABASE` copies a template.
async fn copy_of(name: &str) -> String {
    #[derive(QueryableByName)]
    struct Copy {
        #[diesel(sql_type = Text)]
        strategy: String,
    }

    let mut connection =
        AsyncPgConnection::establish(&server_url()).await.expect("a connection to the server");
    // Files are copied in half the time, between two checkpoints, which cost nothing without fsync.
    let Copy { strategy } = diesel::sql_query(
        "SELECT CASE WHEN current_setting('fsync') = 'off' \
         AND current_setting('server_version_num')::integer >= 150000 \
         THEN ' STRATEGY FILE_COPY' ELSE '' END AS strategy",
    )
    .get_result(&mut connection)
    .await
    .expect("the settings of the server");
    format!("TEMPLATE {name}{strategy}")
}

/// Runs a statement on every node.
async fn administer_all(statement: &str) {
    for server in servers() {
        administer_at(&server, statement).await;
    }
}

async fn administer(statement: &str) {
    administer_at(&server_url(), statement).await;
}

/// Runs a statement on a server. A template cannot be copied while the connection that migrated
/// it is still saying goodbye, so a few failures are waited out.
async fn administer_at(server: &str, statement: &str) {
    let mut last_error = None;
    for _ in 0..50 {
        let mut connection = AsyncPgConnection::establish(server)
            .await
            .expect("the server that TEST_POSTGRES_URL names");
        match connection.batch_execute(statement).await {
            Ok(()) => return,
            Err(error) => last_error = Some(error),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{statement}: {last_error:?}");
}

fn server_url() -> String {
    #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
    let url = std::env::var("TEST_POSTGRES_URL");
    url.expect("TEST_POSTGRES_URL is not set: run `make test`, or `tests/with-postgres cargo test`")
}

/// The addresses of all nodes: the server, and the workers of a cluster that `TEST_CLUSTER_WORKERS` names,
/// with commas between.
fn servers() -> Vec<String> {
    #[expect(clippy::disallowed_methods, reason = "tests have no command line")]
    let workers = std::env::var("TEST_CLUSTER_WORKERS").unwrap_or_default();
    let workers = workers.split(',').filter(|url| !url.is_empty()).map(ToOwned::to_owned);
    std::iter::once(server_url()).chain(workers).collect()
}

/// The address of a database on the server.
fn url_of(name: &str) -> String {
    database_on(&server_url(), name)
}

/// A name that no other test of this or another process has.
fn fresh_name(purpose: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::SeqCst);
    let started = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_millis());
    format!("conversations_{purpose}_{}_{started}_{count}", std::process::id())
}
