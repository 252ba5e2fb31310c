//! Objects → findings: the schemas' word, then the API server's own.

mod account;
mod against;
pub mod builtin;
pub mod crd;
mod duplicates;
mod duration;
mod opaque;
mod pass;
pub mod quantity;
mod rendered;
mod run;
pub mod schema;
mod shared;
mod sink;
mod size;
mod sops;
#[cfg(test)]
pub(crate) mod written;

pub use run::{Only, Request, definitions_in, run};
pub use sink::Sink;
