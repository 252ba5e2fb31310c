//! Objects of the kinds that kustomizations are mostly made of.
//!
//! In: chance. Out: objects with references to each other by the few names that there are.

use super::random::Random;
use super::yaml::Yaml;
use crate::map;

pub(super) const NAMES: &[&str] = &["web", "app", "db", "cache", "settings", "queue-2", "a"];
pub(super) const NAMESPACES: &[&str] = &["shop", "default", "team-b"];
const LABELS: &[&str] = &["app", "tier", "app.kubernetes.io/name", "example.com/owner"];

/// Texts with a trap in them, all strings once quoted.
pub(super) const TEXTS: &[&str] = &[
    "",
    " ",
    "yes",
    "on",
    "off",
    "y",
    "null",
    "~",
    "true",
    "0",
    "0o7",
    "0777",
    "1e3",
    "1.10",
    ".5",
    "2024-01-01",
    "12:30:45",
    "a: b",
    "a #b",
    "#",
    "- a",
    "[a]",
    "{a}",
    "*a",
    "&a",
    "!a",
    "%a",
    "@a",
    "größe 日本 😀",
    "a'b",
    "a\"b",
    "a\\b",
    "tab\there",
    "two\nlines",
    "ends with one\n",
    "a\n\n  indented\nb",
    "ends with a space ",
    "=",
    "<<",
    "1_000",
    "this is a line with so many words in it that a writer of YAML that folds at eighty characters would fold it",
    "averylongwordwithoutanyspacesinitthatcannotbefoldedanywherebecausetherearenospacesinitatall",
    "\u{85}",
    "\u{2028}x",
];

/// Scalars that are written without quotes, for objects that may hold anything.
const SCALARS: &[&str] = &[
    "1",
    "-7",
    "0",
    "yes",
    "no",
    "on",
    "off",
    "y",
    "true",
    "False",
    "null",
    "~",
    "",
    "0o7",
    "0777",
    "0x1F",
    "1.50",
    "1e3",
    "1E-3",
    "+1",
    ".5",
    "5.",
    "1_000",
    "2024-01-01",
    "2024-01-01T10:00:00Z",
    "12:30",
    "1234567890123",
    "text",
    "two words",
    "1.2.3",
    "100m",
    "1Gi",
    "'quoted'",
    "\"double\"",
    "a:b",
    "0.1",
    "1.0",
    "1e400x",
    "007",
    "08",
];

/// An object, and how it is called.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) namespace: Option<String>,
    pub(super) value: Yaml,
}

impl Object {
    /// The head of a patch for it.
    pub(super) fn head(&self) -> Yaml {
        let mut metadata = map! { "name": self.name.as_str() };
        if let Some(namespace) = &self.namespace {
            metadata.set("namespace", namespace.as_str());
        }
        map! { "apiVersion": self.api_version, "kind": self.kind, "metadata": metadata }
    }
}

pub(super) fn text(random: &mut Random) -> Yaml {
    let text = random.word(TEXTS);
    Yaml::styled(text, random)
}

/// Any value, for what has no schema.
pub(super) fn anything(random: &mut Random, depth: usize) -> Yaml {
    match random.below(if depth == 0 { 6 } else { 10 }) {
        0..=2 => Yaml::Plain((random.word(SCALARS)).to_owned()),
        3..=5 => text(random),
        6 | 7 => {
            let items = (0..random.below(4)).map(|_| anything(random, depth - 1)).collect();
            Yaml::List { is_flow: false, items }
        }
        _ => {
            let mut map = map! {};
            for _ in 0..random.below(4) {
                let key = random.word(&["a", "b", "name", "on-off", "'1'", "image", "size"]);
                let value = anything(random, depth - 1);
                map.set(key, value);
            }
            map
        }
    }
}

pub(super) fn labels(random: &mut Random) -> Yaml {
    let mut map = map! {};
    for _ in 0..=random.below(2) {
        let key = random.word(LABELS);
        let value =
            if random.chance(80) { Yaml::from(random.word(NAMES)) } else { Yaml::text(random.word(&["yes", "1", ""])) };
        map.set(key, value);
    }
    map
}

fn name(random: &mut Random) -> &'static str {
    random.word(NAMES)
}

fn container(random: &mut Random) -> Yaml {
    let image = random.word(&["web", "web:1.0", "registry.example.com:5000/app:2", "db@sha256:abcd", "cache:v1"]);
    let mut container = map! { "name": name(random), "image": image };
    if random.chance(40) {
        container.set(
            "ports",
            vec![
                map! { "containerPort": 80 + random.below(3) },
                map! { "containerPort": 90, "protocol": random.word(&["TCP", "UDP"]) },
            ],
        );
    }
    if random.chance(50) {
        let mut variables = vec![map! { "name": "PLAIN", "value": text(random) }];
        let reference = map! { "name": name(random), "key": "a" };
        let kind = random.word(&["configMapKeyRef", "secretKeyRef"]);
        variables.push(map! { "name": "REFERENCE", "valueFrom": map! {}.with(kind, reference) });
        container.set("env", variables);
    }
    if random.chance(30) {
        let kind = random.word(&["configMapRef", "secretRef"]);
        container.set("envFrom", vec![map! {}.with(kind, map! { "name": name(random) })]);
    }
    if random.chance(30) {
        container.set("args", vec![Yaml::from("serve"), Yaml::from("$(HOST)")]);
    }
    container
}

