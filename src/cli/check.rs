//! `plimsoll check`: a tree of files → settings → findings → reports → exit code.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, Outcome, configuration, say, wants_colour};
use crate::check::{self, Request, crd};
use crate::config::CommandLine;
use crate::finding::{Finding, Severity};
use crate::repo::{FileTree, GitCommit, GitIndex, StandardInput, TreeError, WalkOptions, WorkTree};
use crate::report::{self, Context, Format, Report};

#[derive(Debug, Args)]
#[command(after_help = "Exit codes:
  0  nothing at or over the threshold of --fail-on was found
  1  something was
  2  the check could not be made: wrong arguments, a broken configuration, nothing to check")]
pub(super) struct Arguments {
    /// Files and folders to check; `-` is standard input
    #[arg(default_value = ".", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Check what is staged in the Git index, and no other file
    #[arg(long, conflicts_with = "rev")]
    staged: bool,
    /// Check a Git revision without checking it out
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// The revision that transition rules (`oldSelf`) compare with
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    /// Kubernetes versions to check for, such as 1.33,1.36 [default: the newest known]
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    kubernetes: Vec<String>,
    /// Files or folders with further `CustomResourceDefinitions`
    #[arg(long, value_name = "PATH")]
    crds: Vec<PathBuf>,
    /// Leave out what matches, in .gitignore's syntax
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Only these rules: ids, families, globs, tags
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    select: Vec<String>,
    /// Not these rules: ids, families, globs, tags
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// The mildest severity that fails the run [default: deny]
    #[arg(long, value_name = "SEVERITY")]
    fail_on: Option<Severity>,
    /// The report on standard output
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// A further report, into a file
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    output: Vec<(Format, PathBuf)>,
    /// The configuration [default: plimsoll.yaml, searched for from what is checked upwards]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

fn output(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("expected FORMAT=FILE, such as sarif=plimsoll.sarif")?;
    let known = || Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let names = || known().map(|format| format.get_name().to_owned()).collect::<Vec<_>>().join(", ");
    let format = Format::from_str(format, true).map_err(|_| format!("`{format}` is none of {}", names()))?;
    if file.is_empty() { Err("expected a file after `=`".to_owned()) } else { Ok((format, file.into())) }
}

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let place = Place { current_folder: std::env::current_dir()?, paths: &arguments.paths };
    let (tree, only) = place.open(arguments, &WalkOptions::default())?;
    let settings = match configuration::settle(tree.as_ref(), arguments.config.as_deref(), &command_line(arguments)) {
        Ok(settings) => settings,
        Err(configuration::Unsettled::Mistakes(mut findings)) => {
            findings.sort_by(Finding::order);
            let report = Report { findings, ..Report::default() };
            write_reports(arguments, &report, tree.as_ref(), Severity::Deny, out)?;
            return Ok(Outcome::Nothing);
        }
        Err(configuration::Unsettled::Failure(failure)) => return Err(failure),
    };
    let options = WalkOptions { exclude: settings.exclude.clone() };
    let (tree, only) = if settings.exclude.is_empty() { (tree, only) } else { place.open(arguments, &options)? };
    let against = arguments.against.as_deref().map(|revision| place.commit(revision, &options)).transpose()?;
    let mut crds = definitions(&place.current_folder, &arguments.crds)?;
    crds.extend(configuration::definitions(tree.as_ref(), &settings)?);
    let progress = progress();
    let report = check::run(Request {
        tree: tree.as_ref(),
        settings: &settings,
        against: against.as_ref().map(|commit| commit as &dyn FileTree),
        only: only.as_ref(),
        definitions: crds,
        progress: &|| progress.inc(1),
    });
    progress.finish_and_clear();
    let report = report?;
    write_reports(arguments, &report, tree.as_ref(), settings.fail_on, out)?;
    if report.findings.iter().any(|finding| finding.severity >= settings.fail_on) {
        return Ok(Outcome::Findings);
    }
    // Nothing staged is nothing to do; anywhere else, nothing to check is a mistyped path, and must not look green.
    if report.summary.objects == 0 && only.is_none() {
        out.flush()?;
        say("plimsoll: nothing to check was found");
        return Ok(Outcome::Nothing);
    }
    Ok(Outcome::Clean)
}

