//! `configMapGenerator` and `secretGenerator`.
//!
//! In: an entry of a generator, and the files that it names. Out: a `ConfigMap` or Secret; every value has the place of its
//! literal, or of the line or file that it was read from. The hash behind its name is made in the end, when its content
//! is known.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::build::Build;
use super::kustomization::text;
use super::resource::{Behavior, Resource};
use crate::catalogue::render::GENERATOR;
use crate::manifest::{Entry, Node, Span, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// How wide lines of base64 are.
const BASE64_WIDTH: usize = 70;

/// What is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A `ConfigMap`.
    ConfigMap,
    /// A Secret.
    Secret,
}

/// A key, its value, and where that is written.
struct Pair {
    key: String,
    value: Vec<u8>,
    span: Span,
}

/// Generates what an entry asks for. `global` are the kustomization's `generatorOptions`.
pub(super) fn generate(kind: Kind, entry: &Owned, global: Option<&Owned>, build: &Build<'_, '_>) -> Fallible<Resource> {
    let name = entry.get("name").filter(|name| !text(name).is_empty()).or_else(|| entry.path(&["metadata", "name"]));
    let Some(name) = name.filter(|name| !text(name).is_empty()) else {
        return Err(Fault::new(&GENERATOR, entry.span, "a generator without a name").with_help("add `name`"));
    };
    let mut metadata = Node::mapping(entry.span);
    metadata.set("name", name.clone());
    let namespace = entry.get("namespace").or_else(|| entry.path(&["metadata", "namespace"]));
    if let Some(namespace) = namespace.filter(|namespace| !text(namespace).is_empty()) {
        metadata.set("namespace", namespace.clone());
    }
    let local = entry.get("options");
    for field in ["labels", "annotations"] {
        let pairs = pairs_of(local, field).chain(pairs_of(global, field));
        for pair in pairs {
            if let Some(map) =
                metadata.mapping_at(if field == "labels" { "labels" } else { "annotations" }, pair.key_span)
                && map.get(&pair.key).is_none()
                && let Some(entries) = map.entries_mut()
            {
                entries.push(pair.clone());
            }
        }
    }
    let mut node = Node::mapping(entry.span);
    node.set("apiVersion", Node::string("v1", entry.span));
    node.set("kind", Node::string(if kind == Kind::Secret { "Secret" } else { "ConfigMap" }, entry.span));
    node.set("metadata", metadata);
    if kind == Kind::Secret {
        let given = entry.get("type").filter(|given| !text(given).is_empty());
        node.set("type", given.cloned().unwrap_or_else(|| Node::string("Opaque", entry.span)));
        node.set("data", Node::mapping(entry.span));
    }
    let mut known: Vec<Pair> = Vec::new();
    for pair in read(entry, build)? {
        if let Some(first) = known.iter().find(|known| known.key == pair.key) {
            let message = format!("the key `{}` is there twice", pair.key);
            return Err(Fault::new(&GENERATOR, pair.span, message)
                .with_help("remove one of the two")
                .with_related(first.span, "the first one"));
        }
        known.push(pair);
    }
    for pair in known {
        put(&mut node, kind, pair);
    }
    let flag = |key: &str| [local, global].into_iter().flatten().any(|options| is_set(options, key));
    if flag("immutable") {
        node.set("immutable", Node { span: entry.span, value: Value::Bool(true) });
    }
    let mut resource = Resource::new(node);
    resource.needs_hash = !flag("disableNameSuffixHash");
    resource.behavior = behavior(entry)?;
    Ok(resource)
}

fn pairs_of<'n>(options: Option<&'n Owned>, field: &str) -> impl Iterator<Item = &'n Entry<'static>> {
    options.and_then(|options| options.get(field)).map(Node::entries).unwrap_or_default().iter()
}

fn is_set(options: &Owned, key: &str) -> bool {
    options.get(key).and_then(Node::as_bool) == Some(true)
}

fn behavior(entry: &Owned) -> Fallible<Behavior> {
    let Some(node) = entry.get("behavior") else { return Ok(Behavior::default()) };
    match text(node) {
        "replace" => Ok(Behavior::Replace),
        "merge" => Ok(Behavior::Merge),
        // Upstream takes any other word for `create`; a typing mistake would then fail far from here.
        "" | "create" | "unspecified" => Ok(Behavior::Create),
        other => Err(Fault::new(&GENERATOR, node.span, format!("`{other}` is no behavior of a generator"))
            .with_help("write `create`, `replace` or `merge`")),
    }
}

