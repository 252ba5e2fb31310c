//! References to objects that were renamed or moved.
//!
//! In: the objects of a finished rendering, and which fields of which kinds hold the names of which other kinds. Out: the
//! objects with the names of now. The choice among several objects that were once called so is kustomize's: kind, role
//! reference, namespace, then the prefixes and suffixes that referrer and candidate have in common.

use std::collections::HashMap;

use super::field_spec::{FieldSpec, NameReference};
use super::fields::{self, Make};
use super::kustomization::text;
use super::resource::{Id, Resource};
use super::resources::Resources;
use crate::catalogue::render::REFERENCE;
use crate::manifest::{Node, Span, Value};
use crate::render::fault::{Fallible, Fault};
use crate::render::files::Owned;

/// Sets every reference to what its object is called now.
pub(super) fn fix(resources: &mut Resources, references: &[NameReference]) -> Fallible<()> {
    let known = Known::of(resources);
    for index in 0..resources.list.len() {
        let Some(referrer) = resources.list.get(index) else { break };
        let id = referrer.original_id();
        let mut wanted: Vec<(&NameReference, &FieldSpec)> = Vec::new();
        for reference in references {
            let specs = reference.referrers.iter();
            let of_this = specs.filter(|spec| id.is_selected_by(&spec.group, &spec.version, &spec.kind));
            wanted.extend(of_this.map(|spec| (reference, spec)));
        }
        if wanted.is_empty() {
            continue;
        }
        let account_namespaces: Vec<String> =
            service_account_namespaces(referrer)?.into_iter().map(str::to_owned).collect();
        // The object is looked at while a field of it is changed; nothing that is looked at is such a field.
        let Some(mut node) = resources.list.get(index).map(|referrer| referrer.node.clone()) else { break };
        for (reference, spec) in wanted {
            let Some(referrer) = resources.list.get(index) else { break };
            let namespaces = account_namespaces.as_slice();
            let fix = Fix { resources, known: &known, namespaces, referrer, reference, spec };
            // Whatever kind the object has now: it was chosen by the one that it had.
            let spec = FieldSpec::of_any(spec.path.clone(), spec.create);
            let span = node.span;
            fields::change(&spec, &mut node, Make::Nothing, span, &mut |field| fix.field(field))?;
        }
        if let Some(referrer) = resources.list.get_mut(index) {
            referrer.node = node;
        }
    }
    Ok(())
}

/// The objects by the names that they had.
struct Known {
    by_name: HashMap<String, Vec<usize>>,
}

impl Known {
    fn of(resources: &Resources) -> Self {
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, resource) in resources.list.iter().enumerate() {
            for previous in &resource.previous {
                let named = by_name.entry(previous.name.clone()).or_default();
                if named.last() != Some(&index) {
                    named.push(index);
                }
            }
        }
        Self { by_name }
    }
}

/// The namespaces of the service accounts that a `RoleBinding` names: those may be in another one.
fn service_account_namespaces(referrer: &Resource) -> Fallible<Vec<&str>> {
    if referrer.kind() != "RoleBinding" {
        return Ok(Vec::new());
    }
    let mut namespaces = Vec::new();
    for subject in referrer.node.get("subjects").map(Node::items).unwrap_or_default() {
        let is_account = subject.get("kind").map(text) == Some("ServiceAccount");
        match subject.get("namespace").filter(|_| is_account) {
            None => {}
            Some(Node { value: Value::String(namespace), .. }) => namespaces.push(namespace.as_ref()),
            Some(other) => {
                return Err(Fault::new(&REFERENCE, other.span, "the namespace of a subject is blank")
                    .with_help("name the service account's namespace"));
            }
        }
    }
    Ok(namespaces)
}

struct Fix<'f> {
    resources: &'f Resources,
    known: &'f Known,
    /// The namespaces of the service accounts that the referrer names.
    namespaces: &'f [String],
    referrer: &'f Resource,
    reference: &'f NameReference,
    spec: &'f FieldSpec,
}

