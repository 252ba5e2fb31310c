//! Pods and pod templates: `ValidatePodSpec` of `pkg/apis/core/validation`, and what each workload adds to it.
//!
//! In: an object that is a pod or holds a template of one. Out: findings about the pod's own fields; its parts have
//! modules of their own, which are called from here. It never asks a cluster whether what a pod names is there.

use super::addresses::address;
use super::bounds::number;
use super::fields::{
    DNS_LABEL, DNS_SUBDOMAIN, QUALIFIED_NAME, duplicate, filled, forbidden, in_range, invalid, is_one_of, item_text,
    items, one_of, report, required, text, text_or,
};
use super::names::is_dns1123_label;
use super::{containers, pod_annotations, resources, scheduling, security_context, volumes, windows};
use crate::catalogue::schema;
use crate::check::Sink;
use crate::manifest::{GroupVersionKind, Node, Object};
use crate::report::printable;

const RESTART_POLICIES: &[&str] = &["Always", "OnFailure", "Never"];
const DNS_POLICIES: &[&str] = &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const MOST_NAMESERVERS: usize = 3;
const MOST_SEARCH_PATHS: usize = 32;
const MOST_SEARCH_CHARACTERS: usize = 2048;
/// `terminationGracePeriodSeconds` when a manifest says nothing of it.
const GRACE_PERIOD: i64 = 30;

/// Who creates the pod of a spec: some rules hold for pods alone, others depend on the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// The object is the pod.
    Pod,
    /// A template that nothing runs by itself.
    PodTemplate,
    /// A controller whose pods always run again.
    Workload,
    /// As `Workload`, with a host name and volumes that the controller gives.
    StatefulSet,
    /// A controller whose pods end.
    Job,
}

/// What a volume of a pod is made of, as far as other fields of the pod depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VolumeSource {
    /// A claim, or the template of one.
    Claim,
    /// An empty folder, which is the default.
    EmptyDir,
    /// Anything else.
    Other,
}

/// A pod's spec and what its parts have to know of the whole.
pub(super) struct Pod<'n, 's> {
    /// The spec.
    pub(super) spec: &'n Node<'s>,
    /// The metadata, unless there is none.
    pub(super) metadata: Option<&'n Node<'s>>,
    /// Who creates it.
    pub(super) owner: Owner,
    claim_templates: &'n [Node<'s>],
}

impl<'n, 's> Pod<'n, 's> {
    /// The pod that an object is, or the one that it holds the template of.
    fn of(object: &'n Object<'s>) -> Option<Self> {
        let root = &object.node;
        let (holder, owner) = match (object.kind.group.as_str(), object.kind.kind.as_str()) {
            ("", "Pod") => (Some(root), Owner::Pod),
            ("", "PodTemplate") => (root.present("template"), Owner::PodTemplate),
            ("", "ReplicationController") | ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => {
                (root.path(&["spec", "template"]), Owner::Workload)
            }
            ("apps", "StatefulSet") => (root.path(&["spec", "template"]), Owner::StatefulSet),
            ("batch", "Job") => (root.path(&["spec", "template"]), Owner::Job),
            ("batch", "CronJob") => (root.path(&["spec", "jobTemplate", "spec", "template"]), Owner::Job),
            _ => return None,
        };
        let holder = holder?;
        let claim_templates = match owner {
            Owner::StatefulSet => root.present("spec").map(|spec| items(spec, "volumeClaimTemplates")),
            _ => None,
        };
        Some(Self {
            spec: holder.present("spec").filter(|spec| spec.is_mapping())?,
            metadata: holder.present("metadata"),
            owner,
            claim_templates: claim_templates.unwrap_or_default(),
        })
    }

    /// All containers, of every sort.
    pub(super) fn containers(&self) -> impl Iterator<Item = &'n Node<'s>> {
        ["initContainers", "containers", "ephemeralContainers"].into_iter().flat_map(|list| items(self.spec, list))
    }

