//! `Job` and `CronJob`.
//!
//! In: an object of the group `batch`. Out: findings about counts, completion mode, schedule and time zone, and about the
//! selector and labels that the server generates. The policies of a Job are checked by `job_policies`, the spec of its
//! pod template by `pod_spec`.

use super::bounds::{at_most, non_negative, one_of};
use super::names::{is_dns1123_label, is_dns1123_subdomain};
use super::workloads::template_metadata;
use super::{cron, job_policies, selector};
use crate::catalogue::metadata::NAME;
use crate::catalogue::object::INVALID;
use crate::catalogue::schema::{RANGE, REQUIRED};
use crate::check::Sink;
use crate::manifest::{Node, Object};
use crate::report::printable;
use crate::suggest::nearest;

/// Labels that the server gives to the pods of a Job: its name.
const NAME_LABELS: &[&str] = &["batch.kubernetes.io/job-name", "job-name"];
/// Labels that the server gives to the pods of a Job: its uid, which no manifest can know.
const UID_LABELS: &[&str] = &["batch.kubernetes.io/controller-uid", "controller-uid"];

/// Above so many completions, Jobs with a limit per index have tighter limits.
const MANY_COMPLETIONS: i64 = 100_000;

/// Which of the two kinds a Job's spec belongs to: the server fills in less of the one within a `CronJob`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Job,
    CronJob,
}

/// Checks a Job or `CronJob`; nothing of any other kind.
pub(super) fn check(object: &Object<'_>, sink: &mut Sink<'_, '_>) {
    let Some(spec) = object.node.present("spec") else { return };
    match object.kind.kind.as_str() {
        "Job" => job(object, spec, sink),
        "CronJob" => cron_job(object, spec, sink),
        _ => {}
    }
}

fn job(object: &Object<'_>, spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    job_spec(spec, Owner::Job, sink);
    let given = spec.present("selector");
    if let Some(given) = given {
        selector::check(given, sink);
    }
    if spec.present("manualSelector").and_then(Node::as_bool) == Some(true) {
        match given {
            Some(given) => selector::check_template(given, spec, sink),
            None => {
                sink.missing(spec, "selector").help = Some("add `selector`, or remove `manualSelector`".to_owned());
            }
        }
    } else {
        generated_labels(object, spec, sink);
    }
    let name = object.node.path(&["metadata", "name"]);
    let completions = completions(spec, Owner::Job);
    if let (Some(node), Some("Indexed"), Some(count @ 1..)) = (name, mode(spec), completions)
        && let Some(name) = node.as_str().filter(|name| is_dns1123_subdomain(name))
    {
        let hostname = format!("{name}-{}", count - 1);
        if !is_dns1123_label(&hostname) {
            let message = format!(
                "the pods of this Job could not be called `{hostname}`: a host name has 63 characters at most, and no dots"
            );
            sink.value(&NAME, node, message).help = Some("use a shorter name without dots".to_owned());
        }
    }
}

/// The server labels the pods of a Job with its name and uid, and selects them by the uid: what is written must agree.
fn generated_labels(object: &Object<'_>, spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let name = object.name();
    if let (Some(node), Some(text)) = (object.node.path(&["metadata", "name"]), name)
        && text.len() > 63
        && is_dns1123_subdomain(text)
    {
        let message =
            format!("the name has {} characters, but becomes the value of a label, of 63 at most", text.len());
        sink.value(&NAME, node, message).help = Some("use a shorter name".to_owned());
    }
    let labels = spec.path(&["template", "metadata", "labels"]);
    let selected = spec.path(&["selector", "matchLabels"]);
    for entry in labels.into_iter().chain(selected).flat_map(Node::entries) {
        let key = &*entry.key;
        if UID_LABELS.contains(&key) {
            let message = format!("`{key}` is set by the server, to the uid that it gives to the Job");
            sink.key(&INVALID, entry, message).help = Some("remove it".to_owned());
        } else if NAME_LABELS.contains(&key) && entry.value.as_str().is_some_and(|value| Some(value) != name) {
            let message = format!("`{key}` is set by the server, to the name of the Job");
            sink.key(&INVALID, entry, message).help = Some("remove it".to_owned());
        }
    }
    let is_generated = |key: &str| UID_LABELS.contains(&key) || NAME_LABELS.contains(&key);
    for entry in selected.into_iter().flat_map(Node::entries) {
        if !is_generated(&entry.key) {
            let message = format!(
                "the selector asks for `{}`, but the server generates the selector of a Job",
                printable(&entry.key)
            );
            sink.key(&INVALID, entry, message).help = Some("remove `selector`".to_owned());
        }
    }
    for requirement in spec.path(&["selector", "matchExpressions"]).into_iter().flat_map(Node::items) {
        let text = |field| requirement.present(field).and_then(Node::as_str);
        if matches!(text("operator"), Some("In" | "Exists")) && text("key").is_some_and(|key| !is_generated(key)) {
            sink.value(&INVALID, requirement, "the server generates the selector of a Job").help =
                Some("remove `selector`".to_owned());
        }
    }
}

