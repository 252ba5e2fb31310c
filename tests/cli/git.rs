//! What is staged, what was committed, and the hook that stands between the two.

use super::program::{Checked, Folder, MISTAKEN, SOUND, run};

const DEFINITION: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: crontabs.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, listKind: CronTabList}
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
                replicas:
                  type: integer
                  x-kubernetes-validations:
                    - rule: self >= oldSelf
                      message: replicas cannot shrink
";

fn cron_tab(replicas: &str) -> String {
    format!("apiVersion: example.com/v1\nkind: CronTab\nmetadata:\n  name: nightly\nspec:\n  replicas: {replicas}\n")
}

#[test]
fn staged_content_counts_and_nothing_else() {
    let folder = Folder::repository();
    folder.write("committed.yaml", MISTAKEN.replace("name: mistaken", "name: old")).write("app.yaml", SOUND).commit();
    let nothing = folder.check(&["--staged"]);
    assert_eq!((nothing.code, nothing.findings().len()), (0, 0), "nothing staged is nothing to do");

    folder.write("app.yaml", MISTAKEN).git(&["add", "app.yaml"]);
    folder.write("app.yaml", SOUND).write("untracked.yaml", "a: [");
    let staged = folder.check(&["--staged"]);
    assert_eq!(staged.code, 1);
    assert_eq!(staged.found(), ["app.yaml:6 schema/type"]);

    folder.git(&["add", "app.yaml"]);
    folder.write("app.yaml", MISTAKEN);
    assert_eq!(folder.check(&["--staged"]).code, 0, "the mistake is in the work tree only");
}

#[test]
fn a_definition_in_a_file_that_did_not_change_is_known_to_what_is_staged() {
    let folder = Folder::repository();
    folder.write("platform/definition.yaml", DEFINITION).commit();
    folder.write("apps/nightly.yaml", cron_tab("three")).git(&["add", "--all"]);
    let checked = folder.check(&["--staged"]);
    assert_eq!(checked.found(), ["apps/nightly.yaml:6 schema/type"]);
    assert_eq!((checked.count("objects"), checked.count("unchecked")), (1, 0));
}

#[test]
fn a_staged_deletion_is_nothing_to_check() {
    let folder = Folder::repository();
    folder.write("app.yaml", SOUND).commit();
    folder.git(&["rm", "--quiet", "app.yaml"]);
    let checked = folder.check(&["--staged"]);
    assert_eq!((checked.code, checked.count("files")), (0, 0));
}

#[test]
fn a_revision_is_checked_without_a_checkout_and_with_its_own_configuration() {
    let folder = Folder::repository();
    folder.write("app.yaml", MISTAKEN).write("plimsoll.yaml", "rules: {schema/type: warn}\n").commit();
    folder.git(&["tag", "before"]);
    folder.write("app.yaml", SOUND).write("plimsoll.yaml", "rules: {schema/type: deny}\n").commit();
    let before = folder.check(&["--rev", "before"]);
    assert_eq!(before.code, 0);
    assert_eq!(before.found(), ["app.yaml:6 schema/type"]);
    assert_eq!(before.findings()[0]["severity"], "warn");
    assert_eq!(folder.check(&["--rev", "HEAD"]).findings().len(), 0);
    assert_eq!(folder.read("app.yaml"), SOUND);
    let unknown = folder.plimsoll(&["check", "--rev", "no-such-branch"]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("no-such-branch"), "{}", unknown.stderr);
}

#[test]
fn transition_rules_compare_with_the_revision_that_is_named() {
    let folder = Folder::repository();
    folder.write("definition.yaml", DEFINITION).write("nightly.yaml", cron_tab("3")).commit();
    folder.write("nightly.yaml", cron_tab("2"));
    assert_eq!(folder.check(&[]).code, 0, "without a revision there is nothing to compare with");
    let shrunk = folder.check(&["--against", "HEAD"]);
    assert_eq!(shrunk.code, 1);
    assert_eq!(shrunk.found(), ["nightly.yaml:6 schema/cel"]);
    assert!(shrunk.findings()[0]["message"].as_str().unwrap().contains("replicas cannot shrink"));
    folder.write("nightly.yaml", cron_tab("4"));
    assert_eq!(folder.check(&["--against", "HEAD"]).code, 0);
}

#[test]
fn transition_rules_compare_with_the_same_environment() {
    let folder = Folder::repository();
    folder.write("definition.yaml", DEFINITION);
    folder.write("clusters/production/nightly.yaml", cron_tab("2"));
    folder.write("clusters/staging/nightly.yaml", cron_tab("5")).commit();
    folder.write("clusters/production/nightly.yaml", cron_tab("3"));
    assert_eq!(folder.check(&["--against", "HEAD"]).code, 0, "5 in staging is no earlier state of production");
    folder.write("clusters/staging/nightly.yaml", cron_tab("4"));
    assert_eq!(folder.check(&["--against", "HEAD"]).found(), ["clusters/staging/nightly.yaml:6 schema/cel"]);
}