impl Fix<'_> {
    fn field(&self, field: &mut Owned) -> Fallible<()> {
        match &mut field.value {
            Value::Null => Ok(()),
            Value::Mapping(_) => self.mapping(field),
            Value::Sequence(items) => items.iter_mut().try_for_each(|item| match &item.value {
                Value::Null => Ok(()),
                Value::Mapping(_) => self.mapping(item),
                Value::Sequence(_) => {
                    Err(Fault::new(&REFERENCE, item.span, "a name is expected here, or an object with one"))
                }
                _ => self.scalar(item),
            }),
            _ => self.scalar(field),
        }
    }

    fn scalar(&self, field: &mut Owned) -> Fallible<()> {
        let old = field.scalar_text().unwrap_or_default().into_owned();
        let all = self.candidates(&old).collect();
        let same = |one: &Resource, other: &Resource| one.name() == other.name();
        if let Some(found) = self.choose(&old, all, same, field.span)?
            && found.name() != old
        {
            *field = named(found, field.span);
        }
        Ok(())
    }

    fn mapping(&self, node: &mut Owned) -> Fallible<()> {
        let Some(name) = node.get("name") else {
            let message = "an object with a `name` is expected here";
            return Err(Fault::new(&REFERENCE, node.span, message).with_help("add `name`"));
        };
        let (old, span) = (name.scalar_text().unwrap_or_default().into_owned(), name.span);
        let all = self.in_namespace(&old, node.get("namespace"));
        let same =
            |one: &Resource, other: &Resource| one.name() == other.name() && one.namespace() == other.namespace();
        let Some(found) = self.choose(&old, all, same, span)? else { return Ok(()) };
        let namespace = found.node.path(&["metadata", "namespace"]).filter(|namespace| !text(namespace).is_empty());
        if found.name() == old && namespace.is_none() {
            return Ok(());
        }
        if found.name() != old {
            node.set("name", named(found, span));
        }
        if let Some(namespace) = namespace
            && node.get("namespace").map(text) != Some(text(namespace))
        {
            node.set("namespace", namespace.clone());
        }
        Ok(())
    }

    /// The objects that were called so and that the referrer can mean at all.
    fn candidates(&self, old: &str) -> impl Iterator<Item = &Resource> {
        let named = self.known.by_name.get(old).map(Vec::as_slice).unwrap_or_default();
        named.iter().filter_map(|index| self.resources.list.get(*index)).filter(|other| self.can_mean(other))
    }

    /// The objects that the referrer can mean at all.
    fn meant(&self) -> impl Iterator<Item = &Resource> {
        self.resources.list.iter().filter(|other| self.can_mean(other))
    }

    fn can_mean(&self, other: &Resource) -> bool {
        let (id, other) = (self.referrer.id(), other.id());
        id.is_cluster_scoped
            || other.is_cluster_scoped
            || other.effective_namespace() == id.effective_namespace()
            || self.namespaces.iter().any(|namespace| *namespace == other.namespace)
    }

    /// The candidates that were in a namespace at first, or else are in it now; all, if none is named.
    fn in_namespace(&self, old: &str, namespace: Option<&Owned>) -> Vec<&Resource> {
        let all = self.candidates(old);
        let Some(namespace) = namespace else { return all.collect() };
        let namespace = namespace.scalar_text().unwrap_or_default();
        let is_in = |id: Id<'_>| {
            let effective = id.effective_namespace();
            effective == namespace && !id.is_cluster_scoped && effective != "_non_namespaceable_"
        };
        let all: Vec<&Resource> = all.collect();
        // Whether anything at all was there at first decides, be it called so or not.
        let is_from = |resource: &&Resource| is_in(resource.original_id());
        if self.meant().any(|resource| is_from(&resource)) {
            all.into_iter().filter(is_from).collect()
        } else {
            all.into_iter().filter(|resource| is_in(resource.id())).collect()
        }
    }

    /// The one object that an old name means; none if it means nothing known.
    fn choose<'r>(
        &self,
        old: &str,
        mut candidates: Vec<&'r Resource>,
        same: impl Fn(&Resource, &Resource) -> bool,
        span: Span,
    ) -> Fallible<Option<&'r Resource>> {
        let NameReference { group, version, kind, .. } = self.reference;
        candidates.retain(|one| one.previous_ids().any(|id| id.is_selected_by(group, version, kind)));
        if let Some((group, kind)) = self.role() {
            candidates.retain(|one| one.previous_ids().any(|id| id.is_selected_by(group, "", kind)));
        }
        let id = self.referrer.id();
        candidates.retain(|one| {
            let other = one.id();
            id.is_cluster_scoped
                || other.is_cluster_scoped
                || other.kind == "ServiceAccount"
                || other.effective_namespace() == id.effective_namespace()
        });
        if let [only] = candidates.as_slice() {
            return Ok(Some(only));
        }
        candidates.retain(|one| shares_affixes(one, self.referrer, Empty::MatchesAny));
        if candidates.len() > 1 {
            candidates.retain(|one| shares_affixes(one, self.referrer, Empty::MatchesEmpty));
        }
        let Some((first, rest)) = candidates.split_first() else { return Ok(None) };
        if rest.iter().all(|other| same(first, other)) {
            return Ok(Some(first));
        }
        let message = format!("`{old}` could be any of {} objects", candidates.len());
        let fault = Fault::new(&REFERENCE, span, message)
            .with_help("give the objects different names, or render them in different kustomizations");
        Err(candidates.iter().fold(fault, |fault, one| fault.with_related(one.name_span(), format!("{}", one.id()))))
    }

    /// Group and kind of the role, when it is the reference to a role that is fixed.
    fn role(&self) -> Option<(&str, &str)> {
        let role = self.referrer.node.get("roleRef").filter(|_| self.spec.path.ends_with("roleRef/name"))?;
        Some((role.get("apiGroup").map(text)?, role.get("kind").map(text)?))
    }
}

/// The name of an object, in the place of another: it leads to where the new name comes from.
fn named(found: &Resource, span: Span) -> Owned {
    found.node.path(&["metadata", "name"]).cloned().unwrap_or_else(|| Node::string("", span))
}

/// What it means that one of two objects got no prefix or suffix.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Empty {
    MatchesAny,
    MatchesEmpty,
}

fn shares_affixes(one: &Resource, other: &Resource, empty: Empty) -> bool {
    let shares = |one: &[std::sync::Arc<str>], other: &[std::sync::Arc<str>]| {
        (empty == Empty::MatchesAny && (one.is_empty() || other.is_empty()))
            || one.is_empty() && other.is_empty()
            || !one.is_empty() && !other.is_empty() && (one.ends_with(other) || other.ends_with(one))
    };
    shares(&one.prefixes, &other.prefixes) && shares(&one.suffixes, &other.suffixes)
}
