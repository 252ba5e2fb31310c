//! Helm's charts as the real helm renders them: what is found, where, and what happens when helm cannot or must not.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says so")]

#[path = "helm/applied.rs"]
mod applied;
#[path = "cli/program.rs"]
#[expect(dead_code, reason = "this test needs a part of it")]
mod program;
mod support;

use std::fs;
use std::path::Path;

use program::{Checked, Folder, run};
use support::helm;

const CHART: &str = "apiVersion: v2\nname: app\nversion: 0.1.0\n";

const VALUES: &str = "\
replicas: 2
image:
  repository: registry.example.com/web
  tag: 1.2.0
restart: Allways
";

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      restartPolicy: {{ .Values.restart }}
      containers:
      - name: web
        image: \"{{ .Values.image.repository }}:{{ .Values.image.tag }}\"
        imagePulPolicy: Always
";

const CONFIG_MAP: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}-web
  namespace: {{ .Release.Namespace }}
  annotations:
    unquoted: {{ .Values.version | default 1.10 }}
data:
  level: {{ .Values.level | quote }}
";

fn app() -> Folder {
    let folder = Folder::repository();
    folder.write("app/Chart.yaml", CHART).write("app/values.yaml", VALUES);
    folder.write("app/templates/deployment.yaml", DEPLOYMENT);
    folder
}

fn check(folder: &Folder, arguments: &[&str]) -> Checked {
    folder.check_with_helm(&helm::program(), arguments)
}

fn verdict(checked: &Checked, path: &str) -> String {
    let trees = checked.report["trees"].as_array().unwrap();
    let tree = trees.iter().find(|tree| tree["path"] == path).unwrap_or_else(|| panic!("{path}: {trees:?}"));
    format!("{} {}", tree["kind"].as_str().unwrap(), tree["verdict"].as_str().unwrap())
}

fn message(checked: &Checked) -> String {
    checked.findings()[0]["message"].as_str().unwrap().to_owned()
}

const FOUND: [&str; 2] = ["app/templates/deployment.yaml:15 schema/unknown-field", "app/values.yaml:5 schema/enum"];

#[test]
fn findings_stand_where_the_template_or_the_values_say_so() {
    let folder = app();
    let checked = check(&folder, &[]);
    assert_eq!(checked.found(), FOUND);
    assert_eq!((checked.code, checked.count("objects"), checked.count("invalid")), (1, 1, 1));
    assert_eq!(verdict(&checked, "app"), "chart fail");
    folder.write("app/values.yaml", VALUES.replace("Allways", "Always"));
    folder.write("app/templates/deployment.yaml", DEPLOYMENT.replace("imagePul", "imagePull"));
    let sound = check(&folder, &[]);
    assert_eq!((sound.found(), sound.code, sound.count("valid")), (vec![], 0, 1));
    assert_eq!(verdict(&sound, "app"), "chart pass");
}

#[test]
fn the_index_and_a_commit_are_rendered_like_a_work_tree() {
    let folder = app();
    folder.commit();
    fs::remove_dir_all(folder.at("app")).unwrap();
    assert_eq!(check(&folder, &["--rev", "HEAD"]).found(), FOUND);
    folder.git(&["checkout", "--quiet", "--", "."]);
    folder.write("app/values.yaml", VALUES.replace("Allways", "Never!"));
    folder.git(&["add", "--all"]);
    folder.write("app/values.yaml", VALUES);
    let staged = check(&folder, &["--staged"]);
    assert_eq!(staged.found(), FOUND);
    assert!(staged.report.to_string().contains("Never!"), "{}", staged.report);
}

#[test]
fn without_helm_a_chart_is_unchecked_and_never_passed() {
    let folder = app();
    folder.write("app/ci/many-values.yaml", "replicas: 3\n");
    let checked = folder.check(&[]);
    assert_eq!(checked.found(), ["app/Chart.yaml:1 render/helm"]);
    assert_eq!((checked.count("objects"), checked.count("unchecked")), (0, 1));
    assert_eq!(verdict(&checked, "app"), "chart unchecked");
}

