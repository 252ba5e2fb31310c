//! `plimsoll diff`: what kustomizations make differently of two revisions, or of one and the work tree.

use std::path::Path;

use serde_json::{Value, json};

use super::program::{Folder, run};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.2.0
      - name: proxy
        image: registry.example.com/proxy:2.0.0
";

fn object(kind: &str, name: &str, rest: &str) -> String {
    format!("apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n{rest}")
}

/// A base and two overlays, at the tag `before`.
fn repository() -> Folder {
    let folder = Folder::repository();
    folder.write("base/deployment.yaml", DEPLOYMENT);
    folder.write("base/service.yaml", object("Service", "web", "spec:\n  ports: [{port: 80}]\n"));
    folder.write("base/kustomization.yaml", "resources:\n- deployment.yaml\n- service.yaml\n");
    for overlay in ["production", "staging"] {
        let text = format!("resources:\n- ../../base\nnamespace: {overlay}\nreplicas:\n- name: web\n  count: 2\n");
        folder.write(&format!("overlays/{overlay}/kustomization.yaml"), text);
    }
    folder.commit().git(&["tag", "before"]);
    folder
}

fn replace(folder: &Folder, path: &str, from: &str, to: &str) {
    let text = folder.read(path);
    assert!(text.contains(from), "{path}: {from}");
    folder.write(path, text.replacen(from, to, 1));
}

/// The JSON, once it was held to its schema.
fn differences(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let run = folder.plimsoll(&[&["diff", "--format", "json"], arguments].concat());
    let difference: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr));
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/diff.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&difference).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    (run.code, difference)
}

/// `tree Kind/name change` of each object, with `pointer change` of each of its fields.
fn found(difference: &Value) -> Vec<String> {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or("-").to_owned();
    let list = |value: &Value, key: &str| value[key].as_array().unwrap().clone();
    let mut found = Vec::new();
    for tree in list(difference, "trees") {
        for object in list(&tree, "objects") {
            let name = format!("{} {}/{}", text(&tree, "path"), text(&object, "kind"), text(&object, "name"));
            found.push(format!("{name} {}", text(&object, "change")));
            let fields = list(&object, "fields");
            found.extend(fields.iter().map(|field| format!("{} {}", text(field, "pointer"), text(field, "change"))));
        }
    }
    found
}

