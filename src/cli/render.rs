//! `plimsoll render`: a kustomization → the objects that kustomize makes of it, as YAML.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{Failure, Outcome, say};
use crate::manifest::to_yaml_text;
use crate::render::{Files, Helm, HelmOptions, LoadRestrictor, Options, Order, kustomize};
use crate::repo::{FileTree, WalkOptions, WorkTree};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The folder of a kustomization
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// The order of the objects, where the kustomization does not say so itself
    #[arg(long, value_enum, default_value_t)]
    reorder: Order,
    /// Which files a kustomization may read
    #[arg(long, value_enum, default_value_t)]
    load_restrictor: LoadRestrictor,
}

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let tree =
        WorkTree::open(&std::env::current_dir()?, std::slice::from_ref(&arguments.folder), &WalkOptions::default())?;
    let folder = tree.starts().first().cloned().unwrap_or_default();
    let options = HelmOptions { search: std::env::var_os("PATH"), ..HelmOptions::default() };
    let helm = Helm::find(&options, tree.root());
    let files = Files::new(&tree).with_helm(&helm);
    let options = Options { load_restrictor: arguments.load_restrictor, order: arguments.reorder };
    match kustomize(&files, &folder, options) {
        Ok(rendering) => {
            for (index, object) in rendering.objects.iter().enumerate() {
                if index > 0 {
                    out.write_all(b"---\n")?;
                }
                out.write_all(to_yaml_text(object).as_bytes())?;
            }
            Ok(Outcome::Clean)
        }
        Err(fault) => {
            let finding = fault.into_finding(&files, &folder);
            let line = |place: &crate::finding::Place| {
                let position = place.range.map(|range| format!(":{}:{}", range.start.line, range.start.column));
                format!("{}{}", tree.display(&place.path), position.unwrap_or_default())
            };
            say(&format!("{}: {} [{}]", line(&finding.place), finding.message, finding.rule));
            for related in &finding.related {
                say(&format!("  {}: {}", line(&related.place), related.message));
            }
            if let Some(help) = &finding.help {
                say(&format!("  help: {help}"));
            }
            Ok(Outcome::Findings)
        }
    }
}