fn put(node: &mut Owned, kind: Kind, pair: Pair) {
    let Pair { key, value, span } = pair;
    let (field, value) = match (kind, String::from_utf8(value)) {
        (Kind::ConfigMap, Ok(text)) => ("data", text),
        (Kind::ConfigMap, Err(error)) => ("binaryData", base64_lines(error.as_bytes())),
        (Kind::Secret, Ok(text)) => ("data", base64_lines(text.as_bytes())),
        (Kind::Secret, Err(error)) => ("data", base64_lines(error.as_bytes())),
    };
    if let Some(entries) = node.mapping_at(field, span).and_then(Node::entries_mut) {
        entries.push(Entry { key: key.into(), key_span: span, value: Node::string(value, span) });
    }
}

/// Moves a Secret's `stringData` into its `data`, as the API server does.
pub(super) fn encode_string_data(node: &mut Owned) {
    let Some(texts) = node.remove("stringData").filter(|entry| entry.value.is_mapping()) else { return };
    for entry in texts.value.entries() {
        let text = entry.value.scalar_text().unwrap_or_default();
        let value = Node::string(base64_lines(text.as_bytes()), entry.value.span);
        if let Some(data) = node.mapping_at("data", entry.key_span) {
            data.set(entry.key.clone(), value);
        }
    }
}

/// Base64; more than a line of it ends every line with a line break.
fn base64_lines(bytes: &[u8]) -> String {
    let encoded = STANDARD.encode(bytes);
    if encoded.len() <= BASE64_WIDTH {
        return encoded;
    }
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / BASE64_WIDTH + 1);
    for (index, letter) in encoded.chars().enumerate() {
        lines.push(letter);
        if (index + 1) % BASE64_WIDTH == 0 {
            lines.push('\n');
        }
    }
    if !lines.ends_with('\n') {
        lines.push('\n');
    }
    lines
}

/// The pairs of an entry: of its environment files, its literals, its files.
fn read(entry: &Owned, build: &Build<'_, '_>) -> Fallible<Vec<Pair>> {
    let mut pairs = Vec::new();
    let list = |key: &str| entry.get(key).map(Node::items).unwrap_or_default().iter();
    for source in list("envs").chain(entry.get("env").filter(|env| !text(env).is_empty())) {
        environment(source, build, &mut pairs)?;
    }
    for source in list("literals") {
        pairs.push(literal(source)?);
    }
    for source in list("files") {
        let (key, path) = file_source(source)?;
        let (value, span) = build.bytes(&path, source.span)?;
        pairs.push(Pair { key, value, span });
    }
    Ok(pairs)
}

/// `KEY=value` lines; blank ones and comments count for nothing.
fn environment(source: &Owned, build: &Build<'_, '_>, pairs: &mut Vec<Pair>) -> Fallible<()> {
    let file = build.file(text(source), source.span)?;
    let content = file.source.text.as_str();
    let mut offset = 0;
    for line in content.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let bare = if start == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let bare = bare.trim_start();
        if bare.is_empty() || bare.starts_with('#') {
            continue;
        }
        let (key, value) = bare.split_once('=').unwrap_or((bare, ""));
        if key.is_empty() {
            continue;
        }
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let begin = start + line.len() - bare.len();
        let span = Span { file: file.id, start: narrow(begin), end: narrow(start + line.len()) };
        pairs.push(Pair { key: key.to_owned(), value: value.as_bytes().to_vec(), span });
    }
    Ok(())
}

fn literal(source: &Owned) -> Fallible<Pair> {
    match text(source).split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            Ok(Pair { key: key.to_owned(), value: unquoted(value).as_bytes().to_vec(), span: source.span })
        }
        _ => Err(Fault::new(&GENERATOR, source.span, "a literal is not of the form `key=value`")
            .with_help("write `key=value`; the value may be empty")),
    }
}

/// A value without the quotes around it.
fn unquoted(value: &str) -> &str {
    let within = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
    within('"').or_else(|| within('\'')).unwrap_or(value)
}

/// `file` or `key=file`.
fn file_source(source: &Owned) -> Fallible<(String, String)> {
    let written = text(source);
    let wrong = |message: &str| {
        Err(Fault::new(&GENERATOR, source.span, message).with_help("write the file's path, or `key=path`"))
    };
    match written.split('=').collect::<Vec<_>>().as_slice() {
        [path] => {
            let name = path.trim_end_matches('/').rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("/");
            Ok((name.to_owned(), (*path).to_owned()))
        }
        ["", _] => wrong("there is no key before `=`"),
        [_, ""] => wrong("there is no path behind `=`"),
        [key, path] => Ok(((*key).to_owned(), (*path).to_owned())),
        _ => wrong("there is more than one `=`"),
    }
}
