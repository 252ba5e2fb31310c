//! What the checks of built-in kinds ask of single fields, in the words that they share.
//!
//! In: a node and what is demanded of it. Out: a finding in the sink, or nothing. A value of another JSON type is passed
//! over: the schema has spoken of it. It knows no kind.

use super::names;
use crate::catalogue::{Rule, object, schema};
use crate::check::Sink;
use crate::manifest::Node;
use crate::report::printable;

/// The protocols of ports.
pub(super) const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];

/// A grammar of names, with its words for people.
#[derive(Clone, Copy)]
pub(super) struct Grammar {
    matches: fn(&str) -> bool,
    what: &'static str,
    help: &'static str,
}

/// A DNS label.
pub(super) const DNS_LABEL: Grammar = Grammar {
    matches: names::is_dns1123_label,
    what: "a DNS label",
    help: "use lower-case letters, digits and `-`, at most 63, with a letter or digit at both ends",
};
/// A DNS subdomain.
pub(super) const DNS_SUBDOMAIN: Grammar = Grammar {
    matches: names::is_dns1123_subdomain,
    what: "a DNS name",
    help: "use lower-case letters, digits, `-` and `.`, at most 253, with a letter or digit at both ends",
};
/// A DNS subdomain behind `*.`.
pub(super) const WILDCARD_SUBDOMAIN: Grammar = Grammar {
    matches: |text| text.len() <= 253 && text.strip_prefix("*.").is_some_and(names::is_dns1123_subdomain),
    what: "a wildcard DNS name",
    help: "write `*.` and a DNS name behind it, such as `*.example.com`",
};
/// `[prefix/]name`.
pub(super) const QUALIFIED_NAME: Grammar = Grammar {
    matches: names::is_qualified_name,
    what: "a qualified name",
    help: "use letters, digits, `-`, `_` and `.`, at most 63, perhaps behind a DNS name and `/`",
};
/// A value of a label.
pub(super) const LABEL_VALUE: Grammar = Grammar {
    matches: names::is_label_value,
    what: "a label value",
    help: "use letters, digits, `-`, `_` and `.`, at most 63, with a letter or digit at both ends",
};
/// A name that can be one part of a URL's path.
pub(super) const PATH_SEGMENT: Grammar = Grammar {
    matches: names::is_path_segment,
    what: "a name that can stand in a URL",
    help: "use no `/` and no `%`, and not `.` or `..`",
};
/// The name of a port.
pub(super) const PORT_NAME: Grammar = Grammar {
    matches: names::is_port_name,
    what: "the name of a port",
    help: "use lower-case letters, digits and single `-`, at most 15, with at least one letter",
};
/// A key of a ConfigMap or Secret.
pub(super) const CONFIG_KEY: Grammar = Grammar {
    matches: names::is_config_map_key,
    what: "a key that can be a file name",
    help: "use letters, digits, `-`, `_` and `.`, at most 253, and do not begin with `..`",
};

impl Grammar {
    /// The grammar with another test and the same words.
    pub(super) const fn with(self, matches: fn(&str) -> bool) -> Self {
        Self { matches, ..self }
    }

    /// Whether a text is of the grammar.
    pub(super) fn matches(self, text: &str) -> bool {
        (self.matches)(text)
    }

    /// What is wrong with a text, and how to mend it.
    pub(super) fn complaint(self, text: &str) -> (String, String) {
        let message = format!("`{}` is not {}", printable(text), self.what);
        let tamed = text.trim().to_lowercase().replace(['_', ' '], "-");
        let help = if self.matches(&tamed) { format!("write `{tamed}`") } else { self.help.to_owned() };
        (message, help)
    }

    /// Checks a string.
    pub(super) fn check(self, node: &Node<'_>, sink: &mut Sink<'_, '_>) {
        if let Some(text) = item_text(node)
            && !self.matches(text)
        {
            let (message, help) = self.complaint(text);
            sink.value(&object::INVALID, node, message).help = Some(help);
        }
    }

    /// Checks a field that may lack or be empty.
    pub(super) fn check_optional(self, holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
        if let Some(node) = filled(holder, field) {
            self.check(node, sink);
        }
    }

    /// Checks a field that may lack, but not be empty: a pointer in the server's code.
    pub(super) fn check_or_empty(self, holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
        if let Some(node) = holder.present(field) {
            self.check(node, sink);
        }
    }

    /// Checks a field that may not be empty. That it may not lack is for the caller or the schema to say.
    pub(super) fn check_filled(self, holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
        match text(holder, field) {
            Some("") => is_empty(holder, field, sink),
            Some(_) => self.check_optional(holder, field, sink),
            None => {}
        }
    }
}

/// The text of a node; an item of a list that is `null` is the empty text. A field that is `null` never comes here.
pub(super) fn item_text<'n>(node: &'n Node<'_>) -> Option<&'n str> {
    if node.is_null() { Some("") } else { node.as_str() }
}

/// A string field's text; nothing for other types.
pub(super) fn text<'n>(holder: &'n Node<'_>, field: &str) -> Option<&'n str> {
    holder.present(field).and_then(Node::as_str)
}

/// A field, unless it is absent, `null` or an empty string: what Go calls its zero value.
pub(super) fn filled<'n, 's>(holder: &'n Node<'s>, field: &str) -> Option<&'n Node<'s>> {
    holder.present(field).filter(|node| node.as_str() != Some(""))
}