    /// A flag of the spec; false when it is absent.
    pub(super) fn has(&self, flag: &str) -> bool {
        self.spec.present(flag).and_then(Node::as_bool) == Some(true)
    }

    /// Whether the containers' users are the host's: so unless `hostUsers` is false.
    pub(super) fn uses_host_users(&self) -> bool {
        self.spec.present("hostUsers").and_then(Node::as_bool) != Some(false)
    }

    /// The operating system that the spec names.
    pub(super) fn operating_system(&self) -> Option<&'n str> {
        self.spec.path(&["os", "name"]).and_then(Node::as_str)
    }

    /// When its containers are started again.
    pub(super) fn restart_policy(&self) -> &'n str {
        text_or(self.spec, "restartPolicy", "Always")
    }

    /// Seconds from the signal to end until the kill.
    pub(super) fn grace_period(&self) -> i64 {
        let seconds = number(self.spec, "terminationGracePeriodSeconds").unwrap_or(GRACE_PERIOD);
        // Of a pod the server makes a positive number before it looks any further.
        if self.owner == Owner::Pod && seconds < 0 { 1 } else { seconds }
    }

    /// Whether something that is no volume has the place of the list or of a volume: then nothing is known of names.
    pub(super) fn has_unreadable_volumes(&self) -> bool {
        self.spec.present("volumes").is_some_and(|volumes| {
            !matches!(volumes.value, crate::manifest::Value::Sequence(_))
                || volumes.items().iter().any(|volume| text(volume, "name").is_none())
        })
    }

    /// What the volume of a name is, if there is one.
    pub(super) fn volume(&self, name: &str) -> Option<VolumeSource> {
        let is_named = |node: &&Node<'_>| text(node, "name") == Some(name);
        // A StatefulSet's claim replaces a volume of the same name.
        if self
            .claim_templates
            .iter()
            .any(|claim| claim.path(&["metadata", "name"]).and_then(Node::as_str) == Some(name))
        {
            return Some(VolumeSource::Claim);
        }
        let volume = items(self.spec, "volumes").iter().find(is_named)?;
        let has = |source: &str| volume.present(source).is_some();
        Some(if has("persistentVolumeClaim") || has("ephemeral") {
            VolumeSource::Claim
        } else if has("emptyDir") || volume.entries().iter().all(|entry| entry.key == "name" || entry.value.is_null()) {
            VolumeSource::EmptyDir
        } else {
            VolumeSource::Other
        })
    }
}

/// Where a kind has the spec of its pod, and which of the steps to it other checks demand, counted from 0.
const PATHS: &[(&str, &str, &[&str], &[usize])] = &[
    ("", "Pod", &["spec"], &[]),
    ("", "PodTemplate", &["template", "spec"], &[]),
    ("", "ReplicationController", &["spec", "template", "spec"], &[1]),
    ("apps", "Deployment", &["spec", "template", "spec"], &[0, 1]),
    ("apps", "DaemonSet", &["spec", "template", "spec"], &[0, 1]),
    ("apps", "ReplicaSet", &["spec", "template", "spec"], &[0]),
    ("apps", "StatefulSet", &["spec", "template", "spec"], &[0, 1]),
    ("batch", "Job", &["spec", "template", "spec"], &[1]),
    ("batch", "CronJob", &["spec", "jobTemplate", "spec", "template", "spec"], &[0, 1, 3]),
];

/// An object without the spec of its pod: what it lacks on the way there. A template without one has no containers.
fn missing_spec(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let GroupVersionKind { group, kind, .. } = &object.kind;
    let Some((_, _, path, demanded)) = PATHS.iter().find(|path| path.0 == group && path.1 == kind) else { return };
    let mut node = &object.node;
    for (index, step) in path.iter().enumerate() {
        match node.present(step) {
            Some(next) if next.is_mapping() => node = next,
            None if !demanded.contains(&index) => {
                sink.missing(node, step);
                return;
            }
            _ => return,
        }
    }
}