fn template(random: &mut Random) -> Yaml {
    let mut containers = vec![container(random)];
    let second = container(random);
    if random.chance(40) && second.get("name") != containers[0].get("name") {
        containers.push(second);
    }
    let mut spec = map! { "containers": containers };
    if random.chance(40) {
        let volume = match random.below(3) {
            0 => map! { "name": "data", "configMap": map! { "name": name(random) } },
            1 => map! { "name": "data", "secret": map! { "secretName": name(random) } },
            _ => map! { "name": "data", "emptyDir": map! {} },
        };
        spec.set("volumes", vec![volume]);
    }
    if random.chance(30) {
        spec.set("serviceAccountName", name(random));
    }
    let mut template = map! { "spec": spec };
    if random.chance(80) {
        template.set("metadata", map! { "labels": labels(random) });
    }
    template
}

fn pairs(random: &mut Random, is_secret: bool) -> Yaml {
    let mut data = map! {};
    for _ in 0..random.below(4) {
        let key = random.word(&["a", "b", "level", "app.properties", "HOST"]);
        let value = if is_secret { Yaml::from("Zml4dHVyZQ==") } else { text(random) };
        data.set(key, value);
    }
    data
}

/// The kinds, and the fields that each adds to its head.
fn body(kind: &str, random: &mut Random) -> Yaml {
    match kind {
        "Deployment" | "StatefulSet" => {
            let mut spec = map! { "selector": map! { "matchLabels": labels(random) }, "template": template(random) };
            if random.chance(60) {
                spec.set("replicas", random.below(4));
            }
            if kind == "StatefulSet" {
                spec.set("serviceName", name(random));
            }
            map! { "spec": spec }
        }
        "CronJob" => {
            let job = map! { "spec": map! { "template": template(random) } };
            map! { "spec": map! { "schedule": "0 3 * * *", "jobTemplate": job } }
        }
        "Service" => {
            let ports =
                vec![map! { "port": 80, "name": "http" }, map! { "port": 80 + random.below(3), "protocol": "UDP" }];
            let mut spec = map! { "ports": ports };
            if random.chance(70) {
                spec.set("selector", labels(random));
            }
            map! { "spec": spec }
        }
        "ConfigMap" => map! { "data": pairs(random, false) },
        "Secret" => map! { "type": "Opaque", "data": pairs(random, true) },
        "RoleBinding" | "ClusterRoleBinding" => {
            let subject = map! { "kind": "ServiceAccount", "name": random.word(&["default", "web", "app"]), "namespace": random.word(NAMESPACES) };
            let role = map! {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": if kind == "RoleBinding" { random.word(&["Role", "ClusterRole"]) } else { "ClusterRole" },
                "name": name(random),
            };
            map! { "roleRef": role, "subjects": vec![subject] }
        }
        "Role" | "ClusterRole" => {
            let rule = map! { "apiGroups": vec![Yaml::from("")], "resources": vec![Yaml::from("configmaps")], "verbs": vec![Yaml::from("get")] };
            map! { "rules": vec![rule] }
        }
        "Ingress" => {
            let backend = map! { "service": map! { "name": name(random), "port": map! { "number": 80 } } };
            let path = map! { "path": "/", "pathType": "Prefix", "backend": backend };
            let rule = map! { "host": "shop.example.com", "http": map! { "paths": vec![path] } };
            map! { "spec": map! { "rules": vec![rule], "tls": vec![map! { "secretName": name(random) }] } }
        }
        "HorizontalPodAutoscaler" => {
            let target = map! { "apiVersion": "apps/v1", "kind": random.word(&["Deployment", "StatefulSet"]), "name": name(random) };
            map! { "spec": map! { "scaleTargetRef": target, "maxReplicas": 3 } }
        }
        "NetworkPolicy" => map! { "spec": map! { "podSelector": map! { "matchLabels": labels(random) } } },
        "Web" if random.chance(90) => {
            let spec = map! { "a": anything(random, 2), "size": anything(random, 0), "b": anything(random, 3) };
            map! { "spec": spec }
        }
        "Web" => map! { "spec": anything(random, 3) },
        _ => map! {},
    }
}

const KINDS: &[(&str, &str, bool)] = &[
    ("apps/v1", "Deployment", true),
    ("apps/v1", "Deployment", true),
    ("apps/v1", "StatefulSet", true),
    ("batch/v1", "CronJob", true),
    ("v1", "Service", true),
    ("v1", "Service", true),
    ("v1", "ConfigMap", true),
    ("v1", "ConfigMap", true),
    ("v1", "Secret", true),
    ("v1", "ServiceAccount", true),
    ("v1", "Namespace", false),
    ("rbac.authorization.k8s.io/v1", "Role", true),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", true),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", false),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", false),
    ("networking.k8s.io/v1", "Ingress", true),
    ("networking.k8s.io/v1", "NetworkPolicy", true),
    ("autoscaling/v2", "HorizontalPodAutoscaler", true),
    ("example.com/v1", "Web", true),
    ("example.com/v1", "Web", true),
];

pub(super) fn object(random: &mut Random) -> Object {
    let (api_version, kind, is_namespaced) = *random.pick(KINDS);
    let name = name(random).to_owned();
    let namespace = (is_namespaced && random.chance(25)).then(|| (random.word(NAMESPACES)).to_owned());
    let mut metadata = map! { "name": name.as_str() };
    if let Some(namespace) = &namespace {
        metadata.set("namespace", namespace.as_str());
    }
    if random.chance(50) {
        metadata.set("labels", labels(random));
    }
    if random.chance(25) {
        metadata.set("annotations", map! { "note": text(random), "example.com/b": "1" });
    }
    let mut value = map! { "apiVersion": api_version, "kind": kind, "metadata": metadata };
    let mut body = body(kind, random);
    value.entries_mut().append(body.entries_mut());
    value.mix_styles(random);
    Object { api_version, kind, name, namespace, value }
}
