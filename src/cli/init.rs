//! `plimsoll init`: a first `plimsoll.yaml`, which changes nothing until it is edited.
//!
//! In: the folder. Out: the file, and on request its JSON Schema for editors. It never overwrites a file unless told to.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{Failure, Outcome};
use crate::config::{FILE_NAMES, json_schema};

/// Where the schema is put, beside the configuration.
const SCHEMA_FILE: &str = ".plimsoll.schema.json";

/// The configuration with all defaults, explained.
const CONFIGURATION: &str = "\
# The configuration of Plimsoll. Every key is shown with its default; a key that is absent keeps it.

# The Kubernetes versions that manifests must be valid for, such as [\"1.36\", \"1.37\"]; none: the newest that is known.
kubernetes: []

# What to leave out, in the syntax of .gitignore, such as [\"vendor/\", \"*.generated.yaml\"].
exclude: []

schemas:
  # Files and folders with CustomResourceDefinitions beyond those of this tree.
  crds: []
  # An object of a kind without a schema is not checked: ignore, info, warn or deny.
  # unknownKind: warn

helm:
  # The helm to run, an absolute path; by default the one on the PATH.
  # path: /usr/local/bin/helm
  # How many seconds one chart may take.
  # timeout: 30

# The mildest severity that fails a run: info, warn or deny.
failOn: deny

# The severity of rules, families or globs: off, info, warn or deny. The most precise key wins, wherever it stands.
# `plimsoll rules` lists them. Such as:
#   metadata: warn
#   schema/deprecated-api: deny
rules: {}

# The only rules to run (none: all), and those not to run: rules, families, globs or tags.
select: []
ignore: []

# What is different for some paths; a later override wins over an earlier one. Such as:
#   - paths: [clusters/staging/]
#     kubernetes: [\"1.37\"]
#     rules:
#       schema/deprecated-api: warn
overrides: []
";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The folder to write it into
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// Write over a configuration that is there already
    #[arg(long)]
    force: bool,
    /// Write the JSON Schema beside it, for editors
    #[arg(long)]
    schema: bool,
    /// Install the Git pre-commit hook too
    #[arg(long)]
    hook: bool,
}

pub(super) fn run(arguments: &Arguments, out: &mut dyn io::Write) -> Result<Outcome, Failure> {
    let existing = if arguments.force { ExistingFile::Replace } else { ExistingFile::Keep };
    let schema = if arguments.schema { EditorSchema::Write } else { EditorSchema::Omit };
    for path in init(&arguments.folder, existing, schema)? {
        writeln!(out, "wrote {}", path.display())?;
    }
    if arguments.hook {
        super::hook::install_and_tell(&arguments.folder, arguments.force, out)?;
    }
    Ok(Outcome::Clean)
}

/// What to do with files that are there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExistingFile {
    /// Leave them and say so.
    Keep,
    /// Write over them.
    Replace,
}

/// Whether an editor is to know the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EditorSchema {
    /// Write the JSON Schema, and name it in the configuration.
    Write,
    /// Write the configuration only.
    Omit,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
enum InitError {
    /// There is a configuration already.
    #[error("{} is there already; --force writes over it", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// There is a configuration under the other name, which would win or lose against the new one.
    #[error("{} configures this folder already; remove it first", path.display())]
    OtherName {
        /// The file.
        path: PathBuf,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

/// Writes the configuration into a folder, and answers with what was written.
///
/// # Errors
/// When there is a configuration already and it is to be kept, or when a file cannot be written.
fn init(folder: &Path, existing: ExistingFile, schema: EditorSchema) -> Result<Vec<PathBuf>, InitError> {
    let [name, other_names @ ..] = FILE_NAMES;
    if let Some(path) = other_names.iter().map(|name| folder.join(name)).find(|path| path.exists()) {
        return Err(InitError::OtherName { path });
    }
    let configuration = folder.join(name);
    put(&configuration, &text(schema), existing)?;
    let mut written = vec![configuration];
    if schema == EditorSchema::Write {
        let path = folder.join(SCHEMA_FILE);
        // The schema is nobody's own work: an older one is of no use
        put(&path, &json_schema(), ExistingFile::Replace)?;
        written.push(path);
    }
    Ok(written)
}

fn text(schema: EditorSchema) -> String {
    match schema {
        EditorSchema::Write => format!("# yaml-language-server: $schema={SCHEMA_FILE}\n{CONFIGURATION}"),
        EditorSchema::Omit => CONFIGURATION.to_owned(),
    }
}

fn put(path: &Path, text: &str, existing: ExistingFile) -> Result<(), InitError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => InitError::Exists { path: path.to_owned() },
        _ => InitError::Write { path: path.to_owned(), source },
    };
    if existing == ExistingFile::Replace {
        return fs::write(path, text).map_err(failed);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Raw, written};

    #[test]
    fn the_first_configuration_is_valid_and_says_what_holds_anyway() {
        for schema in [EditorSchema::Write, EditorSchema::Omit] {
            let (raw, findings) = written::load(&text(schema));
            assert!(findings.is_empty(), "{findings:?}");
            assert_eq!(raw, Raw::default());
        }
    }

    #[test]
    fn the_first_configuration_names_every_key() {
        let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
        for part in [&schema["properties"], &schema["$defs"]["Schemas"]["properties"]] {
            for key in part.as_object().unwrap().keys() {
                assert!(CONFIGURATION.contains(&format!("{key}:")), "{key}");
            }
        }
    }

    #[test]
    fn the_examples_in_its_comments_are_valid() {
        let example = |after: &str| -> String {
            let lines = CONFIGURATION.lines().skip_while(|line| !line.starts_with(after)).skip(1);
            let lines = lines.skip_while(|line| !line.starts_with("#  ")).take_while(|line| line.starts_with("#  "));
            lines.map(|line| line.trim_start_matches('#')).collect::<Vec<_>>().join("\n") + "\n"
        };
        let rules = example("# The severity of rules");
        let overrides = example("# What is different");
        assert!(rules.contains("metadata") && overrides.contains("paths"), "{rules}{overrides}");
        let (raw, findings) = written::load(&format!("rules:\n{rules}overrides:\n{overrides}"));
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!((raw.rules.len(), raw.overrides.len()), (2, 1));
    }

    #[test]
    fn a_configuration_that_is_there_is_kept_unless_told_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plimsoll.yaml");
        fs::write(&path, "failOn: warn\n").unwrap();
        let error = init(folder.path(), ExistingFile::Keep, EditorSchema::Omit).unwrap_err();
        assert!(matches!(error, InitError::Exists { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "failOn: warn\n");
        init(folder.path(), ExistingFile::Replace, EditorSchema::Omit).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), CONFIGURATION);
    }

    #[test]
    fn a_configuration_under_the_other_name_is_not_shadowed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".plimsoll.yaml"), "failOn: warn\n").unwrap();
        let error = init(folder.path(), ExistingFile::Replace, EditorSchema::Omit).unwrap_err();
        assert!(matches!(error, InitError::OtherName { .. }), "{error}");
        assert!(!folder.path().join("plimsoll.yaml").exists());
    }

    #[test]
    fn the_schema_is_written_beside_the_configuration_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let written = init(folder.path(), ExistingFile::Keep, EditorSchema::Write).unwrap();
        assert_eq!(written.len(), 2);
        let configuration = fs::read_to_string(&written[0]).unwrap();
        let named = configuration.lines().next().unwrap().rsplit_once("$schema=").unwrap().1;
        assert_eq!(fs::read_to_string(folder.path().join(named)).unwrap(), json_schema());
    }
}
