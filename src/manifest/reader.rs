//! Reads a YAML document from a parser's events: the slow path, which knows all of YAML.
//!
//! In: the text of a document. Out: its tree, with the span of every value and key. Which values there are is
//! [`super::tree`]'s part, what a scalar means [`super::scalar`]'s, what Kubernetes refuses [`super::dialect`]'s.

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, StrInput, StructureStyle, Tag};

use super::kyaml::{self, Context, Dialect, NotAName};
use super::masked_colons::MaskedColons;
use super::node::{FileId, Node, Span, Value};
use super::problem::{Problem, narrow};
use super::scalar::{TagMismatch, resolve_plain, resolve_tagged};
use super::stream::Chunk;
use super::tabs::{Tabs, Token};
use super::tree::{Bytes, Holder, MAX_DEPTH, Origin, Tree, not_a_name, null_key};
use super::{characters, dialect, syntax};
use crate::catalogue::read;

/// Reads the document of a chunk of a file.
pub(super) fn read<'s>(dialect: Dialect, file: FileId, text: &'s str, chunk: &Chunk) -> Result<Node<'s>, Vec<Problem>> {
    let document = text.get(chunk.parse.clone()).unwrap_or_default();
    let contains = |byte: u8| memchr::memchr(byte, document.as_bytes()).is_some();
    let mut masked = MaskedColons::default();
    let (reader, failure) = loop {
        let mut reader = Reader {
            dialect,
            text,
            base: chunk.parse.start,
            previous_end: chunk.parse.start,
            documents: 0,
            flow_depth: 0,
            in_pair: false,
            colon: None,
            quoted: characters::separators(text, &chunk.parse).next().map(|_| Vec::new()),
            tabs: contains(b'\t').then(|| Tabs::new(text, chunk.parse.start)),
            tree: Tree::new(dialect, file, contains(b'*')),
        };
        let failure = if masked.places.is_empty() {
            reader.run(document, chunk, &|text, _| text).err()
        } else {
            let hidden = masked.hide_in(document, chunk.parse.start);
            reader.run(&hidden, chunk, &|text, at| Cow::Owned(masked.restore(text.into_owned(), at))).err()
        };
        match reader.colon {
            Some(place) if masked.may_grow(document.len()) => masked.places.push(place),
            _ => break (reader, failure.map(|problem| syntax::mention_template(problem, text))),
        }
    };
    let root = reader.tree.finish(failure)?;
    let at = narrow(chunk.body.start);
    Ok(root.unwrap_or(Node { span: Span { file, start: at, end: at }, value: Value::Null }))
}

/// From a scalar's text, as the parser has it, and its place, to the text that was written.
type Restore<'r, 'e, 's> = &'r dyn Fn(Cow<'e, str>, Bytes) -> Cow<'s, str>;

struct Reader<'s> {
    dialect: Dialect,
    text: &'s str,
    /// Where the parser's text starts in the file.
    base: usize,
    /// Where the last event ended.
    previous_end: usize,
    documents: usize,
    /// How many brackets are open.
    flow_depth: usize,
    /// Whether a single pair inside brackets, without braces of its own, has just begun.
    in_pair: bool,
    /// A colon that is a part of the text before it, and that the parser takes for another.
    colon: Option<usize>,
    /// Where the quoted scalars stand, if there are characters that only quotes may hold.
    quoted: Option<Vec<Bytes>>,
    tabs: Option<Tabs<'s>>,
    tree: Tree<'s>,
}

/// A scalar as the parser gives it.
struct Scalar<'s> {
    text: Cow<'s, str>,
    style: ScalarStyle,
    anchor: usize,
    tag: Option<String>,
    at: Bytes,
}

