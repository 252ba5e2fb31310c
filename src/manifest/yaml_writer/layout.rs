//! Where the writer is: indentation, column, and what stands before it.
//!
//! In: pieces of a document in order. Out: its text, with the line breaks and blanks between the pieces as go-yaml v2's
//! emitter has them. It never looks at a value.

/// How many columns a level is indented.
const STEP: usize = 2;

/// A document under construction.
pub(super) struct Layout {
    /// The text so far.
    pub(super) text: String,
    /// How many characters the last line has.
    column: usize,
    /// How far the innermost collection is indented; none before the first one.
    level: Option<usize>,
    /// Whether a blank stands before, so that none is needed.
    after_blank: bool,
    /// Whether the line holds nothing but blanks and the indicators of block collections.
    at_line_start: bool,
    /// Whether the next node is the value of a key, below which a sequence is not indented.
    pub(super) behind_key: bool,
    /// What is still to be said of the scalar at hand, on the next line that can hold a comment.
    pub(super) comment: Option<String>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            text: String::new(),
            column: 0,
            level: None,
            after_blank: true,
            at_line_start: true,
            behind_key: false,
            comment: None,
        }
    }
}

/// The level outside of a node, to go back to behind it.
#[must_use]
#[derive(Clone, Copy)]
pub(super) struct Outer(Option<usize>);

impl Layout {
    /// Goes into a mapping.
    pub(super) fn enter(&mut self) -> Outer {
        self.enter_with(0, STEP)
    }

    /// Goes into a sequence, whose dashes stand below the first character of their key. Behind a `? ` or `- `, they do
    /// not.
    pub(super) fn enter_sequence(&mut self) -> Outer {
        let step = if self.behind_key && !self.at_line_start { 0 } else { STEP };
        self.enter_with(0, step)
    }

    /// Goes into a scalar, whose lines are indented deeper than what it stands in, even if it stands alone.
    pub(super) fn enter_scalar(&mut self) -> Outer {
        self.enter_with(STEP, STEP)
    }

    fn enter_with(&mut self, first: usize, step: usize) -> Outer {
        let outer = self.level;
        self.level = Some(outer.map_or(first, |level| level + step));
        Outer(outer)
    }

    /// Goes out of a node again.
    pub(super) fn leave(&mut self, outer: Outer) {
        self.level = outer.0;
    }

    /// Goes to where the lines of the innermost node start: on a new line, unless this one has room before that column.
    pub(super) fn indent(&mut self) {
        let level = self.level.unwrap_or(0);
        if !self.at_line_start || self.column > level || (self.column == level && !self.after_blank) {
            self.line_break();
        }
        while self.column < level {
            self.put(' ');
        }
        self.after_blank = true;
        self.at_line_start = true;
    }

    /// Writes an indicator. `spaced` ones need a blank before them; behind those of `block` collections, more may follow
    /// on the same line.
    pub(super) fn indicator(&mut self, indicator: &str, spaced: bool, block: bool) {
        if spaced {
            self.space();
        }
        self.text.push_str(indicator);
        self.column += indicator.len();
        self.after_blank = false;
        self.at_line_start = self.at_line_start && block;
    }

    /// Writes a word of ASCII that needs no quotes.
    pub(super) fn word(&mut self, word: &str) {
        self.indicator(word, true, false);
    }

    /// A blank, unless there is one.
    pub(super) fn space(&mut self) {
        if !self.after_blank {
            self.put(' ');
        }
    }

    /// Writes a character of a scalar.
    pub(super) fn put(&mut self, character: char) {
        self.text.push(character);
        self.column += 1;
    }

    /// Ends the line.
    pub(super) fn line_break(&mut self) {
        self.break_with('\n');
    }

    /// Writes a line break of a scalar: U+2028 is one, too.
    pub(super) fn break_with(&mut self, character: char) {
        self.text.push(character);
        self.column = 0;
    }

    /// Whether the line is so long that it should be broken at the next blank.
    pub(super) fn is_full(&self) -> bool {
        const WIDTH: usize = 80;
        self.column > WIDTH
    }

    /// Something other than blanks has been written.
    pub(super) fn wrote_text(&mut self) {
        self.at_line_start = false;
    }

    /// A line of a scalar has ended.
    pub(super) fn ended_line(&mut self) {
        self.at_line_start = true;
    }

    /// Writes the comment that waits, if there is one.
    pub(super) fn write_comment(&mut self) {
        if let Some(comment) = self.comment.take() {
            self.text.push_str(" # ");
            self.text.push_str(&comment);
        }
    }

    /// The header of a block scalar has ended, with its line.
    pub(super) fn ended_header(&mut self) {
        // Within the lines of the text it would be a part of it
        self.write_comment();
        self.line_break();
        self.at_line_start = true;
        self.after_blank = true;
    }

    /// A scalar in plain style or quotes has ended.
    pub(super) fn ended_scalar(&mut self) {
        self.after_blank = false;
        self.at_line_start = false;
    }
}
