//! Charts that `HelmRelease`s of Flux and Argo CD Applications of the repository have applied, with what these set.

use super::program::{Folder, run};
use super::support::helm;
use super::{check, verdict};

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.1.0\n";

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      restartPolicy: {{ .Values.policy }}
      containers:
      - name: web
        image: {{ .Values.image }}
";

/// A chart in `charts/web` that is right as it stands.
fn repository() -> Folder {
    let folder = Folder::repository();
    folder.write("charts/web/Chart.yaml", CHART).write("charts/web/templates/deployment.yaml", DEPLOYMENT);
    folder.write("charts/web/values.yaml", "replicas: 2\nimage: registry.example.com/web:1.0.0\npolicy: Always\n");
    folder
}

fn release(rest: &str) -> String {
    format!(
        "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: shop
  namespace: flux-system
spec:
  interval: 10m
  targetNamespace: shop
  chart:
    spec:
      chart: ./charts/web
      sourceRef:
        kind: GitRepository
        name: config
{rest}"
    )
}

fn application(source: &str) -> String {
    format!(
        "\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: web
  namespace: argocd
spec:
  project: default
  destination:
    server: https://kubernetes.default.svc
    namespace: shop
{source}"
    )
}

const VALUES: &str = "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: shop-values
  namespace: flux-system
data:
  values.yaml: |
    replicas: many
    policy: Never!
";

#[test]
fn a_release_is_rendered_with_its_values_and_those_of_config_maps_at_their_lines() {
    let folder = repository();
    let from = "  valuesFrom:\n  - kind: ConfigMap\n    name: shop-values\n";
    folder.write("flux/values.yaml", VALUES).write("flux/release.yaml", release(from));
    let checked = check(&folder, &[]);
    let expected = ["flux/values.yaml:8 schema/type", "flux/values.yaml:9 schema/enum"];
    assert_eq!(checked.found(), expected);
    let object = checked.findings()[0]["object"].to_string();
    assert!(object.contains("\"shop-shop\"") && object.contains("\"namespace\":\"shop\""), "{object}");
    let related = checked.findings()[0]["related"].to_string();
    assert!(related.contains("rendered for Flux HelmRelease shop"), "{related}");
    assert_eq!(verdict(&checked, "charts/web"), "chart fail");
    folder.write("flux/release.yaml", release(&format!("{from}  values:\n    replicas: 3\n    policy: Always\n")));
    assert!(check(&folder, &[]).found().is_empty(), "what the release says itself counts most");
}

#[test]
fn a_release_in_several_overlays_is_rendered_once_for_each() {
    let folder = repository();
    folder.write("base/kustomization.yaml", "resources: [release.yaml]\n").write("base/release.yaml", release(""));
    for (cluster, policy) in [("staging", "Always"), ("production", "Allways")] {
        let kustomization = format!("namespace: {cluster}\nresources: [../../base]\npatches:\n- path: values.yaml\n");
        let patch = format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: shop\n  namespace: flux-system\nspec:\n  values:\n    policy: {policy}\n"
        );
        folder.write(&format!("clusters/{cluster}/kustomization.yaml"), kustomization);
        folder.write(&format!("clusters/{cluster}/values.yaml"), patch);
    }
    let checked = check(&folder, &[]);
    assert_eq!(checked.found(), ["clusters/production/values.yaml:8 schema/enum"]);
    assert_eq!(checked.report["trees"].to_string().matches("Flux HelmRelease shop").count(), 2, "{}", checked.report);
}

#[test]
fn values_that_only_the_cluster_knows_leave_the_chart_unchecked() {
    for (kind, is_optional) in [("Secret", false), ("ConfigMap", false), ("ConfigMap", true)] {
        let folder = repository();
        let from = format!(
            "  valuesFrom:\n  - kind: {kind}\n    name: elsewhere\n    optional: {is_optional}\n  values:\n    policy: Never!\n"
        );
        folder.write("flux/release.yaml", release(&from));
        let checked = check(&folder, &[]);
        let expected = if is_optional {
            ("flux/release.yaml:20 schema/enum", "chart fail")
        } else {
            ("flux/release.yaml:17 render/helm", "chart unchecked")
        };
        assert_eq!(checked.found(), [expected.0], "{kind}");
        assert_eq!(verdict(&checked, "charts/web"), expected.1, "{kind}");
    }
}

#[test]
fn a_secret_that_is_in_the_repository_is_not_looked_into() {
    let folder = repository();
    let secret = VALUES.replace("ConfigMap", "Secret").replace("\ndata:", "\nstringData:").replace("many", "hunter2");
    folder.write("flux/values.yaml", secret);
    folder.write("flux/release.yaml", release("  valuesFrom:\n  - kind: Secret\n    name: shop-values\n"));
    let checked = check(&folder, &[]);
    assert_eq!(checked.found(), ["flux/release.yaml:17 render/helm"]);
    assert!(!checked.report.to_string().contains("hunter2"), "{}", checked.report);
}

