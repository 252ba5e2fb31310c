//! The files that renderings read: each one once, however many trees use it.
//!
//! In: a tree of files, and paths from its root. Out: bytes, texts, and documents as kustomize reads them, every value
//! with its place. Nodes are owned, for they outlive the walk that read them; their spans lead back here. It never
//! writes, and never leaves the tree.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use rustc_hash::FxHashMap;

use super::fault::Fallible;
use super::{Fault, Helm};
use crate::finding::{Finding, Place};
use crate::manifest::{Content, Dialect, FileId, Node, Source, Sources, Span, Value, decode, read_documents_as};
use crate::repo::{FileTree, Target};

/// A document that kustomize can read.
pub(super) type Owned = Node<'static>;

/// The files of a tree, as renderings see them.
pub struct Files<'t> {
    tree: &'t dyn FileTree,
    helm: Option<&'t Helm>,
    known: RwLock<Known>,
    targets: RwLock<FxHashMap<String, Option<Target>>>,
}

#[derive(Default)]
struct Known {
    by_path: HashMap<String, FileId>,
    files: Vec<Arc<Loaded>>,
}

/// A file that was read.
pub(super) struct Loaded {
    pub(super) id: FileId,
    pub(super) source: Arc<Source>,
    documents: OnceLock<Result<Vec<Owned>, Box<Finding>>>,
}

impl<'t> Files<'t> {
    /// The files of a tree; none is read yet.
    #[must_use]
    pub fn new(tree: &'t dyn FileTree) -> Self {
        Self { tree, helm: None, known: RwLock::default(), targets: RwLock::default() }
    }

    /// The same, with a program that renders the charts among them.
    #[must_use]
    pub fn with_helm(self, helm: &'t Helm) -> Self {
        Self { helm: Some(helm), ..self }
    }

    /// What renders charts.
    pub(super) fn helm(&self) -> Option<&'t Helm> {
        self.helm
    }

    /// Every file of a folder, by its path from there and its path in the tree.
    pub(super) fn below(&self, folder: &str) -> Result<Vec<(String, String)>, Box<Finding>> {
        self.tree.files_below(folder)
    }

    /// The texts that were read, for the places of what was rendered from them.
    #[must_use]
    pub fn sources(&self) -> Sources {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        Sources::all(known.files.iter().map(|file| Arc::clone(&file.source)).collect())
    }

    /// How many documents a file holds that was read as resources; none if it was not.
    #[must_use]
    pub fn count(&self, path: &str) -> Option<usize> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let id = known.by_path.get(path)?;
        known.files.get(id.0 as usize)?.documents().ok().map(<[Owned]>::len)
    }

    /// Whether kustomize takes all documents of a file for objects.
    #[must_use]
    pub fn holds_objects(&self, path: &str) -> bool {
        let is_object = |node: &Owned| {
            node.get("kind").and_then(Node::as_str).is_some()
                && (node.path(&["metadata", "name"]).is_some() || node.get("items").is_some())
        };
        let Ok(file) = self.load(path) else { return false };
        file.documents().is_ok_and(|documents| !documents.is_empty() && documents.iter().all(is_object))
    }

    /// The documents of a file that holds any of these words; those of a file that cannot be read are none.
    #[must_use]
    pub fn documents_with(&self, path: &str, words: &[&str]) -> Vec<Node<'static>> {
        let holds_any = |bytes: &[u8]| words.iter().any(|word| memchr::memmem::find(bytes, word.as_bytes()).is_some());
        let file = if let Some(file) = self.known(path) {
            Some(file).filter(|file| holds_any(file.source.text.as_bytes()))
        } else {
            // What holds none of the words is read and forgotten: most files of a large repository.
            self.tree.read(path).ok().filter(|bytes| holds_any(bytes)).and_then(|bytes| self.keep(path, bytes).ok())
        };
        let Some(file) = file else { return Vec::new() };
        file.documents().map(<[Owned]>::to_vec).unwrap_or_default()
    }

    /// The place of a span.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        self.loaded(span.file).map_or_else(|| Place::file(""), |file| file.source.place(span.start, span.end))
    }

    /// The text of a span.
    pub(super) fn text_of(&self, span: Span) -> Option<String> {
        let file = self.loaded(span.file)?;
        file.source.text.get(span.start as usize..span.end as usize).map(str::to_owned)
    }

    /// A scalar as it was written, where it was written plain; else its value as text.
    pub(super) fn written(&self, node: &Node<'_>) -> String {
        written(node, self.text_of(node.span).as_deref())
    }

    fn loaded(&self, id: FileId) -> Option<Arc<Loaded>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).files.get(id.0 as usize).map(Arc::clone)
    }

    /// The bytes of a file.
    pub(super) fn bytes(&self, path: &str) -> Result<Vec<u8>, Box<Finding>> {
        self.tree.read(path)
    }

    /// Whether something stands at a path.
    pub(super) fn contains(&self, path: &str) -> bool {
        self.stands(path).is_some()
    }

    /// Whether a folder stands at a path.
    pub(super) fn is_folder(&self, path: &str) -> bool {
        matches!(self.stands(path), Some(Target::Folder(_)))
    }

    /// Where a path leads when every link on it is followed; each is looked up once.
    pub(super) fn stands(&self, path: &str) -> Option<Target> {
        if path.is_empty() {
            return Some(Target::Folder(String::new()));
        }
        if let Some(known) = self.targets.read().unwrap_or_else(PoisonError::into_inner).get(path) {
            return known.clone();
        }
        let target = self.tree.follow(path);
        self.targets.write().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), target.clone());
        target
    }

    /// A file of text.
    pub(super) fn load(&self, path: &str) -> Result<Arc<Loaded>, Box<Finding>> {
        match self.known(path) {
            Some(file) => Ok(file),
            None => self.keep(path, self.tree.read(path)?),
        }
    }

    /// A file that was read before.
    fn known(&self, path: &str) -> Option<Arc<Loaded>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.by_path.get(path).map(|id| Arc::clone(&known.files[id.0 as usize]))
    }

    /// Keeps what was read of a file.
    fn keep(&self, path: &str, bytes: Vec<u8>) -> Result<Arc<Loaded>, Box<Finding>> {
        let text = decode(path, bytes)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been faster.
        if let Some(id) = known.by_path.get(path) {
            return Ok(Arc::clone(&known.files[id.0 as usize]));
        }
        let id = FileId(u32::try_from(known.files.len()).unwrap_or(u32::MAX));
        let source = Arc::new(Source::new(path, text));
        let file = Arc::new(Loaded { id, source, documents: OnceLock::new() });
        known.by_path.insert(path.to_owned(), id);
        known.files.push(Arc::clone(&file));
        Ok(file)
    }

    /// The documents of a text that stands as a string in another file: an inline patch or transformer. Their values have
    /// the places of the lines that they were written on.
    pub(super) fn inline(&self, text: &Node<'_>, dialect: Dialect) -> Fallible<Vec<Owned>> {
        let content = text.as_str().unwrap_or_default();
        let source = Source::new("inline.yaml", content);
        let mut documents = read(FileId(0), &source, dialect).map_err(|mut finding| {
            // Its lines are those of the text alone.
            finding.place = self.place(text.span);
            Fault::read(finding)
        })?;
        let places = self.loaded(text.span.file).map(|file| Lines::of(&file.source.text, text.span, content));
        for document in &mut documents {
            relocate(document, &|span| places.as_ref().and_then(|lines| lines.span(span)).unwrap_or(text.span));
        }
        Ok(documents)
    }
}