#[test]
fn what_the_other_revision_does_not_have_is_new() {
    let folder = Folder::repository();
    folder.write("definition.yaml", DEFINITION).write("apps/nightly.yaml", cron_tab("3")).commit();
    folder.git(&["mv", "apps", "jobs"]);
    folder.write("jobs/nightly.yaml", cron_tab("2"));
    let moved = folder.check(&["jobs", "definition.yaml", "--against", "HEAD"]);
    assert_eq!(moved.found(), ["jobs/nightly.yaml:6 schema/cel"], "it was in another folder");
    let piped = folder.plimsoll_reading(cron_tab("2").as_bytes(), &["check", "-", "--against", "HEAD"]);
    assert_eq!(piped.code, 0, "{}{}", piped.stdout, piped.stderr);
}

#[test]
fn an_object_that_is_staged_twice_with_one_that_did_not_change_is_found() {
    let folder = Folder::repository();
    folder.write("kustomization.yaml", "resources: [a.yaml, b.yaml]\n");
    folder.write("a.yaml", SOUND).write("b.yaml", SOUND.replace("name: sound", "name: other")).commit();
    folder.write("b.yaml", SOUND).git(&["add", "b.yaml"]);
    assert_eq!(folder.check(&["--staged"]).found(), ["b.yaml:4 object/duplicate"]);
    assert_eq!(folder.check(&[]).found(), ["b.yaml:4 object/duplicate"]);
}

#[test]
fn a_revision_has_its_own_definitions() {
    let folder = Folder::repository();
    folder.write(".plimsollignore", "crds/\n").write("plimsoll.yaml", "schemas: {crds: [crds]}\n");
    folder.write("crds/definition.yaml", DEFINITION).write("nightly.yaml", cron_tab("3")).commit();
    folder.write("crds/definition.yaml", DEFINITION.replace("type: integer", "type: string"));
    assert_eq!(folder.check(&["--rev", "HEAD"]).found(), [""; 0]);
    assert_eq!(folder.check(&[]).found(), ["nightly.yaml:6 schema/type"]);

    folder.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    let mut bare = folder.command(&["check", "--format", "json", "--rev", "HEAD"]);
    let bare = Checked::new(&run(bare.current_dir(folder.at("bare.git")), b""));
    assert_eq!((bare.code, bare.count("valid"), bare.count("unchecked")), (0, 1, 0));
}

#[test]
fn the_hook_refuses_a_commit_with_a_mistake_and_lets_a_sound_one_pass() {
    let folder = Folder::repository();
    folder.write("app.yaml", SOUND).commit();
    let installed = folder.plimsoll(&["hook", "install"]);
    assert_eq!(installed.code, 0, "{}", installed.stderr);

    folder.write("app.yaml", MISTAKEN).git(&["add", "app.yaml"]);
    let refused = folder.try_git(&["commit", "-m", "a mistake"]);
    assert_ne!(refused.code, 0);
    let said = refused.stdout + &refused.stderr;
    assert!(said.contains("app.yaml:6:13"), "{said}");

    folder.write("app.yaml", SOUND.replace("info", "debug")).git(&["add", "app.yaml"]);
    assert_eq!(folder.try_git(&["commit", "-m", "no mistake"]).code, 0);
    assert_eq!(folder.git(&["log", "-1", "--format=%s"]).trim(), "no mistake");

    assert_eq!(folder.plimsoll(&["hook", "uninstall"]).code, 0);
    folder.write("app.yaml", MISTAKEN).git(&["add", "app.yaml"]);
    assert_eq!(folder.try_git(&["commit", "-m", "unchecked"]).code, 0);
}

#[test]
fn a_commit_of_some_files_is_checked_as_it_will_be_made() {
    let folder = Folder::repository();
    folder.write("one.yaml", SOUND).write("other.yaml", SOUND.replace("sound", "other")).commit();
    folder.plimsoll(&["hook", "install"]);
    folder.write("one.yaml", MISTAKEN).git(&["add", "one.yaml"]);
    folder.write("other.yaml", SOUND.replace("sound", "another"));
    // Git hands the hook an index of its own here
    let other = folder.try_git(&["commit", "-m", "other", "other.yaml"]);
    assert_eq!(other.code, 0, "{}{}", other.stdout, other.stderr);
    assert_ne!(folder.try_git(&["commit", "-m", "one", "one.yaml"]).code, 0);
}

#[test]
fn a_hook_of_someone_else_stays() {
    let folder = Folder::repository();
    folder.write(".git/hooks/pre-commit", "#!/bin/sh\nexit 0\n");
    let refused = folder.plimsoll(&["hook", "install"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("plimsoll check --staged"), "{}", refused.stderr);
    assert_eq!(folder.plimsoll(&["hook", "uninstall"]).code, 2);
    assert!(folder.read(".git/hooks/pre-commit").contains("exit 0"));
    assert_eq!(folder.plimsoll(&["hook", "install", "--force"]).code, 0);
    assert!(folder.read(".git/hooks/pre-commit").contains("--staged"));
}
