//! What the user wrote in `plimsoll.yaml` → what the run uses.
//!
//! In: the file as a [`Node`](crate::manifest::Node), and the command line. Out: [`Raw`], what the file says, with a
//! finding at the line of every mistake in it; from both, [`Settings`], validated once. Every mistake stops the run: a
//! setting that is not understood would be a check that silently does not happen. It never opens a file.

mod names;
mod raw;
mod read;
mod rule_pattern;
mod schema;
mod settings;

pub use raw::{Helm, Level, Override, Raw, Schemas, UnknownKind};
pub use read::load;
pub use schema::json_schema;
pub use settings::{CommandLine, ConfigError, Settings};

/// The names that the file goes by, in the root of the tree.
pub const FILE_NAMES: [&str; 2] = ["plimsoll.yaml", ".plimsoll.yaml"];

/// The name that the file goes by in a tree, none when it has no configuration. `has` says whether a path is there.
///
/// # Errors
/// When the tree has files of both names: one of them would be passed over in silence.
pub fn file_name(has: impl Fn(&str) -> bool) -> Result<Option<&'static str>, ConfigError> {
    let [visible, hidden] = FILE_NAMES;
    match (has(visible), has(hidden)) {
        (true, true) => Err(ConfigError::TwoFiles),
        (true, false) => Ok(Some(visible)),
        (false, true) => Ok(Some(hidden)),
        (false, false) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod written;
