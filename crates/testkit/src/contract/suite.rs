//! What makes tests of the cases.

/// Makes a module with a test for every case of the [contract](crate::contract), each on a database
/// of its own.
///
/// The expression opens an empty database; it is evaluated once per test, in an async context, in
/// the module that is made (so paths in it start at a crate), and its value is kept until the test
/// ends. Its asynchronous method `repositories` gives the
/// [`Repositories`](conversations_persistence::Repositories).
///
/// ```no_run
/// # fn main() {}
/// conversations_testkit::contract_suite!(sqlite, conversations_testkit::TestDatabase::sqlite());
/// ```
#[macro_export]
macro_rules! contract_suite {
    ($database:ident, $open:expr) => {
        mod $database {
            $crate::contract_cases! { @tests($open) }
        }
    };
    (@tests($open:expr) $($group:ident { $($case:ident)+ })+) => {
        $(mod $group {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                let database = $open;
                $crate::contract::$group::$case(&database.repositories().await).await;
            })+
        })+
    };
    (@sources $($group:ident { $($case:ident)+ })+) => {
        [$((
            stringify!($group),
            include_str!(concat!(stringify!($group), ".rs")),
            &[$(stringify!($case)),+][..],
        )),+]
    };
}
