//! The walk that lists every tree: from folders, patterns and links to the files that could hold manifests.
//!
//! In: a tree's folders and the paths to start from. Out: the listing. It opens no file but those of patterns, through the
//! tree.
//!
//! What is left out is decided from the root down, as Git does: `--exclude` first, then the `.plimsollignore` files, the
//! nearest first, then Git's own patterns, which bind only files that Git does not track. What was named on the command
//! line is in, whatever its name and whatever a pattern says.
//!
//! Links are resolved after the folders, so that every document is listed once and none is lost:
//! - a link to a folder of the root: the folder is walked under its own path, if it was not already;
//! - a link to a file of the root that is listed: nothing more to do;
//! - a link to a file of the root that is not (ignored, not named, of another name): the link itself is listed, the first
//!   in order where several lead there;
//! - a link out of the root, or to a folder that is left out: a finding, and it is not followed;
//! - a link to nothing, or to itself: a finding if a manifest was to be expected there.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::path::{ancestors, escaped, join, split};
use super::pattern::{Patterns, Shape, Verdict, is_of_interest};
use super::{FileEntry, Listing, TreeError, content};
use crate::catalogue::read::{NESTED_REPOSITORY, SPECIAL_FILE, SYMLINK};
use crate::finding::{Finding, Place};

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// What is none of these, by its name: reading it could hang.
    Special(&'static str),
    /// A path with an unresolved merge in the Git index.
    Conflict,
}

/// An entry of a folder.
#[derive(Debug, Clone)]
pub(super) struct Child {
    /// Its name; what is not UTF-8 in it is replaced.
    pub name: String,
    /// Whether the name is UTF-8, so that a path can be made of it.
    pub is_text: bool,
    /// What it is.
    pub kind: Kind,
}

/// What is in a folder.
#[derive(Debug)]
pub(super) enum Contents {
    /// Its entries.
    Children(Vec<Child>),
    /// It belongs to another Git repository: a submodule or a clone.
    Repository,
}

/// Where a link leads, links on the way followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To a file of the root, by its own path.
    File(String),
    /// To a folder of the root, by its own path.
    Folder(String),
    /// To something that must not be read.
    Special(&'static str),
    /// Out of the root.
    Outside {
        /// The link's text.
        text: String,
        /// Whether a folder is known to be there.
        is_folder: bool,
    },
    /// Nowhere.
    Broken {
        /// The link's text.
        text: String,
        /// Why: the end of the sentence.
        reason: &'static str,
    },
}

/// The patterns that a folder adds.
#[derive(Debug, Default)]
pub(super) struct FolderPatterns {
    /// From `.plimsollignore`.
    pub own: Option<Patterns>,
    /// From `.gitignore`, where the tree heeds it.
    pub git: Option<Patterns>,
    /// Whether another repository begins here, whose files the patterns of the repository above do not bind.
    pub is_repository: bool,
}

/// What the walk needs of a tree. All paths are within the root; the root is the empty path.
pub(super) trait Folders {
    /// What the tree is called where a path is missing from it.
    fn name(&self) -> String;
    /// What stands at a path, links not followed.
    fn kind(&self, path: &str) -> Option<Kind>;
    /// The entries of a folder, in any order.
    fn contents(&self, folder: &str) -> Result<Contents, String>;
    /// The patterns in a folder; its entries, where they are known, spare the look for files that are not there.
    fn patterns(&self, folder: &str, children: Option<&[Child]>) -> FolderPatterns;
    /// What patterns say that stand in no folder of the tree.
    fn verdict_of_git(&self, path: &str, shape: Shape) -> Option<Verdict>;
    /// Whether Git tracks a file, or any file of a folder: its patterns do not bind those.
    fn is_tracked(&self, path: &str, shape: Shape) -> bool;
    /// Where a link leads.
    fn follow(&self, link: &str) -> Target;
}

/// Lists a tree from the paths to start at.
pub(super) fn walk(tree: &impl Folders, starts: &[String], exclude: &Patterns) -> Result<Listing, TreeError> {
    let mut walk = Walk {
        tree,
        exclude,
        levels: Vec::new(),
        visited: HashSet::new(),
        files: BTreeSet::new(),
        links: Vec::new(),
        findings: Vec::new(),
    };
    for start in starts {
        walk.start(start)?;
    }
    walk.resolve_links();
    walk.findings.sort_by(Finding::order);
    Ok(Listing { files: walk.files.into_iter().map(|path| FileEntry { path }).collect(), findings: walk.findings })
}