fn cron_job(object: &Object<'_>, spec: &Node<'_>, sink: &mut Sink<'_, '_>) {
    if let Some(node) = object.node.path(&["metadata", "name"])
        && let Some(text) = node.as_str().filter(|text| text.len() > 52 && is_dns1123_subdomain(text))
    {
        let message = format!("the name has {} characters, of 52 at most: its Jobs get 11 more", text.len());
        sink.value(&NAME, node, message).help = Some("use a shorter name".to_owned());
    }
    if let Some(node) = spec.present("schedule") {
        schedule(node, sink);
    }
    if let Some(node) = spec.present("timeZone") {
        time_zone(node, sink);
    }
    one_of(spec, "concurrencyPolicy", &["Allow", "Forbid", "Replace"], sink);
    for field in ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        non_negative(spec, field, sink);
    }
    let Some(job) = spec.path(&["jobTemplate", "spec"]) else { return };
    job_spec(job, Owner::CronJob, sink);
    if let Some(entry) = job.entry("selector").filter(|entry| !entry.value.is_null()) {
        sink.key(&INVALID, entry, "the server generates the selector of a CronJob's Jobs").help =
            Some("remove `selector`".to_owned());
    }
    if let Some(node) = job.present("manualSelector").filter(|node| node.as_bool() == Some(true)) {
        sink.value(&INVALID, node, "the Jobs of a CronJob cannot have selectors of their own").help =
            Some("remove `manualSelector`".to_owned());
    }
}

fn schedule(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(text) = node.as_str() else { return };
    if text.is_empty() {
        sink.value(&REQUIRED, node, "`schedule` is empty").help =
            Some("write a schedule, such as `0 3 * * *`".to_owned());
    } else if text.contains("TZ") {
        let message = format!("`{}` must not name a time zone", printable(text));
        sink.value(&INVALID, node, message).help = Some("remove it, and set `timeZone`".to_owned());
    } else if let Err(reason) = cron::parse(text) {
        let message = format!("`{}` is no schedule: {}", printable(text), printable(&reason));
        let sunday = text.split_whitespace().nth(4).is_some_and(|days| days.contains('7'));
        sink.value(&INVALID, node, message).help = Some(if sunday && reason.contains("of the week") {
            "Sunday is `0`".to_owned()
        } else {
            "write minute, hour, day of month, month and day of week, such as `0 3 * * *`".to_owned()
        });
    }
}

fn time_zone(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(text) = node.as_str() else { return };
    if text.is_empty() {
        sink.value(&INVALID, node, "`timeZone` is empty").help = Some("remove it, or name a time zone".to_owned());
    } else if text.eq_ignore_ascii_case("local") {
        sink.value(&INVALID, node, format!("`{text}` names no time zone")).help =
            Some("name one, such as `Etc/UTC`".to_owned());
    } else if !cron::is_time_zone(text) {
        let help = nearest(text, cron::time_zones()).map(|zone| format!("did you mean `{zone}`?"));
        sink.value(&INVALID, node, format!("there is no time zone `{}`", printable(text))).help = help;
    }
}

