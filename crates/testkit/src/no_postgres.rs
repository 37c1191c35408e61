//! What stands for databases of PostgreSQL where the testkit is built without them: nothing that
//! could be made.

/// There is none.
pub(crate) enum PostgresDatabase {}

/// There is none.
pub(crate) enum TableLock {}

#[expect(clippy::unused_async, reason = "the same signatures as with PostgreSQL")]
impl PostgresDatabase {
    pub(crate) async fn with_schema() -> Self {
        missing()
    }

    pub(crate) async fn partitioned() -> Self {
        missing()
    }

    pub(crate) async fn empty() -> Self {
        missing()
    }

    pub(crate) fn url(&self) -> &str {
        match *self {}
    }

    pub(crate) async fn execute(&self, _: &str) {
        match *self {}
    }

    pub(crate) async fn lock(&self, _: &str) -> TableLock {
        match *self {}
    }

    pub(crate) async fn uses_of(&self, _: &str, _: &str) -> (i64, i64) {
        match *self {}
    }

    pub(crate) async fn tables_with(&self, _: &str) -> Vec<String> {
        match *self {}
    }
}

impl TableLock {
    #[expect(clippy::unused_async, reason = "the same signature as with PostgreSQL")]
    pub(crate) async fn release(self) {
        match self {}
    }
}

fn missing() -> ! {
    panic!("the testkit was built without PostgreSQL: depend on it with its feature `postgres`")
}
