//! `plimsoll explain`: a rule's manual.

use std::io::Write;

use clap::Args;

use super::{Failure, Outcome};
use crate::catalogue;
use crate::suggest::nearest;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The rule's id, such as schema/unknown-field
    rule: String,
}

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let Some(rule) = catalogue::rule(&arguments.rule) else {
        let meant = nearest(&arguments.rule, catalogue::rules().map(|rule| rule.id));
        let hint = meant.map_or_else(|| "`plimsoll rules` lists them".to_owned(), |id| format!("did you mean `{id}`?"));
        return Err(format!("no rule `{}`; {hint}", arguments.rule).into());
    };
    out.write_all(catalogue::explain(rule).as_bytes())?;
    Ok(Outcome::Clean)
}