#[test]
fn values_are_held_to_the_schema_of_their_chart_with_helm_and_without() {
    let folder = app();
    let schema = r#"{"type": "object", "properties": {"replicas": {"type": "integer"}, "image": {"additionalProperties": false, "properties": {"tag": {}}}}}"#;
    folder.write("app/values.schema.json", schema);
    folder.write("app/ci/text-values.yaml", "# few\nreplicas: hunter2\nimage: null\n");
    for checked in [check(&folder, &[]), folder.check(&[])] {
        let found = checked.found();
        assert_eq!(found, ["app/ci/text-values.yaml:2 render/helm-values", "app/values.yaml:3 render/helm-values"]);
        assert!(!checked.report.to_string().contains("hunter2"), "{}", checked.report);
        assert_eq!(checked.code, 1);
    }
}

#[test]
fn the_values_of_ci_are_renderings_of_their_own() {
    let folder = app();
    let demanding = DEPLOYMENT.replace(".Values.replicas", "required \"say how many\" .Values.copies");
    folder.write("app/templates/deployment.yaml", demanding);
    let alone = check(&folder, &[]);
    assert_eq!(alone.found(), ["app/templates/deployment.yaml:6 render/helm"]);
    assert!(message(&alone).contains("say how many"), "{}", message(&alone));
    assert_eq!(verdict(&alone, "app"), "chart unchecked");
    folder.write("app/ci/two-values.yaml", "copies: 2\nrestart: Sometimes\n");
    let tested = check(&folder, &[]);
    assert_eq!(tested.found(), ["app/ci/two-values.yaml:2 schema/enum", FOUND[0]]);
}

#[test]
fn a_chart_that_helm_refuses_fails_at_the_line_that_helm_names() {
    let folder = app();
    folder.write("app/templates/_names.tpl", "{{- define \"name\" -}}\n{{ .Values.no.such.thing }}\n{{- end }}\n");
    folder.write("app/templates/deployment.yaml", DEPLOYMENT.replace(".Release.Name", "include \"name\" ."));
    let checked = check(&folder, &[]);
    assert_eq!(checked.found(), ["app/templates/_names.tpl:2 render/helm-template"]);
    assert_eq!(verdict(&checked, "app"), "chart fail");
    folder.write("app/templates/deployment.yaml", "kind: {{ .Values.restart | qoute }}\n");
    assert_eq!(check(&folder, &[]).found(), ["app/templates/deployment.yaml:1 render/helm-template"]);
}

#[test]
fn a_chart_that_never_ends_or_prints_without_end_is_stopped() {
    let folder = app();
    let loops = "{{ range until 10000 }}{{ range until 10000 }}{{ range until 10000 }}{{ end }}{{ end }}{{ end }}";
    folder.write("plimsoll.yaml", "helm: {timeout: 1}\n").write("app/templates/deployment.yaml", loops);
    let checked = check(&folder, &[]);
    assert_eq!(checked.found(), ["app/Chart.yaml:1 render/helm-template"]);
    assert!(message(&checked).contains("after 1 seconds"), "{}", message(&checked));
    let line = "x".repeat(1000);
    let prints = format!("a:\n{{{{ range until 1000 }}}}{{{{ range until 80 }}}}- {line}\n{{{{ end }}}}{{{{ end }}}}");
    folder.write("plimsoll.yaml", "helm: {timeout: 120}\n").write("app/templates/deployment.yaml", prints);
    let checked = check(&folder, &[]);
    assert_eq!(checked.found(), ["app/Chart.yaml:1 render/helm-template"]);
    assert!(message(&checked).contains("64 MiB"), "{}", message(&checked));
}

