//! `plimsoll check`: a tree of files → settings → findings → reports → exit code.

use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::place::{self, Origin, Place, Selected};
use super::terminal::Stream;
use super::{Failure, Outcome, configuration, say};
use crate::check::{self, Request};
use crate::config::CommandLine;
use crate::finding::{Finding, Severity};
use crate::repo::{FileTree, WalkOptions};
use crate::report::{self, Context, Format, Report};

#[derive(Debug, Args)]
#[command(after_help = "Exit codes:
  0  nothing at or over the threshold of --fail-on was found
  1  something was
  2  the check could not be made: wrong arguments, a broken configuration, nothing to check")]
pub(super) struct Arguments {
    /// Files and folders to check; `-` is standard input
    #[arg(default_value = ".", value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// Check what is staged in the Git index, and no other file
    #[arg(long, conflicts_with = "rev")]
    pub(super) staged: bool,
    /// Check a Git revision without checking it out
    #[arg(long, value_name = "REV")]
    pub(super) rev: Option<String>,
    /// Check the trees that the changes since a revision reach: since it and HEAD (or --rev) had a commit in common
    #[arg(long, value_name = "REV", conflicts_with = "staged")]
    changed_since: Option<String>,
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
    pub(super) format: Format,
    /// A further report, into a file
    #[arg(long, value_name = "FORMAT=FILE", value_parser = output)]
    output: Vec<(Format, PathBuf)>,
    /// The configuration [default: plimsoll.yaml, searched for from what is checked up to the root of the repository]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Render every Helm chart anew, and keep nothing for the next run
    #[arg(long)]
    no_cache: bool,
}

fn output(text: &str) -> Result<(Format, PathBuf), String> {
    let (format, file) = text.split_once('=').ok_or("expected FORMAT=FILE, such as sarif=plimsoll.sarif")?;
    let known = || Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    let names = || known().map(|format| format.get_name().to_owned()).collect::<Vec<_>>().join(", ");
    let format = Format::from_str(format, true).map_err(|_| format!("`{format}` is none of {}", names()))?;
    match file {
        "" => Err("expected a file after `=`".to_owned()),
        "-" => Err("standard output is for --format; name a file".to_owned()),
        file => Ok((format, file.into())),
    }
}

pub(super) fn run(arguments: &Arguments, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let mut files: Vec<&PathBuf> = arguments.output.iter().map(|(_, file)| file).collect();
    files.sort_unstable();
    if let Some(twice) = files.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(format!("--output: two reports cannot both be {}", twice[0].display()).into());
    }
    let Examined { report, tree, fail_on, is_partial } = match examine(arguments)? {
        Ok(examined) => examined,
        Err(mistakes) => {
            let tree = arguments.place()?.configured()?;
            write_reports(arguments, &mistakes, tree.as_ref(), Severity::Deny, out)?;
            return Ok(Outcome::Nothing);
        }
    };
    write_reports(arguments, &report, tree.as_ref(), fail_on, out)?;
    if report.findings.iter().any(|finding| finding.severity >= fail_on) {
        return Ok(Outcome::Findings);
    }
    // Nothing staged or changed is nothing to do; anywhere else, nothing to check is a mistyped path, and must not look green.
    if report.summary.objects == 0 && !is_partial {
        out.flush()?;
        say("plimsoll: nothing to check was found");
        return Ok(Outcome::Nothing);
    }
    Ok(Outcome::Clean)
}

impl Arguments {
    fn place(&self) -> Result<Place<'_>, Failure> {
        Place::of(&self.paths, Origin::of(self.staged, self.rev.as_deref()))
    }
}

/// What a check has found.
pub(super) struct Examined {
    pub(super) report: Report,
    tree: Box<dyn FileTree>,
    /// The mildest severity that fails the run.
    pub(super) fail_on: Severity,
    /// Whether only some of the files were to be checked.
    is_partial: bool,
}

/// Checks what the arguments name. Mistakes in the configuration are a report of their own: there is no other then.
pub(super) fn examine(arguments: &Arguments) -> Result<Result<Examined, Report>, Failure> {
    if arguments.changed_since.is_some() && arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err("--changed-since: standard input has no earlier state".into());
    }
    let place = arguments.place()?;
    let settings = match configuration::settle(&place, arguments.config.as_deref(), &command_line(arguments)) {
        Ok(settings) => settings,
        Err(configuration::Unsettled::Mistakes(mut findings)) => {
            findings.sort_by(Finding::order);
            return Ok(Err(Report { findings, ..Report::default() }));
        }
        Err(configuration::Unsettled::Failure(failure)) => return Err(failure),
    };
    let options = WalkOptions { exclude: settings.exclude.clone() };
    let Selected { tree, only } = place.selected(arguments.changed_since.as_deref(), &options)?;
    let whole = place.whole(tree.as_ref(), &options)?;
    let against = arguments.against.as_deref().map(|revision| place.whole_commit(tree.as_ref(), revision, &options));
    let against = against.transpose()?;
    let mut definitions = place.named_definitions(&arguments.crds, tree.as_ref())?;
    definitions.extend(place.configured_definitions(&settings, tree.as_ref())?);
    let progress = progress();
    let report = check::run(Request {
        tree: tree.as_ref(),
        settings: &settings,
        against: against.as_ref().map(|commit| commit as &dyn FileTree),
        only: only.as_ref(),
        whole: whole.as_deref(),
        definitions,
        progress: &|| progress.inc(1),
    });
    progress.finish_and_clear();
    Ok(Ok(Examined { report: report?, tree, fail_on: settings.fail_on, is_partial: only.is_some() }))
}

fn command_line(arguments: &Arguments) -> CommandLine {
    CommandLine {
        kubernetes: arguments.kubernetes.clone(),
        exclude: arguments.exclude.clone(),
        select: arguments.select.clone(),
        ignore: arguments.ignore.clone(),
        fail_on: arguments.fail_on,
        ..configuration::environment(arguments.no_cache)
    }
}

fn write_reports(
    arguments: &Arguments,
    report: &Report,
    tree: &dyn FileTree,
    threshold: Severity,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let source = |path: &str| String::from_utf8(place::bytes(tree, path)?).ok();
    let display = |path: &str| tree.display(path).into_owned();
    let width = Stream::Output.width();
    let context = |colour| Context { source: &source, colour, width, display: &display, threshold };
    for (format, path) in &arguments.output {
        let file = File::create(path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        let mut file = BufWriter::new(file);
        report::write(*format, report, &context(false), &mut file)?;
        file.flush()?;
    }
    report::write(arguments.format, report, &context(Stream::Output.wants_colour()), out)?;
    Ok(())
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
    // A run of a moment shows nothing.
    bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    let shown = bar.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        if !shown.is_finished() {
            shown.set_draw_target(indicatif::ProgressDrawTarget::stderr());
            shown.enable_steady_tick(Duration::from_millis(100));
        }
    });
    bar
}