#[test]
fn an_edit_of_a_base_shows_in_every_tree_with_the_lines_of_both_sides() {
    let folder = repository();
    assert_eq!(differences(&folder, &["before"]).0, 0);
    let same = folder.plimsoll(&["diff", "before..HEAD"]);
    assert_eq!((same.code, same.stdout.as_str()), (0, "no difference in 2 trees\n"));

    replace(
        &folder,
        "base/deployment.yaml",
        "metadata:\n  name: web",
        "metadata:\n  name: web\n  labels: {tier: front}",
    );
    replace(&folder, "base/deployment.yaml", "web:1.2.0", "web:1.3.0");
    let (code, difference) = differences(&folder, &["before"]);
    assert_eq!(code, 1);
    let image = "/spec/template/spec/containers/0/image changed";
    assert_eq!(
        found(&difference),
        [
            "overlays/production Deployment/web changed",
            "/metadata/labels created",
            image,
            "overlays/staging Deployment/web changed",
            "/metadata/labels created",
            image
        ]
    );
    let field = &difference["trees"][0]["objects"][0]["fields"][1];
    assert_eq!(
        (&field["before"], &field["after"]),
        (
            &json!({"hidden": false, "value": "registry.example.com/web:1.2.0", "path": "base/deployment.yaml", "line": 13}),
            &json!({"hidden": false, "value": "registry.example.com/web:1.3.0", "path": "base/deployment.yaml", "line": 14})
        )
    );
    let human = folder.plimsoll(&["diff", "before", "overlays/staging"]);
    assert_eq!(human.code, 1);
    assert_eq!(
        human.stdout,
        "\
overlays/staging (1 object changed)
  ~ Deployment staging/web
      /metadata/labels  base/deployment.yaml:5
        + {\"tier\":\"front\"}
      /spec/template/spec/containers/0/image  base/deployment.yaml:13 → base/deployment.yaml:14
        - \"registry.example.com/web:1.2.0\"
        + \"registry.example.com/web:1.3.0\"

1 of 1 tree differs: 1 object changed
"
    );
}

#[test]
fn what_an_overlay_sets_is_told_from_what_its_base_sets() {
    let folder = repository();
    replace(&folder, "overlays/production/kustomization.yaml", "replicas:\n- name: web\n  count: 2\n", "");
    folder.commit();
    let (_, difference) = differences(&folder, &["before..HEAD"]);
    assert_eq!(found(&difference), ["overlays/production Deployment/web changed", "/spec/replicas changed"]);
    let field = &difference["trees"][0]["objects"][0]["fields"][0];
    assert_eq!(
        (&field["before"]["path"], &field["before"]["line"], &field["before"]["value"]),
        (&json!("overlays/production/kustomization.yaml"), &json!(6), &json!(2))
    );
    assert_eq!((&field["after"]["path"], &field["after"]["line"]), (&json!("base/deployment.yaml"), &json!(6)));
}

#[test]
fn objects_come_and_go_and_so_do_trees() {
    let folder = repository();
    folder.write("base/config.yaml", object("ConfigMap", "config", "data: {a: b}\n"));
    replace(&folder, "base/kustomization.yaml", "service.yaml", "config.yaml");
    folder.git(&["rm", "--quiet", "-r", "overlays/staging"]);
    folder.write("overlays/test/kustomization.yaml", "resources: [../../base]\n").commit();
    let (code, difference) = differences(&folder, &["before..HEAD"]);
    assert_eq!(code, 1);
    assert_eq!(
        found(&difference),
        [
            "overlays/production ConfigMap/config created",
            "overlays/production Service/web deleted",
            "overlays/staging Deployment/web deleted",
            "overlays/staging Service/web deleted",
            "overlays/test ConfigMap/config created",
            "overlays/test Deployment/web created",
        ]
    );
    let trees: Vec<&str> =
        difference["trees"].as_array().unwrap().iter().map(|tree| tree["change"].as_str().unwrap()).collect();
    assert_eq!(trees, ["changed", "deleted", "created"]);
    let human = folder.plimsoll(&["diff", "before..HEAD"]).stdout;
    assert!(human.contains("  + ConfigMap production/config  base/config.yaml:1\n"), "{human}");
    assert!(human.contains("  - Service production/web  base/service.yaml:1\n"), "{human}");
    assert!(human.contains("overlays/staging (a tree that is gone, 2 objects deleted)\n"), "{human}");
    assert!(human.ends_with("\n3 of 3 trees differ: 3 objects created, 3 deleted\n"), "{human}");
    let named = differences(&folder, &["before..HEAD", "overlays/staging"]);
    assert_eq!(named.1["trees"].as_array().unwrap().len(), 1, "a tree that is gone can be named");
}

#[test]
fn lists_are_matched_by_their_keys_where_they_have_any() {
    let folder = repository();
    let proxy = "      - name: proxy\n        image: registry.example.com/proxy:2.0.0\n";
    replace(&folder, "base/deployment.yaml", proxy, "");
    replace(
        &folder,
        "base/deployment.yaml",
        "      containers:\n",
        &format!("      containers:\n{proxy}        args: [a, b]\n"),
    );
    let (_, difference) = differences(&folder, &["before", "overlays/staging"]);
    assert_eq!(
        found(&difference)[1..],
        ["/spec/template/spec/containers/0/args created", "/spec/template/spec/containers reordered"]
    );
    folder.commit();
    replace(&folder, "base/deployment.yaml", "args: [a, b]", "args: [x, a, b]");
    let (_, difference) = differences(&folder, &["HEAD", "overlays/staging"]);
    let args = |index: usize| format!("/spec/template/spec/containers/0/args/{index}");
    assert_eq!(
        found(&difference)[1..],
        [format!("{} changed", args(0)), format!("{} changed", args(1)), format!("{} created", args(2))]
    );
}

#[test]
fn no_value_of_a_secret_is_shown_in_any_format() {
    let folder = repository();
    let secret = |data: &str| object("Secret", "db", &format!("type: Opaque\nstringData:\n{data}"));
    let sealed = |value: &str| {
        format!(
            "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {{name: s}}\nspec: {{encryptedData: {{a: {value}}}}}\n"
        )
    };
    let sops = |value: &str| {
        format!(
            "{}data: {{plain: same, token: '{value}'}}\nsops: {{mac: 'ENC[AES256_GCM,mac{value}]', version: 3.9.0}}\n",
            object("ConfigMap", "encrypted", "")
        )
    };
    let generated = |value: &str| {
        format!(
            "resources: [secret.yaml, sealed.yaml, sops.yaml]\nsecretGenerator:\n- name: made\n  literals: [key={value}]\n  options: {{disableNameSuffixHash: true}}\n"
        )
    };
    folder.write("app/kustomization.yaml", generated("hunter-one"));
    folder.write("app/secret.yaml", secret("  password: hunter-two\n  gone: hunter-three\n"));
    folder.write("app/sealed.yaml", sealed("hunter-four")).write("app/sops.yaml", sops("hunter-five")).commit();
    folder.write("app/kustomization.yaml", generated("hunter-six"));
    folder.write("app/secret.yaml", secret("  password: hunter-seven\n  come: hunter-eight\ndata: {more: aHVudGVy}\n"));
    folder.write("app/sealed.yaml", sealed("hunter-nine")).write("app/sops.yaml", sops("ENC[AES256_GCM,hunter-ten]"));

    let (code, difference) = differences(&folder, &["HEAD", "app"]);
    assert_eq!(code, 1);
    assert_eq!(
        found(&difference),
        [
            "app ConfigMap/encrypted changed",
            "/data/token changed",
            "/sops/mac changed",
            "app SealedSecret/s changed",
            "/spec/encryptedData/a changed",
            "app Secret/db changed",
            "/data/more created",
            "/stringData/come created",
            "/stringData/gone deleted",
            "/stringData/password changed",
            "app Secret/made changed",
            "/data/key changed",
        ]
    );
    for format in ["human", "json", "markdown"] {
        let run = folder.plimsoll(&["diff", "HEAD", "--format", format]);
        let shown = run.stdout + &run.stderr;
        // Generated values are base64
        for secret in ["hunter", "aHVudGVy", "ENC["] {
            assert!(!shown.contains(secret), "{format}: {shown}");
        }
        assert!(format == "json" || shown.contains("(changed)") && shown.contains("(hidden)"), "{shown}");
    }
}

#[test]
fn a_tree_that_cannot_be_rendered_is_said_so_with_its_finding() {
    let folder = repository();
    replace(&folder, "overlays/staging/kustomization.yaml", "../../base", "../../gone");
    let (code, difference) = differences(&folder, &["before"]);
    assert_eq!(code, 1);
    let unrendered = &difference["trees"][0]["unrendered"][0];
    assert_eq!((&unrendered["state"], &unrendered["rule"]), (&json!("after"), &json!("render/missing")));
    assert_eq!(unrendered["place"], json!({"path": "overlays/staging/kustomization.yaml", "line": 2}));
    let human = folder.plimsoll(&["diff", "before"]).stdout;
    assert!(
        human.contains("overlays/staging (cannot be rendered)\n  cannot be rendered in the work tree:\n"),
        "{human}"
    );
    assert!(human.contains("overlays/staging/kustomization.yaml:2:3"), "{human}");
    let markdown = folder.plimsoll(&["diff", "before", "--format", "markdown"]).stdout;
    assert!(markdown.contains("# overlays/staging/kustomization.yaml:2\n"), "{markdown}");

    folder.commit();
    replace(&folder, "overlays/staging/kustomization.yaml", "count: 2", "count: 3");
    let neither = folder.plimsoll(&["diff", "HEAD"]);
    assert_eq!(neither.code, 2, "{}", neither.stdout);
    assert!(neither.stderr.contains("1 tree cannot be rendered in either state"), "{}", neither.stderr);
}

#[test]
fn revisions_are_named_as_git_has_them() {
    let folder = repository();
    folder.git(&["checkout", "--quiet", "-b", "side"]);
    replace(&folder, "overlays/staging/kustomization.yaml", "count: 2", "count: 3");
    folder.commit().git(&["checkout", "--quiet", "main"]);
    replace(&folder, "overlays/production/kustomization.yaml", "count: 2", "count: 4");
    folder.commit();
    let trees = |revisions: &str| -> Vec<String> {
        let (_, difference) = differences(&folder, &[revisions]);
        difference["trees"].as_array().unwrap().iter().map(|tree| tree["path"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(trees("main..side"), ["overlays/production", "overlays/staging"]);
    assert_eq!(trees("main...side"), ["overlays/staging"]);
    assert_eq!(trees("before.."), ["overlays/production"]);
    assert_eq!(trees("before"), ["overlays/production"]);
    for arguments in [&["diff"][..], &["diff", "nowhere..main"], &["diff", "main", "base/nothing"]] {
        let wrong = folder.plimsoll(arguments);
        assert_eq!(wrong.code, 2, "{arguments:?}: {}", wrong.stdout);
        assert!(!wrong.stderr.is_empty());
    }
    let outside = Folder::new().plimsoll(&["diff", "main"]);
    assert_eq!(outside.code, 2);

    let mut below = folder.command(&["diff", "before", "../overlays/production"]);
    let below = run(below.current_dir(folder.at("base")), b"");
    assert!(below.stdout.contains("../overlays/production/kustomization.yaml:6\n"), "{}{}", below.stdout, below.stderr);
    folder.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    let mut bare = folder.command(&["diff", "main~1..main"]);
    assert_eq!(run(bare.current_dir(folder.at("bare.git")), b"").code, 1);
    let mut bare = folder.command(&["diff", "main"]);
    assert_eq!(run(bare.current_dir(folder.at("bare.git")), b"").code, 2);
}
