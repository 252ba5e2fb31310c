//! Patches of every kind, mostly for objects that are there.
//!
//! In: chance, and the objects that a kustomization sees. Out: entries of its `patches`, and the values of its
//! `replacements`.

use super::objects::{NAMES, Object, anything, labels, text};
use super::random::Random;
use super::yaml::Yaml;
use crate::map;

/// A strategic merge for an object.
fn merge(object: &Object, random: &mut Random) -> Yaml {
    let mut patch = object.head();
    match object.kind {
        "Deployment" | "StatefulSet" => {
            let mut spec = map! {};
            if random.chance(40) {
                spec.set(
                    "replicas",
                    if random.chance(20) { Yaml::Plain("null".to_owned()) } else { random.below(9).into() },
                );
            }
            if random.chance(70) {
                let mut container = map! { "name": random.word(NAMES) };
                match random.below(5) {
                    0 => container.set("image", "patched:1"),
                    1 => container.set("$patch", random.word(&["delete", "replace"])),
                    2 => container.set(
                        "env",
                        vec![map! { "name": "PLAIN", "value": text(random) }, map! { "name": "NEW", "value": "1" }],
                    ),
                    3 => container.set(
                        "ports",
                        vec![
                            map! { "containerPort": 80, "name": "http" },
                            map! { "containerPort": 90, "protocol": "UDP" },
                        ],
                    ),
                    _ => container.set("args", Yaml::Plain("null".to_owned())),
                }
                spec.set("template", map! { "spec": map! { "containers": vec![container] } });
            }
            if random.chance(20) {
                spec.set("selector", map! { "matchLabels": labels(random) });
            }
            patch.set("spec", spec);
        }
        "Service" => {
            let port = map! { "port": 80, "nodePort": 30080, "protocol": random.word(&["TCP", "UDP"]) };
            patch.set("spec", map! { "ports": vec![port], "type": "NodePort" });
        }
        "ConfigMap" => {
            let value = if random.chance(25) { Yaml::Plain("null".to_owned()) } else { text(random) };
            patch.set("data", map! { "a": value, "added": text(random) });
        }
        "Web" => patch.set("spec", anything(random, 2)),
        _ => {
            if let Some((_, metadata)) = patch.entries_mut().iter_mut().find(|(key, _)| key == "metadata") {
                metadata.set("labels", labels(random));
                metadata.set("annotations", map! { "note": Yaml::Plain("null".to_owned()), "patched": "yes" });
            }
        }
    }
    if random.chance(6) {
        patch.set("$patch", "delete");
    }
    patch
}

/// A pointer to a value of an object, and whether there is one: at times it leads to nothing.
fn pointer(value: &Yaml, random: &mut Random) -> (String, bool) {
    let mut pointer = String::new();
    let mut value = value;
    for _ in 0..=random.below(7) {
        let (step, next) = match value {
            Yaml::Map { entries, .. } if !entries.is_empty() && random.chance(95) => {
                let (key, next) = random.pick(entries);
                (key.trim_matches('\'').replace('~', "~0").replace('/', "~1"), Some(next))
            }
            Yaml::Map { .. } => ("new".to_owned(), None),
            Yaml::List { items, .. } if !items.is_empty() && random.chance(90) => {
                let index = random.below(items.len());
                (index.to_string(), Some(&items[index]))
            }
            Yaml::List { .. } => (random.word(&["-", "0", "9"]).to_owned(), None),
            _ if random.chance(3) => ("new".to_owned(), None),
            _ => break,
        };
        pointer.push('/');
        pointer.push_str(&step);
        let Some(next) = next else { return (pointer, false) };
        value = next;
    }
    // What gives or takes an object its kind or name is another matter
    if ["/kind", "/apiVersion", "/metadata", "/subjects", "/roleRef"].iter().any(|start| pointer.starts_with(start)) {
        return ("/metadata/annotations/new".to_owned(), false);
    }
    (pointer, true)
}

