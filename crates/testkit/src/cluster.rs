//! A database on every node of a cluster of PostgreSQL with Citus.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};

use crate::postgres_url::address_of;

/// Makes one cluster of databases without a schema, the first of which is the coordinator's.
pub(crate) async fn join(nodes: &[String]) {
    for node in nodes {
        execute(node, "CREATE EXTENSION citus").await;
    }
    let (coordinator, workers) = nodes.split_first().expect("a coordinator");
    let parts = |node: &String| {
        let address = address_of(node);
        let (host, port) = address.rsplit_once(':').expect("a port");
        format!("'{host}', {port}")
    };
    let own = parts(coordinator);
    execute(coordinator, &format!("SELECT citus_set_coordinator_host({own})")).await;
    for worker in workers {
        execute(coordinator, &format!("SELECT citus_add_node({})", parts(worker))).await;
    }
    let shards = format!("SELECT citus_set_node_property({own}, 'shouldhaveshards', false)");
    execute(coordinator, &shards).await;
}

/// Has everybody leave a database, on every node, so that it can be copied.
pub(crate) async fn release(servers: &[String], database: &str) {
    for server in servers {
        let statements = format!(
            "ALTER DATABASE {database} ALLOW_CONNECTIONS false; \
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        );
        execute(server, &statements).await;
    }
}

async fn execute(url: &str, statements: &str) {
    let mut connection = AsyncPgConnection::establish(url).await.expect("a node");
    connection.batch_execute(statements).await.expect("a cluster");
}
