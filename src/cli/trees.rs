//! `plimsoll trees`: what the repository has applied, and whether it may be.
//!
//! In: the arguments of a check. Out: a line for each tree: its folder, what renders it, how many objects it makes, the
//! verdict, and what has it applied.

use std::io::Write;

use super::check::{self, Arguments, Examined};
use super::{Failure, Outcome};
use crate::repo::TreeKind;
use crate::report::{Format, TreeVerdict, Verdict, printable};

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let Ok(Examined { report, .. }) = check::examine(arguments)? else { return check::run(arguments, out) };
    match arguments.format {
        Format::Human => write_table(&report.trees, out)?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &report.trees)?;
            writeln!(out)?;
        }
        _ => return Err("trees are printed as `human` or `json`".into()),
    }
    let fails = report.trees.iter().any(|tree| tree.verdict == Verdict::Fail);
    Ok(match report.trees.is_empty() {
        true => Outcome::Nothing,
        false if fails => Outcome::Findings,
        false => Outcome::Clean,
    })
}

fn write_table(trees: &[TreeVerdict], out: &mut dyn Write) -> Result<(), Failure> {
    let shown =
        |tree: &TreeVerdict| if tree.path.is_empty() { ".".to_owned() } else { printable(&tree.path).into_owned() };
    let width = trees.iter().map(|tree| shown(tree).chars().count()).max().unwrap_or_default().max("TREE".len());
    writeln!(out, "{:width$}  {:13}  {:>7}  {:9}  APPLIED BY", "TREE", "KIND", "OBJECTS", "VERDICT")?;
    for tree in trees {
        let kind = match tree.kind {
            TreeKind::Kustomization => "kustomization",
            TreeKind::Plain => "plain",
            TreeKind::Chart => "chart",
        };
        let verdict = match tree.verdict {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Unchecked => "unchecked",
        };
        let by = if tree.applied_by.is_empty() { "-".to_owned() } else { tree.applied_by.join(", ") };
        let line = format!("{:width$}  {kind:13}  {:>7}  {verdict:9}  {}", shown(tree), tree.objects, printable(&by));
        writeln!(out, "{line}")?;
    }
    Ok(())
}
