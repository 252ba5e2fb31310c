//! A kustomization file.
//!
//! In: the folder that it stands in. Out: its fields, every one of a known name and type, with the old spellings in the
//! place of the new ones. It reads no other file.

use super::shape::KUSTOMIZATION_FILE;
use crate::catalogue::render::{KUSTOMIZATION, MISSING};
use crate::manifest::{Node, Span, Value};
use crate::render::Files;
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// The names that kustomize looks for.
pub(super) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

const API_VERSION: &str = "kustomize.config.k8s.io/v1beta1";
const COMPONENT_API_VERSION: &str = "kustomize.config.k8s.io/v1alpha1";

/// A kustomization or a Component.
#[derive(Debug, Clone)]
pub(in crate::render) struct Kustomization {
    /// Its name in its folder.
    pub(super) file_name: &'static str,
    /// Whether it is a Component.
    pub(super) is_component: bool,
    node: Owned,
}

impl Kustomization {
    /// Reads the kustomization of a folder. `asked` is where the folder is named.
    pub(super) fn read(files: &Files<'_>, folder: &str, asked: Option<Span>) -> Fallible<Self> {
        let here = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let mut found = NAMES.iter().copied().filter(|name| files.contains(&here(name)));
        let Some(file_name) = found.next() else {
            let shown = if folder.is_empty() { "." } else { folder };
            let message = format!("there is no kustomization in `{shown}`");
            let help = format!("add a `{}` there, or name another folder", NAMES[0]);
            let fault = Fault::nowhere(&MISSING, message).with_help(help);
            return Err(match asked {
                Some(span) => fault.at(span),
                None => fault,
            });
        };
        let path = here(file_name);
        let file = files.load(&path).map_err(Fault::read)?;
        if let Some(other) = found.next() {
            let message = format!("there is a `{file_name}` and a `{other}` in one folder");
            return Err(Fault::new(&KUSTOMIZATION, file.span(), message).with_help("remove one of them"));
        }
        let Some(mut node) = file.settings().map_err(Fault::read)? else {
            return Err(empty(file.span()));
        };
        KUSTOMIZATION_FILE.fit(&mut node)?;
        let kustomization = Self { file_name, is_component: kind(&node) == "Component", node };
        kustomization.check(file.span())?;
        Ok(kustomization)
    }

    fn check(&self, file: Span) -> Fallible<()> {
        let is_content = |entry: &&crate::manifest::Entry<'_>| !matches!(entry.key.as_ref(), "apiVersion" | "kind");
        if !self.node.entries().iter().any(|entry| is_content(&entry)) {
            return Err(empty(file));
        }
        let (kind, api_version) = (self.node.get("kind"), self.node.get("apiVersion"));
        if let Some(kind) = kind.filter(|kind| !matches!(text(kind), "" | "Kustomization" | "Component")) {
            let message = format!("`{}` is not a kind of kustomization", text(kind));
            return Err(Fault::new(&KUSTOMIZATION, kind.span, message).with_help("write `kind: Kustomization`"));
        }
        let wanted = if self.is_component { COMPONENT_API_VERSION } else { API_VERSION };
        if let Some(version) = api_version.filter(|version| !matches!(text(version), "") && text(version) != wanted) {
            let message = format!("`{}` is not the version of a kustomization's API", text(version));
            return Err(
                Fault::new(&KUSTOMIZATION, version.span, message).with_help(format!("write `apiVersion: {wanted}`"))
            );
        }
        Ok(())
    }

    /// The kustomization that Flux writes for a folder without one: its files are the resources.
    pub(in crate::render) fn generated(span: Span, resources: &[String]) -> Self {
        let items = resources.iter().map(|path| Node::string(path.clone(), span)).collect();
        let mut node = Node::mapping(span);
        node.set("resources", Node { span, value: Value::Sequence(items) });
        Self { file_name: NAMES[0], is_component: false, node }
    }

    /// Sets a field.
    pub(in crate::render) fn set(&mut self, field: &'static str, value: Owned) {
        self.node.set(field, value);
    }

    /// Adds an item to a list.
    pub(in crate::render) fn append(&mut self, field: &'static str, item: Owned) {
        if self.node.get(field).is_none() {
            self.node.set(field, Node { span: item.span, value: Value::Sequence(Vec::new()) });
        }
        if let Some(items) = self.node.get_mut(field).and_then(Node::items_mut) {
            items.push(item);
        }
    }

    /// Adds pairs to those of a field; the new ones count.
    pub(in crate::render) fn add_pairs(&mut self, field: &'static str, pairs: &Owned) {
        let Some(known) = self.node.mapping_at(field, pairs.span) else { return };
        for pair in pairs.entries() {
            known.set(pair.key.clone(), pair.value.clone());
        }
    }

    /// Puts an entry of `images` in the place of that of the same name.
    pub(in crate::render) fn replace_image(&mut self, image: Owned) {
        let name = image.get("name").map_or("", text).to_owned();
        let known = self.node.get_mut("images").and_then(Node::items_mut).map(Vec::as_mut_slice).unwrap_or_default();
        match known.iter_mut().find(|known| known.get("name").is_some_and(|known| text(known) == name)) {
            Some(known) => *known = image,
            None => self.append("images", image),
        }
    }

    /// Holds its fields to their types once more, after they were changed.
    pub(in crate::render) fn fit(&mut self) -> Fallible<()> {
        KUSTOMIZATION_FILE.fit(&mut self.node)
    }

    /// The place of the file's content.
    pub(super) fn span(&self) -> Span {
        self.node.span
    }

    /// A field that is set.
    pub(super) fn get(&self, field: &str) -> Option<&Owned> {
        self.node.get(field)
    }

    /// A field of text that is set and not empty.
    pub(super) fn text(&self, field: &str) -> Option<&Owned> {
        self.get(field).filter(|node| !text(node).is_empty())
    }

    /// The items of a list, with those of its old spelling behind them.
    pub(super) fn items(&self, field: &str) -> impl Iterator<Item = &Owned> {
        let old = match field {
            "resources" => "bases",
            "images" => "imageTags",
            _ => "",
        };
        [field, old].into_iter().filter_map(|field| self.get(field)).flat_map(Node::items)
    }

    /// Whether `buildMetadata` asks for something.
    pub(super) fn wants(&self, metadata: &str) -> bool {
        self.items("buildMetadata").any(|item| text(item) == metadata)
    }
}

fn empty(file: Span) -> Fault {
    Fault::new(&KUSTOMIZATION, file, "the kustomization is empty").with_help("name the resources under `resources`")
}

fn kind(node: &Owned) -> &str {
    node.get("kind").map_or("", text)
}

/// The text of a node; the empty text for anything else.
pub(super) fn text<'n>(node: &'n Node<'_>) -> &'n str {
    node.as_str().unwrap_or_default()
}
