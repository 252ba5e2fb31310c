//! `plimsoll check --changed-since` and `--staged`: the trees that changes reach are checked, and no other.

use super::program::{Checked, Folder, MISTAKEN, SOUND, run};

/// Three overlays of a base, one of them by way of a Component, and a folder without a kustomization.
fn repository() -> Folder {
    let folder = Folder::repository();
    folder.write("base/app.yaml", SOUND).write("base/kustomization.yaml", "resources: [app.yaml]\n");
    folder.write(
        "extra/kustomization.yaml",
        "kind: Component\nconfigMapGenerator: [{name: extra, files: [extra.properties]}]\n",
    );
    folder.write("extra/extra.properties", "a: b\n");
    let patch = |overlay: &str| SOUND.replace("info", overlay);
    for overlay in ["production", "staging", "test"] {
        let components = if overlay == "test" { "components: [../../extra]\n" } else { "" };
        let text = format!("resources: [../../base]\npatches: [{{path: patch.yaml}}]\n{components}");
        folder.write(&format!("overlays/{overlay}/kustomization.yaml"), text);
        folder.write(&format!("overlays/{overlay}/patch.yaml"), patch(overlay));
    }
    folder.write("plain/config.yaml", SOUND.replace("sound", "plain")).commit();
    folder.git(&["tag", "before"]);
    folder
}

fn trees(checked: &Checked) -> Vec<&str> {
    checked.report["trees"].as_array().unwrap().iter().map(|tree| tree["path"].as_str().unwrap()).collect()
}

/// The trees that are checked, and what the summary says of them.
fn reached(folder: &Folder, arguments: &[&str]) -> (Vec<String>, String) {
    let checked = folder.check(arguments);
    let human = folder.plimsoll(&[&["check"], arguments].concat()).stdout;
    let line = human.lines().find(|line| line.contains("file") && line.contains("tree") && !line.contains("valid"));
    let line = line.or_else(|| human.lines().find(|line| line.starts_with("no ")));
    (trees(&checked).into_iter().map(str::to_owned).collect(), line.unwrap_or_default().to_owned())
}

#[test]
fn an_edit_of_a_base_reaches_all_overlays_and_a_patch_its_own() {
    let folder = repository();
    let nothing = folder.plimsoll(&["check", "--changed-since", "before"]);
    assert_eq!(nothing.code, 0, "{}", nothing.stdout);
    assert!(nothing.stdout.contains("no changed files\n"), "{}", nothing.stdout);

    folder.write("overlays/staging/patch.yaml", SOUND.replace("info", "debug"));
    let one = reached(&folder, &["--changed-since", "before"]);
    assert_eq!(one, (vec!["overlays/staging".into()], "1 of 3 trees, that which 1 changed file reaches".into()));

    folder.write("base/app.yaml", SOUND.replace("level", "depth"));
    let (all, line) = reached(&folder, &["--changed-since", "before"]);
    assert_eq!(all, ["overlays/production", "overlays/staging", "overlays/test"]);
    assert_eq!(line, "3 of 3 trees, those that 2 changed files reach");
}

#[test]
fn what_a_generator_of_a_component_reads_reaches_those_that_use_it() {
    let folder = repository();
    folder.write("extra/extra.properties", "a: c\n").write("README.md", "new").git(&["add", "--all"]);
    let expected = (vec!["overlays/test".to_owned()], "1 of 3 trees, that which 2 staged files reach".to_owned());
    assert_eq!(reached(&folder, &["--staged"]), expected);
}

#[test]
fn what_git_does_not_track_reaches_a_tree_that_reads_it() {
    let folder = repository();
    let options = "configMapGenerator: [{name: extra, files: [extra.properties], envs: [local.env]}]\n";
    folder.write("extra/kustomization.yaml", format!("kind: Component\n{options}")).write(".gitignore", "*.env\n");
    folder.commit();
    assert_eq!(reached(&folder, &["--changed-since", "HEAD"]).1, "no changed files");
    folder.write("extra/local.env", "A=b\n");
    assert_eq!(reached(&folder, &["--changed-since", "HEAD"]).0, ["overlays/test"]);
    folder.write("notes.txt", "not read by anything");
    assert_eq!(reached(&folder, &["--changed-since", "HEAD"]).1, "1 of 3 trees, that which 1 changed file reaches");
}

#[test]
fn plugins_and_definitions_are_parts_of_the_trees_that_name_them() {
    let folder = repository();
    let transformer = "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: l}\nlabels: {a: b}\nfieldSpecs: [{path: metadata/labels, create: true}]\n";
    folder.write("plugins/label.yaml", transformer).write("plugins/kustomization.yaml", "resources: [label.yaml]\n");
    let path = "overlays/staging/kustomization.yaml";
    folder.write(path, folder.read(path) + "transformers: [../../plugins]\ncrds: [types.json]\n");
    folder.write("overlays/staging/types.json", "{}").commit();
    folder.write("plugins/label.yaml", transformer.replace("a: b", "a: c"));
    let (trees, _) = reached(&folder, &["--changed-since", "HEAD"]);
    assert!(
        trees.contains(&"overlays/staging".to_owned()) && !trees.contains(&"overlays/test".to_owned()),
        "{trees:?}"
    );
    folder.git(&["checkout", "--quiet", "."]);
    assert_eq!(reached(&folder, &["--changed-since", "HEAD"]).1, "no changed files");
    folder.write("overlays/staging/types.json", "{ }");
    assert_eq!(reached(&folder, &["--changed-since", "HEAD"]).0, ["overlays/staging"]);
}