fn command_line(arguments: &Arguments) -> CommandLine {
    CommandLine {
        kubernetes: arguments.kubernetes.clone(),
        exclude: arguments.exclude.clone(),
        select: arguments.select.clone(),
        ignore: arguments.ignore.clone(),
        fail_on: arguments.fail_on,
    }
}

/// The files to check, when not all.
type Only = Option<BTreeSet<String>>;

/// Where the user stands, and what was named from there.
struct Place<'p> {
    current_folder: PathBuf,
    paths: &'p [PathBuf],
}

impl Place<'_> {
    /// The tree to check and, when only some of its files are to be checked, which.
    fn open(&self, arguments: &Arguments, options: &WalkOptions) -> Result<(Box<dyn FileTree>, Only), Failure> {
        let standard_input = self.paths.iter().any(|path| path.as_os_str() == "-");
        if standard_input && (self.paths.len() > 1 || arguments.staged || arguments.rev.is_some()) {
            return Err("`-` stands alone: standard input cannot be checked together with files or revisions".into());
        }
        if standard_input {
            return Ok((Box::new(StandardInput::open()), None));
        }
        if arguments.staged {
            let index = GitIndex::open(&self.current_folder, self.paths, options)?;
            let changes = index.staged_changes()?.into_iter().collect();
            return Ok((Box::new(index), Some(changes)));
        }
        if let Some(revision) = &arguments.rev {
            return Ok((Box::new(self.commit(revision, options)?), None));
        }
        Ok((Box::new(WorkTree::open(&self.current_folder, self.paths, options)?), None))
    }

    fn commit(&self, revision: &str, options: &WalkOptions) -> Result<GitCommit, TreeError> {
        GitCommit::open(&self.current_folder, revision, self.paths, options)
    }
}

/// The `CustomResourceDefinitions` of `--crds`.
fn definitions(
    current_folder: &Path,
    paths: &[PathBuf],
) -> Result<Vec<(crd::CustomDefinition, crate::finding::Place)>, Failure> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let tree = WorkTree::open(current_folder, paths, &WalkOptions::default())?;
    let found: Vec<_> = tree.list()?.files.iter().flat_map(|file| check::definitions_in(&tree, &file.path)).collect();
    if found.is_empty() {
        return Err("--crds: no CustomResourceDefinition was found there".into());
    }
    Ok(found)
}

fn write_reports(
    arguments: &Arguments,
    report: &Report,
    tree: &dyn FileTree,
    threshold: Severity,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let source = |path: &str| String::from_utf8(tree.read(path).ok()?).ok();
    let display = |path: &str| tree.display(path).into_owned();
    let width = terminal_width();
    let context = |colour| Context { source: &source, colour, width, display: &display, threshold };
    for (format, path) in &arguments.output {
        let file = File::create(path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        let mut file = BufWriter::new(file);
        report::write(*format, report, &context(false), &mut file)?;
        file.flush()?;
    }
    report::write(arguments.format, report, &context(wants_colour()), out)?;
    Ok(())
}

/// The columns of the terminal; 100 where there is none, so that reports in files do not depend on a window.
fn terminal_width() -> usize {
    const UNKNOWN: usize = 100;
    if !io::stdout().is_terminal() {
        return UNKNOWN;
    }
    let (_, columns) = console::Term::stdout().size();
    usize::from(columns).clamp(60, 140)
}

/// A count of files on a terminal, once the work has taken a moment; nothing in a pipe.
fn progress() -> ProgressBar {
    let bar = ProgressBar::no_length();
    if !io::stderr().is_terminal() {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
        return bar;
    }
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} files checked, {per_sec}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
