//! The binary `conversations`.

use std::process::ExitCode;

fn main() -> ExitCode {
    conversations_server::main()
}