impl<'s> Reader<'s> {
    fn run<'e>(&mut self, document: &'e str, chunk: &Chunk, restore: Restore<'_, 'e, 's>) -> Result<(), Problem> {
        characters::check(self.text, &chunk.parse)?;
        dialect::check_directives(self.text, chunk)?;
        let options = granit_parser::options! {
            emit_comments: false,
            emit_anchor_events: true,
            // As libyaml, and with it Go, has it
            bom_inside_document_as_content: true,
            block_scalar_eof_without_line_feed: true,
            // The tree has the one limit that is told
            flow_nesting_limit: MAX_DEPTH + 1,
            block_nesting_limit: MAX_DEPTH + 1,
        };
        for event in Parser::<StrInput<'e>>::new_from_str_with_options(document, options) {
            let (event, span) = event.map_err(|error| syntax::explain(&error, self.text, self.base))?;
            if let Some(tag) = span.tag_span().and_then(|tag| tag.byte_range()) {
                dialect::check_tag(self.text, (self.base + tag.start, self.base + tag.end))?;
            }
            let range = span.byte_range().unwrap_or_default();
            self.event(event, (self.base + range.start, self.base + range.end), restore)?;
        }
        if let Some(tabs) = &self.tabs {
            tabs.reach(chunk.parse.end)?;
        }
        match &self.quoted {
            Some(quoted) => characters::check_separators(self.text, &chunk.parse, quoted),
            None => Ok(()),
        }
    }

    fn event<'e>(&mut self, event: Event<'e>, at: Bytes, restore: Restore<'_, 'e, 's>) -> Result<(), Problem> {
        match event {
            Event::DocumentStart(explicit, _) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(Problem::new(&read::SYNTAX, at, "the document ended before this"));
                }
                if explicit {
                    self.previous_end = at.1;
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = tag.map(|tag| full_tag(&tag));
                let text = restore(text, at);
                self.scalar(Scalar { text, style, anchor, tag, at })?;
            }
            Event::SequenceStart(style, anchor, _) => {
                let start = if style == StructureStyle::Block { self.first_dash(at.0) } else { at.0 };
                self.start_collection(style, at)?;
                self.tree.open_sequence(start, anchor)?;
            }
            Event::MappingStart(style, anchor, _) => {
                self.start_collection(style, at)?;
                self.tree.open_mapping(at.0, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end_collection(at)?;
            }
            Event::Alias(anchor) => {
                self.start_token(at.0)?;
                self.tree.alias(anchor, at)?;
                self.end_token(at.1, Token::Other);
            }
            Event::Anchor(_, name) => dialect::check_anchor(&name, at)?,
            _ => {}
        }
        Ok(())
    }

    fn start_collection(&mut self, style: StructureStyle, at: Bytes) -> Result<(), Problem> {
        if style == StructureStyle::Flow {
            self.start_token(at.0)?;
            self.flow_depth += 1;
        }
        // A single pair inside brackets starts and ends without a token of its own
        self.in_pair = style == StructureStyle::Flow && at.0 == at.1;
        if at.0 < at.1 {
            self.previous_end = at.1;
        }
        Ok(())
    }

    fn end_collection(&mut self, at: Bytes) -> Result<(), Problem> {
        if self.flow_depth > 0 {
            // Whatever is inside brackets has brackets, or is such a pair
            self.flow_depth -= 1;
            self.tree.close((at.0 < at.1).then_some(at.1))?;
            self.end_token(at.1, Token::Other);
            return Ok(());
        }
        // Block collections end at the next token, which may be far behind their last content
        self.tree.close(None)
    }

    fn start_token(&self, start: usize) -> Result<(), Problem> {
        match &self.tabs {
            Some(tabs) if self.flow_depth == 0 => tabs.reach(start),
            _ => Ok(()),
        }
    }

    fn end_token(&mut self, end: usize, token: Token) {
        self.previous_end = end;
        if let Some(tabs) = &mut self.tabs {
            tabs.passed(end, token);
        }
    }

    fn scalar(&mut self, scalar: Scalar<'s>) -> Result<(), Problem> {
        let Scalar { text, style, anchor, tag, at } = scalar;
        if style == ScalarStyle::Plain && at.0 == at.1 {
            // The parser has `~` for a value that is not there
            let at = if anchor == 0 && tag.is_none() { self.empty_value(at) } else { at };
            let value = self.resolve(Cow::Borrowed(""), style, tag.as_deref(), at)?;
            return self.tree.scalar(value, at, anchor, Origin::Written);
        }
        let at = if is_block(style) { self.block_scalar(at) } else { at };
        self.check_scalar(style, at)?;
        let origin = if text == "<<" && is_merge(style, tag.as_deref()) { Origin::Merge } else { Origin::Written };
        let value = match origin {
            Origin::Merge => Value::String(text),
            _ => self.resolve(text, style, tag.as_deref(), at)?,
        };
        self.tree.scalar(value, at, anchor, origin)
    }

    fn resolve(
        &self,
        text: Cow<'s, str>,
        style: ScalarStyle,
        tag: Option<&str>,
        at: Bytes,
    ) -> Result<Value<'s>, Problem> {
        if self.dialect != Dialect::Kyaml {
            return resolve_scalar(text, style, tag, at);
        }
        let is_plain = style == ScalarStyle::Plain;
        let context = if self.flow_depth > 0 { Context::Flow } else { Context::Block };
        if let Some(is_top) = self.tree.expects_key() {
            let key = kyaml::key(text, tag, is_plain, context, is_top);
            return key.map(Value::String).map_err(|reason| name_problem(&reason, at));
        }
        match tag {
            Some(tag) => kyaml::resolve_tagged(tag, text, is_plain, context),
            None if is_plain => kyaml::resolve_plain(text, context).ok_or(TagMismatch::Zone),
            None if style == ScalarStyle::Folded => Ok(Value::String(kyaml::refold(text))),
            None => Ok(Value::String(text)),
        }
        .map_err(|mismatch| tag_problem(&mismatch, at))
    }

    /// Checks what Kubernetes refuses around and in a scalar, and moves behind it.
    fn check_scalar(&mut self, style: ScalarStyle, at: Bytes) -> Result<(), Problem> {
        self.start_token(at.0)?;
        match style {
            ScalarStyle::Plain if self.flow_depth > 0 => {
                dialect::check_flow_scalar(self.text, at)?;
                self.check_last_colon(at)?;
            }
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                self.quoted.iter_mut().for_each(|quoted| quoted.push(at));
                if style == ScalarStyle::DoubleQuoted {
                    syntax::check_escapes(self.text, at)?;
                }
            }
            _ => {}
        }
        self.check_tabs(style, at)
    }

    /// A plain scalar inside brackets with a colon behind it and then no blank: the colon is its last character. Of a key
    /// in braces nobody means that, and it is told.
    fn check_last_colon(&mut self, at: Bytes) -> Result<(), Problem> {
        let is_key = matches!(self.tree.holder(), Holder::Other) && !self.in_pair;
        self.in_pair = false;
        let Some(problem) = dialect::last_colon(self.text, at) else { return Ok(()) };
        if !is_key {
            self.colon = Some(at.1);
        }
        Err(problem)
    }

    fn check_tabs(&mut self, style: ScalarStyle, at: Bytes) -> Result<(), Problem> {
        // Inside brackets a tab may stand anywhere; to look for the start of a line that goes on and on would be for nothing
        let column = if self.tabs.is_some() && self.flow_depth == 0 { self.collection_column() } else { None };
        let least = column.map_or(0, |column| column + 1);
        let token = if style == ScalarStyle::Plain { Token::Plain(least) } else { Token::Other };
        self.end_token(at.1, token);
        match &mut self.tabs {
            Some(tabs) if is_block(style) => tabs.block_scalar(at.0, column),
            Some(tabs) if style == ScalarStyle::Plain && self.flow_depth == 0 => tabs.plain_scalar(at, least),
            _ => Ok(()),
        }
    }

    /// How far the innermost collection is indented.
    fn collection_column(&self) -> Option<usize> {
        let start = self.tree.innermost_start()?;
        let before = self.slice(0, start);
        Some(start - memchr::memrchr2(b'\n', b'\r', before.as_bytes()).map_or(0, |line_break| line_break + 1))
    }

    /// Where a block scalar stands: from its indicator to its last byte that is not blank.
    fn block_scalar(&self, (start, end): Bytes) -> Bytes {
        let Some(indicator) = self.find_indicator(self.previous_end, b"|>") else { return (start, end) };
        let written = self.slice(indicator, end.max(indicator));
        let header = written.find(['\n', '\r']).unwrap_or(written.len());
        let content = written.trim_end_matches([' ', '\t', '\n', '\r']).len();
        if content > header {
            return (indicator, indicator + content);
        }
        // Without content, the header is all there is: `|`, `>-`, `|2+`
        let length = written.find(|letter: char| !matches!(letter, '|' | '>' | '+' | '-' | '0'..='9'));
        (indicator, indicator + length.unwrap_or(written.len()))
    }

    /// The first dash of a block sequence. The parser has it one item too late where the dash is not indented deeper than
    /// its key.
    fn first_dash(&self, start: usize) -> usize {
        match self.tree.holder() {
            Holder::Key(end) => self.find_indicator(end, b"-").unwrap_or(start),
            _ => start,
        }
    }

    /// The first of some indicators behind a token, other indicators, comments and properties.
    fn find_indicator(&self, from: usize, wanted: &[u8]) -> Option<usize> {
        let mut at = from;
        loop {
            at = self.skip_blanks(at);
            match self.text.as_bytes().get(at)? {
                byte if wanted.contains(byte) => return Some(at),
                b'&' | b'!' => at += self.slice(at, self.text.len()).find([' ', '\t', '\n', '\r'])?,
                b':' | b'-' | b'?' => at += 1,
                _ => return None,
            }
        }
    }

    /// Where a value that is not there would stand: right behind its dash or colon.
    fn empty_value(&self, at: Bytes) -> Bytes {
        let behind = |from: usize, indicator: u8| {
            let next = self.skip_blanks(from);
            let found = self.text.as_bytes().get(next) == Some(&indicator);
            if found { next + 1 } else { from }
        };
        let place = match self.tree.holder() {
            Holder::Sequence(end) => behind(end, b'-'),
            Holder::Key(end) => behind(end, b':'),
            Holder::Other => at.0,
        };
        (place, place)
    }

    /// The next byte that is neither blank nor of a comment.
    fn skip_blanks(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = from;
        loop {
            match bytes.get(at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
                Some(b'#') => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                }
                _ => return at,
            }
        }
    }

    fn slice(&self, start: usize, end: usize) -> &'s str {
        self.text.get(start..end).unwrap_or_default()
    }
}

