//! SQLite, compiled with the options that this project needs, wherever it is built.
//!
//! `libsqlite3-sys` compiles SQLite with options of its own. It takes more of them from one environment
//! variable only, which no crate can set for another. So this crate compiles the same source again, with
//! all options, and is linked before that copy. The build script has the options and their reasons.
//!
//! A program that links this crate has one SQLite in it: this one. What it declares is in
//! `libsqlite3-sys`.

use libsqlite3_sys as _;
