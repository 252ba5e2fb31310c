//! Trees that an Argo CD Application names: a path, and what the Application adds to the kustomization there.
//!
//! In: the sources of Applications, and the files. Out: the objects that Argo CD would apply. Its settings become fields of
//! the kustomization, each with the place where it is written. Folders without a kustomization are manifests as they
//! stand, or charts; they are no matter of this.

use std::sync::Arc;

use super::artifacts::Artifacts;
use super::fault::Fallible;
use super::files::Owned;
use super::kustomize::{Adjusted, Kustomization, Options, Rendering, kustomize_adjusted};
use super::{Fault, Files};
use crate::manifest::{Node, Object, Value, to_json_text};

/// The API group of Applications.
pub(super) const GROUP: &str = "argoproj.io";

/// A source of an Argo CD Application.
#[derive(Debug, Clone)]
pub struct ArgoSource {
    /// The path of the file that the Application is written in.
    pub file: Arc<str>,
    /// The Application's name.
    pub name: String,
    /// Which of its sources it is, from 0.
    index: usize,
    /// The source.
    node: Owned,
}

impl ArgoSource {
    /// The sources of the Application that an object is.
    pub(super) fn of(object: &Owned, files: &Files<'_>) -> Vec<Self> {
        let Ok(object) = Object::from_node(object.clone()) else { return Vec::new() };
        if object.kind.group != GROUP || object.kind.kind != "Application" {
            return Vec::new();
        }
        let file = files.place(object.node.span).path;
        let name = object.name().unwrap_or_default();
        let one = object.node.path(&["spec", "source"]);
        let several = object.node.path(&["spec", "sources"]).map(Node::items).unwrap_or_default();
        let sources = one.into_iter().chain(several).enumerate();
        let source = |(index, node): (usize, &Owned)| Self {
            file: Arc::clone(&file),
            name: name.to_owned(),
            index,
            node: node.clone(),
        };
        sources.filter(|(_, node)| node.get("path").is_some()).map(source).collect()
    }

    /// What tells it from all others of the repository.
    pub(super) fn key(&self) -> (Arc<str>, String) {
        (Arc::clone(&self.file), format!("{}#{}", self.name, self.index))
    }

    /// Whether another says the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        to_json_text(&self.node) == to_json_text(&other.node)
    }

    /// The folder that it names.
    pub(super) fn folder(&self, files: &Files<'_>, artifacts: &Artifacts) -> Option<String> {
        let path = self.node.get("path").and_then(Node::as_str).unwrap_or_default();
        artifacts.folder(files, "GitRepository", "", path, &self.file)
    }
}

/// Renders what Argo CD applies of a folder with a kustomization.
pub(super) fn argo(files: &Files<'_>, folder: &str, source: &ArgoSource) -> Result<Rendering, Fault> {
    let settings = source.node.get("kustomize");
    let adjust =
        |kustomization: &mut Kustomization| settings.map_or(Ok(()), |settings| adjust(kustomization, settings));
    kustomize_adjusted(files, folder, Options::default(), &Adjusted { generated: None, adjust: &adjust })
}

/// Puts the settings of an Application into the kustomization, as `kustomize edit` does for Argo CD.
fn adjust(kustomization: &mut Kustomization, settings: &Owned) -> Fallible<()> {
    let flag = |key: &str| settings.get(key).and_then(Node::as_bool) == Some(true);
    for field in ["namePrefix", "nameSuffix", "namespace"] {
        if let Some(value) = settings.get(field).filter(|value| value.as_str().is_some_and(|text| !text.is_empty())) {
            kustomization.set(field, value.clone());
        }
    }
    for image in settings.get("images").map(Node::items).unwrap_or_default() {
        if let Some(entry) = image_entry(image) {
            kustomization.replace_image(entry);
        }
    }
    if let Some(pairs) = settings.get("commonLabels").filter(|pairs| pairs.is_mapping()) {
        if flag("labelWithoutSelector") {
            let mut entry = Node::mapping(pairs.span);
            entry.set("pairs", pairs.clone());
            entry.set("includeTemplates", Node { span: pairs.span, value: Value::Bool(flag("labelIncludeTemplates")) });
            kustomization.append("labels", entry);
        } else {
            kustomization.add_pairs("commonLabels", pairs);
        }
    }
    if let Some(pairs) = settings.get("commonAnnotations").filter(|pairs| pairs.is_mapping()) {
        kustomization.add_pairs("commonAnnotations", pairs);
    }
    for (field, items) in ["replicas", "patches", "components"].map(|field| (field, settings.get(field))) {
        for item in items.map(Node::items).unwrap_or_default() {
            kustomization.append(field, item.clone());
        }
    }
    kustomization.fit()
}

/// `name=newName:newTag@digest` as an entry of `images`; every part but the name may lack.
fn image_entry(image: &Owned) -> Option<Owned> {
    let text = image.as_str()?;
    let (name, new) = text.split_once('=').map_or((None, text), |(name, new)| (Some(name), new));
    let (rest, digest) = new.split_once('@').map_or((new, None), |(rest, digest)| (rest, Some(digest)));
    let (new_name, tag) = match rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
        Some((name, tag)) => (name, Some(tag)),
        None => (rest, None),
    };
    let mut entry = Node::mapping(image.span);
    let mut set = |key: &'static str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty() && *value != "*") {
            entry.set(key, Node::string(value.to_owned(), image.span));
        }
    };
    set("name", Some(name.unwrap_or(new_name)));
    set("newName", name.map(|_| new_name));
    set("newTag", tag);
    set("digest", digest);
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::image_entry;
    use crate::manifest::{FileId, Node, Span, to_json_text};

    #[test]
    fn an_image_is_written_as_kustomize_edit_takes_it() {
        let span = Span { file: FileId(0), start: 0, end: 0 };
        for (text, entry) in [
            ("nginx:1.27", r#"{"name":"nginx","newTag":"1.27"}"#),
            ("nginx=registry:5000/nginx:1.27", r#"{"name":"nginx","newName":"registry:5000/nginx","newTag":"1.27"}"#),
            ("registry:5000/nginx", r#"{"name":"registry:5000/nginx"}"#),
            ("nginx@sha256:ab", r#"{"digest":"sha256:ab","name":"nginx"}"#),
        ] {
            assert_eq!(to_json_text(&image_entry(&Node::string(text, span)).unwrap()), entry, "{text}");
        }
    }
}