/// A string field's text, or what stands for it when it is absent or empty.
pub(super) fn text_or<'n>(holder: &'n Node<'_>, field: &str, default: &'n str) -> &'n str {
    match holder.present(field) {
        None => default,
        Some(node) => match node.as_str() {
            Some("") => default,
            Some(text) => text,
            None => "",
        },
    }
}

/// The items of a list field; none when it is absent.
pub(super) fn items<'n, 's>(holder: &'n Node<'s>, field: &str) -> &'n [Node<'s>] {
    holder.present(field).map(Node::items).unwrap_or_default()
}

/// The entries of a map field; none when it is absent.
pub(super) fn entries<'n, 's>(holder: &'n Node<'s>, field: &str) -> &'n [crate::manifest::Entry<'s>] {
    holder.present(field).map(Node::entries).unwrap_or_default()
}

/// Whether a list or map field lacks or is empty; a value of another type is neither.
pub(super) fn is_unset(holder: &Node<'_>, field: &str) -> bool {
    holder.present(field).is_none_or(|node| {
        matches!(&node.value, crate::manifest::Value::Sequence(items) if items.is_empty())
            || matches!(&node.value, crate::manifest::Value::Mapping(entries) if entries.is_empty())
    })
}

/// A finding of `object/invalid`.
pub(super) fn invalid(node: &Node<'_>, message: impl Into<String>, help: &str, sink: &mut Sink<'_, '_>) {
    report(&object::INVALID, node, message, help, sink);
}

/// A finding of a rule, with help.
pub(super) fn report(
    rule: &'static Rule,
    node: &Node<'_>,
    message: impl Into<String>,
    help: &str,
    sink: &mut Sink<'_, '_>,
) {
    sink.value(rule, node, message).help = Some(help.to_owned());
}

/// A field that must not stand here: the place is its key.
pub(super) fn forbidden(holder: &Node<'_>, field: &str, reason: &str, sink: &mut Sink<'_, '_>) {
    if let Some(entry) = holder.entry(field) {
        sink.key(&object::INVALID, entry, format!("`{field}` {reason}")).help = Some(format!("remove `{field}`"));
    }
}

/// A field that has to be filled and is empty.
pub(super) fn is_empty(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    if let Some(node) = holder.get(field) {
        report(&schema::REQUIRED, node, format!("`{field}` is empty"), "fill it in", sink);
    }
}

/// A field that the server requires: absent, `null`, or empty.
pub(super) fn required(holder: &Node<'_>, field: &str, sink: &mut Sink<'_, '_>) {
    match holder.present(field) {
        Some(node) if node.as_str() == Some("") || is_unset(holder, field) => is_empty(holder, field, sink),
        Some(_) => {}
        None => {
            sink.missing(holder, field);
        }
    }
}

/// Fields that may not be empty: strings, lists and maps. That they may not lack is for the schema to say.
pub(super) fn not_empty(holder: &Node<'_>, fields: &[&str], sink: &mut Sink<'_, '_>) {
    for field in fields {
        if holder.present(field).is_some() {
            required(holder, field, sink);
        }
    }
}

/// A string field that is none of those allowed; absent and empty stand for the default.
pub(super) fn one_of(holder: &Node<'_>, field: &str, allowed: &[&str], sink: &mut Sink<'_, '_>) {
    if let Some(node) = filled(holder, field) {
        is_one_of(node, allowed, sink);
    }
}

/// A string that is none of those allowed.
pub(super) fn is_one_of(node: &Node<'_>, allowed: &[&str], sink: &mut Sink<'_, '_>) {
    if item_text(node).is_some_and(|text| !allowed.contains(&text)) {
        sink.none_of(node, allowed);
    }
}

/// An integer beyond a range, both ends of which are in it.
pub(super) fn in_range(node: &Node<'_>, low: i64, high: i64, sink: &mut Sink<'_, '_>) {
    if let Some(number) = node.as_i64()
        && !(low..=high).contains(&number)
    {
        let message = format!("`{number}` is not between {low} and {high}");
        report(&schema::RANGE, node, message, &format!("use a number from {low} to {high}"), sink);
    }
}

/// An integer below the least that is allowed.
pub(super) fn at_least(node: &Node<'_>, low: i64, sink: &mut Sink<'_, '_>) {
    if let Some(number) = node.as_i64()
        && number < low
    {
        report(&schema::RANGE, node, format!("`{number}` is less than {low}"), &format!("use {low} or more"), sink);
    }
}

/// The number of a port.
pub(super) fn port_number(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    in_range(node, 1, 65535, sink);
}

/// A port by number or name.
pub(super) fn port(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(text) = node.as_str() else { return port_number(node, sink) };
    if !names::is_port_name(text) {
        let (message, mut help) = PORT_NAME.complaint(text);
        if text.parse::<u16>().is_ok_and(|number| number > 0) {
            help = format!("write it without quotes: {text}");
        }
        sink.value(&object::INVALID, node, message).help = Some(help);
    }
}

/// An item that repeats an earlier one.
pub(super) fn duplicate(node: &Node<'_>, message: impl Into<String>, sink: &mut Sink<'_, '_>) {
    report(&schema::LIST_KEY, node, message, "remove one of them, or make them differ", sink);
}

/// Strings of a list that stand in it twice.
pub(super) fn distinct(list: &[Node<'_>], sink: &mut Sink<'_, '_>) {
    for (index, item) in list.iter().enumerate() {
        if let Some(text) = item.as_str()
            && list.iter().take(index).any(|earlier| earlier.as_str() == Some(text))
        {
            duplicate(item, format!("`{}` stands in the list twice", printable(text)), sink);
        }
    }
}
