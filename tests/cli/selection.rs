//! Which files, which rules, which versions.

use super::program::{Checked, Folder, MISTAKEN, OUTDATED, SOUND};

const DEFINITION: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              properties:
                size: {type: integer}
";

const WIDGET: &str = "apiVersion: example.com/v1\nkind: Widget\nmetadata:\n  name: w\nspec:\n  size: large\n";

#[test]
fn standard_input_is_checked_as_a_file() {
    let folder = Folder::new();
    let json = Checked::new(&folder.plimsoll_reading(MISTAKEN.as_bytes(), &["check", "-", "--format", "json"]));
    assert_eq!(json.code, 1);
    assert_eq!(json.found(), ["-:6 schema/type"]);
    let human = folder.plimsoll_reading(MISTAKEN.as_bytes(), &["check", "-"]);
    assert!(human.stdout.contains("<stdin>:6:13"), "{}", human.stdout);
    assert!(human.stdout.contains("replicas: three"), "{}", human.stdout);
    assert_eq!(folder.plimsoll_reading(SOUND.as_bytes(), &["check", "-"]).code, 0);
    assert_eq!(folder.plimsoll_reading(b"", &["check", "-"]).code, 2);
}

#[test]
fn a_finding_that_does_not_hold_for_every_version_names_those_it_holds_for() {
    let folder = Folder::new();
    folder.write("outdated.yaml", OUTDATED);
    let both = folder.check(&["--kubernetes", "1.31,1.36"]);
    assert_eq!(both.code, 1);
    let removed: Vec<_> = both.findings().iter().filter(|finding| finding["severity"] == "deny").collect();
    assert_eq!(removed.len(), 1, "{:?}", both.found());
    assert_eq!(removed[0]["kubernetes"], serde_json::json!(["1.36"]));
    assert_eq!(folder.check(&["--kubernetes", "1.31"]).code, 0);
    let human = folder.plimsoll(&["check", "--kubernetes", "1.31,1.36"]).stdout;
    assert!(human.contains("with Kubernetes 1.36"), "{human}");
    assert!(human.contains("checked against Kubernetes 1.31, 1.36"), "{human}");
}

#[test]
fn a_patch_release_counts_as_its_minor() {
    let folder = Folder::new();
    folder.write("sound.yaml", SOUND);
    for version in ["1.36", "1.36.2", "v1.36.2"] {
        assert_eq!(folder.plimsoll(&["check", "--kubernetes", version]).code, 0, "{version}");
    }
}

#[test]
fn definitions_from_elsewhere_are_known_and_not_checked_themselves() {
    let folder = Folder::new();
    folder.write("repository/widget.yaml", WIDGET).write("elsewhere/definition.yaml", DEFINITION);
    let unknown = folder.check(&["repository"]);
    assert_eq!((unknown.code, unknown.count("unchecked")), (0, 1));
    assert_eq!(unknown.found(), ["repository/widget.yaml:2 schema/unknown-kind"]);
    let known = folder.check(&["repository", "--crds", "elsewhere"]);
    assert_eq!(known.found(), ["repository/widget.yaml:6 schema/type"]);
    assert_eq!((known.code, known.count("files"), known.count("unchecked")), (1, 1, 0));
}

#[test]
fn definitions_of_the_rest_of_the_repository_are_known_to_a_file_that_is_named() {
    let folder = Folder::repository();
    folder.write("apps/widget.yaml", WIDGET).write("crds/definition.yaml", DEFINITION);
    let named = folder.check(&["apps/widget.yaml"]);
    assert_eq!(named.found(), ["apps/widget.yaml:6 schema/type"]);
    assert_eq!(named.count("files"), 1);
}

