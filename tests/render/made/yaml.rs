//! YAML as people write it: trees whose every part says how it is written.
//!
//! In: values, and chance for their style. Out: texts. It never says what a text means: readers do.

use super::random::Random;

/// What makes an object one: it is never taken away.
const IDENTITY: [&str; 3] = ["apiVersion", "kind", "metadata"];

/// A value with its style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Yaml {
    /// As it stands on its line.
    Plain(String),
    /// A literal or folded block: its header, and its lines.
    Block(&'static str, Vec<String>),
    List {
        is_flow: bool,
        items: Vec<Yaml>,
    },
    Map {
        is_flow: bool,
        entries: Vec<(String, Yaml)>,
    },
}

/// A map of what can be made a value.
#[macro_export]
macro_rules! map {
    ($($key:literal : $value:expr),* $(,)?) => {
        $crate::made::yaml::Yaml::Map {
            is_flow: false,
            entries: vec![$(($key.to_owned(), $crate::made::yaml::Yaml::from($value))),*],
        }
    };
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Self::text(&text)
    }
}

impl From<usize> for Yaml {
    fn from(number: usize) -> Self {
        Self::Plain(number.to_string())
    }
}

impl From<bool> for Yaml {
    fn from(flag: bool) -> Self {
        Self::Plain(flag.to_string())
    }
}

impl From<Vec<Yaml>> for Yaml {
    fn from(items: Vec<Yaml>) -> Self {
        Self::List { is_flow: false, items }
    }
}

impl Yaml {
    /// A string, plain where every reader takes it for one.
    pub(crate) fn text(text: &str) -> Self {
        let is_word = text.starts_with(|letter: char| letter.is_ascii_lowercase())
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-./_".contains(letter))
            && !matches!(text, "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null");
        Self::Plain(if is_word { text.to_owned() } else { quoted(text) })
    }

    /// A string in any of YAML's styles.
    pub(crate) fn styled(text: &str, random: &mut Random) -> Self {
        if text.contains(BREAKS) {
            return Self::Plain(quoted(text));
        }
        let is_block = !text.is_empty()
            && !text.starts_with([' ', '\n', '\t'])
            && !text.ends_with("\n\n")
            && text.chars().all(|letter| letter == '\n' || letter == '\t' || !letter.is_control());
        if is_block && (text.contains('\n') || random.chance(5)) {
            let header = if text.ends_with('\n') { "|" } else { "|-" };
            return Self::Block(header, text.trim_end_matches('\n').split('\n').map(str::to_owned).collect());
        }
        if random.chance(30) && !text.chars().any(char::is_control) {
            return Self::Plain(format!("'{}'", text.replace('\'', "''")));
        }
        if random.chance(40) { Self::Plain(quoted(text)) } else { Self::text(text) }
    }

    pub(crate) fn entries_mut(&mut self) -> &mut Vec<(String, Yaml)> {
        match self {
            Self::Map { entries, .. } => entries,
            other => panic!("{other:?} is no map"),
        }
    }

    pub(crate) fn set(&mut self, key: &str, value: impl Into<Yaml>) {
        let entries = self.entries_mut();
        entries.retain(|(known, _)| known != key);
        entries.push((key.to_owned(), value.into()));
    }

