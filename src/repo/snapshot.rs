//! A tree that is known as a whole: the entries of a Git index or commit, or texts in memory, put into folders.
//!
//! In: paths and what stands at them. Out: folders, entries, and links resolved among them. It holds no file's bytes of
//! its own accord: an entry carries what its tree finds them by.

use std::collections::{HashMap, HashSet};

use super::path::{ancestors, is_name, join, split};
use super::walk::{Child, Contents, Kind, Target};

/// Links that may stand in each other's way, as Linux has it.
const LINK_LIMIT: usize = 40;

/// What stands at a path.
#[derive(Debug)]
pub(super) enum Entry<Id> {
    /// A file.
    File(Id),
    /// A symbolic link; the bytes are its text.
    Link(Id),
    /// A commit of another repository: a submodule.
    Repository,
    /// Two or three files that wait to be merged.
    Conflict,
}

/// Entries by path, and folders made from the paths.
#[derive(Debug)]
pub(super) struct Snapshot<Id> {
    entries: HashMap<String, Entry<Id>>,
    folders: HashMap<String, Vec<Child>>,
    /// What has no path in text: kept once per folder.
    unnamed: HashSet<(String, Vec<u8>)>,
}

impl<Id> Default for Snapshot<Id> {
    fn default() -> Self {
        let folders = HashMap::from([(String::new(), Vec::new())]);
        Self { entries: HashMap::new(), folders, unnamed: HashSet::new() }
    }
}

impl<Id> Snapshot<Id> {
    /// Adds what stands at a path. Of two entries at one path the later one counts.
    pub(super) fn insert(&mut self, path: &[u8], entry: Entry<Id>) {
        let kind = match entry {
            Entry::File(_) => Kind::File,
            Entry::Link(_) => Kind::Link,
            Entry::Repository => Kind::Folder,
            Entry::Conflict => Kind::Conflict,
        };
        let text = std::str::from_utf8(path).ok().filter(|path| path.split('/').all(is_name));
        let Some(path) = text else { return self.insert_unnamed(path, kind) };
        let (folder, name) = split(path);
        let name = name.to_owned();
        if let Some(before) = self.entries.insert(path.to_owned(), entry) {
            if !matches!(before, Entry::Conflict) {
                self.set_kind(folder, &name, kind);
            }
            return;
        }
        self.folder(folder).push(Child { name, is_text: true, kind });
    }

    /// A path that is not UTF-8, or that Git should never have taken: the first part that is no name stands for all below.
    fn insert_unnamed(&mut self, path: &[u8], kind: Kind) {
        let mut folder = String::new();
        let mut parts = path.split(|byte| *byte == b'/').peekable();
        while let Some(part) = parts.next() {
            if let Some(part) = std::str::from_utf8(part).ok().filter(|part| is_name(part)) {
                folder = join(&folder, part);
                continue;
            }
            if self.unnamed.insert((folder.clone(), part.to_vec())) {
                let kind = if parts.peek().is_some() { Kind::Folder } else { kind };
                let name = String::from_utf8_lossy(part).into_owned();
                self.folder(&folder).push(Child { name, is_text: false, kind });
            }
            return;
        }
    }

    fn set_kind(&mut self, folder: &str, name: &str, kind: Kind) {
        let children = self.folders.get_mut(folder).into_iter().flatten();
        children.filter(|child| child.name == name).for_each(|child| child.kind = kind);
    }

    /// The entries of a folder, which is made with all above it if need be.
    fn folder(&mut self, folder: &str) -> &mut Vec<Child> {
        if !self.folders.contains_key(folder) {
            for above in ancestors(folder).skip(1).chain([folder]) {
                if !self.folders.contains_key(above) {
                    self.folders.insert(above.to_owned(), Vec::new());
                    let (parent, name) = split(above);
                    let child = Child { name: name.to_owned(), is_text: true, kind: Kind::Folder };
                    self.folders.entry(parent.to_owned()).or_default().push(child);
                }
            }
        }
        self.folders.entry(folder.to_owned()).or_default()
    }

    /// The entry at a path, links not followed.
    pub(super) fn entry(&self, path: &str) -> Option<&Entry<Id>> {
        self.entries.get(path)
    }

    /// What stands at a path, links not followed.
    pub(super) fn kind(&self, path: &str) -> Option<Kind> {
        match self.entries.get(path) {
            Some(Entry::File(_)) => Some(Kind::File),
            Some(Entry::Link(_)) => Some(Kind::Link),
            Some(Entry::Conflict) => Some(Kind::Conflict),
            Some(Entry::Repository) => Some(Kind::Folder),
            None => self.folders.contains_key(path).then_some(Kind::Folder),
        }
    }

    /// What is in a folder.
    pub(super) fn contents(&self, folder: &str) -> Contents {
        match self.folders.get(folder) {
            Some(children) => Contents::Children(children.clone()),
            None => Contents::Repository,
        }
    }

