//! Which CustomResourceDefinition an object is held to, where a repository has several of its kind.

use super::program::Folder;

/// A definition whose spec has one field; `also` goes behind its last line.
fn definition(field: &str, also: &str) -> String {
    format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: widgets.example.com\n\
         spec:\n  group: example.com\n  scope: Namespaced\n  names: {{plural: widgets, kind: Widget}}\n  versions:\n    - \
         name: v1\n      served: true\n      storage: true\n      schema:\n        openAPIV3Schema:\n          type: \
         object\n          properties: {{spec: {{type: object, properties: {{{field}: {{type: string}}}}}}}}\n{also}"
    )
}

fn widget(field: &str) -> String {
    format!("apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  {field}: a\n")
}

/// Unknown fields in widgets, as `path:line`.
fn unknown_fields(folder: &Folder, arguments: &[&str]) -> Vec<String> {
    let found = folder.check(arguments).found();
    found.into_iter().filter_map(|found| Some(found.strip_suffix(" schema/unknown-field")?.to_owned())).collect()
}

#[test]
fn of_several_definitions_the_nearest_by_folder_counts() {
    let folder = Folder::new();
    folder.write("clusters/a/crds/widget.yaml", definition("old", ""));
    folder.write("clusters/b/crds/widget.yaml", definition("new", ""));
    for cluster in ["a", "b"] {
        folder.write(&format!("clusters/{cluster}/apps/old.yaml"), widget("old"));
        folder.write(&format!("clusters/{cluster}/apps/new.yaml"), widget("new"));
    }
    folder.write("apps/old.yaml", widget("old")).write("apps/new.yaml", widget("new"));
    let expected = ["apps/new.yaml:6", "clusters/a/apps/new.yaml:6", "clusters/b/apps/old.yaml:6"];
    assert_eq!(unknown_fields(&folder, &[]), expected, "without a nearer one the first by path counts");
    assert_eq!(unknown_fields(&folder, &["clusters/b"]), ["clusters/b/apps/old.yaml:6"]);
}

#[test]
fn an_unknown_field_shows_the_definition_that_does_not_know_it() {
    let folder = Folder::new();
    folder.write("a/crd.yaml", definition("old", "")).write("b/crd.yaml", definition("new", ""));
    folder.write("b/widget.yaml", widget("old"));
    let checked = folder.check(&[]);
    let finding = checked.findings().iter().find(|finding| finding["rule"] == "schema/unknown-field").unwrap();
    assert_eq!(finding["related"][0]["path"], "b/crd.yaml", "{finding}");
}

#[test]
fn a_definition_that_a_server_would_refuse_hides_no_sound_one() {
    let folder = Folder::new();
    folder.write("crds/widget.yaml", definition("new", ""));
    let refused = definition("old", "    - {name: v2, served: true, storage: true, schema: {openAPIV3Schema: {}}}\n");
    folder.write("tests/crd.yaml", &refused).write("tests/widget.yaml", widget("new"));
    assert_eq!(unknown_fields(&folder, &[]), [""; 0]);

    let alone = Folder::new();
    alone.write("crd.yaml", &refused).write("widget.yaml", widget("new"));
    assert_eq!(unknown_fields(&alone, &[]), ["widget.yaml:6"], "rather than none");
}

#[test]
fn a_definition_that_a_server_would_refuse_does_not_hide_that_of_the_project() {
    let folder = Folder::new();
    let refused = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: certificates.cert-manager.io
spec:
  group: cert-manager.io
  scope: Namespaced
  names: {plural: certificates, kind: Certificate}
  versions: [{name: v1, served: true, storage: true}]
";
    let certificate = "apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: a}\nspec:\n  secretName: a\n  \
                       issuerRef: {name: b}\n  secretname: a\n";
    folder.write("crd.yaml", refused).write("certificate.yaml", certificate);
    assert_eq!(unknown_fields(&folder, &[]), ["certificate.yaml:7"]);
}
