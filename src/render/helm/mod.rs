//! Helm's charts, rendered by the real program.
//!
//! In: a chart of the tree, and what it is to be rendered with. Out: its objects, every value with the place that most
//! likely wrote it, or the fault that stops it. Helm is given a copy of the chart in a folder of its own, so that an index
//! or a commit is rendered like a work tree, and no link leads anywhere. It never fetches anything.

mod cache;
mod chart;
mod complaint;
mod output;
mod program;
mod values;

pub use program::{DEFAULT_TIMEOUT, HelmOptions};
pub(super) use values::{Values, lay_over, path_of_own};

use std::fs;
use std::path::Path;

use cache::{Cache, Key};
use chart::Chart;
use program::{Failure, Program, unwritable};

use super::fault::Fallible;
use super::files::Owned;
use super::kustomize::Rendering;
use super::{Fault, Files};
use crate::catalogue::render::HELM;
use crate::manifest::{Dialect, Node, Span};

/// What a release is called that nobody names: helm itself calls it so.
pub(super) const RELEASE: &str = "release-name";

/// The program that renders charts, and what it rendered before.
#[derive(Debug)]
pub struct Helm {
    program: Program,
    cache: Option<Cache>,
}

/// How a chart is to be rendered. What is empty is not set.
#[derive(Debug, Default)]
pub(super) struct Request<'r> {
    /// The folder of the chart.
    pub(super) chart: &'r str,
    /// Where that is named.
    pub(super) asked: Option<Span>,
    pub(super) release: &'r str,
    pub(super) namespace: &'r str,
    pub(super) name_template: &'r str,
    /// In the place of the chart's own.
    pub(super) own: Option<Values>,
    /// Laid over the chart's own, in their order.
    pub(super) values: Vec<Values>,
    /// Laid over all values.
    pub(super) parameters: Vec<Parameter>,
    pub(super) api_versions: Vec<&'r str>,
    pub(super) kubernetes: &'r str,
    pub(super) include_definitions: bool,
    pub(super) skip_tests: bool,
    pub(super) skip_hooks: bool,
}

/// A value as `helm --set` takes it.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// With what separates values escaped.
    pub(super) value: String,
    /// Whether it is text, whatever it looks like.
    pub(super) is_text: bool,
    /// Where it is written.
    pub(super) node: Owned,
}

impl Helm {
    /// Finds the program; `root` is the folder of what is checked, out of which none is run.
    #[must_use]
    pub fn find(options: &HelmOptions, root: Option<&Path>) -> Self {
        Self { program: Program::find(options, root), cache: options.cache.as_deref().map(Cache::below) }
    }

    /// What helm prints for a chart.
    fn template(&self, chart: &Chart, request: &Request<'_>) -> Result<String, Failure> {
        let version = self.program.version()?;
        let options = options(chart, request);
        let mut key = Key::new();
        [version, request.release]
            .into_iter()
            .chain(options.iter().map(String::as_str))
            .for_each(|piece| key.add(piece.as_bytes()));
        for values in request.own.iter().chain(&request.values) {
            key.add(&values.bytes);
        }
        for file in &chart.files {
            key.add(file.inside.as_bytes());
            key.add(&file.bytes);
        }
        if let Some(text) = self.cache.as_ref().and_then(|cache| cache.get(&key)) {
            return Ok(text);
        }
        let folder = tempfile::tempdir().map_err(|error| unwritable(&error))?;
        let at = folder.path().join("chart");
        let mut arguments = vec!["template".to_owned()];
        write(folder.path(), &at, chart, request, &mut arguments).map_err(|error| unwritable(&error))?;
        arguments.extend(options);
        let text = self.program.run(&arguments_with(arguments, request, &at), folder.path())?;
        if let Some(cache) = &self.cache {
            cache.put(&key, &text);
        }
        Ok(text)
    }
}

/// Writes what helm reads, and names the values.
fn write(
    folder: &Path,
    at: &Path,
    chart: &Chart,
    request: &Request<'_>,
    arguments: &mut Vec<String>,
) -> std::io::Result<()> {
    fs::create_dir_all(at)?;
    for file in &chart.files {
        let path = at.join(&file.inside);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, &file.bytes)?;
    }
    for (index, values) in request.values.iter().enumerate() {
        let path = folder.join(format!("values-{index}.yaml"));
        fs::write(&path, &values.bytes)?;
        arguments.push(format!("--values={}", path.display()));
    }
    Ok(())
}

/// The options, each with its value in one argument: nothing that a repository says can be taken for another option.
fn options(chart: &Chart, request: &Request<'_>) -> Vec<String> {
    let mut options = Vec::new();
    let texts = [
        ("namespace", request.namespace),
        ("name-template", request.name_template),
        ("kube-version", request.kubernetes),
    ];
    options.extend(texts.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| format!("--{name}={text}")));
    let set = |parameter: &Parameter| {
        let option = if parameter.is_text { "set-string" } else { "set" };
        format!("--{option}={}={}", parameter.name, parameter.value)
    };
    options.extend(request.parameters.iter().map(set));
    options.extend(request.api_versions.iter().map(|version| format!("--api-versions={version}")));
    let flags = [
        ("include-crds", request.include_definitions),
        ("skip-tests", request.skip_tests),
        ("no-hooks", request.skip_hooks),
        // Nobody knows what addresses the schemas in an archive refer to.
        ("skip-schema-validation", chart.has_archives),
    ];
    options.extend(flags.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| format!("--{name}")));
    options
}

