//! Kustomizations: bases, overlays, Components, and the words that each uses.
//!
//! In: chance. Out: a repository whose root is rendered.
//!
//! Left out, since nobody can rely on it: the order of fields that a user's `configurations` add to more than twelve of
//! the same kind (Go's sort keeps no order there); U+0085 in a literal of a generator, which upstream writes as YAML and
//! reads again, and then has a space there; integers beyond 2^53 in an object with a JSON patch, which upstream rounds;
//! a string in quotes that a patch puts in the place of a plain scalar and a later patch replaces by a number (upstream
//! still knows that there were no quotes at first); a `<<` that a JSON patch writes anew; `kind`, `apiVersion`, a name or a role that a JSON patch takes from an object.

use super::Repository;
use super::objects::{NAMES, NAMESPACES, Object, TEXTS, labels, object, text};
use super::patches::{patch, replacement};
use super::random::Random;
use super::yaml::Yaml;
use crate::map;

/// A repository for a seed.
pub(crate) fn repository(seed: u64) -> Repository {
    let mut maker = Maker { random: Random::new(seed), repository: Repository::default(), taken: Vec::new() };
    maker.kustomization("", 3);
    maker.repository.keeps_order = maker.random.chance(30);
    maker.repository
}

struct Maker {
    random: Random,
    repository: Repository,
    /// Kinds and names that are in use: most are used once.
    taken: Vec<(&'static str, String)>,
}

impl Maker {
    /// Makes the kustomization of a folder, and what it uses; gives the objects that it sees.
    fn kustomization(&mut self, folder: &str, depth: usize) -> Vec<Object> {
        let mut file = map! {};
        let mut resources = Vec::new();
        let mut objects = Vec::new();
        let own = usize::from(depth < 3 || self.random.chance(50));
        for index in 0..own + self.random.below(2) {
            let name = format!("objects{index}.yaml");
            objects.extend(self.resource_file(&at(folder, &name)));
            resources.push(Yaml::from(name));
        }
        let children = if depth == 0 { 0 } else { self.random.below(3) };
        for index in 0..children.max(usize::from(resources.is_empty())) {
            let name = format!("base{index}");
            objects.extend(self.kustomization(&at(folder, &name), depth.saturating_sub(1)));
            resources.push(Yaml::from(name));
        }
        file.set("resources", resources);
        objects.extend(self.generators(folder, &mut file, &objects));
        if depth > 0 && self.random.chance(20) {
            self.component(&at(folder, "component"), &objects);
            file.set("components", vec![Yaml::from("component")]);
        }
        self.words(&mut file, &objects);
        if folder.is_empty() && self.random.chance(15) {
            file.set(
                "buildMetadata",
                vec![Yaml::from(self.random.word(&["originAnnotations", "transformerAnnotations", "managedByLabel"]))],
            );
        }
        self.repository.files.insert(at(folder, "kustomization.yaml"), vec![file]);
        objects
    }

    fn component(&mut self, folder: &str, seen: &[Object]) {
        let mut file = map! { "apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component" };
        let mut objects = seen.to_vec();
        if self.random.chance(40) {
            objects.extend(self.resource_file(&at(folder, "objects.yaml")));
            file.set("resources", vec![Yaml::from("objects.yaml")]);
        }
        self.words(&mut file, &objects);
        file.set("namePrefix", "part-");
        self.repository.files.insert(at(folder, "kustomization.yaml"), vec![file]);
    }

    fn resource_file(&mut self, path: &str) -> Vec<Object> {
        let mut objects = Vec::new();
        for _ in 0..=self.random.below(3) {
            let object = object(&mut self.random);
            let called = (object.kind, object.name.clone());
            if !self.taken.contains(&called) || self.random.chance(3) {
                self.taken.push(called);
                objects.push(object);
            }
        }
        let mut documents: Vec<_> = objects.iter().map(|object| object.value.clone()).collect();
        if !documents.is_empty() && self.random.chance(8) {
            documents = vec![map! { "apiVersion": "v1", "kind": "List", "items": documents }];
        }
        self.repository.files.insert(path.to_owned(), documents);
        objects
    }

