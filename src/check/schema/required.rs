//! Fields that the OpenAPI of Kubernetes calls required, and that its API server does not ask for.
//!
//! In: the schema of a built-in definition. Out: the same without those fields in `required`. It never touches a custom
//! resource, whose `required` the server takes at its word.
//!
//! The OpenAPI calls a field required when its Go type has no `omitempty`. The server decodes into that type, fills what
//! lacks with zero values, and then only its validation counts. What stands here was sent to a server of 1.37 without the
//! field, and taken. Fields that newer OpenAPI documents no longer call required never were.
//!
//! The same goes for a `null` in a list: it is the zero value of the list's items, which a few types may have.

use serde_json::Value as Json;

/// The API group as the package names it, the definition in whatever version, its fields that may lack.
type Exception = (&'static str, &'static str, &'static [&'static str]);

const NOT_REQUIRED: &[Exception] = &[
    // A struct none of whose own fields has to be set, or whose fields have defaults.
    ("api.core", "Event", &["involvedObject"]),
    ("api.core", "PreferredSchedulingTerm", &["preference"]),
    ("api.networking", "NetworkPolicySpec", &["podSelector"]),
    ("api.resource", "DeviceClass", &["spec"]),
    ("api.resource", "ResourceClaim", &["spec"]),
    ("api.resource", "ResourceClaimTemplate", &["spec"]),
    ("api.resource", "ResourceClaimTemplateSpec", &["spec"]),
    ("api.storage", "CSIDriver", &["spec"]),
    ("api.storage", "CSINode", &["spec"]),
    // A list or pointer that validation goes through when it is there.
    ("api.batch", "PodFailurePolicy", &["rules"]),
    ("api.core", "LimitRangeSpec", &["limits"]),
    ("api.core", "ScaleIOPersistentVolumeSource", &["secretRef"]),
    ("api.core", "ScaleIOVolumeSource", &["secretRef"]),
    ("api.discovery", "EndpointSlice", &["endpoints"]),
    ("api.storage", "CSINodeSpec", &["drivers"]),
    // Zero, the empty text and `false` are values like any other.
    ("api.apps", "ControllerRevision", &["revision"]),
    ("api.apps", "StatefulSetSpec", &["serviceName"]),
    ("api.core", "HTTPHeader", &["value"]),
    ("api.core", "ISCSIPersistentVolumeSource", &["lun"]),
    ("api.core", "ISCSIVolumeSource", &["lun"]),
    ("api.core", "SleepAction", &["seconds"]),
    ("api.core", "Sysctl", &["value"]),
    ("api.discovery", "ForZone", &["name"]),
    ("api.resource", "Counter", &["value"]),
    ("api.resource", "DeviceCapacity", &["value"]),
    ("api.resource", "ResourcePool", &["generation"]),
    ("api.scheduling", "PriorityClass", &["value"]),
    ("api.storage", "TokenRequest", &["audience"]),
    ("apiextensions-apiserver.pkg.apis.apiextensions", "CustomResourceDefinitionVersion", &["served", "storage"]),
    ("apimachinery.pkg.apis.meta", "GroupResource", &["group"]),
    // A default stands in for it.
    ("api.batch", "PodFailurePolicyOnPodConditionsPattern", &["status"]),
    ("api.rbac", "RoleRef", &["apiGroup"]),
    // The code of the kinds asks for it where it counts: not of a template's owners, and not of a claim's data source,
    // which the server drops unless it knows its kind.
    ("api.core", "TypedLocalObjectReference", &["kind", "name"]),
    ("apiextensions-apiserver.pkg.apis.apiextensions", "WebhookConversion", &["conversionReviewVersions"]),
    ("apimachinery.pkg.apis.meta", "OwnerReference", &["apiVersion", "kind", "name", "uid"]),
    // A feature that is off by default: the server drops the field before it looks at it.
    ("api.core", "EvictionResponder", &["name", "priority"]),
    ("api.resource", "DeviceDerivedAttribute", &["expression", "name"]),
    // Nothing reads it since the kubelet's dynamic configuration is gone: the server drops it.
    ("api.core", "ConfigMapNodeConfigSource", &["kubeletConfigKey", "name", "namespace"]),
];

/// The types, by group and definition, whose zero value the server takes in a list.
const ZERO_ITEMS: &[(&str, &str)] = &[
    ("api.core", "LocalObjectReference"),
    ("api.core", "NodeSelectorTerm"),
    ("api.core", "ObjectReference"),
    ("api.core", "VolumeProjection"),
    ("api.discovery", "EndpointPort"),
    ("api.discovery", "ForZone"),
    ("api.networking", "IngressRule"),
    ("api.networking", "IngressTLS"),
    ("api.networking", "NetworkPolicyEgressRule"),
    ("api.networking", "NetworkPolicyIngressRule"),
    ("api.networking", "NetworkPolicyPort"),
    ("api.resource", "DeviceToleration"),
    ("api.storage", "TokenRequest"),
    ("apiextensions-apiserver.pkg.apis.apiextensions", "JSONSchemaProps"),
    ("apimachinery.pkg.apis.meta", "LabelSelector"),
    ("apimachinery.pkg.apis.meta", "ManagedFieldsEntry"),
];

/// The group of a definition, as its package names it, and its name; the version in between does not count.
fn group_and_name(definition: &str) -> Option<(&str, &str)> {
    let (package, name) = definition.rsplit_once('.')?;
    let (group, _) = package.strip_prefix("io.k8s.")?.rsplit_once('.')?;
    Some((group, name))
}

/// Whether `null` may stand for an item of this type in a list.
pub(super) fn may_be_null_in_a_list(definition: &str) -> bool {
    group_and_name(definition).is_some_and(|found| ZERO_ITEMS.contains(&found))
}

/// Takes out of a definition's `required` what the server does not ask for.
pub(super) fn correct(definition: &str, schema: &mut Json) {
    let Some((group, name)) = group_and_name(definition) else { return };
    let exception = NOT_REQUIRED.iter().find(|exception| exception.0 == group && exception.1 == name);
    if let Some((_, _, fields)) = exception
        && let Some(Json::Array(required)) = schema.as_object_mut().and_then(|schema| schema.get_mut("required"))
    {
        required.retain(|field| field.as_str().is_none_or(|field| !fields.contains(&field)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::schema::{Minor, bundle};

    #[test]
    fn every_exception_is_one_in_some_version() {
        let bundle = bundle();
        for (group, name, fields) in NOT_REQUIRED {
            for field in *fields {
                let is_required = |minor: usize, version: &str| {
                    let definition = format!("io.k8s.{group}.{version}.{name}");
                    let line = bundle.definition_line(&definition, Minor(minor));
                    let schema = line.map(|line| bundle.definition(line)).unwrap_or_default();
                    let required =
                        schema["required"].as_array().is_some_and(|names| names.contains(&Json::from(*field)));
                    let mut corrected = schema;
                    correct(&definition, &mut corrected);
                    assert!(
                        !corrected["required"].as_array().is_some_and(|names| names.contains(&Json::from(*field))),
                        "{definition}"
                    );
                    required
                };
                let minors = 0..bundle.minors().len();
                assert!(minors.into_iter().any(|minor| is_required(minor, "v1")), "{group} {name} {field}");
            }
        }
    }
}