#[test]
fn subcharts_are_rendered_with_their_chart_and_are_no_trees() {
    let folder = app();
    folder.write(
        "app/Chart.yaml",
        format!("{CHART}dependencies:\n- name: cache\n  version: 0.1.0\n  repository: https://charts.example.com\n"),
    );
    let missing = check(&folder, &[]);
    assert_eq!(missing.found(), ["app/Chart.yaml:5 render/helm"]);
    assert!(missing.findings()[0]["help"].as_str().unwrap().contains("helm dependency build"));
    assert_eq!(verdict(&missing, "app"), "chart unchecked");
    folder.write("app/charts/cache/Chart.yaml", CHART.replace("app", "cache"));
    folder.write("app/charts/cache/values.yaml", "level: debugging\n");
    folder.write("app/charts/cache/templates/map.yaml", CONFIG_MAP.replace("\ndata:", "\ndatta:"));
    folder.write("names/Chart.yaml", format!("{}type: library\n", CHART.replace("app", "names")));
    let checked = check(&folder, &[]);
    // Helm passes on an annotation that is a number, and a server refuses it; kustomize would make it a string.
    let number = "app/charts/cache/templates/map.yaml:7 schema/type";
    let unknown = "app/charts/cache/templates/map.yaml:8 schema/unknown-field";
    assert_eq!(checked.found(), [number, unknown, FOUND[0], FOUND[1]]);
    let trees = checked.report["trees"].as_array().unwrap();
    let charts: Vec<_> = trees.iter().filter(|tree| tree["kind"] == "chart").map(|tree| &tree["path"]).collect();
    assert_eq!(charts, ["app"]);
}

