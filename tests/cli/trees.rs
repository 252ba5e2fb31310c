//! What Flux and Argo CD apply is what is checked: their own settings count.

use crate::program::{Folder, SOUND};

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: ${REPLICAS:=2}
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: web
        image: nginx
";

/// A Flux Kustomization of a path, with more lines of its spec.
fn flux(name: &str, path: &str, more: &str) -> String {
    let source = "  sourceRef: {kind: GitRepository, name: flux-system}\n";
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: {name}\n  namespace: flux-system\nspec:\n  interval: 10m\n  prune: true\n  path: {path}\n{source}{more}"
    )
}

/// The trees as `path kind verdict objects`.
fn trees(folder: &Folder) -> Vec<String> {
    let report = folder.check(&[]).report;
    let trees = report["trees"].as_array().unwrap().clone();
    let text = |tree: &serde_json::Value, key: &str| tree[key].as_str().unwrap().to_owned();
    let line = |tree: &serde_json::Value| {
        format!("{} {} {} {}", text(tree, "path"), text(tree, "kind"), text(tree, "verdict"), tree["objects"])
    };
    trees.iter().map(line).collect()
}

#[test]
fn a_variable_has_the_value_that_flux_gives_it() {
    let folder = Folder::new();
    folder.write("apps/web.yaml", DEPLOYMENT);
    folder
        .write("clusters/apps.yaml", flux("apps", "./apps", "  postBuild:\n    substitute:\n      REPLICAS: \"3\"\n"));
    let checked = folder.check(&[]);
    assert_eq!((checked.code, checked.count("valid"), checked.count("unchecked")), (0, 2, 0), "{:?}", checked.found());
    folder
        .write("clusters/apps.yaml", flux("apps", "./apps", "  postBuild:\n    substitute:\n      REPLICAS: three\n"));
    assert_eq!(folder.check(&[]).found(), ["clusters/apps.yaml:13 schema/type"], "where the variable is set");
}

#[test]
fn variables_come_from_config_maps_of_the_repository_and_secrets_stay_unknown() {
    let folder = Folder::new();
    folder.write("apps/web.yaml", DEPLOYMENT);
    let from = |kind: &str| format!("  postBuild:\n    substituteFrom:\n    - kind: {kind}\n      name: settings\n");
    folder.write("clusters/apps.yaml", flux("apps", "./apps", &from("ConfigMap")));
    let settings =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: flux-system}\ndata: {REPLICAS: many}\n";
    folder.write("clusters/settings.yaml", settings);
    assert_eq!(folder.check(&[]).found(), ["clusters/settings.yaml:4 schema/type"]);
    folder.write("clusters/apps.yaml", flux("apps", "./apps", &from("Secret")));
    let unknown = folder.check(&[]);
    assert_eq!((unknown.code, unknown.count("unchecked")), (0, 1), "{:?}", unknown.found());
}

#[test]
fn the_settings_of_a_flux_kustomization_are_pointed_at() {
    let folder = Folder::new();
    folder.write("apps/web.yaml", DEPLOYMENT.replace("${REPLICAS:=2}", "2"));
    let patch = "  patches:\n  - target: {kind: Deployment}\n    patch: |\n      - op: add\n        path: /spec/replicas\n        value: many\n";
    folder.write("clusters/apps.yaml", flux("apps", "./apps", patch));
    assert_eq!(folder.check(&[]).found(), ["clusters/apps.yaml:16 schema/type"]);
    folder.write("clusters/apps.yaml", flux("apps", "./apps", "  targetNamespace: Shop\n"));
    assert!(
        folder.check(&[]).found().contains(&"clusters/apps.yaml:11 metadata/namespace".to_owned()),
        "{:?}",
        folder.check(&[]).found()
    );
}

#[test]
fn a_flux_kustomization_counts_as_its_own_kustomization_makes_it() {
    let folder = Folder::new();
    folder.write("apps/web.yaml", DEPLOYMENT);
    folder.write("clusters/apps.yaml", flux("apps", "./apps", "  postBuild:\n    substitute: {REPLICAS: \"3\"}\n"));
    let patch = "resources: [apps.yaml]\npatches:\n- target: {kind: Kustomization}\n  patch: |\n    - op: replace\n      path: /spec/postBuild/substitute/REPLICAS\n      value: many\n";
    folder.write("clusters/kustomization.yaml", patch);
    assert_eq!(folder.check(&[]).found(), ["clusters/kustomization.yaml:7 schema/type"]);
}

