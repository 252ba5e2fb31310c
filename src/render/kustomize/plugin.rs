//! `generators`, `transformers` and `validators`: the built-in plugins, configured by objects of their own.
//!
//! In: the files or texts that a kustomization names there. Out: what the plugins make. Plugins that are programs or
//! containers are refused: rendering runs nothing.

use super::build::{Accumulated, Build, generated, note};
use super::field_spec::FieldSpec;
use super::generate::{self, Kind};
use super::kustomization::text;
use super::names::End;
use super::namespace::{Move, Subjects};
use super::origin::{Origin, Plugin};
use super::patch::Patch;
use super::resource::Resource;
use super::resources::Resources;
use super::{field_path, hash, helm_chart, images, labels, load, names, replacement, replicas};
use crate::catalogue::render::PLUGIN;
use crate::manifest::{Dialect, Node};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// Runs the generators.
pub(super) fn generate(build: &Build<'_, '_>, accumulated: &mut Accumulated) -> Fallible<()> {
    for configuration in configurations(build, "generators")? {
        let origin = origin(&configuration);
        for mut resource in generator(&configuration, build)? {
            generated(&mut resource, origin.clone());
            accumulated.resources.absorb(resource)?;
        }
    }
    Ok(())
}

/// Runs the transformers.
pub(super) fn transform(build: &Build<'_, '_>, accumulated: &mut Accumulated) -> Fallible<()> {
    for configuration in configurations(build, "transformers")? {
        transformer(&configuration, build, &mut accumulated.resources)?;
        if let Some(origin) = origin(&configuration) {
            note(&mut accumulated.resources, &origin);
        }
        accumulated.resources.drop_empty();
    }
    Ok(())
}

/// Runs the validators, which may change nothing.
pub(super) fn validate(build: &Build<'_, '_>, accumulated: &mut Accumulated) -> Fallible<()> {
    for configuration in configurations(build, "validators")? {
        let mut copy = accumulated.resources.clone();
        transformer(&configuration, build, &mut copy)?;
        let text = |resources: &Resources| -> Vec<String> {
            resources.list.iter().map(|resource| crate::manifest::to_json_text(&resource.node)).collect()
        };
        if text(&copy) != text(&accumulated.resources) {
            return Err(Fault::new(&PLUGIN, configuration.span(), "a validator changes objects")
                .with_help("move it to `transformers`"));
        }
    }
    Ok(())
}

/// The objects that configure the plugins of a field: written there, or in the files and kustomizations it names.
fn configurations(build: &Build<'_, '_>, field: &str) -> Fallible<Vec<Resource>> {
    let mut accumulated = Accumulated::default();
    let mut files = Vec::new();
    for entry in build.kustomization.items(field) {
        let inline = build
            .files
            .inline(entry, Dialect::Kyaml)
            .ok()
            .and_then(|documents| load::resources(&documents, build.files).ok());
        let Some(mut resources) = inline else {
            files.push(entry);
            continue;
        };
        for resource in &mut resources {
            resource.origin = build.own_origin().map(Origin::of_file);
        }
        accumulated.resources.append_all(resources)?;
    }
    files.into_iter().try_for_each(|entry| build.resource(entry, &mut accumulated))?;
    Ok(accumulated.resources.list)
}

/// Where a plugin is configured, when origins are asked for.
fn origin(configuration: &Resource) -> Option<Origin> {
    let path = configuration.origin.as_ref()?.path.clone();
    let plugin = Plugin {
        api_version: configuration.api_version().into_owned(),
        kind: configuration.kind().into_owned(),
        name: configuration.name().into_owned(),
        namespace: configuration.namespace().into_owned(),
    };
    Some(Origin { path: None, configured_in: path, configured_by: Some(plugin) })
}