    /// Where a path leads; none where nothing stands. `text` gives a link's text.
    pub(super) fn target(&self, path: &str, text: impl Fn(&Id) -> Option<String>) -> Option<Target> {
        match self.kind(path) {
            Some(Kind::File) => Some(Target::File(path.to_owned())),
            Some(Kind::Folder) => Some(Target::Folder(path.to_owned())),
            Some(_) => Some(self.resolve(path, text)),
            None => Some(self.resolve(path, text)).filter(|target| !matches!(target, Target::Broken { .. })),
        }
    }

    /// Where a path leads when every link on it is followed. `text` gives a link's text.
    pub(super) fn resolve(&self, path: &str, text: impl Fn(&Id) -> Option<String>) -> Target {
        let mut ahead: Vec<String> = path.rsplit('/').map(str::to_owned).collect();
        let mut here = String::new();
        let mut shown = String::new();
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            match part.as_str() {
                "" | "." => continue,
                ".." if here.is_empty() => return Target::Outside { text: shown, is_folder: false },
                ".." => {
                    here.truncate(split(&here).0.len());
                    continue;
                }
                name => here = join(&here, name),
            }
            match self.entries.get(&here) {
                Some(Entry::Link(id)) => {
                    let Some(target) = text(id) else { return broken(shown, "cannot be read") };
                    links += 1;
                    if links > LINK_LIMIT {
                        return broken(shown, "leads nowhere: it cannot be followed");
                    }
                    if links == 1 {
                        shown.clone_from(&target);
                    }
                    if target.starts_with('/') {
                        return Target::Outside { text: shown, is_folder: false };
                    }
                    here.truncate(split(&here).0.len());
                    ahead.extend(target.rsplit('/').map(str::to_owned));
                }
                Some(Entry::File(_)) if ahead.is_empty() => return Target::File(here),
                Some(Entry::Repository) => return Target::Outside { text: shown, is_folder: true },
                None if self.folders.contains_key(&here) => {}
                _ => return broken(shown, "leads to nothing"),
            }
        }
        Target::Folder(here)
    }
}

fn broken(text: String, reason: &'static str) -> Target {
    Target::Broken { text, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(files: &[&str], links: &[(&str, &'static str)]) -> Snapshot<&'static str> {
        let mut snapshot = Snapshot::default();
        for file in files {
            snapshot.insert(file.as_bytes(), Entry::File(""));
        }
        for (link, target) in links {
            snapshot.insert(link.as_bytes(), Entry::Link(*target));
        }
        snapshot
    }

    fn resolve(snapshot: &Snapshot<&'static str>, path: &str) -> Target {
        snapshot.resolve(path, |text| Some((*text).to_owned()))
    }

    #[test]
    fn links_are_followed_part_by_part_within_the_root() {
        let tree = snapshot(
            &["base/a.yaml", "top.yaml"],
            &[
                ("apps/base", "../base"),
                ("apps/a.yaml", "base/a.yaml"),
                ("apps/up.yaml", "./../apps/../top.yaml"),
                ("apps/out.yaml", "../../top.yaml"),
                ("apps/etc.yaml", "/etc/hosts.yaml"),
                ("apps/gone.yaml", "gone/x.yaml"),
                ("apps/through.yaml", "../top.yaml/x"),
                ("loop", "loop"),
                ("all", "."),
            ],
        );
        assert_eq!(resolve(&tree, "apps/a.yaml"), Target::File("base/a.yaml".into()));
        assert_eq!(resolve(&tree, "apps/base/a.yaml"), Target::File("base/a.yaml".into()));
        assert_eq!(resolve(&tree, "apps/up.yaml"), Target::File("top.yaml".into()));
        assert_eq!(resolve(&tree, "apps/base"), Target::Folder("base".into()));
        assert_eq!(resolve(&tree, "all"), Target::Folder(String::new()));
        let outside = |text: &str| Target::Outside { text: text.into(), is_folder: false };
        assert_eq!(resolve(&tree, "apps/out.yaml"), outside("../../top.yaml"));
        assert_eq!(resolve(&tree, "apps/etc.yaml"), outside("/etc/hosts.yaml"));
        for path in ["apps/gone.yaml", "apps/through.yaml", "loop", "loop/x", "nothing"] {
            assert!(matches!(resolve(&tree, path), Target::Broken { .. }), "{path}");
        }
    }

    #[test]
    fn a_path_with_three_stages_is_one_conflict() {
        let mut tree = Snapshot::<&str>::default();
        for _ in 0..3 {
            tree.insert(b"x/a.yaml", Entry::Conflict);
        }
        let Contents::Children(children) = tree.contents("x") else { panic!("a folder") };
        assert_eq!(children.len(), 1);
        assert_eq!(tree.kind("x/a.yaml"), Some(Kind::Conflict));
    }

    #[test]
    fn a_part_that_is_no_name_stands_once_in_its_folder() {
        let mut tree = Snapshot::default();
        for path in [&b"x/\xff/a.yaml"[..], b"x/\xff/b.yaml", b"x/../c.yaml"] {
            tree.insert(path, Entry::File(""));
        }
        let Contents::Children(children) = tree.contents("x") else { panic!("a folder") };
        let names: Vec<_> = children.iter().map(|child| (child.name.as_str(), child.is_text, child.kind)).collect();
        assert_eq!(names, [("\u{fffd}", false, Kind::Folder), ("..", false, Kind::Folder)]);
    }
}