#[test]
fn folders_without_a_kustomization_are_what_flux_makes_of_them() {
    let folder = Folder::new();
    folder.write("apps/sound.yaml", SOUND).write("apps/values.yaml", "replicas: 2\n");
    folder.write("apps/inner/kustomization.yaml", "resources: [sound.yaml]\nnamePrefix: inner-\n");
    folder.write("apps/inner/sound.yaml", SOUND);
    folder.write("clusters/apps.yaml", flux("apps", "./apps", ""));
    assert_eq!(folder.check(&[]).found(), [""; 0], "the two have different names");
    let expected = ["apps plain pass 2", "clusters plain pass 1"];
    assert_eq!(trees(&folder), expected);
}

#[test]
fn an_argo_cd_application_sets_images_and_names() {
    let folder = Folder::new();
    folder.write("apps/web.yaml", DEPLOYMENT.replace("${REPLICAS:=2}", "2"));
    folder.write("apps/kustomization.yaml", "resources: [web.yaml]\n");
    let application = |prefix: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: web, namespace: argocd}}\nspec:\n  project: default\n  destination: {{name: in-cluster, namespace: web}}\n  source:\n    repoURL: https://example.com/shop.git\n    path: apps\n    kustomize:\n      namePrefix: {prefix}\n      images: [\"nginx:1.27\"]\n"
        )
    };
    folder.write("argocd/web.yaml", application("shop-"));
    assert_eq!(folder.check(&[]).found(), [""; 0]);
    folder.write("argocd/web.yaml", application("Shop_"));
    assert_eq!(folder.check(&[]).found(), ["argocd/web.yaml:11 metadata/name"]);
}

#[test]
fn trees_are_listed_with_what_applies_them() {
    let folder = Folder::new();
    folder.write("apps/sound.yaml", SOUND).write("apps/kustomization.yaml", "resources: [sound.yaml]\n");
    folder.write("clusters/apps.yaml", flux("apps", "./apps", ""));
    let listed = folder.plimsoll(&["trees"]);
    assert_eq!(listed.code, 0, "{}", listed.stderr);
    let lines: Vec<Vec<&str>> = listed.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[1][..4], ["apps", "kustomization", "1", "pass"]);
    assert!(listed.stdout.contains("Flux Kustomization apps (clusters/apps.yaml)"), "{}", listed.stdout);
    assert_eq!(lines[2][..4], ["clusters", "plain", "1", "pass"]);
}

/// An Argo CD Application of a folder, with more lines of its source.
fn argo(path: &str, more: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: app, namespace: argocd}}\nspec:\n  project: default\n  destination: {{server: https://kubernetes.default.svc, namespace: app}}\n  source:\n    repoURL: https://git.example.com/config.git\n    path: {path}\n{more}"
    )
}

#[test]
fn the_files_that_an_application_chooses_are_its_tree() {
    let folder = Folder::new();
    for name in ["app/one.yaml", "app/old/two.yaml", "app/new/three.yaml"] {
        folder.write(name, SOUND.replace("web", name.rsplit_once('/').unwrap().1.trim_end_matches(".yaml")));
    }
    let count = |more: &str| {
        folder.write("applications/app.yaml", argo("app", more));
        let trees = trees(&folder);
        trees.into_iter().find_map(|tree| Some(tree.strip_prefix("app plain pass ")?.to_owned())).unwrap()
    };
    assert_eq!(count(""), "1");
    assert_eq!(count("    directory: {recurse: true}\n"), "3");
    assert_eq!(count("    directory: {recurse: true, exclude: 'old/*'}\n"), "2");
    assert_eq!(count("    directory: {recurse: true, include: '{one.yaml,old/two.yaml}'}\n"), "2");
}

#[test]
fn jsonnet_is_refused_where_the_application_names_its_folder() {
    let folder = Folder::new();
    folder
        .write("app/one.yaml", SOUND)
        .write("app/main.jsonnet", "{}\n")
        .write("applications/app.yaml", argo("app", ""));
    assert_eq!(folder.check(&[]).found(), ["applications/app.yaml:9 render/plugin"]);
    folder.write("applications/app.yaml", argo("app", "    directory: {exclude: '*.jsonnet'}\n"));
    assert_eq!(folder.check(&[]).found(), [""; 0]);
}