/// All arguments: behind `--` nothing is an option.
fn arguments_with(mut arguments: Vec<String>, request: &Request<'_>, at: &Path) -> Vec<String> {
    if request.release.is_empty() {
        arguments.extend(["--generate-name".to_owned(), "--".to_owned()]);
    } else {
        arguments.extend(["--".to_owned(), request.release.to_owned()]);
    }
    arguments.push(at.display().to_string());
    arguments
}

/// The objects of a chart; read as kustomize reads them, or as a cluster does.
pub(super) fn render(files: &Files<'_>, request: &Request<'_>, dialect: Dialect) -> Fallible<Vec<Owned>> {
    let mut chart = Chart::read(files, request.chart, request.asked)?;
    if let Some(own) = &request.own {
        chart.replace("values.yaml", &own.bytes);
    }
    let asked = |fault: Fault| match request.asked {
        // The chart is as it should be; what asks for it has to know.
        Some(span) => fault.with_related(span, "asked for here"),
        None => fault,
    };
    let helm = files.helm();
    let rendered = helm.map_or_else(
        || Err(Failure::Unusable("there is no `helm` here".to_owned())),
        |helm| helm.template(&chart, request),
    );
    // The chart's own values alone may rightly not be enough, unless somebody installs it so.
    let is_bare = request.values.is_empty() && request.asked.is_none();
    let misfit = match &rendered {
        // Nobody else looks at the values then.
        Err(Failure::Unusable(_)) => values::misfit(files, &chart, &request.values)?,
        Ok(_) if chart.has_archives => values::misfit(files, &chart, &request.values)?,
        _ => None,
    };
    if let Some(fault) = misfit {
        return Err(asked(fault));
    }
    let text = match rendered {
        Ok(text) => text,
        Err(failure) => {
            return Err(asked(complaint::fault(files, &chart, &request.values, failure, is_bare)?));
        }
    };
    let own = match &request.own {
        Some(own) => own.node.clone(),
        None => values::own(files, &chart)?,
    };
    let given = request.values.iter().filter_map(|given| given.node.as_ref());
    let values: Vec<&Owned> =
        own.iter().chain(given).chain(request.parameters.iter().map(|parameter| &parameter.node)).collect();
    output::objects(files, &chart, &values, &text, dialect).map_err(asked)
}

/// What a release of a chart makes, as a cluster gets it.
pub(super) fn rendering(files: &Files<'_>, request: &Request<'_>) -> Fallible<Rendering> {
    let objects = flat(render(files, request, Dialect::Kubernetes)?);
    Ok(Rendering { objects, ..Rendering::default() })
}

/// Values laid over each other, the last of them the outermost; none of none.
pub(super) fn merged(values: Vec<Values>) -> Option<Values> {
    let mut nodes = values.into_iter().filter_map(|values| values.node);
    let mut merged = nodes.next()?;
    nodes.for_each(|node| lay_over(&mut merged, &node));
    Some(Values::of_node(merged))
}

/// Renders a chart of the repository by itself: with its own values, and with each of the values in its `ci` folder. A
/// chart that demands values of its users is rendered with the latter alone.
pub(super) fn charts(files: &Files<'_>, folder: &str, kubernetes: &str) -> Vec<Fallible<Vec<Owned>>> {
    let rendering = |values: Option<&str>| {
        let values = values.map(|path| Values::of_file(files, path)).transpose();
        let objects = values.and_then(|values| {
            let values = values.into_iter().collect();
            let request = Request { chart: folder, release: RELEASE, values, kubernetes, ..Request::default() };
            render(files, &request, Dialect::Kubernetes)
        });
        objects.map(flat)
    };
    let is_test = |inside: &str| inside.starts_with("ci/") && inside.ends_with("-values.yaml");
    let tests = files.below(folder).unwrap_or_default().into_iter().filter(|(inside, _)| is_test(inside));
    let mut tests: Vec<_> = tests.map(|(_, path)| rendering(Some(&path))).collect();
    let bare = rendering(None);
    let was_not_rendered = |rendering: &Fallible<Vec<Owned>>| rendering.as_ref().is_err_and(|fault| fault.is_of(&HELM));
    if !was_not_rendered(&bare) {
        return std::iter::once(bare).chain(tests).collect();
    }
    if tests.iter().any(Result::is_ok) {
        return tests;
    }
    // What keeps the chart from being rendered at all is said once.
    tests.retain(|tested| !was_not_rendered(tested));
    std::iter::once(bare).chain(tests).collect()
}

/// The objects with those of lists one by one.
fn flat(objects: Vec<Owned>) -> Vec<Owned> {
    let mut all = Vec::with_capacity(objects.len());
    for mut object in objects {
        let is_list = object.get("kind").and_then(Node::as_str).is_some_and(|kind| kind.ends_with("List"));
        match object.get_mut("items").and_then(Node::items_mut).filter(|_| is_list) {
            Some(items) => all.append(items),
            None => all.push(object),
        }
    }
    all
}
