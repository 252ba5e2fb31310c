//! What the API server's own code demands of built-in types beyond their schemas.
//!
//! In: an object that the schema stage looks at too. Out: findings, as the server's validation would give errors on a
//! create. The rules are those of Kubernetes' `pkg/apis/*/validation` and `k8s.io/apimachinery/pkg/{api,util}/validation`,
//! defaults applied first. A value of a wrong JSON type is the schema stage's matter: here it is passed over, and `null`
//! is absent. It never asks a cluster, and never guesses what a server would say.

mod addresses;
mod admission;
mod autoscaling;
mod batch;
mod bounds;
mod config;
mod containers;
mod cron;
mod csi;
mod endpoints;
mod environment;
mod fields;
mod iscsi;
mod job_policies;
mod metadata;
mod mounts;
mod names;
mod network_policy;
mod networking;
mod node_selector;
mod object_name;
mod persistent_volume;
mod pod_annotations;
mod pod_spec;
mod policy;
mod probes;
mod projected;
mod quota;
mod rbac;
mod resources;
mod scheduling;
mod security_context;
mod selector;
mod service;
mod storage;
mod volume_sources;
mod volumes;
mod windows;
mod workloads;

use super::Sink;
use crate::manifest::Object;

/// Checks an object; of a kind that is not built in, its metadata alone.
pub fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    metadata::check(object, sink);
    match object.kind.group.as_str() {
        "" => {
            pod_spec::check(object, sink);
            workloads::check(object, sink);
            service::check(object, sink);
            config::check(object, sink);
            storage::check(object, sink);
            quota::check(object, sink);
        }
        "admissionregistration.k8s.io"
        | "apiregistration.k8s.io"
        | "certificates.k8s.io"
        | "flowcontrol.apiserver.k8s.io"
        | "coordination.k8s.io"
        | "node.k8s.io" => admission::check(object, sink),
        "apps" => {
            pod_spec::check(object, sink);
            workloads::check(object, sink);
        }
        "autoscaling" => autoscaling::check(object, sink),
        "batch" => {
            pod_spec::check(object, sink);
            batch::check(object, sink);
        }
        "discovery.k8s.io" => service::check(object, sink),
        "networking.k8s.io" => networking::check(object, sink),
        "policy" | "scheduling.k8s.io" => policy::check(object, sink),
        "rbac.authorization.k8s.io" => rbac::check(object, sink),
        "storage.k8s.io" => storage::check(object, sink),
        _ => {}
    }
}