fn refused(configuration: &Resource) -> Fault {
    let kind = configuration.kind();
    let span = configuration.node.get("kind").map_or(configuration.span(), |kind| kind.span);
    let message = format!("`{kind}` is not a plugin that is built into kustomize");
    Fault::new(&PLUGIN, span, message)
        .with_help("rendering runs no programs and no containers: put what it makes into the repository")
}

fn is_builtin(configuration: &Resource) -> bool {
    configuration.api_version() == "builtin"
}

fn generator(configuration: &Resource, build: &Build<'_, '_>) -> Fallible<Vec<Resource>> {
    if !is_builtin(configuration) {
        return Err(refused(configuration));
    }
    let node = &configuration.node;
    match configuration.kind().as_ref() {
        "ConfigMapGenerator" => Ok(vec![generate::generate(Kind::ConfigMap, node, None, build)?]),
        "SecretGenerator" => Ok(vec![generate::generate(Kind::Secret, node, None, build)?]),
        "IAMPolicyGenerator" => Ok(vec![iam_policy(node)?]),
        "HelmChartInflationGenerator" => helm_chart::of_plugin(node, build),
        _ => Err(refused(configuration)),
    }
}

/// A service account that stands for one of Google's cloud.
fn iam_policy(node: &Owned) -> Fallible<Resource> {
    let get = |keys: &[&str]| node.path(keys).map_or("", text);
    if get(&["cloud"]) != "gke" {
        let span = node.get("cloud").map_or(node.span, |cloud| cloud.span);
        return Err(Fault::new(&PLUGIN, span, "this cloud is not known").with_help("write `cloud: gke`"));
    }
    let span = node.span;
    let account = format!(
        "{}@{}.iam.gserviceaccount.com",
        get(&["serviceAccount", "name"]),
        get(&["serviceAccount", "projectId"])
    );
    let mut annotations = Node::mapping(span);
    annotations.set("iam.gke.io/gcp-service-account", Node::string(account, span));
    let mut metadata = Node::mapping(span);
    metadata.set("annotations", annotations);
    metadata.set("name", Node::string(get(&["kubernetesService", "name"]).to_owned(), span));
    let namespace = get(&["kubernetesService", "namespace"]);
    if !namespace.is_empty() {
        metadata.set("namespace", Node::string(namespace.to_owned(), span));
    }
    let mut object = Node::mapping(span);
    object.set("apiVersion", Node::string("v1", span));
    object.set("kind", Node::string("ServiceAccount", span));
    object.set("metadata", metadata);
    Ok(Resource::new(object))
}

