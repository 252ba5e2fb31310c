//! What helm complains of, and where.
//!
//! In: what it wrote on standard error. Out: one fault at the innermost line of a template that it names. It keeps one
//! line of the complaint, and no path of a temporary folder.

use std::sync::LazyLock;

use regex::Regex;

use super::chart::Chart;
use super::program::Failure;
use super::values::{self, Values};
use crate::catalogue::render::{HELM, HELM_TEMPLATE};
use crate::manifest::Span;
use crate::render::Files;
use crate::render::fault::{Fallible, Fault};

/// How many characters of a complaint are kept.
const MAX_CHARACTERS: usize = 400;

/// What helm begins with when the values do not fit a schema.
const SCHEMA: &str = "values don't meet the specifications of the schema";

/// A template and a line of it.
static POSITION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"([^\s:()<>\x22]+/(?:templates|crds)/[^\s:()<>\x22]+)(?::(\d+))?").ok());

/// What Go's libraries quote of a value, which may be a secret.
static QUOTED_VALUE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(parsing|cannot unmarshal !!\w+|invalid value:?) (?:"[^"]*"|`[^`]*`)"#).ok());

/// The fault that a failure is. `demands_values` is whether the values are those of the chart alone, which may rightly
/// not be enough.
pub(super) fn fault(
    files: &Files<'_>,
    chart: &Chart,
    given: &[Values],
    failure: Failure,
    demands_values: bool,
) -> Fallible<Fault> {
    let complaint = match failure {
        Failure::Unusable(reason) => {
            let help = "install Helm 3 or 4 so that `helm` is on the PATH, or name it under `helm.path`";
            return Ok(Fault::new(&HELM, chart.span, format!("the chart is not rendered: {reason}")).with_help(help));
        }
        Failure::Timeout(limit) => {
            let message = format!("the chart is not rendered after {} seconds", limit.as_secs_f32());
            let help = "look for a template that never ends, or raise `helm.timeout`";
            return Ok(Fault::new(&HELM_TEMPLATE, chart.span, message).with_help(help));
        }
        Failure::Output => {
            let help = "look for a template that never ends";
            return Ok(Fault::new(&HELM_TEMPLATE, chart.span, "the chart makes more than 64 MiB").with_help(help));
        }
        Failure::Refused(complaint) => complaint,
    };
    if complaint.contains(SCHEMA) {
        return match values::misfit(files, chart, given)? {
            Some(fault) => Ok(fault),
            None => values::refused(files, chart, given, &complaint),
        };
    }
    let span = place(files, chart, &complaint).unwrap_or(chart.span);
    // `required` and `fail` speak to whoever sets the values.
    if demands_values && complaint.contains("execution error at (") {
        let message = format!("the chart is not rendered with its own values: {}", line(&complaint));
        return Ok(Fault::new(&HELM, span, message)
            .with_help("add a `ci/…-values.yaml` with what it demands: the chart is then rendered with that"));
    }
    let message = format!("helm refuses the chart: {}", line(&complaint));
    Ok(Fault::new(&HELM_TEMPLATE, span, message).with_help("`helm template` in the chart's folder shows the same"))
}

/// The last line of a template that a complaint names: the others include it.
fn place(files: &Files<'_>, chart: &Chart, complaint: &str) -> Option<Span> {
    let known = POSITION.as_ref()?.captures_iter(complaint).filter_map(|found| {
        let path = chart.path_of(found.get(1)?.as_str())?;
        Some((path, found.get(2).and_then(|line| line.as_str().parse::<usize>().ok())))
    });
    let known: Vec<_> = known.collect();
    let (path, line) = known.iter().rev().find(|(_, line)| line.is_some()).or(known.last())?;
    let loaded = files.load(path).ok()?;
    let mut offset = 0;
    for (index, text) in loaded.source.text.split_inclusive('\n').enumerate() {
        if line.unwrap_or(1) == index + 1 {
            let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
            let start = offset + (text.len() - text.trim_start().len());
            return Some(Span { file: loaded.id, start: narrow(start), end: narrow(offset + text.trim_end().len()) });
        }
        offset += text.len();
    }
    Some(loaded.span())
}

/// The one line of a complaint that says what is wrong.
fn line(complaint: &str) -> String {
    let line = complaint.lines().find_map(|line| line.strip_prefix("Error: ")).or_else(|| complaint.lines().next());
    let line = line.unwrap_or("it does not say why").trim();
    let hidden = QUOTED_VALUE.as_ref().map(|quoted| quoted.replace_all(line, "$1 a value"));
    let line = hidden.as_deref().unwrap_or(line);
    let words = line
        .split(' ')
        .map(|word| if word.starts_with(['/', '"']) && word.contains("/chart") { "the chart" } else { word });
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_kept_without_values_and_without_temporary_folders() {
        let complaint = "walk.go:74: found link\nError: error calling atoi: strconv.Atoi: parsing \"hunter2\": invalid syntax\n\nUse --debug";
        assert_eq!(line(complaint), "error calling atoi: strconv.Atoi: parsing a value: invalid syntax");
        assert_eq!(line("Error: cannot load /tmp/.tmpX/chart/Chart.yaml now"), "cannot load the chart now");
        assert_eq!(line("cannot unmarshal !!str `hunter2` into int"), "cannot unmarshal !!str a value into int");
        assert_eq!(line(""), "it does not say why");
        assert_eq!(line(&"é".repeat(1000)).chars().count(), MAX_CHARACTERS + 1);
    }
}
