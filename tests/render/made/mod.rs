//! Kustomizations made at random, the same ones for the same seed.
//!
//! In: a seed. Out: a repository with a kustomization at its root, within the language that Kustomize documents: most of
//! them render, some are refused. What is left out here, with its reason, is what nobody can rely on in Kustomize.

pub(crate) mod kustomizations;
mod objects;
mod patches;
pub(crate) mod random;
pub(crate) mod yaml;

use std::collections::BTreeMap;

use crate::support::kustomize_reference::Question;
use yaml::Yaml;

/// A repository whose files are still trees: what they hold can be taken away or changed one by one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Repository {
    /// The documents of each file.
    pub(crate) files: BTreeMap<String, Vec<Yaml>>,
    /// Files that are no YAML.
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) keeps_order: bool,
}

impl Repository {
    pub(crate) fn question(&self) -> Question {
        let written = self.files.iter().map(|(path, documents)| {
            let texts: Vec<_> = documents.iter().map(Yaml::document).collect();
            (path.clone(), texts.join("---\n").into_bytes())
        });
        let texts = self.texts.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes()));
        Question { files: written.chain(texts).collect(), keeps_order: self.keeps_order, ..Question::default() }
    }
}