struct Walk<'t, T> {
    tree: &'t T,
    exclude: &'t Patterns,
    /// The patterns of the folders from the root to the one at hand.
    levels: Vec<Level>,
    visited: HashSet<String>,
    files: BTreeSet<Arc<str>>,
    links: Vec<Link>,
    findings: Vec<Finding>,
}

/// A folder's patterns, and where in a path below it the part begins that they judge.
struct Level {
    begin: usize,
    patterns: FolderPatterns,
}

struct Link {
    path: String,
    /// Whether a manifest is to be expected behind it: by its name, or because it was named on the command line.
    is_of_interest: bool,
}

/// How a path fares with all the patterns.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is listed, or walked.
    Kept,
    /// Only Git's patterns leave it out: it is listed if Git tracks it all the same.
    Ignored,
    /// It is left out.
    Excluded,
}

enum Step {
    Enter { folder: String, inherited: Fate },
    Leave,
}

impl<T: Folders> Walk<'_, T> {
    fn start(&mut self, path: &str) -> Result<(), TreeError> {
        let kind = self.tree.kind(path);
        match kind {
            None => return Err(TreeError::NotInTree { path: escaped(path).into_owned(), tree: self.tree.name() }),
            Some(Kind::Folder) => {
                self.levels.clear();
                for folder in ancestors(path) {
                    self.enter_level(folder, None);
                }
                self.descend(path.to_owned(), Fate::Kept);
            }
            Some(kind) => self.leaf(path.to_owned(), kind, true),
        }
        Ok(())
    }

    fn enter_level(&mut self, folder: &str, children: Option<&[Child]>) {
        let begin = if folder.is_empty() { 0 } else { folder.len() + 1 };
        self.levels.push(Level { begin, patterns: self.tree.patterns(folder, children) });
    }

    /// Walks a folder and all below it; its ancestors' patterns are in place. A stack of steps instead of calls: a tree from
    /// Git may be as deep as its author likes.
    fn descend(&mut self, folder: String, inherited: Fate) {
        let mut steps = vec![Step::Enter { folder, inherited }];
        while let Some(step) = steps.pop() {
            match step {
                Step::Leave => {
                    self.levels.pop();
                }
                Step::Enter { folder, inherited } => self.visit(&folder, inherited, &mut steps),
            }
        }
    }

    fn visit(&mut self, folder: &str, inherited: Fate, steps: &mut Vec<Step>) {
        if !self.visited.insert(folder.to_owned()) {
            return;
        }
        let children = match self.tree.contents(folder) {
            Ok(Contents::Children(children)) => children,
            Ok(Contents::Repository) => {
                let message =
                    format!("`{}` is another Git repository and is not checked with this one", escaped(folder));
                let finding = Finding::new(&NESTED_REPOSITORY, Place::file(folder), message);
                self.findings.push(finding.with_help("name it on the command line to check it, or exclude it"));
                return;
            }
            Err(reason) => {
                let shown = if folder.is_empty() { "." } else { folder };
                self.findings.push(content::unreadable(shown, format!("cannot read the folder: {reason}")));
                return;
            }
        };
        self.enter_level(folder, Some(&children));
        steps.push(Step::Leave);
        for child in children {
            let path = join(folder, &child.name);
            let shape = if child.kind == Kind::Folder { Shape::Folder } else { Shape::Leaf };
            if shape == Shape::Leaf && child.kind != Kind::Link && !is_of_interest(&child.name) {
                continue;
            }
            let fate = self.fate(&path, shape, inherited);
            if fate == Fate::Excluded || fate == Fate::Ignored && !self.tree.is_tracked(&path, shape) {
                continue;
            }
            if !child.is_text {
                if shape == Shape::Folder || is_of_interest(&child.name) {
                    self.findings.push(
                        content::unreadable(&path, format!("the name `{}` is not UTF-8", escaped(&child.name)))
                            .with_help("rename it"),
                    );
                }
            } else if shape == Shape::Folder {
                steps.push(Step::Enter { folder: path, inherited: fate });
            } else {
                self.leaf(path, child.kind, is_of_interest(&child.name));
            }
        }
    }

    fn leaf(&mut self, path: String, kind: Kind, is_of_interest: bool) {
        match kind {
            Kind::Link => self.links.push(Link { path, is_of_interest }),
            _ if !is_of_interest => {}
            Kind::File => {
                self.files.insert(path.into());
            }
            Kind::Special(what) => self.findings.push(special(&path, what)),
            Kind::Conflict => self.findings.push(
                content::unreadable(&path, "the file has an unresolved merge in the Git index")
                    .with_help("resolve it and `git add` the file"),
            ),
            Kind::Folder => {}
        }
    }

    /// What the patterns make of a path whose folder is at hand, and was itself kept or ignored.
    fn fate(&self, path: &str, shape: Shape, inherited: Fate) -> Fate {
        let below = |level: &Level| path.get(level.begin..).map(Cow::Borrowed).unwrap_or_default();
        let own = self.exclude.verdict(path, shape).or_else(|| {
            let mut levels = self.levels.iter().rev();
            levels.find_map(|level| level.patterns.own.as_ref()?.verdict(&below(level), shape))
        });
        match own {
            Some(Verdict::Out) => return Fate::Excluded,
            Some(Verdict::In) => return Fate::Kept,
            None if inherited == Fate::Ignored => return Fate::Ignored,
            None => {}
        }
        let mut git = None;
        let mut is_whole = true;
        for level in self.levels.iter().rev() {
            git = level.patterns.git.as_ref().and_then(|patterns| patterns.verdict(&below(level), shape));
            is_whole = !level.patterns.is_repository;
            if git.is_some() || !is_whole {
                break;
            }
        }
        if git.is_none() && is_whole {
            git = self.tree.verdict_of_git(path, shape);
        }
        if git == Some(Verdict::Out) { Fate::Ignored } else { Fate::Kept }
    }

    fn resolve_links(&mut self) {
        let mut to_files = Vec::new();
        let mut next = 0;
        // A folder that is reached by a link may hold further links
        while let Some(link) = self.links.get_mut(next) {
            next += 1;
            let path = std::mem::take(&mut link.path);
            let is_of_interest = link.is_of_interest;
            match self.tree.follow(&path) {
                Target::File(target) if is_of_interest => to_files.push((path, target)),
                Target::Folder(target) => self.linked_folder(&path, target),
                Target::Special(what) if is_of_interest => self.findings.push(special(&path, what)),
                Target::Outside { text, is_folder } if is_of_interest || is_folder => {
                    let message =
                        format!("the link to `{}` leads out of the repository and is not followed", escaped(&text));
                    self.findings.push(
                        Finding::new(&SYMLINK, Place::file(path), message)
                            .with_help("put the file itself in the repository, or exclude the link"),
                    );
                }
                Target::Broken { text, reason } if is_of_interest => {
                    self.findings
                        .push(content::unreadable(&path, format!("the link to `{}` {reason}", escaped(&text))));
                }
                Target::File(_) | Target::Special(_) | Target::Outside { .. } | Target::Broken { .. } => {}
            }
        }
        to_files.sort_unstable();
        let mut reached = HashSet::new();
        for (path, target) in to_files {
            if !self.files.contains(target.as_str()) && reached.insert(target) {
                self.files.insert(path.into());
            }
        }
    }

    fn linked_folder(&mut self, link: &str, target: String) {
        if self.visited.contains(&target) {
            return;
        }
        self.levels.clear();
        let mut fate = Fate::Kept;
        for folder in ancestors(&target).skip(1).chain((!target.is_empty()).then_some(target.as_str())) {
            self.enter_level(split(folder).0, None);
            fate = self.fate(folder, Shape::Folder, fate);
            if fate == Fate::Excluded || fate == Fate::Ignored && !self.tree.is_tracked(folder, Shape::Folder) {
                let message =
                    format!("the link leads to `{}`, which is left out, and is not followed", escaped(&target));
                self.findings.push(
                    Finding::new(&SYMLINK, Place::file(link), message)
                        .with_help("exclude the link as well, or keep the folder"),
                );
                return;
            }
        }
        self.descend(target, fate);
    }
}

fn special(path: &str, what: &str) -> Finding {
    Finding::new(&SPECIAL_FILE, Place::file(path), format!("this is a {what}, not a file, and is not read"))
        .with_help("pipe its text in and check `-`, or exclude it")
}
