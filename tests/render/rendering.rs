//! Rendering in memory, as Plimsoll does it.
//!
//! In: the question that the reference is asked, or a folder of files on disk. Out: what `plimsoll render` prints, or the
//! finding. It never judges either.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use plimsoll::finding::Finding;
use plimsoll::manifest::{Node, to_yaml_text};
use plimsoll::render::{Files, LoadRestrictor, Options, Order, kustomize};
use plimsoll::repo::MemoryTree;

use crate::support::kustomize_reference::Question;

/// What Plimsoll prints.
pub(crate) fn render(question: &Question) -> Result<String, Box<Finding>> {
    render_with(question, |objects, _| objects.iter().map(to_yaml_text).collect::<Vec<_>>().join("---\n"))
}

/// What is made of the objects, with the files that they come from.
pub(crate) fn render_with<Made>(
    question: &Question,
    make: impl Fn(&[Node<'static>], &Files<'_>) -> Made,
) -> Result<Made, Box<Finding>> {
    let tree: MemoryTree = question.files.iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect();
    let files = Files::new(&tree);
    let options = Options {
        load_restrictor: if question.is_unrestricted { LoadRestrictor::None } else { LoadRestrictor::RootOnly },
        order: if question.keeps_order { Order::None } else { Order::Legacy },
    };
    match kustomize(&files, &question.folder, options) {
        Ok(rendering) => Ok(make(&rendering.objects, &files)),
        Err(fault) => Err(Box::new(fault.into_finding(&files, &question.folder))),
    }
}

/// All files of a folder, by their paths from it.
pub(crate) fn files_of(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

/// The question that a comment at the head of a kustomization may put in another way: `# rendered with: <options>`, the
/// options being those of `plimsoll render`.
pub(crate) fn question(files: &BTreeMap<String, Vec<u8>>, folder: &str) -> Question {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let text = files.get(&format!("{prefix}kustomization.yaml")).cloned().unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let options = text.lines().next().and_then(|line| line.strip_prefix("# rendered with: ")).unwrap_or_default();
    let mut question = Question { files: files.clone(), folder: folder.to_owned(), ..Question::default() };
    for option in options.split("--").map(str::trim).filter(|option| !option.is_empty()) {
        match option {
            "reorder none" => question.keeps_order = true,
            "load-restrictor none" => question.is_unrestricted = true,
            other => panic!("{prefix}kustomization.yaml: the option `--{other}` is not known here"),
        }
    }
    question
}