fn resolve_scalar<'s>(
    text: Cow<'s, str>,
    style: ScalarStyle,
    tag: Option<&str>,
    at: Bytes,
) -> Result<Value<'s>, Problem> {
    match tag {
        Some(tag) => resolve_tagged(tag, text).map_err(|mismatch| tag_problem(&mismatch, at)),
        None if style == ScalarStyle::Plain => Ok(resolve_plain(text)),
        None => Ok(Value::String(text)),
    }
}

fn is_block(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
}

fn full_tag(tag: &Tag) -> String {
    format!("{}{}", tag.handle(), tag.suffix())
}

/// Whether `<<` merges: plain, or tagged `!` or `!!merge`.
fn is_merge(style: ScalarStyle, tag: Option<&str>) -> bool {
    match tag {
        None => style == ScalarStyle::Plain,
        Some(tag) => tag == "!" || tag == "tag:yaml.org,2002:merge",
    }
}

fn tag_problem(mismatch: &TagMismatch, at: Bytes) -> Problem {
    match mismatch {
        TagMismatch::Type { found, wanted } => {
            let message = format!("the value of a `{wanted}` is a {found}");
            Problem::new(&read::SYNTAX, at, message).with_help(format!("delete the tag `{wanted}`"))
        }
        TagMismatch::Zone => {
            Problem::new(&read::SYNTAX, at, "a time in a zone a day or more from Greenwich cannot be written")
                .with_help("put quotes around the value if it is a text")
        }
        TagMismatch::Base64 => Problem::new(&read::SYNTAX, at, "the value of a `!!binary` is not base64"),
    }
}

fn name_problem(reason: &NotAName, at: Bytes) -> Problem {
    match reason {
        NotAName::Null => null_key(at),
        NotAName::NoText => not_a_name(at),
        NotAName::Tag(mismatch) => tag_problem(mismatch, at),
    }
}