fn job_spec(spec: &Node<'_>, owner: Owner, sink: &mut Sink<'_, '_>) {
    let counts = [
        "parallelism",
        "completions",
        "activeDeadlineSeconds",
        "backoffLimit",
        "ttlSecondsAfterFinished",
        "backoffLimitPerIndex",
        "maxFailedIndexes",
    ];
    for field in counts {
        non_negative(spec, field, sink);
    }
    template_metadata(spec, sink);
    if let Some(node) = spec.present("managedBy") {
        managed_by(node, sink);
    }
    // An empty mode is none of the two, and not absent.
    let modes = ["NonIndexed", "Indexed"];
    if let Some(node) = spec.present("completionMode")
        && node.as_str().is_some_and(|mode| !modes.contains(&mode))
    {
        sink.none_of(node, &modes);
    }
    let completions = completions(spec, owner);
    match mode(spec) {
        Some("Indexed") => indexed(spec, completions, sink),
        Some("NonIndexed") => {
            for field in ["backoffLimitPerIndex", "maxFailedIndexes", "successPolicy"] {
                if let Some(entry) = spec.entry(field).filter(|entry| !entry.value.is_null()) {
                    let message = format!("`{field}` needs a Job whose completions are indexed");
                    sink.key(&INVALID, entry, message).help =
                        Some(format!("set `completionMode: Indexed`, or remove `{field}`"));
                }
            }
        }
        _ => {}
    }
    if spec.present("maxFailedIndexes").is_some() && spec.present("backoffLimitPerIndex").is_none() {
        let finding = sink.missing(spec, "backoffLimitPerIndex");
        "`maxFailedIndexes` needs `backoffLimitPerIndex`".clone_into(&mut finding.message);
    }
    job_policies::check(spec, completions, sink);
}

/// The completion mode; none where it is wrong.
fn mode<'n>(spec: &'n Node<'_>) -> Option<&'n str> {
    spec.present("completionMode").map_or(Some("NonIndexed"), Node::as_str)
}

/// How often the Job must succeed. A Job with neither number has one completion, but not one within a `CronJob`.
fn completions(spec: &Node<'_>, owner: Owner) -> Option<i64> {
    match (spec.present("completions"), spec.present("parallelism")) {
        (Some(node), _) => node.as_i64(),
        (None, None) if owner == Owner::Job => Some(1),
        _ => None,
    }
}

fn indexed(spec: &Node<'_>, completions: Option<i64>, sink: &mut Sink<'_, '_>) {
    let failed = spec.present("maxFailedIndexes").and_then(|node| Some((node, node.as_i64()?)));
    let many =
        spec.present("backoffLimitPerIndex").is_some() && completions.is_some_and(|count| count > MANY_COMPLETIONS);
    let limit = if many { 10_000 } else { 100_000 };
    at_most(spec, "parallelism", limit, sink);
    at_most(spec, "maxFailedIndexes", limit, sink);
    if spec.present("completions").is_none() && completions.is_none() {
        let finding = sink.missing(spec, "completions");
        "a Job whose completions are indexed needs `completions`".clone_into(&mut finding.message);
    }
    if let (Some((node, failed)), Some(completions)) = (failed, completions)
        && failed > completions
    {
        let message = format!("`maxFailedIndexes` is `{failed}`, over `completions`, `{completions}`");
        sink.value(&RANGE, node, message).help = Some(format!("write `{completions}` or less"));
    }
    if many && spec.present("maxFailedIndexes").is_none() {
        sink.missing(spec, "maxFailedIndexes").message = format!(
            "a Job of over {MANY_COMPLETIONS} completions with `backoffLimitPerIndex` needs `maxFailedIndexes`"
        );
    }
}

