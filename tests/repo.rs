//! Trees of files against real folders and real Git repositories, made with the `git` program.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test that cannot go on says so")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use plimsoll::finding::{Finding, Severity};
use plimsoll::repo::{FILE_LIMIT, FileTree, GitCommit, GitIndex, Listing, TreeError, WalkOptions, WorkTree};
use proptest::prelude::*;
use rayon::prelude::*;

/// A temporary folder, and `git` in it with nobody's settings.
struct Fixture {
    folder: tempfile::TempDir,
}

impl Fixture {
    fn folder() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn repository() -> Self {
        let fixture = Self::folder();
        fixture.git(&["init", "--quiet", "--initial-branch=main"]);
        fixture
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn at(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// Writes files that hold their own paths.
    fn files(&self, paths: &[&str]) -> &Self {
        for path in paths {
            self.write(path, format!("path: {path}\n"));
        }
        self
    }

    fn link(&self, path: &str, target: &str) -> &Self {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(target, path).unwrap();
        self
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(self.path(), arguments)
    }

    fn add(&self) -> &Self {
        self.git(&["add", "--all"]);
        self
    }

    fn commit(&self) -> &Self {
        self.add().git(&["commit", "--quiet", "--allow-empty", "-m", "change"]);
        self
    }

    fn work_tree(&self, paths: &[&str]) -> WorkTree {
        self.work_tree_without(paths, &[])
    }

    fn work_tree_without(&self, paths: &[&str], exclude: &[&str]) -> WorkTree {
        WorkTree::open(self.path(), &path_bufs(paths), &without(exclude)).unwrap()
    }

    fn index(&self, paths: &[&str]) -> GitIndex {
        GitIndex::open(self.path(), &path_bufs(paths), &WalkOptions::default()).unwrap()
    }

    fn commit_of(&self, revision: &str, paths: &[&str]) -> GitCommit {
        GitCommit::open(self.path(), revision, &path_bufs(paths), &WalkOptions::default()).unwrap()
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "protocol.file.allow=always"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .env_remove("GIT_INDEX_FILE")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn path_bufs(paths: &[&str]) -> Vec<PathBuf> {
    paths.iter().map(PathBuf::from).collect()
}

fn without(exclude: &[&str]) -> WalkOptions {
    WalkOptions { exclude: exclude.iter().map(ToString::to_string).collect() }
}

fn paths(tree: &impl FileTree) -> Vec<String> {
    tree.list().unwrap().files.into_iter().map(|file| file.path.to_string()).collect()
}

/// Rule and path of each finding.
fn findings(tree: &impl FileTree) -> Vec<(String, String)> {
    let key = |finding: &Finding| (finding.rule.to_string(), finding.place.path.to_string());
    tree.list().unwrap().findings.iter().map(key).collect()
}

fn found(rule: &str, path: &str) -> (String, String) {
    (rule.to_owned(), path.to_owned())
}

/// The bytes of each file, or why there are none.
type Contents = BTreeMap<String, Result<Vec<u8>, String>>;

/// What is found, and every file of the list.
fn everything(tree: &impl FileTree) -> (Vec<(String, String)>, Contents) {
    let Listing { files, .. } = tree.list().unwrap();
    let read = |path: String| {
        let bytes = tree.read(&path).map_err(|finding| format!("{}: {}", finding.rule, finding.message));
        (path, bytes)
    };
    (findings(tree), files.into_iter().map(|file| read(file.path.to_string())).collect())
}

const POINTER: &str = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";

/// What the next commit changes.
fn staged(index: &GitIndex) -> Vec<String> {
    index.staged_changes().unwrap().files.into_iter().collect()
}

#[test]
fn a_work_tree_its_index_and_its_commit_list_and_read_the_same() {
    let fixture = Fixture::repository();
    fixture
        .files(&["base/kustomization", "base/a.yaml", "base/B.YAML", "apps/web/Kustomization", "apps/web/x.json"])
        .files(&[
            "chart/Chart.yaml",
            "chart/templates/a.yaml",
            "chart/templates/_helpers.tpl",
            "README.md",
            ".sops.yaml",
        ])
        .files(&[".github/workflows/ci.yml", ".gitlab-ci.yml", "left/out/a.yaml", "left/in/a.yaml", "left/b.gen.yaml"])
        .files(&["ignored/kept.yaml", "line\nbreak.yaml", "data/values.txt", "tmp/x.yaml"])
        .write(".plimsollignore", "left/out/\ntmp\n")
        .write("left/.plimsollignore", "*.gen.yaml\n")
        .write(".gitignore", "ignored/\n")
        .write("large.yaml", POINTER)
        .link("apps/web/base", "../../base")
        .link("apps/web/a.yaml", "base/a.yaml")
        .link("apps/one.yaml", "../data/values.txt")
        .link("apps/two.yaml", "one.yaml")
        .link("apps/left", "../left/out")
        .link("apps/gone.yaml", "nothing.yaml")
        .link("apps/out.yaml", "../../out.yaml")
        .link("apps/loop.yaml", "loop.yaml")
        .link("apps/all", "..");
    let odd = std::ffi::OsStr::from_bytes(b"odd-\xff.yaml");
    fs::write(fixture.path().join(odd), "a: 1\n").unwrap();
    fixture.add().git(&["add", "--force", "ignored/kept.yaml"]);
    fixture.write("ignored/not-tracked.yaml", "a: 1\n");
    let on_disk = everything(&fixture.work_tree(&[]));
    let staged = everything(&fixture.index(&[]));
    fixture.git(&["commit", "--quiet", "-m", "all"]);
    let committed = everything(&fixture.commit_of("HEAD", &[]));

    let listed: Vec<&str> = on_disk.1.keys().map(String::as_str).collect();
    let expected = [
        ".github/workflows/ci.yml",
        ".gitlab-ci.yml",
        ".sops.yaml",
        "apps/one.yaml",
        "apps/web/Kustomization",
        "apps/web/x.json",
        "base/B.YAML",
        "base/a.yaml",
        "base/kustomization",
        "chart/Chart.yaml",
        "chart/templates/a.yaml",
        "ignored/kept.yaml",
        "large.yaml",
        "left/in/a.yaml",
        "line\nbreak.yaml",
    ];
    assert_eq!(listed, expected);
    assert_eq!(on_disk.1["apps/one.yaml"].as_deref(), Ok(&b"path: data/values.txt\n"[..]));
    assert!(on_disk.1["large.yaml"].as_ref().unwrap_err().starts_with("read/unreadable: this is a Git LFS pointer"));
    let expected = [
        found("read/unreadable", "apps/gone.yaml"),
        found("read/symlink", "apps/left"),
        found("read/unreadable", "apps/loop.yaml"),
        found("read/symlink", "apps/out.yaml"),
        found("read/unreadable", "odd-\u{fffd}.yaml"),
    ];
    assert_eq!(on_disk.0, expected);
    assert_eq!(on_disk, staged);
    assert_eq!(on_disk, committed);

    // The same for a part of the tree, and with something left out
    let part = ["apps", "left"];
    let options = without(&["web/", "!left/out/"]);
    let on_disk = everything(&WorkTree::open(fixture.path(), &path_bufs(&part), &options).unwrap());
    let staged = everything(&GitIndex::open(fixture.path(), &path_bufs(&part), &options).unwrap());
    let committed = everything(&GitCommit::open(fixture.path(), "main", &path_bufs(&part), &options).unwrap());
    assert!(on_disk.1.contains_key("left/out/a.yaml") && !on_disk.1.contains_key("apps/web/x.json"));
    assert!(on_disk.1.contains_key("base/a.yaml"), "`apps/all` leads to the whole repository: {:?}", on_disk.1.keys());
    assert_eq!(on_disk, staged);
    assert_eq!(on_disk, committed);
}

#[test]
fn git_patterns_count_with_and_without_a_git_folder() {
    for fixture in [Fixture::folder(), Fixture::repository()] {
        fixture
            .files(&["a.yaml", "build/b.yaml", "x/c.gen.yaml", "x/keep.gen.yaml", "x/y/d.yaml", "x/build", ".ignore"])
            .write(".gitignore", "build/\n*.gen.yaml\n")
            .write("x/.gitignore", "!keep.gen.yaml\n/y\n")
            .write(".ignore", "a.yaml\n");
        assert_eq!(paths(&fixture.work_tree(&[])), ["a.yaml", "x/keep.gen.yaml"]);
        assert_eq!(paths(&fixture.work_tree(&["x"])).len(), 1);
    }
}

#[test]
fn the_repository_own_exclude_file_counts_in_linked_work_trees_too() {
    let fixture = Fixture::repository();
    fixture.files(&["main/a.yaml"]).write("main/.gitignore", "").commit();
    fixture.write(".git/info/exclude", "private.yaml\n").files(&["main/private.yaml"]);
    assert_eq!(paths(&fixture.work_tree(&[])), ["main/a.yaml"]);
    let linked = Fixture::folder();
    fixture.git(&["worktree", "add", "--quiet", linked.at("tree").to_str().unwrap()]);
    linked.files(&["tree/private.yaml", "tree/new.yaml"]);
    assert_eq!(paths(&linked.work_tree(&["tree"])), ["main/a.yaml", "new.yaml"]);
}

#[test]
fn what_is_named_is_listed_whatever_its_name_and_the_patterns() {
    let fixture = Fixture::repository();
    fixture
        .files(&["deploy.yaml.tpl", "build/a.yaml", "build/b.txt", "c.yaml", "d.yaml", "e.yaml"])
        .write(".gitignore", "build\n")
        .write(".plimsollignore", "c.yaml\n");
    let named = ["deploy.yaml.tpl", "build/b.txt", "c.yaml", "d.yaml", "./d.yaml"];
    assert_eq!(
        paths(&fixture.work_tree_without(&named, &["d.yaml"])),
        ["build/b.txt", "c.yaml", "d.yaml", "deploy.yaml.tpl"]
    );
    assert_eq!(paths(&fixture.work_tree(&["build"])), ["build/a.yaml"]);
}

#[test]
fn a_named_path_that_is_not_there_is_an_error_in_every_tree() {
    let fixture = Fixture::repository();
    fixture.files(&["a.yaml"]).commit().files(&["new.yaml"]);
    let gone = path_bufs(&["gone.yaml"]);
    let options = WalkOptions::default();
    assert!(matches!(WorkTree::open(fixture.path(), &gone, &options), Err(TreeError::Open { .. })));
    for name in ["gone.yaml", "new.yaml"] {
        assert!(matches!(fixture.index(&[name]).list(), Err(TreeError::NotInTree { path, .. }) if path == name));
        let error = fixture.commit_of("HEAD", &[name]).list().unwrap_err();
        assert_eq!(error.to_string(), format!("`{name}` is not in the commit `HEAD`"));
    }
    let outside = GitIndex::open(fixture.path(), &path_bufs(&["/etc/hosts"]), &options);
    assert!(matches!(outside, Err(TreeError::NotInTree { .. })));
}

#[test]
fn a_root_that_is_a_link_is_followed() {
    let fixture = Fixture::folder();
    fixture.files(&["real/a.yaml"]).link("link", "real");
    let tree = fixture.work_tree(&["link"]);
    assert_eq!(paths(&tree), ["real/a.yaml"]);
    assert_eq!(tree.read("real/a.yaml").unwrap(), b"path: real/a.yaml\n");
    let below = WorkTree::open(&fixture.at("link"), &[], &WalkOptions::default()).unwrap();
    assert_eq!(paths(&below), ["a.yaml"]);
}

#[test]
fn a_mounted_config_map_is_read_through_its_links_once() {
    let fixture = Fixture::folder();
    fixture.files(&["..2026_11/a.yaml"]).link("..data", "..2026_11").link("a.yaml", "..data/a.yaml");
    let tree = fixture.work_tree(&["."]);
    assert_eq!(paths(&tree), ["..2026_11/a.yaml"]);
    assert_eq!(tree.read("a.yaml").unwrap(), b"path: ..2026_11/a.yaml\n");
}

#[test]
fn a_file_outside_of_what_was_named_is_listed_under_its_link() {
    let fixture = Fixture::repository();
    fixture
        .files(&["shared/a.yaml", "more/b.yaml", "more/deep/c.yaml"])
        .link("apps/a.yaml", "../shared/a.yaml")
        .link("apps/z.yaml", "a.yaml")
        .link("apps/more", "../more");
    assert_eq!(paths(&fixture.work_tree(&["apps"])), ["apps/a.yaml", "more/b.yaml", "more/deep/c.yaml"]);
    assert_eq!(paths(&fixture.work_tree(&[])), ["more/b.yaml", "more/deep/c.yaml", "shared/a.yaml"]);
}

#[test]
fn no_link_leads_a_reader_out_of_the_root() {
    let fixture = Fixture::folder();
    fixture.files(&["outside/secret.yaml", "root/a.yaml"]);
    fixture
        .link("root/file.yaml", "../outside/secret.yaml")
        .link("root/folder", "../outside")
        .link("root/absolute.yaml", fixture.at("outside/secret.yaml").to_str().unwrap())
        .link("root/tool", "../outside/secret.yaml");
    let tree = WorkTree::open(&fixture.at("root"), &[], &WalkOptions::default()).unwrap();
    assert_eq!(paths(&tree), ["a.yaml"]);
    let expected =
        [found("read/symlink", "absolute.yaml"), found("read/symlink", "file.yaml"), found("read/symlink", "folder")];
    assert_eq!(findings(&tree), expected);
    assert!(tree.list().unwrap().findings[1].message.contains("`../outside/secret.yaml`"));
    for path in ["file.yaml", "folder/secret.yaml", "absolute.yaml", "tool"] {
        assert_eq!(tree.read(path).unwrap_err().rule, "read/symlink", "{path}");
    }
}

#[test]
fn paths_that_lead_out_are_refused_by_every_tree() {
    fn refuses(tree: &impl FileTree) {
        for path in ["../a.yaml", "/etc/passwd", "x/../x/a.yaml", "", "x//a.yaml", "./x/a.yaml", "x/a.yaml/", "x\0"] {
            let finding = tree.read(path).unwrap_err();
            assert_eq!(finding.rule, "read/unreadable");
            assert!(finding.message.ends_with("is not a path within the repository"), "{}", finding.message);
        }
        for path in ["x", "x/b.yaml", "x/a.yaml/b", ".git/HEAD"] {
            assert!(tree.read(path).is_err(), "{path}");
        }
    }
    let fixture = Fixture::repository();
    fixture.files(&["x/a.yaml"]).commit();
    refuses(&fixture.work_tree(&[]));
    refuses(&fixture.index(&[]));
    refuses(&fixture.commit_of("HEAD", &[]));
}

#[test]
fn special_files_are_never_opened() {
    let fixture = Fixture::folder();
    fixture.files(&["a.yaml", "folder.yaml/b.yaml"]).link("linked.yaml", "fifo.yaml").link("null.yaml", "/dev/null");
    for name in ["fifo.yaml", "fifo.txt", ".gitignore", ".plimsollignore"] {
        assert!(Command::new("mkfifo").arg(fixture.at(name)).status().unwrap().success());
    }
    let _socket = std::os::unix::net::UnixListener::bind(fixture.at("socket.json")).unwrap();
    let tree = fixture.work_tree(&[]);
    assert_eq!(paths(&tree), ["a.yaml", "folder.yaml/b.yaml"]);
    let expected = [
        found("read/special-file", "fifo.yaml"),
        found("read/special-file", "linked.yaml"),
        found("read/symlink", "null.yaml"),
        found("read/special-file", "socket.json"),
    ];
    assert_eq!(findings(&tree), expected);
    for path in ["fifo.yaml", "linked.yaml", "socket.json"] {
        assert_eq!(tree.read(path).unwrap_err().rule, "read/special-file", "{path}");
    }
    assert_eq!(findings(&fixture.work_tree(&["fifo.txt"])), [found("read/special-file", "fifo.txt")]);
}

#[test]
fn a_file_that_changes_after_it_was_listed_is_a_finding() {
    let fixture = Fixture::folder();
    fixture.files(&["gone.yaml", "fifo.yaml", "link.yaml"]);
    let tree = fixture.work_tree(&[]);
    assert_eq!(paths(&tree).len(), 3);
    for name in ["gone.yaml", "fifo.yaml", "link.yaml"] {
        fs::remove_file(fixture.at(name)).unwrap();
    }
    assert!(Command::new("mkfifo").arg(fixture.at("fifo.yaml")).status().unwrap().success());
    fixture.link("link.yaml", "/etc/hostname");
    assert_eq!(tree.read("gone.yaml").unwrap_err().rule, "read/unreadable");
    assert_eq!(tree.read("fifo.yaml").unwrap_err().rule, "read/special-file");
    assert_eq!(tree.read("link.yaml").unwrap_err().rule, "read/symlink");
}

#[test]
fn a_folder_that_cannot_be_read_is_a_finding_and_the_others_go_on() {
    let fixture = Fixture::folder();
    fixture.files(&["z/a.yaml"]);
    // Deeper than the system takes in one path, which binds even those whom no permission does
    let deep = vec!["d".repeat(200); 12].join("/");
    fixture.files(&[&format!("one/{deep}/a.yaml")]);
    fs::create_dir_all(fixture.at(&format!("two/{deep}"))).unwrap();
    fs::rename(fixture.at("one"), fixture.at(&format!("two/{deep}/one"))).unwrap();
    let tree = fixture.work_tree(&[]);
    assert_eq!(paths(&tree), ["z/a.yaml"]);
    let findings = tree.list().unwrap().findings;
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].rule, "read/unreadable");
    assert!(findings[0].message.starts_with("cannot read the folder: "), "{}", findings[0].message);
}

#[test]
fn a_file_over_the_limit_is_not_read() {
    let fixture = Fixture::folder();
    fs::File::create(fixture.at("large.yaml")).unwrap().set_len(FILE_LIMIT + 1).unwrap();
    let tree = fixture.work_tree(&[]);
    assert_eq!(paths(&tree), ["large.yaml"]);
    assert_eq!(tree.read("large.yaml").unwrap_err().rule, "read/limit");
}

#[test]
fn an_index_that_cannot_be_read_is_a_finding_once_it_matters() {
    let fixture = Fixture::repository();
    fixture.files(&["a.yaml", "forced.yaml"]).add();
    fixture.write(".git/index", "DIRC is all that is left");
    assert_eq!(findings(&fixture.work_tree(&[])), []);
    fixture.write(".gitignore", "forced.yaml\n");
    let tree = fixture.work_tree(&[]);
    assert_eq!(findings(&tree), [found("read/unreadable", ".git/index")]);
    assert_eq!(paths(&tree), ["a.yaml"]);
    fs::remove_file(fixture.at(".git/index")).unwrap();
    assert_eq!(findings(&fixture.work_tree(&[])), [], "nothing was added yet");
}

#[test]
fn names_that_are_not_utf_8_are_findings_and_control_characters_are_escaped() {
    let fixture = Fixture::folder();
    let odd = fixture.path().join(std::ffi::OsStr::from_bytes(b"folder-\xff"));
    fs::create_dir(&odd).unwrap();
    fs::write(odd.join("a.yaml"), "").unwrap();
    fs::write(fixture.path().join(std::ffi::OsStr::from_bytes(b"\xff.txt")), "").unwrap();
    fixture.files(&["\u{1b}[31m.yaml"]);
    let tree = fixture.work_tree(&[]);
    assert_eq!(findings(&tree), [found("read/unreadable", "folder-\u{fffd}")]);
    assert_eq!(paths(&tree), ["\u{1b}[31m.yaml"]);
    assert_eq!(tree.display("\u{1b}[31m.yaml"), "\\u{1b}[31m.yaml");
}

#[test]
fn other_repositories_are_told_of_and_not_entered() {
    let other = Fixture::repository();
    other.files(&["m.yaml"]).commit();
    let fixture = Fixture::repository();
    fixture.files(&["a.yaml", "clone/.git/not-a-repository", "clone/c.yaml"]);
    fixture.git(&["submodule", "--quiet", "add", other.path().to_str().unwrap(), "vendor/module"]);
    fixture.commit();
    let expected = [found("read/nested-repository", "vendor/module")];
    assert_eq!(findings(&fixture.work_tree(&[])), expected);
    assert_eq!(findings(&fixture.index(&[])), expected);
    assert_eq!(findings(&fixture.commit_of("HEAD", &[])), expected);
    assert_eq!(paths(&fixture.work_tree(&[])), ["a.yaml", "clone/c.yaml"]);
    let named = fixture.work_tree(&["vendor/module"]);
    assert_eq!(paths(&named), ["m.yaml"]);
    assert_eq!(named.display("m.yaml"), "vendor/module/m.yaml");
}

#[test]
fn clones_side_by_side_are_all_checked_by_their_own_patterns() {
    let fixture = Fixture::folder();
    fixture.files(&["one/a.yaml", "one/build/a.yaml", "two/a.yaml", "two/build/a.yaml", "build/a.yaml"]);
    fixture.write("two/.gitignore", "build\n").write(".gitignore", "build\n");
    for clone in ["one", "two"] {
        git(&fixture.at(clone), &["init", "--quiet"]);
    }
    assert_eq!(paths(&fixture.work_tree(&[])), ["one/a.yaml", "one/build/a.yaml", "two/a.yaml"]);
    let both = fixture.work_tree(&["one", "two"]);
    assert_eq!(paths(&both), ["one/a.yaml", "one/build/a.yaml", "two/a.yaml"]);
    assert!(findings(&both).is_empty());
}

#[test]
fn the_index_holds_what_is_staged_and_not_what_is_on_disk() {
    let fixture = Fixture::repository();
    fixture.files(&["a.yaml", "b.yaml"]).add();
    fixture.write("a.yaml", "on: disk\n").files(&["untracked.yaml", "promised.yaml"]);
    fs::remove_file(fixture.at("b.yaml")).unwrap();
    fixture.git(&["add", "--intent-to-add", "promised.yaml"]);
    let index = fixture.index(&[]);
    assert_eq!(paths(&index), ["a.yaml", "b.yaml"]);
    assert_eq!(index.read("a.yaml").unwrap(), b"path: a.yaml\n");
    fixture.add();
    assert_eq!(index.read("a.yaml").unwrap(), b"path: a.yaml\n", "read once, when opened");
    assert_eq!(fixture.index(&[]).read("a.yaml").unwrap(), b"on: disk\n");
}

#[test]
fn an_unresolved_merge_is_a_finding() {
    let fixture = Fixture::repository();
    fixture.write("a.yaml", "a: 1\n").write("b.yaml", "b: 1\n").commit();
    fixture.git(&["switch", "--quiet", "--create", "side"]);
    fixture.write("a.yaml", "a: 2\n").commit();
    fixture.git(&["switch", "--quiet", "main"]);
    fixture.write("a.yaml", "a: 3\n").commit();
    let merge = Command::new("git").args(["merge", "side"]).current_dir(fixture.path()).output().unwrap();
    assert!(!merge.status.success());
    let index = fixture.index(&[]);
    assert_eq!(paths(&index), ["b.yaml"]);
    assert_eq!(findings(&index), [found("read/unreadable", "a.yaml")]);
    assert_eq!(index.read("a.yaml").unwrap_err().rule, "read/unreadable");
    assert_eq!(staged(&index), ["a.yaml"]);
}

#[test]
fn staged_changes_are_all_that_differs_from_the_last_commit() {
    let fixture = Fixture::repository();
    fixture.files(&["gone.yaml", "changed.yaml", "old.yaml", "same.yaml", "mode.yaml", "x/chart.tpl"]).add();
    let all = ["changed.yaml", "gone.yaml", "mode.yaml", "old.yaml", "same.yaml", "x/chart.tpl"];
    assert_eq!(staged(&fixture.index(&[])), all, "before the first commit");
    fixture.commit();
    assert!(staged(&fixture.index(&[])).is_empty());
    fixture.git(&["mv", "old.yaml", "new.yaml"]);
    fixture.git(&["rm", "--quiet", "gone.yaml"]);
    fixture.git(&["update-index", "--chmod=+x", "mode.yaml"]);
    fixture.write("changed.yaml", "a: 1\n").write("x/chart.tpl", "b").git(&["add", "changed.yaml", "x/chart.tpl"]);
    fixture.write("same.yaml", "not: staged\n");
    let expected = ["changed.yaml", "gone.yaml", "mode.yaml", "new.yaml", "old.yaml", "x/chart.tpl"];
    assert_eq!(staged(&fixture.index(&["x"])), expected);
}

#[test]
fn every_form_of_index_that_git_writes_is_read() {
    let fixture = Fixture::repository();
    fixture.files(&["a.yaml", "apps/b.yaml", "other/deep/c.yaml", "other/d.yaml"]).commit();
    let expected = paths(&fixture.commit_of("HEAD", &[]));
    for form in [
        &["update-index", "--index-version", "4"][..],
        &["update-index", "--index-version", "2"],
        &["update-index", "--split-index"],
        &["update-index", "--no-split-index"],
        &["update-index", "--skip-worktree", "a.yaml"],
        &["sparse-checkout", "set", "--cone", "--sparse-index", "apps"],
    ] {
        fixture.git(form);
        let index = fixture.index(&[]);
        assert_eq!(paths(&index), expected, "{form:?}");
        assert!(staged(&index).is_empty(), "{form:?}");
        assert_eq!(index.read("other/deep/c.yaml").unwrap(), b"path: other/deep/c.yaml\n", "{form:?}");
    }
}

#[test]
fn the_index_is_found_from_a_folder_below_and_in_a_linked_work_tree() {
    let fixture = Fixture::repository();
    fixture.files(&["a.yaml", "apps/b.yaml"]).commit();
    let options = WalkOptions::default();
    let below = GitIndex::open(&fixture.at("apps"), &[], &options).unwrap();
    assert_eq!(paths(&below), ["apps/b.yaml"]);
    assert_eq!(below.display("apps/b.yaml"), "b.yaml");
    assert_eq!(below.display("a.yaml"), "../a.yaml");
    assert_eq!(
        paths(&GitIndex::open(&fixture.at("apps"), &path_bufs(&[".."]), &options).unwrap()),
        ["a.yaml", "apps/b.yaml"]
    );

    let linked = Fixture::folder();
    fixture.git(&["worktree", "add", "--quiet", linked.at("tree").to_str().unwrap()]);
    linked.files(&["tree/c.yaml"]);
    git(&linked.at("tree"), &["add", "c.yaml"]);
    let index = GitIndex::open(&linked.at("tree"), &[], &options).unwrap();
    assert_eq!(paths(&index), ["a.yaml", "apps/b.yaml", "c.yaml"]);
    assert_eq!(staged(&index), ["c.yaml"]);
    assert_eq!(paths(&fixture.index(&[])), ["a.yaml", "apps/b.yaml"]);
}

/// Prints what `GitIndex` sees in the current folder; run in a process of its own by the tests of the environment.
#[test]
#[ignore = "a part of the tests of the environment"]
fn print_the_index_of_the_current_folder() {
    let index = GitIndex::open(&std::env::current_dir().unwrap(), &[], &WalkOptions::default()).unwrap();
    println!("listed={}", paths(&index).join(","));
    println!("changed={}", staged(&index).join(","));
}

/// Runs the test above in a folder with an environment.
fn index_in_process(folder: &Path, environment: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "print_the_index_of_the_current_folder", "--ignored", "--nocapture", "--test-threads=1"])
        .current_dir(folder)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

#[test]
fn a_hook_sees_the_index_that_the_commit_is_made_from() {
    let fixture = Fixture::repository();
    fixture.files(&["a.yaml"]).commit();
    fixture.files(&["staged.yaml", "partial.yaml"]).git(&["add", "staged.yaml"]);
    // `git commit partial.yaml` makes an index of its own for the hook, beside the real one
    let executable = std::env::current_exe().unwrap();
    let hook = format!(
        "#!/bin/sh\nexec '{}' --exact print_the_index_of_the_current_folder --ignored --nocapture >seen.txt\n",
        executable.display()
    );
    fixture.write(".git/hooks/pre-commit", hook);
    let hook = fixture.at(".git/hooks/pre-commit");
    fs::set_permissions(hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    fixture.git(&["add", "--intent-to-add", "partial.yaml"]);
    fixture.git(&["commit", "--quiet", "-m", "partial", "partial.yaml"]);
    let seen = fs::read_to_string(fixture.at("seen.txt")).unwrap();
    assert!(seen.contains("listed=a.yaml,partial.yaml\nchanged=partial.yaml\n"), "{seen}");
    assert_eq!(staged(&fixture.index(&[])), ["staged.yaml"]);

    // In a linked work tree Git sets GIT_DIR as well, to a folder that is not beside the files
    let linked = Fixture::folder();
    fixture.git(&["worktree", "add", "--quiet", linked.at("tree").to_str().unwrap()]);
    linked.files(&["tree/linked.yaml"]);
    git(&linked.at("tree"), &["add", "linked.yaml"]);
    git(&linked.at("tree"), &["commit", "--quiet", "-m", "linked"]);
    let seen = fs::read_to_string(linked.at("tree/seen.txt")).unwrap();
    assert!(seen.contains("listed=a.yaml,linked.yaml,partial.yaml\nchanged=linked.yaml\n"), "{seen}");
}

#[test]
fn git_dir_and_git_index_file_count() {
    let fixture = Fixture::repository();
    fixture.files(&["a.yaml"]).commit();
    let other = fixture.at("other-index");
    fs::copy(fixture.at(".git/index"), &other).unwrap();
    fixture.files(&["b.yaml"]).git(&["add", "b.yaml"]);
    let text = index_in_process(fixture.path(), &[("GIT_INDEX_FILE", other.to_str().unwrap())]);
    assert!(text.contains("listed=a.yaml\nchanged=\n"), "{text}");
    let text = index_in_process(fixture.path(), &[("GIT_INDEX_FILE", "other-index")]);
    assert!(text.contains("listed=a.yaml\nchanged=\n"), "{text}");
    let elsewhere = Fixture::folder();
    let git_dir = fixture.at(".git");
    let work_tree = [("GIT_DIR", git_dir.to_str().unwrap()), ("GIT_WORK_TREE", fixture.path().to_str().unwrap())];
    let text = index_in_process(elsewhere.path(), &work_tree);
    assert!(text.contains("listed=a.yaml,b.yaml\nchanged=b.yaml\n"), "{text}");
}

#[test]
fn a_commit_is_found_by_every_name_that_it_has() {
    let fixture = Fixture::repository();
    fixture.files(&["a.yaml"]).commit();
    let first = fixture.git(&["rev-parse", "HEAD"]).trim().to_owned();
    fixture.git(&["tag", "--annotate", "-m", "first", "v1"]);
    fixture.git(&["branch", "release/1.0"]);
    fixture.write("a.yaml", "changed: true\n").files(&["b.yaml"]).commit();
    fixture.git(&["gc", "--quiet"]);
    fixture.files(&["not-committed.yaml"]).add();
    for revision in ["HEAD~1", "HEAD^", "v1", "v1^{commit}", "release/1.0", &first, &first[..8], "main~1"] {
        let commit = fixture.commit_of(revision, &[]);
        assert_eq!(paths(&commit), ["a.yaml"], "{revision}");
        assert_eq!(commit.read("a.yaml").unwrap(), b"path: a.yaml\n", "{revision}");
    }
    assert_eq!(paths(&fixture.commit_of("HEAD", &[])), ["a.yaml", "b.yaml"]);
    assert_eq!(fixture.commit_of("main~1", &[]).id(), first);
    for revision in ["nothing", "HEAD~9", "", "deadbeef", "HEAD..main"] {
        let error = GitCommit::open(fixture.path(), revision, &[], &WalkOptions::default()).unwrap_err();
        assert!(matches!(error, TreeError::Revision { .. }), "{revision}: {error}");
    }
}

#[test]
fn a_bare_repository_has_commits_to_read() {
    let fixture = Fixture::repository();
    fixture.files(&["apps/a.yaml", "b.yaml"]).commit();
    let bare = Fixture::folder();
    let target = bare.at("bare.git");
    fixture.git(&["clone", "--quiet", "--bare", ".", target.to_str().unwrap()]);
    let options = WalkOptions::default();
    assert_eq!(paths(&GitCommit::open(&target, "main", &[], &options).unwrap()), ["apps/a.yaml", "b.yaml"]);
    assert_eq!(paths(&GitCommit::open(&target, "main", &path_bufs(&["./apps/"]), &options).unwrap()), ["apps/a.yaml"]);
    let outside = GitCommit::open(&target, "main", &path_bufs(&["../x"]), &options);
    assert!(matches!(outside, Err(TreeError::NotInTree { .. })));
}

#[test]
fn where_git_cannot_be_read_the_error_says_so() {
    let folder = Fixture::folder();
    let error = GitIndex::open(folder.path(), &[], &WalkOptions::default()).unwrap_err();
    assert!(matches!(error, TreeError::Git { .. }), "{error}");
    let fixture = Fixture::folder();
    fixture.git(&["init", "--quiet", "--object-format=sha256"]);
    fixture.files(&["a.yaml"]).write(".gitignore", "*.txt\n").add();
    let error = GitIndex::open(fixture.path(), &[], &WalkOptions::default()).unwrap_err();
    assert!(error.to_string().contains("only SHA-1 is supported"), "{error}");
    assert_eq!(paths(&fixture.work_tree(&[])), ["a.yaml"], "the files on disk need no objects");
    fixture.files(&["ignored.yaml"]).write(".gitignore", "ignored.yaml\n");
    let findings = fixture.work_tree(&[]).list().unwrap().findings;
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!((finding.severity, finding.message.contains("only SHA-1 is supported")), (Severity::Warn, true));
}

#[test]
fn many_workers_read_at_once() {
    fn read(tree: &impl FileTree) -> BTreeMap<String, Vec<u8>> {
        paths(tree).into_par_iter().map(|path| (path.clone(), tree.read(&path).unwrap())).collect()
    }
    let fixture = Fixture::repository();
    for number in 0..400 {
        fixture.write(&format!("f{}/{number}.yaml", number % 7), format!("number: {number}\n").repeat(50));
    }
    fixture.commit().git(&["gc", "--quiet"]);
    let on_disk = read(&fixture.work_tree(&[]));
    assert_eq!(on_disk.len(), 400);
    assert_eq!(on_disk["f0/7.yaml"], "number: 7\n".repeat(50).as_bytes());
    assert_eq!(read(&fixture.index(&[])), on_disk);
    assert_eq!(read(&fixture.commit_of("HEAD", &[])), on_disk);
}

/// One part of a path, or of a pattern, out of few: so that they often meet.
fn part() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c", "ab", "a.yaml", "b.yaml"])
}

fn pattern() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => part().prop_map(str::to_owned), 1 => Just("*".to_owned()), 1 => Just("**".to_owned()), 1 => Just("a*".to_owned()), 1 => Just("[ab]".to_owned()), 1 => Just("?.yaml".to_owned())];
    let flags = (prop::bool::weighted(0.3), prop::bool::weighted(0.3), prop::bool::weighted(0.3));
    (prop::collection::vec(piece, 1..3), flags).prop_map(|(pieces, (keep, rooted, folder))| {
        let mark = |is_set: bool, mark: &'static str| if is_set { mark } else { "" };
        format!("{}{}{}{}", mark(keep, "!"), mark(rooted, "/"), pieces.join("/"), mark(folder, "/"))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_work_tree_and_the_index_are_what_git_says_they_are(
        files in prop::collection::vec(prop::collection::vec(part(), 1..4), 1..12),
        top in prop::collection::vec(pattern(), 0..4),
        nested in prop::collection::vec(pattern(), 0..3),
        own in prop::collection::vec(pattern(), 0..3),
        exclude in prop::collection::vec(pattern(), 0..2),
        forced in any::<prop::sample::Index>(),
    ) {
        let fixture = Fixture::repository();
        for parts in &files {
            let path = fixture.at(&parts.join("/"));
            // A name that is a file already cannot be a folder as well, and the other way round
            if fs::create_dir_all(path.parent().unwrap()).is_ok() && !path.is_dir() {
                fs::write(path, "a: 1\n").unwrap();
            }
        }
        fixture.write(".gitignore", top.join("\n"));
        if fixture.at("a").is_dir() && !fixture.at("a/.gitignore").exists() {
            fixture.write("a/.gitignore", nested.join("\n"));
        }
        let forced = files[forced.index(files.len())].join("/");
        if fixture.at(&forced).is_file() {
            fixture.git(&["add", "--force", &forced]);
        }
        let said = fixture.git(&["ls-files", "--cached", "--others", "--exclude-standard"]);
        let mut expected: Vec<&str> = said.lines().filter(|path| path.strip_suffix(".yaml").is_some()).collect();
        expected.sort_unstable();
        prop_assert_eq!(paths(&fixture.work_tree(&[])), expected);

        fixture.write(".plimsollignore", own.join("\n")).add().git(&["add", "--force", ".plimsollignore"]);
        let options = WalkOptions { exclude };
        let tracked = fixture.git(&["ls-files"]);
        for start in ["", "a"].into_iter().filter(|start| fixture.at(start).is_dir()) {
            // What was named, or kept by a `!` of ours, is on disk even if Git ignores it
            let mut on_disk = paths(&WorkTree::open(&fixture.at(start), &[], &options).unwrap());
            on_disk.retain(|path| tracked.lines().any(|tracked| tracked == path));
            let staged = match GitIndex::open(&fixture.at(start), &[], &options).unwrap().list() {
                Ok(listing) => listing.files.into_iter().map(|file| file.path.to_string()).collect(),
                // A folder without a tracked file is none to Git
                Err(_) => Vec::new(),
            };
            prop_assert_eq!(on_disk, staged);
        }
    }
}