fn operation(object: &Object, random: &mut Random) -> Yaml {
    let (path, is_there) = pointer(&object.value, random);
    let operation = if is_there || random.chance(5) {
        random.word(&["add", "replace", "replace", "remove", "copy", "copy", "test"])
    } else {
        random.word(&["add", "replace"])
    };
    let mut entry = map! { "op": operation, "path": Yaml::Plain(format!("{path:?}")) };
    match operation {
        "copy" => entry.set("from", Yaml::Plain(format!("{:?}", pointer(&object.value, random).0))),
        "remove" => {}
        _ if path.starts_with("/data") => entry.set("value", text(random)),
        _ if random.chance(30) => entry.set("value", map! { "a": text(random), "b": random.below(3) }),
        _ if random.chance(30) => entry.set("value", random.below(100)),
        _ => entry.set("value", text(random)),
    }
    entry
}

fn target(object: &Object, random: &mut Random) -> Yaml {
    let mut target = map! { "kind": object.kind };
    match random.below(6) {
        0 => {}
        1 => target.set("labelSelector", random.word(&["app", "app=web", "tier in (web, db),!nothing", "app!=web"])),
        2 => target.set("name", Yaml::text(random.word(&["web|app", "w.*", ".*b"]))),
        3 => target.set("group", object.api_version.split_once('/').map_or("", |(group, _)| group)),
        _ => target.set("name", object.name.as_str()),
    }
    target
}

/// An entry of `patches`.
pub(super) fn patch(objects: &[Object], random: &mut Random) -> Yaml {
    let object = random.pick(objects);
    let (content, needs_target) = if random.chance(60) {
        (merge(object, random), false)
    } else {
        let operations: Vec<_> = (0..=random.below(2)).map(|_| operation(object, random)).collect();
        (Yaml::from(operations), true)
    };
    let lines: Vec<String> = content.document().lines().map(str::to_owned).collect();
    let mut entry = map! { "patch": Yaml::Block("|-", lines) };
    if needs_target && random.chance(80) {
        entry.set("target", map! { "kind": object.kind, "name": object.name.as_str() });
    } else if needs_target || random.chance(30) {
        entry.set("target", target(object, random));
    }
    entry
}

/// A field that objects of a kind mostly have.
fn field(kind: &str, random: &mut Random) -> &'static str {
    match kind {
        _ if random.chance(30) => random.word(&["metadata.name", "kind", "metadata.labels.app"]),
        "Deployment" => random.word(&[
            "spec.replicas",
            "spec.template.spec.containers.0.image",
            "spec.template.spec.containers.[name=web].image",
            "spec.template.spec.containers.*.image",
        ]),
        "StatefulSet" => random.word(&["spec.serviceName", "spec.template.spec.containers.*.name"]),
        "Service" => random.word(&["spec.ports.0.port", "spec.ports.[name=http].port"]),
        "ConfigMap" => "data.a",
        "Web" => "spec.size",
        _ => "metadata.annotations.[example.com/b]",
    }
}

/// An entry of `replacements`.
pub(super) fn replacement(objects: &[Object], random: &mut Random) -> Yaml {
    let (from, to) = (random.pick(objects), random.pick(objects));
    let mut source = map! { "kind": from.kind, "name": from.name.as_str() };
    if random.chance(50) {
        let path = field(from.kind, random);
        source.set("fieldPath", path.replace(".*.", ".0."));
    }
    if random.chance(10) {
        source.set("options", map! { "delimiter": "-", "index": random.below(2) });
    }
    let is_new = random.chance(40);
    let path = if is_new { "metadata.labels.copied" } else { field(to.kind, random) };
    let mut select = map! { "kind": to.kind };
    if random.chance(70) {
        select.set("name", to.name.as_str());
    }
    let mut entry = map! { "select": select, "fieldPaths": vec![Yaml::text(path)] };
    let mut options = map! {};
    if is_new || random.chance(60) {
        options.set("create", true);
    }
    if random.chance(15) {
        options.set("delimiter", random.word(&[":", "-", "/"]));
        options.set("index", random.below(3));
    }
    if options.size() > 1 {
        entry.set("options", options);
    }
    map! { "source": source, "targets": vec![entry] }
}
