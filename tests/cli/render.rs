//! `plimsoll render`: one kustomization or all, from the work tree, the index or a commit.

use super::program::{Folder, SOUND};

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
        args: [serve, '# no comment']
";

const CONFIG: &str = "\
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data:
  settings: |
    level: info
    colour: none
  empty: ''
";

/// A base and two overlays.
fn write(folder: &Folder) {
    folder.write("base/deployment.yaml", DEPLOYMENT).write("base/config.yaml", CONFIG);
    folder.write("base/kustomization.yaml", "resources: [deployment.yaml, config.yaml]\n");
    for (overlay, replicas) in [("production", 3), ("staging", 2)] {
        let patch = format!(
            "resources: [../../base]\nnamespace: {overlay}\npatches:\n- patch: |-\n    kind: Deployment\n    apiVersion: apps/v1\n    metadata: {{name: web}}\n    spec: {{replicas: {replicas}}}\n"
        );
        folder.write(&format!("overlays/{overlay}/kustomization.yaml"), patch);
    }
}

fn repository() -> Folder {
    let folder = Folder::repository();
    write(&folder);
    folder
}

fn without_origins(text: &str) -> String {
    let value = |line: &str| match line.rsplit_once(" # ") {
        Some((value, origin)) if origin.contains(".yaml:") => format!("{value}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(value).collect()
}

#[test]
fn all_trees_of_a_repository_are_rendered_each_object_behind_its_source() {
    let folder = repository();
    let all = folder.plimsoll(&["render", "--tree", "all"]);
    assert_eq!(all.code, 0, "{}", all.stderr);
    assert!(all.stdout.starts_with("---\n# Source: overlays/production\napiVersion: v1\n"), "{}", all.stdout);
    let sources: Vec<&str> = all.stdout.lines().filter_map(|line| line.strip_prefix("# Source: ")).collect();
    assert_eq!(sources, ["overlays/production", "overlays/production", "overlays/staging", "overlays/staging"]);
    let one = folder.plimsoll(&["render", "overlays/production"]);
    let (first, second) = one.stdout.split_once("---\n").unwrap();
    assert!(all.stdout.contains(first) && all.stdout.contains(second), "{}", one.stdout);
    assert!(!one.stdout.contains("# Source"));

    let mut below = folder.command(&["render", "--tree", "all"]);
    let below = super::program::run(below.current_dir(folder.at("base")), b"");
    assert_eq!(below.stdout, all.stdout, "the repository is the same from any of its folders");
    let named = folder.plimsoll(&["render", "--tree", "all", "overlays/staging"]);
    assert!(named.stdout.contains("overlays/staging") && !named.stdout.contains("production"), "{}", named.stdout);
    assert_eq!(folder.plimsoll(&["render", "--tree", "all", "base"]).code, 2, "the base is a part of others");
}

#[test]
fn several_folders_are_rendered_in_one_run() {
    let folder = repository();
    let run = folder.plimsoll(&["render", "overlays/staging", "base"]);
    let sources: Vec<&str> = run.stdout.lines().filter_map(|line| line.strip_prefix("# Source: ")).collect();
    assert_eq!(
        (run.code, sources),
        (0, vec!["base", "base", "overlays/staging", "overlays/staging"]),
        "{}",
        run.stderr
    );
}

#[test]
fn the_origin_of_each_value_stands_behind_it_and_changes_none() {
    let folder = repository();
    let run = folder.plimsoll(&["render", "overlays/production", "--origins"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    for line in [
        "  namespace: production # overlays/production/kustomization.yaml:2\n",
        "  replicas: 3 # overlays/production/kustomization.yaml:8\n",
        "        image: registry.example.com/web:1.2.0 # base/deployment.yaml:13\n",
        "  settings: | # base/config.yaml:5\n    level: info\n",
        "  empty: \"\" # base/config.yaml:8\n",
        "        - '# no comment' # base/deployment.yaml:14\n",
    ] {
        assert!(run.stdout.contains(line), "{line}{}", run.stdout);
    }
    let plain = folder.plimsoll(&["render", "overlays/production"]).stdout;
    assert_eq!(without_origins(&run.stdout), plain);
    let mut below = folder.command(&["render", "--origins", "../overlays/staging"]);
    let below = super::program::run(below.current_dir(folder.at("base")), b"");
    assert!(below.stdout.contains("replicas: 2 # ../overlays/staging/kustomization.yaml:8"), "{}", below.stdout);
    assert!(below.stdout.contains("1.2.0 # deployment.yaml:13"), "{}", below.stdout);
}

#[test]
fn a_commit_and_the_index_are_rendered_as_they_are() {
    let folder = repository();
    folder.commit();
    let replicas = |arguments: &[&str]| {
        let run = folder.plimsoll(&[&["render", "overlays/staging"], arguments].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stdout.lines().find(|line| line.contains("replicas")).map(|line| line.trim().to_owned())
    };
    let set = |number: &str| {
        let path = "overlays/staging/kustomization.yaml";
        let text = folder.read(path).replace("replicas: 2", number).replace("replicas: 5", number);
        folder.write(path, text);
    };
    set("replicas: 5");
    folder.git(&["add", "--all"]);
    set("replicas: 7");
    let found = [replicas(&["--rev", "HEAD"]), replicas(&["--staged"]), replicas(&[])];
    assert_eq!(found.map(Option::unwrap), ["replicas: 2", "replicas: 5", "replicas: 7"]);
    assert_eq!(folder.plimsoll(&["render", "overlays/staging", "--rev", "nowhere"]).code, 2);
    assert_eq!(folder.plimsoll(&["render", "--rev", "HEAD", "--staged"]).code, 2);
    let all = folder.plimsoll(&["render", "--tree", "all", "--rev", "HEAD"]);
    assert_eq!(all.stdout.matches("# Source: ").count(), 4, "{}", all.stderr);
}

#[test]
fn what_is_wrong_is_said_as_a_check_says_it_and_nothing_is_printed() {
    let folder = repository();
    folder.write("broken/kustomization.yaml", "resources:\n- gone.yaml\n");
    for arguments in [&["render", "broken"][..], &["render", "--tree", "all"]] {
        let run = folder.plimsoll(arguments);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""));
        let checked = folder.plimsoll(&["check"]).stdout;
        let finding = checked.split("\n\n").collect::<Vec<_>>()[..2].join("\n\n");
        assert!(finding.contains("broken/kustomization.yaml:2:3"), "{checked}");
        assert!(run.stderr.contains(&finding), "{}\n{checked}", run.stderr);
    }
    let nothing = folder.plimsoll(&["render", "overlays"]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.stderr.contains("there is no kustomization in `overlays`"), "{}", nothing.stderr);
    assert_eq!(folder.plimsoll(&["render", "nowhere"]).code, 2);
}

#[test]
fn an_empty_rendering_prints_nothing() {
    let folder = Folder::new();
    folder.write("kustomization.yaml", "namespace: a\n");
    let run = folder.plimsoll(&["render"]);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
    let all = folder.plimsoll(&["render", "--tree", "all"]);
    assert_eq!((all.code, all.stdout.as_str(), all.stderr.as_str()), (0, "", ""));
}

#[test]
fn outside_of_a_repository_a_base_may_lie_above_the_current_folder() {
    let folder = Folder::new();
    write(&folder);
    folder.write("unrelated.yaml", "a: [").write("base/.plimsollignore", "");
    let expected = folder.plimsoll(&["render", "overlays/production"]);
    assert_eq!(expected.code, 0, "{}", expected.stderr);
    let mut there = folder.command(&["render", "--origins"]);
    let there = super::program::run(there.current_dir(folder.at("overlays/production")), b"");
    assert_eq!(there.code, 0, "{}", there.stderr);
    assert!(there.stdout.contains("1.2.0 # ../../base/deployment.yaml:13"), "{}", there.stdout);
    assert_eq!(without_origins(&there.stdout), expected.stdout);

    let mut check = folder.command(&["check"]);
    let check = super::program::run(check.current_dir(folder.at("overlays/production")), b"");
    assert_eq!(check.code, 0, "{}{}", check.stdout, check.stderr);
    assert!(check.stdout.contains("2 objects: 2 valid"), "{}", check.stdout);
}

#[test]
fn a_file_above_the_current_folder_is_read_only_where_that_is_allowed() {
    let folder = Folder::new();
    folder.write("shared.yaml", SOUND).write("app/kustomization.yaml", "resources: [../shared.yaml]\n");
    let render = |arguments: &[&str]| {
        let mut command = folder.command(&[&["render"], arguments].concat());
        super::program::run(command.current_dir(folder.at("app")), b"")
    };
    let refused = render(&[]);
    assert_eq!(refused.code, 1, "{}", refused.stdout);
    assert!(refused.stderr.contains("render/outside"), "{}", refused.stderr);
    let allowed = render(&["--load-restrictor", "none"]);
    assert_eq!(allowed.code, 0, "{}", allowed.stderr);
    assert!(allowed.stdout.contains("name: sound"), "{}", allowed.stdout);
}

#[test]
fn links_are_followed_to_where_they_lead_and_no_further_than_kustomize_does() {
    let folder = repository();
    let link = |text: &str, path: &str| std::os::unix::fs::symlink(text, folder.at(path)).unwrap();
    let config_map = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shared\n";
    folder.write("shared/map.yaml", config_map).write("linked/kustomization.yaml", "resources: [map.yaml]\n");
    link("../shared/map.yaml", "linked/map.yaml");
    let refused = folder.plimsoll(&["render", "linked"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("render/outside"), "{}", refused.stderr);
    let allowed = folder.plimsoll(&["render", "linked", "--load-restrictor", "none"]);
    assert_eq!((allowed.code, allowed.stdout.contains("name: shared")), (0, true), "{}", allowed.stderr);

    folder.write("over/kustomization.yaml", "resources: [base]\nnamePrefix: over-\n");
    link("../base", "over/base");
    let over = folder.plimsoll(&["render", "over"]);
    assert_eq!((over.code, over.stdout.contains("name: over-web")), (0, true), "{}", over.stderr);
    folder.git(&["add", "--all"]);
    assert_eq!(folder.plimsoll(&["render", "over", "--staged"]).stdout, over.stdout);

    folder.write("out/kustomization.yaml", "resources: [passwd]\nconfigMapGenerator:\n- name: a\n  files: [passwd]\n");
    link("/etc/passwd", "out/passwd");
    folder.write("round/kustomization.yaml", "resources: [again]\n");
    link(".", "round/again");
    for name in ["out", "round"] {
        let run = folder.plimsoll(&["render", name, "--load-restrictor", "none"]);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{name}: {}", run.stderr);
        assert!(!run.stderr.contains("root:"), "{}", run.stderr);
    }
}
