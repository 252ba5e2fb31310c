//! Trees that an Argo CD Application names: a path, and what the Application adds to what is there.
//!
//! In: the sources of Applications, and the files. Out: which tool Argo CD takes for a folder, which files of one without
//! a tool, and the objects that it would apply of a kustomization. Its settings become fields of the kustomization, each
//! with the place where it is written. What it does with charts is the matter of `argo_helm`.

use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};

use super::Artifacts;
use crate::catalogue::render::PLUGIN;
use crate::manifest::{Node, Object, Span, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::{Files, Owned};
use crate::render::kustomize::{Adjusted, Kustomization, Options, Rendering, kustomize_adjusted};
use crate::repo::path;

/// The API group of Applications.
pub(super) const GROUP: &str = "argoproj.io";

/// What Argo CD renders a folder with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Tool {
    /// `kustomize`.
    Kustomize,
    /// `helm`.
    Helm,
    /// None: the manifests as they are written.
    Directory,
}

/// A source of an Argo CD Application.
#[derive(Debug, Clone)]
pub(in crate::render) struct ArgoSource {
    /// The path of the file that the Application is written in.
    pub(super) file: Arc<str>,
    /// The Application's name.
    pub(super) name: String,
    /// Which of its sources it is, from 0.
    index: usize,
    /// The source.
    pub(super) node: Owned,
    /// All of the Application.
    pub(super) application: Owned,
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
            application: object.node.clone(),
        };
        let has_folder = |node: &Owned| node.get("path").is_some() && node.get("chart").is_none();
        sources.filter(|(_, node)| has_folder(node)).map(source).collect()
    }

    /// What tells it from all others of the repository.
    pub(super) fn key(&self) -> (Arc<str>, String) {
        (Arc::clone(&self.file), format!("{}#{}", self.name, self.index))
    }

    /// The folder that it names.
    pub(super) fn folder(&self, files: &Files<'_>, artifacts: &Artifacts) -> Option<String> {
        let path = self.node.get("path").and_then(Node::as_str).unwrap_or_default();
        artifacts.folder(files, "GitRepository", "", path, &self.file)
    }

    /// Where the objects go that name no namespace.
    pub(super) fn destination_namespace(&self) -> &str {
        self.application.path(&["spec", "destination", "namespace"]).and_then(Node::as_str).unwrap_or_default()
    }

    /// The files with values for its chart, as far as they can be in the repository.
    pub(super) fn values_files(&self, folder: &str) -> Vec<String> {
        let files = self.node.path(&["helm", "valueFiles"]).map(Node::items).unwrap_or_default();
        files.iter().filter_map(|file| values_file(folder, file.as_str()?)).collect()
    }

    /// Whether another source of the Application may be referred to by a name.
    pub(super) fn has_reference(&self, name: &str) -> bool {
        let sources = self.application.path(&["spec", "sources"]).map(Node::items).unwrap_or_default();
        sources.iter().any(|source| source.get("ref").and_then(Node::as_str) == Some(name))
    }

    /// What Argo CD renders a folder with: what the source has settings for, else what lies there.
    pub(in crate::render) fn tool(&self, has_chart: bool, has_kustomization: bool) -> Tool {
        let names = |field: &str| self.node.get(field).is_some_and(|settings| !settings.is_null_or_empty());
        match () {
            () if names("helm") => Tool::Helm,
            () if names("kustomize") => Tool::Kustomize,
            () if names("directory") => Tool::Directory,
            () if has_chart => Tool::Helm,
            () if has_kustomization => Tool::Kustomize,
            () => Tool::Directory,
        }
    }

    /// Which files of a folder without a tool it applies, by their paths from the folder.
    pub(in crate::render) fn chooses(&self) -> impl Fn(&str) -> bool {
        let directory = |key: &str| self.node.get("directory").and_then(|directory| directory.get(key));
        let is_deep = directory("recurse").and_then(Node::as_bool) == Some(true);
        let [include, exclude] = ["include", "exclude"].map(|key| {
            let pattern = directory(key).and_then(Node::as_str).filter(|pattern| !pattern.is_empty());
            pattern.map(glob)
        });
        // Of a pattern that is none, nobody knows what it chooses; then all is checked.
        let matches = |pattern: &Option<Option<GlobMatcher>>, path: &str, otherwise: bool| match pattern {
            Some(Some(pattern)) => pattern.is_match(path),
            _ => otherwise,
        };
        move |path: &str| {
            (is_deep || !path.contains('/')) && matches(&include, path, true) && !matches(&exclude, path, false)
        }
    }

    /// Why a folder cannot be rendered as it stands: Jsonnet is a program.
    pub(in crate::render) fn refusal<'f>(&self, mut files: impl Iterator<Item = &'f str>) -> Option<Fault> {
        let settings = self.node.get("directory").and_then(|directory| directory.get("jsonnet"));
        let settings = settings.filter(|settings| !settings.is_null_or_empty()).map(|settings| settings.span);
        let file = files.find(|file| file.ends_with(".jsonnet"));
        let span: Span = settings.or_else(|| file.and_then(|_| self.node.get("path")).map(|path| path.span))?;
        let message = match file {
            Some(file) => format!("`{file}` is Jsonnet, which is not rendered"),
            None => "Jsonnet is not rendered".to_owned(),
        };
        Some(Fault::new(&PLUGIN, span, message).with_help("commit what it makes, and name the folder of that"))
    }
}

/// The path of a values file as a source of a folder names it: `$name/…` is a path of another source, and another
/// source is taken for this repository. None for what leads out of it.
pub(super) fn values_file(folder: &str, named: &str) -> Option<String> {
    match named.strip_prefix('$').and_then(|rest| rest.split_once('/')) {
        Some((_, path)) => path::named("", path),
        None if named.starts_with('/') => path::named("", named),
        None => path::named(folder, named),
    }
}

/// A pattern as Argo CD takes it: `{a,b}` are alternatives, and `*` passes over slashes.
fn glob(pattern: &str) -> Option<GlobMatcher> {
    Some(GlobBuilder::new(pattern).literal_separator(false).build().ok()?.compile_matcher())
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
