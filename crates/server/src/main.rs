//! The binary `conversations`.

use std::process::ExitCode;

// Lists are many small texts, and the allocator of glibc takes a quarter of their instructions.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    conversations_server::main()
}
