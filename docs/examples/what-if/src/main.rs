//! Serves what-if on the address that it is given, by default `127.0.0.1:8090`.

use actix_web::{App, HttpServer};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8090".to_owned());
    HttpServer::new(|| App::new().configure(conversations_what_if::configure))
        .workers(1)
        .bind(&address)?
        .run()
        .await
}