#[test]
fn nothing_that_a_repository_says_is_run_or_fetched() {
    let folder = app();
    folder.write("helm", "#!/bin/sh\necho v3.0.0 > ran\n");
    fs::set_permissions(folder.at("helm"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    folder.write("plimsoll.yaml", format!("helm: {{path: {}}}\n", folder.at("helm").display()));
    let checked = check(&folder, &[]);
    assert_eq!(checked.found(), ["app/Chart.yaml:1 render/helm"]);
    assert!(message(&checked).contains("lies in the repository"), "{}", message(&checked));
    folder.write("plimsoll.yaml", "helm: {path: ./helm}\n");
    assert_eq!(check(&folder, &[]).found(), ["plimsoll.yaml:1 config/invalid"]);
    fs::remove_file(folder.at("plimsoll.yaml")).unwrap();

    // An option in the place of a name.
    let option = format!("--post-renderer={}", folder.at("helm").display());
    fs::rename(folder.at("app"), folder.at("charts")).unwrap();
    fs::create_dir(folder.at("k")).unwrap();
    fs::rename(folder.at("charts"), folder.at("k/app")).unwrap();
    let entry = |more: &str| format!("helmGlobals: {{chartHome: .}}\nhelmCharts:\n- {{name: app, {more}}}\n");
    folder.write("k/kustomization.yaml", entry(&format!("releaseName: '{option}'")));
    assert_eq!(check(&folder, &[]).found(), ["k/app/Chart.yaml:1 render/helm-template"]);
    folder.write("k/kustomization.yaml", entry("repo: https://charts.example.com, version: 1.0.0"));
    let absent = check(&folder, &[]);
    assert!(absent.found().contains(&"k/kustomization.yaml:3 render/helm".to_owned()), "{:?}", absent.found());
    folder.write("k/kustomization.yaml", entry("releaseName: one"));
    folder.write("k/app/values.schema.json", r#"{"$ref": "http://127.0.0.1:9/schema.json"}"#);
    assert_eq!(check(&folder, &[]).found(), ["k/app/values.schema.json:1 render/helm"]);
    assert!(!folder.at("ran").exists() && !folder.at("k/ran").exists());
}

#[test]
fn a_link_out_of_the_repository_is_not_followed() {
    let folder = app();
    let elsewhere = Folder::new();
    elsewhere.write("secret.txt", "hunter2");
    std::os::unix::fs::symlink(elsewhere.at("secret.txt"), folder.at("app/secret.txt")).unwrap();
    folder.write("app/templates/map.yaml", "a: {{ .Files.Get \"secret.txt\" }}\n");
    let checked = check(&folder, &[]);
    assert_eq!(checked.found(), ["app/secret.txt:- read/symlink"]);
    assert!(!checked.report.to_string().contains("hunter2"));
}

#[test]
fn what_was_rendered_is_kept_by_its_content() {
    let folder = app();
    let cache = Folder::new();
    let check = |arguments: &[&str], path: &Path| {
        let mut command = folder.command(&[&["check", "--format", "json"], arguments].concat());
        command.env("XDG_CACHE_HOME", cache.path()).env("PATH", path.parent().unwrap());
        Checked::new(&run(&mut command, b"")).found()
    };
    let helm = helm::program();
    let entries = || {
        let entries = fs::read_dir(cache.at("plimsoll/helm")).map(Iterator::count);
        entries.unwrap_or_default()
    };
    assert_eq!((check(&["--no-cache"], &helm), entries()), (FOUND.map(str::to_owned).to_vec(), 0));
    assert_eq!((check(&[], &helm), entries()), (FOUND.map(str::to_owned).to_vec(), 1));
    assert_eq!((check(&[], &helm), entries()), (FOUND.map(str::to_owned).to_vec(), 1));
    // Half an entry is no entry.
    let entry = fs::read_dir(cache.at("plimsoll/helm")).unwrap().next().unwrap().unwrap().path();
    fs::write(&entry, &fs::read(&entry).unwrap()[..200]).unwrap();
    assert_eq!(check(&[], &helm), FOUND);
    folder.write("app/values.yaml", VALUES.replace("replicas: 2", "replicas: 3"));
    assert_eq!((check(&[], &helm), entries()), (FOUND.map(str::to_owned).to_vec(), 2));
}

fn kustomized() -> Folder {
    let folder = Folder::repository();
    folder.write("over/kustomization.yaml", "namespace: team\nnamePrefix: p-\nresources: [../base]\n");
    folder.write("base/charts/web/Chart.yaml", CHART.replace("app", "web"));
    folder.write("base/charts/web/values.yaml", "level: info\nother: [a]\n");
    folder.write("base/charts/web/templates/map.yaml", CONFIG_MAP);
    folder.write(
        "base/kustomization.yaml",
        "helmCharts:\n- name: web\n  releaseName: one\n  valuesInline:\n    level: verbose\n",
    );
    folder
}

/// Recorded from `kustomize build --enable-helm`, v5.8.1.
const KUSTOMIZED: &str = "\
apiVersion: v1
data:
  level: verbose
kind: ConfigMap
metadata:
  annotations:
    unquoted: \"1.1\"
  name: p-one-web
  namespace: team
";

#[test]
fn charts_of_kustomizations_are_rendered_as_kustomize_does() {
    let folder = kustomized();
    let mut command = folder.command(&["render", "over"]);
    let rendered = run(command.env("PATH", helm::program().parent().unwrap()), b"");
    assert_eq!((rendered.stdout.as_str(), rendered.stderr.as_str()), (KUSTOMIZED, ""));
    let checked = check(&folder, &[]);
    assert_eq!((checked.found(), checked.count("valid")), (vec![], 1));
    let trees = checked.report["trees"].as_array().unwrap();
    assert_eq!(trees.iter().map(|tree| &tree["path"]).collect::<Vec<_>>(), ["over"]);
    folder.write("base/charts/web/templates/map.yaml", CONFIG_MAP.replace("\ndata:", "\ndatta:"));
    assert_eq!(check(&folder, &[]).found(), ["base/charts/web/templates/map.yaml:8 schema/unknown-field"]);
    // Without helm the kustomization is unchecked.
    let without = folder.check(&[]);
    assert_eq!(without.found(), ["base/charts/web/Chart.yaml:1 render/helm"]);
    assert_eq!(verdict(&without, "over"), "kustomization unchecked");
}