/// Checks a pod or a workload's pod template; nothing of any other kind.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    if object.kind.version != "v1" {
        return;
    }
    let Some(pod) = Pod::of(object) else {
        missing_spec(object, sink);
        return;
    };
    let spec = pod.spec;
    pod_annotations::check(&pod, sink);
    volumes::check(spec, sink);
    containers::check(&pod, sink);
    if let Some(requirements) = spec.present("resources") {
        resources::check_pod(&pod, requirements, sink);
    }
    if let Some(overhead) = spec.present("overhead") {
        resources::check_list(overhead, sink);
    }
    claims(spec, sink);
    security_context::check_pod(&pod, sink);
    windows::check(&pod, sink);
    scheduling::check(&pod, sink);
    restart_policy(&pod, sink);
    host(&pod, sink);
    dns(spec, sink);
    for name in ["serviceAccountName", "serviceAccount", "priorityClassName", "nodeName"] {
        DNS_SUBDOMAIN.check_optional(spec, name, sink);
    }
    DNS_SUBDOMAIN.check_or_empty(spec, "runtimeClassName", sink);
    if let Some(policy) = spec.present("preemptionPolicy") {
        is_one_of(policy, &["PreemptLowerPriority", "Never"], sink);
    }
    if let Some(gates) = spec.present("readinessGates") {
        gates.items().iter().for_each(|gate| QUALIFIED_NAME.check_filled(gate, "conditionType", sink));
    }
    deadline(&pod, sink);
}

fn restart_policy(pod: &Pod<'_, '_>, sink: &mut Sink<'_, '_>) {
    let allowed = match pod.owner {
        Owner::Pod | Owner::PodTemplate => RESTART_POLICIES,
        Owner::Workload | Owner::StatefulSet => &["Always"],
        Owner::Job => &["OnFailure", "Never"],
    };
    match filled(pod.spec, "restartPolicy") {
        Some(node) => is_one_of(node, allowed, sink),
        None if pod.owner == Owner::Job => {
            sink.missing(pod.spec, "restartPolicy").help =
                Some("add `restartPolicy: OnFailure` or `restartPolicy: Never`".to_owned());
        }
        None => {}
    }
}

fn deadline(pod: &Pod<'_, '_>, sink: &mut Sink<'_, '_>) {
    let Some(node) = pod.spec.present("activeDeadlineSeconds") else { return };
    match pod.owner {
        Owner::Workload | Owner::StatefulSet => {
            forbidden(pod.spec, "activeDeadlineSeconds", "must not be set for pods that always run again", sink);
        }
        _ => in_range(node, 1, i64::from(i32::MAX), sink),
    }
}

/// Names of the host and what is shared with it.
fn host(pod: &Pod<'_, '_>, sink: &mut Sink<'_, '_>) {
    let spec = pod.spec;
    if pod.owner != Owner::StatefulSet {
        DNS_LABEL.check_optional(spec, "hostname", sink);
        DNS_LABEL.check_optional(spec, "subdomain", sink);
    }
    if let Some(node) = spec.present("hostnameOverride") {
        DNS_SUBDOMAIN.check(node, sink);
        if node.as_str().is_some_and(|name| name.len() > 64) {
            invalid(node, "a host name of more than 64 characters", "use a shorter one", sink);
        }
        for flag in ["setHostnameAsFQDN", "hostNetwork"] {
            if pod.has(flag) {
                forbidden(spec, "hostnameOverride", &format!("must not be set beside `{flag}: true`"), sink);
            }
        }
    }
    if pod.has("hostPID") && pod.has("shareProcessNamespace") {
        forbidden(spec, "shareProcessNamespace", "must not be true beside `hostPID: true`", sink);
    }
    if !pod.uses_host_users() {
        for flag in ["hostNetwork", "hostPID", "hostIPC"] {
            if pod.has(flag) {
                forbidden(spec, flag, "must not be true when `hostUsers` is false", sink);
            }
        }
        for container in pod.containers().filter(|container| !items(container, "volumeDevices").is_empty()) {
            forbidden(container, "volumeDevices", "must not be set when `hostUsers` is false", sink);
        }
    }
    for alias in items(spec, "hostAliases") {
        if let Some(node) = alias.present("ip") {
            address(node, sink);
        }
        for name in items(alias, "hostnames") {
            DNS_SUBDOMAIN.check(name, sink);
        }
    }
}