impl Loaded {
    /// The documents of the file as kustomize reads them; empty ones are left out.
    pub(super) fn documents(&self) -> Result<&[Owned], Box<Finding>> {
        match self.documents.get_or_init(|| read(self.id, &self.source, Dialect::Kyaml)) {
            Ok(documents) => Ok(documents),
            Err(finding) => Err(finding.clone()),
        }
    }

    /// The file's one document as the API server reads it: kustomizations and configurations are read so.
    pub(super) fn settings(&self) -> Result<Option<Owned>, Box<Finding>> {
        Ok(read(self.id, &self.source, Dialect::Lenient)?.into_iter().next())
    }

    /// The place that stands for the whole file.
    pub(super) fn span(&self) -> Span {
        Span { file: self.id, start: 0, end: 0 }
    }
}

/// A scalar as it stands in a text, if it was written plain; else its value as text.
pub(super) fn written(node: &Node<'_>, stands: Option<&str>) -> String {
    let plain = stands.filter(|text| !text.contains(['"', '\'', '!', '\n']));
    match plain.filter(|_| !matches!(node.value, Value::String(_))) {
        Some(text) => text.to_owned(),
        None => node.scalar_text().unwrap_or_default().into_owned(),
    }
}

fn read(id: FileId, source: &Source, dialect: Dialect) -> Result<Vec<Owned>, Box<Finding>> {
    let mut nodes = Vec::new();
    for document in read_documents_as(dialect, id, source) {
        match document.content {
            Content::Value(node) => nodes.push(node.into_owned()),
            Content::Empty => {}
            Content::Broken(findings) => {
                if let Some(finding) = findings.into_iter().next() {
                    return Err(Box::new(finding));
                }
            }
        }
    }
    Ok(nodes)
}

/// Which bytes of a file the lines of a block scalar stand for.
struct Lines {
    /// Where each line starts in the string, and where that byte is in the file.
    starts: Vec<(u32, u32)>,
    span: Span,
}

impl Lines {
    /// The lines of `content`, which was written as a scalar at `span` of `text`. A scalar whose lines are not found one
    /// by one (folded, quoted with escapes) has no lines of its own.
    fn of(text: &str, span: Span, content: &str) -> Self {
        let mut starts = Vec::new();
        let (mut at, mut offset) = (span.start as usize, 0);
        for line in content.split_inclusive('\n') {
            let written = line.trim_end_matches('\n');
            let found = if written.trim().is_empty() {
                // Nothing points at a blank line.
                Some(at)
            } else {
                text.get(at..span.end as usize).and_then(|rest| rest.find(written)).map(|found| at + found)
            };
            let Some(found) = found else { return Self { starts: Vec::new(), span } };
            starts.push((narrow(offset), narrow(found)));
            at = if written.trim().is_empty() { found } else { found + written.len() };
            offset += line.len();
        }
        Self { starts, span }
    }

    fn offset(&self, offset: u32) -> Option<u32> {
        let index = self.starts.partition_point(|(start, _)| *start <= offset).checked_sub(1)?;
        let (start, written) = self.starts.get(index)?;
        Some(written + (offset - start))
    }

    fn span(&self, span: Span) -> Option<Span> {
        Some(Span { file: self.span.file, start: self.offset(span.start)?, end: self.offset(span.end)? })
    }
}

fn relocate(node: &mut Owned, place: &impl Fn(Span) -> Span) {
    node.span = place(node.span);
    match &mut node.value {
        Value::Sequence(items) => items.iter_mut().for_each(|item| relocate(item, place)),
        Value::Mapping(entries) => {
            for entry in entries {
                entry.key_span = place(entry.key_span);
                relocate(&mut entry.value, place);
            }
        }
        _ => {}
    }
}

fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