#[test]
fn values_files_of_a_release_take_the_place_of_the_charts_own() {
    let folder = repository();
    folder.write("charts/web/production.yaml", "replicas: 5\nimage: registry.example.com/web:2.0.0\n");
    let files =
        release("").replace("  chart:\n    spec:\n", "  chart:\n    spec:\n      valuesFiles: [production.yaml]\n");
    folder.write("flux/release.yaml", files);
    // Without the chart's own values there is no policy, and an empty one is the default.
    let checked = check(&folder, &[]);
    assert_eq!((checked.found(), checked.code), (vec![], 0));
    let mut command = folder.command(&["render", "--tree", "all"]);
    let rendered = run(command.env("PATH", helm::program().parent().unwrap()), b"");
    assert!(rendered.stdout.contains("replicas: 5") && !rendered.stdout.contains("Always"), "{}", rendered.stdout);
}

#[test]
fn an_application_is_rendered_with_its_values_files_and_parameters_at_their_lines() {
    let folder = repository();
    let sources = "  sources:
  - repoURL: https://git.example.com/config.git
    path: charts/web
    helm:
      releaseName: shop
      valueFiles:
      - $values/environments/production.yaml
      parameters:
      - name: replicas
        value: several
  - repoURL: https://git.example.com/config.git
    ref: values
";
    folder.write("applications/web.yaml", application(sources));
    folder.write("environments/production.yaml", "image: registry.example.com/web:2.0.0\npolicy: Allways\n");
    let checked = check(&folder, &[]);
    let expected = ["applications/web.yaml:20 schema/type", "environments/production.yaml:2 schema/enum"];
    assert_eq!(checked.found(), expected);
    let object = checked.findings()[0]["object"].to_string();
    assert!(object.contains("\"name\":\"shop\"") && object.contains("\"namespace\":\"shop\""), "{object}");
    let trees = checked.report["trees"].to_string();
    assert!(!trees.contains("environments"), "values are no tree of their own: {trees}");
}

#[test]
fn a_values_file_of_an_application_that_is_not_there_is_named() {
    for (file, expected) in [
        ("production.yaml", "applications/web.yaml:15 render/missing"),
        ("https://example.com/values.yaml", "applications/web.yaml:15 render/helm"),
        ("$other/values.yaml", "applications/web.yaml:15 render/helm"),
        ("../../../../etc/passwd", "applications/web.yaml:15 render/missing"),
    ] {
        let folder = repository();
        let source = format!(
            "  source:\n    repoURL: https://git.example.com/config.git\n    path: charts/web\n    helm:\n      valueFiles: [{file}]\n"
        );
        folder.write("applications/web.yaml", application(&source));
        assert_eq!(check(&folder, &[]).found(), [expected], "{file}");
    }
}

#[test]
fn a_chart_that_changed_is_checked_with_the_values_of_its_releases() {
    let folder = repository();
    folder.write("flux/release.yaml", release("  values:\n    policy: Never\n"));
    folder.commit();
    folder.write("charts/web/templates/_helpers.tpl", "{{ define \"port\" }}http{{ end }}\n");
    folder.git(&["add", "--all"]);
    let staged = check(&folder, &["--staged"]);
    assert_eq!(staged.report["trees"].to_string().matches("charts/web").count(), 1, "{}", staged.report);
    assert_eq!(staged.found(), ["flux/release.yaml:16 schema/enum"], "{}", staged.report);
}

#[test]
fn values_that_changed_reach_the_charts_that_take_them() {
    let folder = repository();
    folder
        .write("flux/values.yaml", VALUES)
        .write("charts/web/production.yaml", "image: registry.example.com/web:2.0.0\n");
    let from = "  valuesFrom:\n  - kind: ConfigMap\n    name: shop-values\n";
    let flux =
        release(from).replace("  chart:\n    spec:\n", "  chart:\n    spec:\n      valuesFiles: [production.yaml]\n");
    folder.write("flux/release.yaml", flux);
    let sources = "  sources:\n  - repoURL: https://git.example.com/config.git\n    path: charts/web\n    helm:\n      valueFiles: [$values/environments/production.yaml]\n  - repoURL: https://git.example.com/config.git\n    ref: values\n";
    folder
        .write("applications/web.yaml", application(sources))
        .write("environments/production.yaml", "policy: Always\n");
    folder.write("other/kustomization.yaml", "resources: []\n");
    folder.commit();
    for (file, content, tree) in [
        ("flux/values.yaml", VALUES.replace("many", "5"), "Flux HelmRelease shop"),
        ("charts/web/production.yaml", "image: registry.example.com/web:3.0.0\n".to_owned(), "Flux HelmRelease shop"),
        ("environments/production.yaml", "policy: Allways\n".to_owned(), "Argo CD Application web"),
    ] {
        folder.write(file, content);
        folder.git(&["add", "--all"]);
        let staged = check(&folder, &["--staged"]);
        assert!(staged.report["trees"].to_string().contains(tree), "{file}: {}", staged.report["trees"]);
        assert!(!staged.report["trees"].to_string().contains("\"other\""), "{file}: {}", staged.report["trees"]);
        folder.git(&["commit", "--quiet", "--message", "next"]);
    }
}