fn dns(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    one_of(spec, "dnsPolicy", DNS_POLICIES, sink);
    let config = spec.present("dnsConfig");
    if text(spec, "dnsPolicy") == Some("None") {
        match config {
            None => {
                sink.missing(spec, "dnsConfig").help =
                    Some("add `dnsConfig` with `nameservers`, or use another `dnsPolicy`".to_owned());
            }
            Some(config) if items(config, "nameservers").is_empty() => {
                sink.missing(config, "nameservers").help = Some("add one of them at least".to_owned());
            }
            Some(_) => {}
        }
    }
    let Some(config) = config else { return };
    let nameservers = items(config, "nameservers");
    if let Some(node) = nameservers.get(MOST_NAMESERVERS) {
        report(&schema::RANGE, node, "more than three name servers", "name the three that matter", sink);
    }
    for node in nameservers {
        address(node, sink);
    }
    let searches = items(config, "searches");
    let length = searches.iter().filter_map(Node::as_str).map(|path| path.len() + 1).sum::<usize>().saturating_sub(1);
    if let Some(node) = config.get("searches")
        && (searches.len() > MOST_SEARCH_PATHS || length > MOST_SEARCH_CHARACTERS)
    {
        let message =
            format!("more than {MOST_SEARCH_PATHS} search paths, or {MOST_SEARCH_CHARACTERS} characters of them");
        report(&schema::RANGE, node, message, "name those that matter", sink);
    }
    for node in searches {
        let Some(path) = item_text(node).filter(|path| *path != ".") else { continue };
        // Labels may hold underscores here.
        let plain = path.strip_suffix('.').unwrap_or(path).replace('_', "a");
        if !DNS_SUBDOMAIN.matches(&plain) {
            let message = format!("`{}` is no search path", printable(path));
            invalid(node, message, "write a DNS name such as `svc.cluster.local`", sink);
        }
    }
    for option in items(config, "options") {
        required(option, "name", sink);
    }
}

/// The claims to devices that containers refer to.
fn claims(spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let claims = items(spec, "resourceClaims");
    for (index, claim) in claims.iter().enumerate() {
        let name = text(claim, "name").unwrap_or_default();
        if let Some(node) = claim.present("name") {
            if claims.iter().take(index).any(|earlier| text(earlier, "name") == Some(name)) {
                duplicate(node, format!("two claims are called `{}`", printable(name)), sink);
            } else if !is_dns1123_label(name) {
                DNS_LABEL.check(node, sink);
            }
        }
        match (claim.present("resourceClaimName"), claim.present("resourceClaimTemplateName")) {
            (None, None) if claim.is_mapping() => {
                let help = "add `resourceClaimName` or `resourceClaimTemplateName`";
                report(
                    &schema::REQUIRED,
                    claim,
                    "a claim that names neither a claim nor a template of one",
                    help,
                    sink,
                );
            }
            (Some(_), Some(_)) => {
                forbidden(claim, "resourceClaimTemplateName", "may not stand beside `resourceClaimName`", sink);
            }
            _ => {}
        }
        DNS_SUBDOMAIN.check_or_empty(claim, "resourceClaimName", sink);
        DNS_SUBDOMAIN.check_or_empty(claim, "resourceClaimTemplateName", sink);
    }
}
