//! `spec.versions`: names, storage, deprecation, columns, subresources, selectable fields.
//!
//! In: the `spec` of a definition. Out: findings. It hands each version's schema on to the checks of schemas.

use std::collections::HashSet;

use super::names::is_dns_label;
use super::{flag, one_of, report, schema, text};
use crate::catalogue::crd::INVALID;
use crate::check::Sink;
use crate::check::schema::cel::field_path;
use crate::manifest::Node;

/// The longest `deprecationWarning`.
const LONGEST_WARNING: usize = 256;
/// The most `selectableFields` of a version.
const MOST_SELECTABLE: usize = 8;
const COLUMN_TYPES: &[&str] = &["boolean", "date", "integer", "number", "string"];
const COLUMN_FORMATS: &[&str] = &["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

pub(super) fn check(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(versions) = spec.present("versions") else { return };
    check_names_and_storage(versions, sink);
    for version in versions.items().iter().filter(|version| version.is_mapping()) {
        check_deprecation(version, sink);
        for column in items(version, "additionalPrinterColumns") {
            check_column(column, sink);
        }
        if let Some(scale) = version.path(&["subresources", "scale"]) {
            check_scale(scale, sink);
        }
        if let Some(root) = version.path(&["schema", "openAPIV3Schema"]) {
            let status = version.path(&["subresources", "status"]).is_some();
            schema::check(root, status, sink);
            check_selectable(version, root, sink);
        } else {
            let node = version.get("schema").filter(|node| node.is_mapping()).unwrap_or(version);
            let name = text(version, "name").unwrap_or_default();
            let help = "add `schema.openAPIV3Schema`; `{type: object, x-kubernetes-preserve-unknown-fields: true}` takes \
                        anything";
            report(sink, &INVALID, node, format!("version `{name}` has no schema"), help);
        }
    }
}

fn items<'n, 's>(node: &'n Node<'s>, key: &str) -> &'n [Node<'s>] {
    node.present(key).map(Node::items).unwrap_or_default()
}

fn check_names_and_storage(versions: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let mut seen = HashSet::new();
    let mut stored = Vec::new();
    for version in versions.items() {
        if let Some(node) = version.present("name")
            && let Some(name) = node.as_str()
        {
            if !is_dns_label(name) {
                let help = "write a version like `v1` or `v1alpha1`";
                report(sink, &INVALID, node, format!("version `{name}` is not a DNS label"), help);
            }
            if !seen.insert(name) {
                let message = format!("version `{name}` is defined twice");
                report(sink, &INVALID, node, message, "rename or remove one of them");
            }
        }
        stored.extend(version.get("storage").filter(|storage| storage.as_bool() == Some(true)));
    }
    match stored.as_slice() {
        [] => {
            let help = "set `storage: true` on the version that etcd shall hold";
            report(sink, &INVALID, versions, "no version is the storage version", help);
        }
        [_] => {}
        [_, others @ ..] => {
            for node in others {
                let message = "more than one version is the storage version";
                report(sink, &INVALID, node, message, "write `storage: false` on all but one");
            }
        }
    }
}

fn check_deprecation(version: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(node) = version.present("deprecationWarning") else { return };
    let Some(warning) = node.as_str() else { return };
    let (message, help) = if !flag(version, "deprecated") {
        ("`deprecationWarning` stands on a version that is not deprecated".to_owned(), "add `deprecated: true`")
    } else if warning.is_empty() {
        ("`deprecationWarning` is empty".to_owned(), "remove it, and the API server words the warning itself")
    } else if warning.len() > LONGEST_WARNING {
        (format!("`deprecationWarning` is {} bytes long", warning.len()), "shorten it to 256 bytes")
    } else if warning.chars().any(char::is_control) {
        ("`deprecationWarning` holds a control character".to_owned(), "keep it on one line of printable characters")
    } else {
        return;
    };
    report(sink, &INVALID, node, message, help);
}

