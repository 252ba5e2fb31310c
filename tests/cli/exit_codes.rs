//! 0: nothing at or over the threshold. 1: something is. 2: the check could not be made.

use super::program::{Folder, MISTAKEN, OUTDATED, SOUND};

#[test]
fn a_sound_repository_ends_with_0() {
    let folder = Folder::new();
    folder.write("sound.yaml", SOUND);
    let run = folder.plimsoll(&["check"]);
    assert_eq!(run.code, 0, "{}", run.stdout);
    assert!(run.stdout.contains("1 valid, 0 invalid"), "{}", run.stdout);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
}

#[test]
fn a_mistake_ends_with_1_and_shows_its_line() {
    let folder = Folder::new();
    folder.write("apps/mistaken.yaml", MISTAKEN);
    let run = folder.plimsoll(&["check"]);
    assert_eq!(run.code, 1);
    assert!(run.stdout.contains("apps/mistaken.yaml:6:13"), "{}", run.stdout);
    assert!(run.stdout.contains("replicas: three"), "{}", run.stdout);
}

#[test]
fn a_warning_fails_the_run_only_when_that_is_asked_for() {
    let folder = Folder::new();
    folder.write("outdated.yaml", OUTDATED);
    let on_warn = |threshold| folder.plimsoll(&["check", "--kubernetes", "1.31", "--fail-on", threshold]).code;
    assert_eq!([on_warn("deny"), on_warn("warn"), on_warn("info")], [0, 1, 1]);
    folder.write("plimsoll.yaml", "failOn: warn\n");
    assert_eq!(folder.plimsoll(&["check", "--kubernetes", "1.31"]).code, 1);
    assert_eq!(on_warn("deny"), 0, "the command line beats the file");
}

#[test]
fn nothing_to_check_ends_with_2_and_says_so() {
    let folder = Folder::new();
    let empty = folder.plimsoll(&["check"]);
    assert_eq!(empty.code, 2);
    assert!(empty.stderr.contains("nothing to check was found"), "{}", empty.stderr);
    folder.write("values.yaml", "replicas: 3\n").write("README.md", "# Nothing\n");
    assert_eq!(folder.plimsoll(&["check"]).code, 2, "a file without an object is nothing to check either");
    folder.write("sound.yaml", SOUND);
    assert_eq!(folder.plimsoll(&["check", "--exclude", "sound.yaml"]).code, 2);
}

#[test]
fn wrong_arguments_end_with_2_and_leave_standard_output_empty() {
    let folder = Folder::new();
    folder.write("sound.yaml", SOUND);
    for (arguments, expected) in [
        (&["chekc"][..], "check"),
        (&["check", "--fromat", "json"], "--format"),
        (&["check", "--format", "xml"], "sarif"),
        (&["check", "--output", "sarif"], "FORMAT=FILE"),
        (&["check", "--output", "xml=report.xml"], "`xml` is none of human, json"),
        (&["check", "--output", "json="], "a file after `=`"),
        (&["check", "--fail-on", "error"], "deny"),
        (&["check", "nowhere"], "cannot open nowhere"),
        (&["check", "-", "sound.yaml"], "`-` stands alone"),
        (&["check", "--staged", "--rev", "HEAD"], "--rev"),
        (&["check", "--rev", "HEAD"], "cannot read the Git repository"),
        (&["check", "--kubernetes", "1.99"], "1.99"),
        (&["check", "--kubernetes", "latest"], "latest"),
        (&["check", "--select", "shcema/cel"], "did you mean `schema/cel`?"),
        (&["check", "--ignore", "nothing"], "matches no rule"),
        (&["check", "--config", "nowhere.yaml"], "cannot read nowhere.yaml"),
        (&["check", "--crds", "nowhere"], "cannot open nowhere"),
        (&["check", "--crds", "sound.yaml"], "no CustomResourceDefinition"),
        (&["check", "--output", "json=no/such/folder.json"], "cannot write no/such/folder.json"),
    ] {
        let run = folder.plimsoll(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains(expected), "{arguments:?}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{arguments:?}: {}", run.stdout);
    }
}

#[test]
fn a_broken_configuration_ends_with_2_and_shows_each_mistake_at_its_line() {
    let folder = Folder::new();
    folder.write("sound.yaml", SOUND);
    folder.write("plimsoll.yaml", "failOn: error\nrule:\n  metadata: warn\nrules:\n  schema/unknown-knid: deny\n");
    let checked = folder.check(&[]);
    assert_eq!(checked.code, 2);
    assert_eq!(
        checked.found(),
        [
            "plimsoll.yaml:1 config/invalid",
            "plimsoll.yaml:2 config/unknown-field",
            "plimsoll.yaml:5 config/unknown-rule"
        ]
    );
    let human = folder.plimsoll(&["check"]);
    assert!(human.stdout.contains("plimsoll.yaml:1:9"), "{}", human.stdout);
    assert_eq!(human.code, 2);

    folder.write("plimsoll.yaml", "failOn: [\n");
    let unreadable = folder.check(&[]);
    assert_eq!(unreadable.code, 2);
    assert!(unreadable.found().iter().all(|found| found.ends_with("read/syntax")), "{:?}", unreadable.found());
}

#[test]
fn a_reader_that_goes_away_changes_no_exit_code() {
    let folder = Folder::new();
    let mistakes = MISTAKEN.replace("replicas: three", "replicas: four") + "---\n";
    folder.write("mistaken.yaml", mistakes.repeat(200));
    let mut command = folder.command(&["check"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut process = command.spawn().unwrap();
    drop(process.stdout.take());
    let code = super::program::wait(&mut process);
    let mut stderr = String::new();
    std::io::Read::read_to_string(&mut process.stderr.take().unwrap(), &mut stderr).unwrap();
    assert!(code == 1 && stderr.is_empty(), "{code}: {stderr}");
}
