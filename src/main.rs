//! The `plimsoll` program: arguments → run → exit code.

use std::process::ExitCode;

/// Trees of small nodes are made and dropped all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    plimsoll::cli::run()
}