#[test]
fn definitions_that_cannot_be_read_end_with_2() {
    let folder = Folder::new();
    folder.write("sound.yaml", SOUND).write("crds/definition.yaml", format!("{DEFINITION}  - [\n"));
    let run = folder.plimsoll(&["check", "sound.yaml", "--crds", "crds"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("crds/definition.yaml:"), "{}", run.stderr);
}

#[test]
fn a_file_that_is_called_a_kustomization_and_is_an_object_is_checked() {
    let folder = Folder::new();
    folder.write("kustomization.yaml", format!("resources: []\n---\n{MISTAKEN}"));
    assert_eq!(folder.check(&[]).found(), ["kustomization.yaml:8 schema/type"]);
}

#[test]
fn only_what_sops_has_signed_is_encrypted() {
    let folder = Folder::new();
    folder.write("unsigned.yaml", format!("{MISTAKEN}sops: {{}}\n"));
    folder.write("signed.yaml", format!("{MISTAKEN}sops: {{mac: 'ENC[AES256_GCM,data:x]'}}\n"));
    let checked = folder.check(&[]);
    assert!(checked.found().contains(&"unsigned.yaml:6 schema/type".to_owned()), "{:?}", checked.found());
    assert!(checked.found().contains(&"signed.yaml:6 schema/type".to_owned()), "{:?}", checked.found());
}

const ENCRYPTED: &str = "ENC[AES256_GCM,data:KHC=,iv:aXY=,tag:dGFn,type:str]";

#[test]
fn an_encrypted_secret_of_any_type_passes() {
    let folder = Folder::new();
    for (kind, key) in
        [("dockerconfigjson", ".dockerconfigjson"), ("ssh-auth", "ssh-privatekey"), ("basic-auth", "password")]
    {
        let text = format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: {kind}}}\ntype: kubernetes.io/{kind}\ndata: {{{key}: '{ENCRYPTED}'}}\nsops: {{age: [{{recipient: age1, enc: x}}], encrypted_regex: ^data$, mac: '{ENCRYPTED}'}}\n"
        );
        folder.write(&format!("{kind}.yaml"), text);
    }
    assert_eq!(folder.check(&[]).found(), [""; 0]);
}

#[test]
fn what_a_kustomization_sets_counts_for_its_resources() {
    let folder = Folder::new();
    let incomplete = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec: {containers: [{name: web, image: web:1}]}\n";
    folder.write("app/web.yaml", incomplete);
    folder.write(
        "app/kustomization.yaml",
        "resources: [web.yaml]\nlabels: [{pairs: {app: web}, includeSelectors: true}]\n",
    );
    let labelled = folder.check(&[]);
    assert_eq!((labelled.code, labelled.count("valid")), (0, 1), "{:?}", labelled.found());
    let alone = folder.check(&["app/web.yaml"]);
    assert_eq!((alone.code, alone.count("valid")), (0, 1), "its kustomization counts: {:?}", alone.found());
    folder.write("other/web.yaml", incomplete);
    folder.write("other/kustomization.yaml", "resources: [web.yaml]\n");
    assert!(folder.check(&[]).found().iter().all(|found| found.starts_with("other/")), "another tree has no labels");
}

#[test]
fn files_of_editors_and_charts_are_no_manifests() {
    let folder = Folder::new();
    folder.write("sound.yaml", SOUND);
    folder.write(".vscode/settings.json", "{\n  // comment\n}\n").write("web/tsconfig.json", "{/* comment */}\n");
    folder.write("web/karma.json", "{\n  // comment\n  \"a\": 1\n}\n");
    folder.write("chart/Chart.yaml", "apiVersion: v2\nname: chart\nversion: 1.0.0\n");
    folder.write("chart/files/injected.yaml", "{{ if .Values.on }}\n");
    folder.write("chart/keyvalues.yaml", MISTAKEN);
    let found = folder.check(&[]).found();
    assert_eq!(found, ["chart/Chart.yaml:1 render/helm", "chart/keyvalues.yaml:6 schema/type"]);
}

#[test]
fn a_second_configuration_is_not_passed_over() {
    let folder = Folder::new();
    folder.write("sound.yaml", SOUND).write("plimsoll.yaml", "failOn: deny\n---\nfailOn: info\n");
    let two_documents = folder.check(&[]);
    assert_eq!((two_documents.code, two_documents.found()), (2, vec!["plimsoll.yaml:2 config/invalid".to_owned()]));
    folder.write("plimsoll.yaml", "failOn: deny\n").write(".plimsoll.yaml", "failOn: info\n");
    assert_eq!(folder.plimsoll(&["check"]).code, 2);
}

#[test]
fn a_mistyped_kind_is_a_mistake_whatever_unknown_kinds_are() {
    let folder = Folder::new();
    folder.write("plimsoll.yaml", "schemas: {unknownKind: ignore}\n");
    folder.write("mistyped.yaml", SOUND.replace("ConfigMap", "ConfigMop"));
    folder.write("unknown.yaml", "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n");
    assert_eq!(folder.check(&[]).found(), ["mistyped.yaml:2 schema/unknown-kind"]);
}