    fn generators(&mut self, folder: &str, file: &mut Yaml, seen: &[Object]) -> Vec<Object> {
        let mut made = Vec::new();
        for (kind, field) in [("ConfigMap", "configMapGenerator"), ("Secret", "secretGenerator")] {
            if !self.random.chance(30) {
                continue;
            }
            let mut name = (self.random.word(NAMES)).to_owned();
            let mut entry = map! {};
            let known: Vec<_> =
                seen.iter().filter(|object| object.kind == kind && object.namespace.is_none()).collect();
            if !known.is_empty() && self.random.chance(50) {
                name.clone_from(&self.random.pick(&known).name);
                entry.set("behavior", self.random.word(&["merge", "replace"]));
            } else if self.taken.contains(&(kind, name.clone())) && !self.random.chance(3) {
                continue;
            }
            self.taken.push((kind, name.clone()));
            entry.set("name", name.as_str());
            let mut literals = Vec::new();
            for key in ["a", "HOST", "b"] {
                if self.random.chance(60) {
                    let value = self.random.word(TEXTS).replace('\u{85}', "");
                    literals.push(Yaml::styled(&format!("{key}={value}"), &mut self.random));
                }
            }
            entry.set("literals", literals);
            if self.random.chance(25) {
                let path = format!("{field}.env");
                self.repository
                    .texts
                    .insert(at(folder, &path), "# comment\nLEVEL=info\n SPACED = kept\n\nEMPTY=\n".to_owned());
                entry.set("envs", vec![Yaml::from(path)]);
            }
            if self.random.chance(25) {
                let path = format!("{field}.txt");
                let content = self.random.word(TEXTS).repeat(1 + self.random.below(3));
                self.repository.texts.insert(at(folder, &path), content);
                entry.set("files", vec![Yaml::from(path)]);
            }
            if self.random.chance(25) {
                let flag = self.random.word(&["disableNameSuffixHash", "immutable"]);
                entry.set("options", map! { "labels": labels(&mut self.random) }.with(flag, true));
            }
            file.set(field, vec![entry]);
            let (api_version, value) = ("v1", map! { "data": map! { "a": "x" } });
            made.push(Object { api_version, kind, name, namespace: None, value });
        }
        if self.random.chance(10) {
            file.set("generatorOptions", map! { "annotations": map! { "generated": text(&mut self.random) } });
        }
        made
    }

    /// The words that change objects.
    fn words(&mut self, file: &mut Yaml, objects: &[Object]) {
        let random = &mut self.random;
        if random.chance(30) {
            file.set("namePrefix", random.word(&["p-", "test-", "x"]));
        }
        if random.chance(20) {
            file.set("nameSuffix", random.word(&["-s", "-v2"]));
        }
        if random.chance(25) {
            file.set("namespace", random.word(NAMESPACES));
        }
        if random.chance(25) {
            let mut entry = map! { "pairs": labels(random) };
            if random.chance(50) {
                entry.set(random.word(&["includeSelectors", "includeTemplates"]), true);
            }
            file.set("labels", vec![entry]);
        }
        if random.chance(12) {
            file.set("commonLabels", labels(random));
        }
        if random.chance(15) {
            file.set("commonAnnotations", map! { "note": text(random), "since": "2024-01-01" });
        }
        if random.chance(20) {
            let mut image = map! { "name": random.word(&["web", "registry.example.com:5000/app", "db", "cache"]) };
            let (key, value) = *random.pick(&[
                ("newTag", "9"),
                ("newName", "mirror/web"),
                ("digest", "sha256:ff"),
                ("tagSuffix", "-debug"),
            ]);
            image.set(key, value);
            file.set("images", vec![image]);
        }
        let workloads: Vec<_> = objects.iter().filter(|object| object.kind == "Deployment").collect();
        if !workloads.is_empty() && random.chance(20) {
            let name = random.pick(&workloads).name.as_str();
            file.set("replicas", vec![map! { "name": name, "count": random.below(9) }]);
        }
        if !objects.is_empty() && random.chance(45) {
            let patches: Vec<_> = (0..=random.below(2)).map(|_| patch(objects, random)).collect();
            file.set("patches", patches);
        }
        if !objects.is_empty() && random.chance(20) {
            file.set("replacements", vec![replacement(objects, random)]);
        }
        if !objects.is_empty() && random.chance(8) {
            let object = random.pick(objects);
            let reference =
                map! { "apiVersion": object.api_version, "kind": object.kind, "name": object.name.as_str() };
            file.set("vars", vec![map! { "name": "HOST", "objref": reference }]);
        }
        if random.chance(8) {
            let transformer = map! {
                "apiVersion": "builtin",
                "kind": "LabelTransformer",
                "metadata": map! { "name": "labels" },
                "labels": labels(random),
                "fieldSpecs": vec![map! { "path": "metadata/labels", "create": true }],
            };
            let lines = transformer.document().lines().map(str::to_owned).collect();
            file.set("transformers", vec![Yaml::Block("|-", lines)]);
        }
    }
}

fn at(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