fn transformer(configuration: &Resource, build: &Build<'_, '_>, resources: &mut Resources) -> Fallible<()> {
    if !is_builtin(configuration) {
        return Err(refused(configuration));
    }
    let node = &configuration.node;
    let specs: Vec<FieldSpec> =
        node.get("fieldSpecs").map(Node::items).unwrap_or_default().iter().map(FieldSpec::read).collect();
    let empty = Node::mapping(node.span);
    let field = |key: &str| node.get(key).unwrap_or(&empty);
    match configuration.kind().as_ref() {
        "AnnotationsTransformer" => labels::set(resources, field("annotations"), &specs),
        "LabelTransformer" => labels::set(resources, field("labels"), &specs),
        "NamespaceTransformer" => {
            let Some(namespace) = node.path(&["metadata", "namespace"]).filter(|namespace| !text(namespace).is_empty())
            else {
                return Ok(());
            };
            let subjects = Subjects::read(node.get("setRoleBindingSubjects"))?;
            let unset_only = node.get("unsetOnly").and_then(Node::as_bool) == Some(true);
            Move { namespace, specs: &specs, subjects, unset_only }.apply(resources)
        }
        "PatchTransformer" => Patch::read(node, build)?.apply(resources, build),
        "PatchStrategicMergeTransformer" => {
            let mut patches = Vec::new();
            for path in node.get("paths").map(Node::items).unwrap_or_default() {
                patches.push(Patch::read_strategic_merge(path, build)?);
            }
            if let Some(inline) = node.get("patches").filter(|patches| !text(patches).is_empty()) {
                patches.push(Patch::read_strategic_merge(inline, build)?);
            }
            patches.iter().try_for_each(|patch| patch.apply(resources, build))
        }
        "PatchJson6902Transformer" => {
            let mut entry = node.clone();
            if let Some(operations) = entry.remove("jsonOp") {
                entry.set("patch", operations.value);
            }
            Patch::read_json(&entry, build)?.apply(resources, build)
        }
        "PrefixTransformer" => names::rename(resources, field("prefix"), End::Prefix, &specs),
        "SuffixTransformer" => names::rename(resources, field("suffix"), End::Suffix, &specs),
        "PrefixSuffixTransformer" => {
            names::rename(resources, field("prefix"), End::Prefix, &specs)?;
            names::rename(resources, field("suffix"), End::Suffix, &specs)
        }
        "ReplicaCountTransformer" => replicas::set(resources, field("replica"), &specs),
        "ImageTagTransformer" => images::Image::read(field("imageTag"))?.apply(resources, &specs),
        "ReplacementTransformer" => {
            let mut replacements = Vec::new();
            for entry in node.get("replacements").map(Node::items).unwrap_or_default() {
                replacements.extend(replacement::read(entry, build)?);
            }
            replacement::apply(resources, &replacements, build)
        }
        "ValueAddTransformer" => add_value(node, build, resources),
        "HashTransformer" => {
            hash::append(resources);
            Ok(())
        }
        _ => Err(refused(configuration)),
    }
}

/// Puts a text into fields, or into the paths that they hold.
fn add_value(node: &Owned, build: &Build<'_, '_>, resources: &mut Resources) -> Fallible<()> {
    let folder = build.folder.rsplit('/').next().unwrap_or_default();
    let value = node.get("value").map_or("", text).trim();
    let value = if value.is_empty() { folder } else { value };
    let mut targets: Vec<Owned> = node.get("targets").map(Node::items).unwrap_or_default().to_vec();
    if let Some(path) = node.get("targetFilePath").filter(|path| !text(path).is_empty()) {
        for document in build.settings(path)? {
            targets.extend(document.get("targets").map(Node::items).unwrap_or_default().iter().cloned());
        }
    }
    if targets.is_empty() {
        return Err(Fault::new(&PLUGIN, node.span, "a ValueAddTransformer without targets").with_help("add `targets`"));
    }
    for target in &targets {
        let selected = match target.get("selector") {
            Some(selector) => resources.select(&super::selector::Selector::read(selector)?),
            None => (0..resources.list.len()).collect(),
        };
        let path = target.get("fieldPath").map_or("", text);
        if path.is_empty() {
            return Err(Fault::new(&PLUGIN, target.span, "a target without `fieldPath`").with_help("add `fieldPath`"));
        }
        let steps = super::fields::split(path, '/');
        let position = target.get("filePathPosition").and_then(Node::as_i64).unwrap_or(0);
        let text = Node::string(value.to_owned(), node.span);
        for index in selected {
            let Some(resource) = resources.list.get_mut(index) else { continue };
            for step in field_path::fields(&mut resource.node, &steps, Some(&text), target.span)? {
                let new = match usize::try_from(position) {
                    Ok(position) if position > 0 => {
                        inserted(&step.node.scalar_text().unwrap_or_default(), position - 1, value)
                    }
                    _ => value.to_owned(),
                };
                *step.node = Node::string(new, node.span);
            }
        }
    }
    Ok(())
}

/// A path with one more part.
fn inserted(path: &str, position: usize, part: &str) -> String {
    if path.is_empty() {
        return part.to_owned();
    }
    let (root, relative) = match path.strip_prefix('/') {
        Some(relative) => ("/", relative),
        None => ("", path),
    };
    let mut parts: Vec<&str> = relative.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(position.min(parts.len()), part);
    format!("{root}{}", parts.join("/"))
}