#[test]
fn definitions_of_the_same_tree_are_known_whatever_the_order_of_files() {
    for (definition, widget) in [("a.yaml", "b.yaml"), ("b.yaml", "a.yaml")] {
        let folder = Folder::new();
        folder.write(definition, DEFINITION).write(widget, WIDGET);
        assert_eq!(folder.check(&[]).found(), [format!("{widget}:6 schema/type")]);
    }
}

#[test]
fn what_is_excluded_is_not_read() {
    let folder = Folder::new();
    folder.write("sound.yaml", SOUND).write("vendor/mistaken.yaml", MISTAKEN).write("app.generated.yaml", "a: [");
    assert_eq!(folder.check(&[]).findings().len(), 2);
    let checked = folder.check(&["--exclude", "vendor/", "--exclude", "*.generated.yaml"]);
    assert_eq!((checked.code, checked.count("files")), (0, 1));
    let again = folder.check(&["--exclude", "vendor/", "--exclude", "*.generated.yaml", "--exclude", "!vendor/"]);
    assert_eq!(again.found(), ["vendor/mistaken.yaml:6 schema/type"]);
}

#[test]
fn ignored_files_are_left_out_as_git_leaves_them_out() {
    let folder = Folder::repository();
    folder.write("sound.yaml", SOUND).write("build/mistaken.yaml", MISTAKEN).write(".gitignore", "/build\n");
    assert_eq!(folder.check(&[]).code, 0);
}

#[test]
fn only_the_rules_that_are_selected_run() {
    let folder = Folder::new();
    folder.write("mistaken.yaml", MISTAKEN).write("broken.yaml", "apiVersion: v1\nkind: [\n");
    let rules = |arguments: &[&str]| {
        let checked = folder.check(arguments);
        let rules = checked.findings().iter().map(|finding| finding["rule"].as_str().unwrap().to_owned());
        rules.collect::<Vec<_>>()
    };
    assert_eq!(rules(&[]), ["read/syntax", "schema/type"]);
    assert_eq!(rules(&["--select", "schema"]), ["read/syntax", "schema/type"], "what is to be checked has to be read");
    assert_eq!(rules(&["--select", "schema", "--ignore", "read"]), ["schema/type"]);
    assert_eq!(rules(&["--select", "*/type,read"]), ["read/syntax", "schema/type"]);
    assert_eq!(rules(&["--ignore", "schema/type"]), ["read/syntax"]);
    assert_eq!(rules(&["--select", "schema", "--ignore", "schema/type,read"]), [""; 0]);
    let lenient = folder.check(&["--ignore", "schema/type,read"]);
    assert_eq!((lenient.code, lenient.count("invalid"), lenient.count("unchecked")), (0, 0, 1), "never called valid");
}

#[test]
fn a_path_within_a_repository_is_reported_from_its_root() {
    let folder = Folder::repository();
    folder.write("apps/web/mistaken.yaml", MISTAKEN).write("other.yaml", MISTAKEN);
    assert_eq!(folder.check(&["apps"]).found(), ["apps/web/mistaken.yaml:6 schema/type"]);
    let mut command = folder.command(&["check"]);
    let human = super::program::run(command.current_dir(folder.at("apps")), b"");
    assert!(human.stdout.contains("[web/mistaken.yaml:6:13]"), "{}", human.stdout);
}

#[test]
fn the_same_input_gives_the_same_bytes_with_any_number_of_threads() {
    let folder = Folder::new();
    for index in 0..60 {
        folder.write(&format!("{index}/mistaken.yaml"), MISTAKEN).write(&format!("{index}/widget.yaml"), WIDGET);
    }
    folder.write("definition.yaml", DEFINITION);
    for format in ["human", "json", "sarif", "junit", "tap", "github", "gitlab"] {
        let report = |threads| {
            let mut command = folder.command(&["check", "--format", format]);
            super::program::run(command.env("RAYON_NUM_THREADS", threads), b"").stdout
        };
        let one = report("1");
        assert!(one.contains("59/mistaken.yaml"), "{one}");
        assert!(one == report("4") && one == report("4"), "{format} differs");
    }
}