fn managed_by(node: &Node<'_>, sink: &mut Sink<'_, '_>) {
    let Some(text) = node.as_str() else { return };
    let in_path = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
    let sound = text
        .split_once('/')
        .is_some_and(|(domain, path)| is_dns1123_subdomain(domain) && !path.is_empty() && path.bytes().all(in_path));
    if !sound {
        let message = format!("`{}` is no path with a domain before it", printable(text));
        sink.value(&INVALID, node, message).help = Some("write it as in `example.com/controller`".to_owned());
    }
    if text.len() > 63 {
        let message = format!("`managedBy` has {} bytes, of 63 at most", text.len());
        sink.value(&RANGE, node, message);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::check;
    use crate::check::written::{Written, summary};

    fn job(name: &str, spec: &Json) -> String {
        let object = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": spec});
        summary(&Written::new(&object).findings(|object, sink| check(object, sink)))
    }

    fn cron_job(name: &str, fields: &Json) -> String {
        let mut spec = json!({"schedule": "0 3 * * *", "jobTemplate": {"spec": {}}});
        for (key, value) in fields.as_object().unwrap() {
            spec[key] = value.clone();
        }
        let object = json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": name}, "spec": spec});
        summary(&Written::new(&object).findings(|object, sink| check(object, sink)))
    }

    #[test]
    fn the_name_of_a_job_becomes_a_label_unless_it_has_a_selector_of_its_own() {
        assert_eq!(job(&"j".repeat(63), &json!({})), "");
        assert!(job(&"j".repeat(64), &json!({})).starts_with("metadata/name"));
        let manual = json!({"manualSelector": true, "selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}}});
        assert_eq!(job(&"j".repeat(64), &manual), "");
        assert!(job("j", &json!({"manualSelector": true})).starts_with("schema/required /spec/selector:"));
    }

    #[test]
    fn what_the_server_generates_must_not_be_written_otherwise() {
        assert!(job("j", &json!({"selector": {"matchLabels": {"app": "web"}}})).contains("generates the selector"));
        let labels = |labels: Json| job("j", &json!({"template": {"metadata": {"labels": labels}}}));
        assert!(labels(json!({"controller-uid": "b6d2"})).contains("the uid that it gives"));
        assert!(labels(json!({"job-name": "other"})).contains("the name of the Job"));
        assert_eq!(labels(json!({"job-name": "j", "app": "web"})), "");
    }

    #[test]
    fn indexed_jobs_have_completions() {
        assert_eq!(job("j", &json!({"completionMode": "Indexed"})), "", "one by default");
        assert!(
            job("j", &json!({"completionMode": "Indexed", "parallelism": 2}))
                .starts_with("schema/required /spec/completions:")
        );
        assert!(
            cron_job("c", &json!({"jobTemplate": {"spec": {"completionMode": "Indexed"}}}))
                .contains("/spec/jobTemplate/spec/completions:")
        );
        assert!(job("a.b", &json!({"completionMode": "Indexed"})).contains("`a.b-0`"));
        assert!(job("j", &json!({"backoffLimitPerIndex": 1})).contains("needs a Job whose completions are indexed"));
        assert!(job("j", &json!({"completionMode": "Indexed", "completions": 3, "maxFailedIndexes": 4, "backoffLimitPerIndex": 1})).contains("over `completions`"));
    }

    #[test]
    fn a_cron_job_has_a_schedule_and_a_time_zone_that_exist() {
        assert_eq!(cron_job(&"c".repeat(52), &json!({"timeZone": "Europe/Vienna"})), "");
        assert!(cron_job(&"c".repeat(53), &json!({})).contains("of 52 at most"));
        assert!(cron_job("c", &json!({"schedule": "0 3 * * 7"})).contains("is no schedule: the day of the week"));
        assert!(cron_job("c", &json!({"schedule": "TZ=UTC 0 3 * * *"})).contains("must not name a time zone"));
        assert!(cron_job("c", &json!({"timeZone": "Europe/Wien"})).contains("no time zone `Europe/Wien`"));
        assert!(cron_job("c", &json!({"timeZone": "Local"})).contains("names no time zone"));
        assert!(cron_job("c", &json!({"timeZone": ""})).contains("is empty"));
        assert!(cron_job("c", &json!({"jobTemplate": {"spec": {"selector": {}}}})).contains("generates the selector"));
    }

    #[test]
    fn a_manager_is_a_path_with_a_domain() {
        assert_eq!(job("j", &json!({"managedBy": "example.com/controller"})), "");
        assert!(job("j", &json!({"managedBy": "controller"})).contains("no path with a domain"));
        assert!(job("j", &json!({"managedBy": format!("example.com/{}", "c".repeat(60))})).contains("72 bytes"));
    }
}
