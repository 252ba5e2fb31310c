//! Reading files and documents.

use super::{Rule, tags};
use crate::finding::Severity;

/// What the ids of the family begin with: without these rules nothing can be said of a file.
pub const FAMILY: &str = "read/";

/// The family, sorted by id.
pub(super) const RULES: &[&Rule] = &[
    &CRASH,
    &DUPLICATE_KEY,
    &ENCODING,
    &LIMIT,
    &NESTED_REPOSITORY,
    &NOT_AN_OBJECT,
    &SPECIAL_FILE,
    &SYMLINK,
    &SYNTAX,
    &UNREADABLE,
];

/// A file on which Plimsoll itself failed.
pub const CRASH: Rule = Rule {
    id: "read/crash",
    severity: Severity::Deny,
    tags: tags!["read"],
    title: "a file on which Plimsoll itself failed",
    what: "Plimsoll failed on this file by a mistake of its own. The other files were checked.",
    why: "The file is not checked, so the run cannot pass.",
    example: "# a file that Plimsoll has a bug with",
    instead: "# the same file; please report the bug with the smallest part that shows it",
};

/// A key that stands twice in one mapping.
pub const DUPLICATE_KEY: Rule = Rule {
    id: "read/duplicate-key",
    severity: Severity::Deny,
    tags: tags!["read"],
    title: "a key that stands twice in one mapping",
    what: "A mapping has the same key twice, as Kubernetes reads keys: `yes` and `true` are one key.",
    why: "One of the two values is lost, in lenient tools silently; the API server's strict decoding refuses the \
           object.",
    example: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  level: info
  level: debug
",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  level: debug
",
};

/// A file that is not UTF-8.
pub const ENCODING: Rule = Rule {
    id: "read/encoding",
    severity: Severity::Deny,
    tags: tags!["read"],
    title: "a file that is not UTF-8",
    what: "A file is not UTF-8: it is UTF-16 or UTF-32, or holds a byte that UTF-8 does not have.",
    why: "Nothing in it can be checked.",
    example: "$ iconv -f UTF-8 -t UTF-16 app.yaml > wide.yaml",
    instead: "$ iconv -f UTF-16 -t UTF-8 wide.yaml > app.yaml",
};

/// A document over a budget: size, depth, aliases.
pub const LIMIT: Rule = Rule {
    id: "read/limit",
    severity: Severity::Deny,
    tags: tags!["read"],
    title: "a document over a budget: size, depth, aliases",
    what: "A document is larger, nested deeper, or grows further by its aliases than Plimsoll reads.",
    why: "A few lines of aliases can stand for more than any memory holds; no manifest comes near the limits.",
    example: "\
a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
g: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f, *f]
",
    instead: "a: [x, x, x, x, x, x, x, x, x, x]",
};

/// Another Git repository within this one.
pub const NESTED_REPOSITORY: Rule = Rule {
    id: "read/nested-repository",
    severity: Severity::Info,
    tags: tags!["read"],
    title: "another Git repository within this one, which is not checked",
    what: "A folder is a submodule or a clone: another Git repository, whose files are not in this one.",
    why: "Git keeps only a commit's hash of it, and a reconciler may never fetch it; its manifests are not part of this \
           run.",
    example: "$ git submodule add ../platform.git vendor/platform",
    instead: "$ plimsoll check vendor/platform",
};

/// A document that is nearly a Kubernetes object.
pub const NOT_AN_OBJECT: Rule = Rule {
    id: "read/not-an-object",
    severity: Severity::Deny,
    tags: tags!["read"],
    title: "a document that is nearly a Kubernetes object",
    what: "A document looks like a Kubernetes object but has no `apiVersion` or no `kind`, or they are not strings, or \
           are written with capitals in the wrong places.",
    why: "No tool can apply it, and a checker that passes over it hides the mistake.",
    example: "\
kind: ConfigMap
metadata:
  name: app
",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
",
};

/// A FIFO, socket or device with a manifest's name.
pub const SPECIAL_FILE: Rule = Rule {
    id: "read/special-file",
    severity: Severity::Deny,
    tags: tags!["read"],
    title: "a FIFO, socket or device with a manifest's name",
    what: "A FIFO, a socket or a device has a manifest's name.",
    why: "It cannot be read as a file, and is not checked.",
    example: "$ mkfifo app.yaml",
    instead: "$ rm app.yaml",
};

/// A symbolic link that is not followed.
pub const SYMLINK: Rule = Rule {
    id: "read/symlink",
    severity: Severity::Warn,
    tags: tags!["read"],
    title: "a symbolic link that is not followed",
    what: "A symbolic link is not followed: it leads out of the repository, to nothing, or in a circle.",
    why: "What it points at is not checked, though other tools may apply it.",
    example: "$ ln -s /etc/app/config.yaml app.yaml",
    instead: "$ cp /etc/app/config.yaml app.yaml",
};

/// A document that is not YAML or JSON.
pub const SYNTAX: Rule = Rule {
    id: "read/syntax",
    severity: Severity::Deny,
    tags: tags!["read"],
    title: "a document that is not YAML or JSON",
    what: "A document is not YAML as Kubernetes reads it, or a `.json` file is not JSON. The other documents of the \
           file are checked.",
    why: "Nothing in the document can be checked or applied.",
    example: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  message: ready: yes
",
    instead: "\
apiVersion: v1
kind: ConfigMap
metadata:
  name: app
data:
  message: 'ready: yes'
",
};

/// A file that cannot be read.
pub const UNREADABLE: Rule = Rule {
    id: "read/unreadable",
    severity: Severity::Deny,
    tags: tags!["read"],
    title: "a file that cannot be read",
    what: "The system does not let Plimsoll read a file or folder.",
    why: "What cannot be read is not checked, so the run cannot pass.",
    example: "$ chmod 000 app.yaml",
    instead: "$ chmod 644 app.yaml",
};