    pub(crate) fn with(mut self, key: &str, value: impl Into<Yaml>) -> Self {
        self.set(key, value);
        self
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Yaml> {
        match self {
            Self::Map { entries, .. } => entries.iter().find(|(known, _)| known == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Writes some collections on one line.
    pub(crate) fn mix_styles(&mut self, random: &mut Random) {
        let chance = random.chance(8);
        match self {
            Self::List { is_flow, items } => {
                *is_flow = chance;
                for item in items {
                    item.mix_styles(random);
                }
            }
            Self::Map { is_flow, entries } => {
                *is_flow = chance;
                for (_, value) in entries {
                    value.mix_styles(random);
                }
            }
            _ => {}
        }
    }

    /// How many values it holds, itself among them.
    pub(crate) fn size(&self) -> usize {
        1 + self.children().map(Self::size).sum::<usize>()
    }

    fn children(&self) -> Box<dyn Iterator<Item = &Yaml> + '_> {
        match self {
            Self::List { items, .. } => Box::new(items.iter()),
            Self::Map { entries, .. } => Box::new(entries.iter().map(|(_, value)| value)),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Without the value at an index in the order of writing; the value itself has index 0 and stays.
    pub(crate) fn without(&self, index: usize) -> Self {
        let mut copy = self.clone();
        copy.change(&mut index.clone(), &mut |_| false);
        copy
    }

    /// Visits the values in order; what the visitor says `false` of is taken out.
    fn change(&mut self, left: &mut usize, keep: &mut impl FnMut(&mut Yaml) -> bool) -> bool {
        if *left == 0 {
            *left = usize::MAX;
            return keep(self);
        }
        *left -= 1;
        match self {
            Self::List { items, .. } => items.retain_mut(|item| item.change(left, keep)),
            Self::Map { entries, .. } => {
                entries.retain_mut(|(key, value)| value.change(left, keep) || IDENTITY.contains(&key.as_str()));
            }
            _ => {}
        }
        true
    }

    /// Changes the value at an index.
    pub(crate) fn change_at(&mut self, index: usize, change: impl Fn(&mut Yaml)) {
        self.change(&mut index.clone(), &mut |value| {
            change(value);
            true
        });
    }

    /// The text of a document.
    pub(crate) fn document(&self) -> String {
        let mut text = String::new();
        self.write(0, &mut text);
        text
    }

    fn holds_block(&self) -> bool {
        matches!(self, Self::Block(..)) || self.children().any(Self::holds_block)
    }

    /// Whether it stands on the lines below its key.
    fn is_below(&self) -> bool {
        match self {
            Self::Plain(_) | Self::Block(..) => false,
            Self::List { is_flow, items } => !items.is_empty() && (self.holds_block() || !is_flow),
            Self::Map { is_flow, entries } => !entries.is_empty() && (self.holds_block() || !is_flow),
        }
    }

    /// Writes it below the indent of a line that has begun.
    fn write(&self, indent: usize, text: &mut String) {
        let line = |text: &mut String, content: &str| {
            text.push_str(content);
            text.push('\n');
        };
        let begin = |text: &mut String, index: usize| {
            if index > 0 {
                text.push_str(&" ".repeat(indent));
            }
        };
        match self {
            Self::Plain(plain) => line(text, plain),
            Self::Block(header, lines) => {
                line(text, header);
                for content in lines {
                    let indented = format!("{}{content}", " ".repeat(indent));
                    line(text, if indented.trim().is_empty() { "" } else { &indented });
                }
            }
            _ if !self.is_below() => line(text, &self.flow()),
            Self::List { items, .. } => {
                for (index, item) in items.iter().enumerate() {
                    begin(text, index);
                    text.push_str("- ");
                    item.write(indent + 2, text);
                }
            }
            Self::Map { entries, .. } => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    begin(text, index);
                    text.push_str(key);
                    text.push(':');
                    let deeper = if matches!(value, Self::List { .. }) { indent } else { indent + 2 };
                    if value.is_below() {
                        line(text, "");
                        text.push_str(&" ".repeat(deeper));
                    } else {
                        text.push(' ');
                    }
                    value.write(deeper, text);
                }
            }
        }
    }

    fn flow(&self) -> String {
        match self {
            Self::Plain(plain) => plain.clone(),
            Self::Block(..) => unreachable!("blocks are not written on one line"),
            Self::List { items, .. } => {
                format!("[{}]", items.iter().map(Self::flow).collect::<Vec<_>>().join(", "))
            }
            Self::Map { entries, .. } => {
                let entries = entries.iter().map(|(key, value)| format!("{key}: {}", value.flow()));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// Double quotes, with the escapes that JSON has too.
fn quoted(text: &str) -> String {
    let text = serde_json::Value::from(text).to_string();
    // Which characters end a line is not the same in all versions of YAML
    BREAKS.iter().fold(text, |text, letter| text.replace(*letter, &format!("\\u{:04x}", u32::from(*letter))))
}
