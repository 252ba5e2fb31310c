//! `plimsoll rules`: the catalogue as a table, as JSON, or as the page in `docs/`.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::{Failure, Outcome};
use crate::catalogue;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// How to print them
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// A line each
    Table,
    /// All that is known of each
    Json,
    /// docs/rules.md
    Markdown,
}

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let text = match arguments.format {
        Format::Table => catalogue::table(catalogue::rules()),
        Format::Json => catalogue::json(catalogue::rules()),
        Format::Markdown => catalogue::markdown(),
    };
    out.write_all(text.as_bytes())?;
    Ok(Outcome::Clean)
}