#[test]
fn what_reaches_no_tree_is_said_to() {
    let folder = repository();
    folder.write("README.md", "new").commit();
    assert_eq!(
        reached(&folder, &["--changed-since", "before"]),
        (Vec::new(), "0 of 3 trees: 1 changed file reaches none".to_owned())
    );
    folder.write("plain/config.yaml", MISTAKEN);
    let plain = folder.check(&["--changed-since", "before"]);
    assert_eq!((plain.found(), trees(&plain)), (vec!["plain/config.yaml:6 schema/type".to_owned()], vec!["plain"]));
}

#[test]
fn what_is_gone_reaches_the_trees_that_used_it() {
    let folder = repository();
    folder.git(&["rm", "--quiet", "base/kustomization.yaml"]);
    let expected = ["overlays/production", "overlays/staging", "overlays/test"];
    for arguments in [&["--staged"][..], &["--changed-since", "before"]] {
        let checked = folder.check(arguments);
        assert_eq!((checked.code, trees(&checked)), (1, expected.to_vec()), "{arguments:?}");
        assert_eq!(checked.findings().len(), 3, "{:?}", checked.found());
    }
    folder.git(&["reset", "--quiet", "--hard"]);
    folder.git(&["rm", "--quiet", "overlays/test/patch.yaml"]);
    let checked = folder.check(&["--changed-since", "before"]);
    assert_eq!(checked.found(), ["overlays/test/kustomization.yaml:2 render/missing"]);
    folder.git(&["reset", "--quiet", "--hard"]);
    folder.git(&["rm", "--quiet", "-r", "overlays/test"]);
    assert_eq!(reached(&folder, &["--staged"]).0, [""; 0], "a tree that is gone has nothing to check");
}

#[test]
fn the_changes_are_those_since_the_histories_parted() {
    let folder = repository();
    folder.git(&["checkout", "--quiet", "-b", "side"]);
    folder.write("overlays/test/patch.yaml", SOUND.replace("info", "side")).commit();
    folder.git(&["checkout", "--quiet", "main"]);
    folder.write("base/app.yaml", SOUND.replace("level", "depth")).commit();
    folder.git(&["checkout", "--quiet", "side"]);
    assert_eq!(reached(&folder, &["--changed-since", "main"]).0, ["overlays/test"]);
    let all = reached(&folder, &["--changed-since", "side", "--rev", "main"]).0;
    assert_eq!(all.len(), 3, "the change of main is to the base");
    assert_eq!(reached(&folder, &["--changed-since", "before", "--rev", "side"]).0, ["overlays/test"]);
    folder.git(&["checkout", "--quiet", "--orphan", "other"]);
    folder.commit();
    let apart = folder.plimsoll(&["check", "--changed-since", "main"]);
    assert_eq!(apart.code, 2);
    assert!(apart.stderr.contains("no commit in common"), "{}", apart.stderr);
    assert_eq!(folder.plimsoll(&["check", "--changed-since", "nowhere"]).code, 2);
    assert_eq!(folder.plimsoll(&["check", "--changed-since", "main", "--staged"]).code, 2);
    assert_eq!(folder.plimsoll_reading(SOUND.as_bytes(), &["check", "-", "--changed-since", "main"]).code, 2);
}

#[test]
fn a_change_outside_of_the_folder_that_is_named_reaches_into_it() {
    let folder = repository();
    folder.write("base/app.yaml", MISTAKEN.replace("mistaken", "sound"));
    let mut command = folder.command(&["check", "--format", "json", "--changed-since", "before"]);
    let checked = Checked::new(&run(command.current_dir(folder.at("overlays/staging")), b""));
    assert_eq!(checked.code, 1, "{}", checked.report["summary"]);
    assert_eq!(trees(&checked), ["overlays/staging"]);
}

#[test]
fn a_file_that_was_touched_and_not_changed_is_no_change() {
    let folder = repository();
    folder.write("base/app.yaml", SOUND);
    assert_eq!(reached(&folder, &["--changed-since", "before"]).1, "no changed files");
    folder.write("overlays/staging/new.yaml", "a: [");
    assert_eq!(folder.check(&["--changed-since", "before"]).found(), ["overlays/staging/new.yaml:1 read/syntax"]);
}

#[test]
fn variables_reach_the_trees_that_they_are_substituted_in() {
    let folder = Folder::repository();
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: flux-system}\nspec:\n  interval: 10m\n  prune: true\n  path: ./app\n  sourceRef: {kind: GitRepository, name: flux-system}\n  postBuild: {substituteFrom: [{kind: ConfigMap, name: settings}]}\n";
    let settings = |value: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: flux-system}}\ndata: {{VALUE: {value}}}\n"
        )
    };
    folder.write("clusters/app.yaml", flux).write("clusters/settings.yaml", settings("a"));
    folder.write("app/kustomization.yaml", "resources: [map.yaml]\n");
    folder.write("app/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '${VALUE}'}\n");
    folder.commit();
    folder.write("clusters/settings.yaml", settings("No_Name"));
    folder.git(&["add", "--all"]);
    let staged = folder.check(&["--staged"]);
    assert!(staged.found().iter().any(|found| found.ends_with("metadata/name")), "{:?}", staged.found());
}
