//! What the API server's own code demands of built-in types beyond their schemas.
//!
//! In: an object that the schema stage looks at too. Out: findings, as the server's validation would give errors on a
//! create. The rules are those of Kubernetes' `pkg/apis/*/validation` and `k8s.io/apimachinery/pkg/{api,util}/validation`,
//! defaults applied first. A value of a wrong JSON type is the schema stage's matter: here it is passed over, and `null`
//! is absent. It never asks a cluster, and never guesses what a server would say.

mod addresses;
mod admission;
mod admission_binding;
mod admission_policy;
mod admission_rules;
mod api_service;
mod autoscaling;
mod batch;
mod bounds;
mod certificates;
mod config;
mod containers;
mod cron;
mod csi;
pub(in crate::check) mod embedded;
mod endpoints;
mod environment;
mod events;
mod expressions;
mod fields;
mod flow_control;
mod generation;
mod iscsi;
mod job_policies;
mod lease;
mod limit_range;
mod metadata;
mod mounts;
pub(in crate::check) mod names;
mod network_policy;
mod networking;
mod node_selector;
mod nodes;
mod object_name;
mod persistent_volume;
mod pod_annotations;
mod pod_spec;
mod policy;
mod priority_level;
mod probes;
mod projected;
mod quota;
mod rbac;
mod resource_claims;
mod resource_names;
mod resource_slices;
mod resources;
mod runtime_class;
mod scheduling;
mod security_context;
mod selector;
mod service;
mod service_name;
mod storage;
mod volume_sources;
mod volumes;
mod webhook_client;
mod windows;
mod workloads;

use super::Sink;
use super::schema::{Minor, Scope};
use crate::manifest::Object;

/// What a check has to know beside the object.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings<'r> {
    /// Where objects of the kind live, when that is known.
    pub scope: Option<Scope>,
    /// The minor versions of Kubernetes that the object is for.
    pub targets: &'r [Minor],
}

/// Checks an object; of a kind that is not built in, its metadata alone.
pub fn check(object: &Object<'_>, surroundings: Surroundings<'_>, sink: &mut Sink<'_, '_>) {
    metadata::check(object, surroundings.scope, sink);
    generation::check(object, sink);
    service_name::check(object, surroundings.targets, sink);
    match object.kind.group.as_str() {
        "" => {
            pod_spec::check(object, sink);
            workloads::check(object, sink);
            service::check(object, sink);
            config::check(object, sink);
            storage::check(object, sink);
            quota::check(object, sink);
            limit_range::check(object, sink);
            nodes::check(object, sink);
            events::check(object, sink);
        }
        "admissionregistration.k8s.io" => admission::check(object, sink),
        "apiregistration.k8s.io" => api_service::check(object, sink),
        "apps" => {
            pod_spec::check(object, sink);
            workloads::check(object, sink);
        }
        "autoscaling" => autoscaling::check(object, sink),
        "batch" => {
            pod_spec::check(object, sink);
            batch::check(object, sink);
        }
        "certificates.k8s.io" => certificates::check(object, sink),
        "coordination.k8s.io" => lease::check(object, sink),
        "discovery.k8s.io" => service::check(object, sink),
        "events.k8s.io" => events::check(object, sink),
        "flowcontrol.apiserver.k8s.io" => flow_control::check(object, sink),
        "networking.k8s.io" => networking::check(object, sink),
        "node.k8s.io" => runtime_class::check(object, sink),
        "policy" | "scheduling.k8s.io" => policy::check(object, sink),
        "rbac.authorization.k8s.io" => rbac::check(object, sink),
        "resource.k8s.io" => resource_claims::check(object, sink),
        "storage.k8s.io" => storage::check(object, sink),
        _ => {}
    }
}