fn check_column(column: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for (key, allowed) in [("type", COLUMN_TYPES), ("format", COLUMN_FORMATS)] {
        if let Some(node) = column.present(key)
            && let Some(value) = node.as_str()
            && !allowed.contains(&value)
            && !(value.is_empty() && key == "format")
        {
            let message = format!("unknown {key} `{value}` of a printer column");
            report(sink, &INVALID, node, message, format!("write {}", one_of(allowed)));
        }
    }
    if let Some(node) = column.present("name")
        && node.as_str() == Some("")
    {
        report(sink, &INVALID, node, "a printer column has an empty name", "give the column a name");
    }
    if let Some(node) = column.present("jsonPath") {
        check_json_path(node, &[], sink);
    }
}

fn check_scale(scale: &Node<'_>, sink: &mut Sink<'_, '_>) {
    for (key, prefixes) in [
        ("specReplicasPath", &[".spec."][..]),
        ("statusReplicasPath", &[".status."]),
        ("labelSelectorPath", &[".spec.", ".status."]),
    ] {
        let Some(node) = scale.present(key) else { continue };
        if key != "labelSelectorPath" || node.as_str() != Some("") {
            check_json_path(node, prefixes, sink);
        }
    }
}

/// A path in dot notation; where there are prefixes, one of them must be its start.
fn check_json_path(node: &Node<'_>, prefixes: &[&str], sink: &mut Sink<'_, '_>) {
    let Some(path) = node.as_str() else { return };
    if path.is_empty() {
        report(sink, &INVALID, node, "the path is empty", "write a path like `.spec.replicas`");
    } else if !path.starts_with('.') {
        report(sink, &INVALID, node, format!("path `{path}` does not begin with `.`"), dotted(path));
    } else if !prefixes.is_empty() && !prefixes.iter().any(|prefix| path.starts_with(prefix)) {
        let allowed = one_of(prefixes);
        let message = format!("path `{path}` does not begin with {allowed}");
        report(sink, &INVALID, node, message, format!("name a field below {allowed}"));
    }
}

/// The path with the dot that it lacks, also out of kubectl's `{.spec.a}`.
fn dotted(path: &str) -> String {
    let bare = path.trim_start_matches(['{', '$', '.']).trim_end_matches('}');
    format!("write `.{bare}`")
}

fn check_selectable(version: &Node<'_>, root: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(fields) = version.present("selectableFields") else { return };
    let mut seen = HashSet::new();
    for node in fields.items().iter().filter_map(|field| field.present("jsonPath")) {
        let Some(path) = node.as_str() else { continue };
        if path.is_empty() {
            report(sink, &INVALID, node, "the path is empty", "write a path like `.spec.color`");
            continue;
        }
        let help = "name a field of the schema by its path, like `.spec.color`";
        let steps = match field_path::parse(path) {
            Ok(_) if path.contains('[') => {
                report(sink, &INVALID, node, format!("path `{path}` has brackets"), help);
                continue;
            }
            Ok(steps) => steps,
            Err(problem) => {
                report(sink, &INVALID, node, format!("path `{path}` {problem}"), help);
                continue;
            }
        };
        let Some(field) = resolve(root, &steps) else {
            report(sink, &INVALID, node, format!("path `{path}` names no field of the schema"), help);
            continue;
        };
        if steps.first().is_some_and(|first| first == "metadata") {
            report(sink, &INVALID, node, format!("path `{path}` names metadata"), "name a field outside of metadata");
        }
        if !matches!(text(field, "type"), Some("string" | "boolean" | "integer")) {
            let message = format!("path `{path}` names a field that is no string, boolean or integer");
            report(sink, &INVALID, node, message, "name a field of one of these types");
        }
        if !seen.insert(steps) {
            report(sink, &INVALID, node, format!("path `{path}` is selectable twice"), "remove one of them");
        }
    }
    if seen.len() > MOST_SELECTABLE {
        let message = format!("{} selectable fields, {MOST_SELECTABLE} is the most", seen.len());
        report(sink, &INVALID, fields, message, "remove those that no one selects by");
    }
}

/// The schema that the steps lead to, through properties and the values of maps.
pub(super) fn resolve<'n, 's>(root: &'n Node<'s>, steps: &[String]) -> Option<&'n Node<'s>> {
    steps.iter().try_fold(root, |schema, step| {
        match schema.present("properties").filter(|properties| !properties.entries().is_empty()) {
            Some(properties) => properties.present(step),
            None => schema.present("additionalProperties").filter(|values| values.is_mapping()),
        }
    })
}
