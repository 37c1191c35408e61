//! What keys and cursors cost.

use conversations_application::Cursor;
use conversations_application::keys::KeySecret;
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

#[divan::bench]
fn read_a_key(bencher: Bencher) {
    let key = KeySecret::generate().map(|key| key.expose_secret().to_owned()).unwrap_or_default();
    bencher.bench(|| KeySecret::parse(black_box(&key)).is_some());
}

#[divan::bench]
fn hash_a_key(bencher: Bencher) {
    let key = KeySecret::generate().ok();
    bencher.bench(|| black_box(&key).as_ref().map(KeySecret::hash));
}

/// A cursor of the first version, of zeros.
fn cursor() -> String {
    format!("AQ{}", "A".repeat(Cursor::CHARACTERS - 2))
}

#[divan::bench]
fn read_a_cursor(bencher: Bencher) {
    let text = cursor();
    bencher.bench(|| black_box(&text).parse::<Cursor>().is_ok());
}

#[divan::bench]
fn show_a_cursor(bencher: Bencher) {
    let cursor = cursor().parse::<Cursor>().ok();
    bencher.bench(|| black_box(cursor).map(|cursor| cursor.to_string()));
}
