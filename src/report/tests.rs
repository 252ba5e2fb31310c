//! One report with awkward content, in every format.

use serde_json::Value;

use super::*;
use crate::catalogue;
use crate::finding::ObjectReference;
use crate::manifest::Source;

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: api # \u{1b}[31mred
spec:
  replicas: three\r
  selector: {}
  replicas: 3
";

const SECRET: &str = "\
apiVersion: v1
kind: Secret
data:
  user: YWRtaW4=
  password: hunter2!
---
kind: Deployment
spec: {replicas: x}
";

/// The places of the report below, from texts as they might be.
struct Texts {
    deployment: Source,
    secret: Source,
    minified: Source,
}

impl Texts {
    fn new() -> Self {
        let filler = "\"x\":\"y\",".repeat(2000);
        Self {
            deployment: Source::new("apps/a b/#1.yaml", DEPLOYMENT),
            secret: Source::new("secrets/db.yaml", SECRET),
            minified: Source::new("z.json", format!("{{{filler}\"kind\":\"Servise\",{filler}\"a\":1}}")),
        }
    }

    fn text(&self, path: &str) -> Option<String> {
        [&self.deployment, &self.secret, &self.minified]
            .into_iter()
            .find(|source| &*source.path == path)
            .map(|source| source.text.clone())
    }

    fn report(&self) -> Report {
        let place = |source: &Source, text: &str| {
            let start = source.text.find(text).unwrap();
            source.place(u32::try_from(start).unwrap(), u32::try_from(start + text.len()).unwrap())
        };
        let object = |kind: &str, namespace: Option<&str>, name: &str| {
            Some(ObjectReference {
                api_version: "apps/v1".into(),
                kind: kind.into(),
                namespace: namespace.map(str::to_owned),
                name: Some(name.into()),
            })
        };
        let mut kind = Finding::new(
            &catalogue::schema::TYPE,
            place(&self.deployment, "three"),
            "`three` is a string, not an integer: <b>\"100%\"</b>, & [::error]",
        )
        .with_help("write `replicas: 3`")
        .with_related(place(&self.deployment, "replicas: 3"), "set again here")
        .with_related(place(&self.secret, "apiVersion"), "as in\nthis file");
        kind.object = object("Deployment", Some("web"), "api\u{1b}]0;owned\u{7}\u{9b}\u{202e}");
        kind.pointer = Some("/spec/replicas".into());
        kind.kubernetes = vec!["1.34".into(), "1.35".into()];
        let mut link = Finding::new(
            &catalogue::read::SYMLINK,
            Place::file("apps/a b/link.yaml"),
            "a link to `../x\ny.yaml` # here",
        );
        link.help = Some("remove it, 100% safe".into());
        let mut secret =
            Finding::new(&catalogue::object::SECRET_DATA, place(&self.secret, "hunter2!"), "`password` is not base64");
        secret.object = object("Secret", None, "db");
        secret.pointer = Some("/data/password".into());
        let broken = Finding::new(&catalogue::read::SYNTAX, place(&self.secret, "YWRtaW4="), "something is wrong");
        let mut policy = Finding::new(&catalogue::schema::RANGE, place(&self.secret, "x"), "a policy says no");
        policy.rule = "team/no-x".into();
        policy.tags = vec!["team".into()].into();
        policy.severity = Severity::Info;
        policy.place.range = policy.place.range.map(|mut range| {
            range.end.line += 1;
            range.end.column = 1;
            range
        });
        let twin = policy.clone();
        let long =
            Finding::new(&catalogue::schema::UNKNOWN_KIND, place(&self.minified, "Servise"), "`Servise` has no schema");
        let mut findings = vec![kind, link, secret, broken, policy, twin, long];
        findings.sort_by(Finding::order);
        Report {
            summary: Summary { files: 4, documents: 5, objects: 4, valid: 1, invalid: 2, skipped: 1, unchecked: 1 },
            skipped: vec![("a kustomization\u{7}".into(), 1)],
            unchecked: vec![("no schema".into(), 1)],
            trees: vec![
                TreeVerdict {
                    path: "apps".into(),
                    kind: TreeKind::Kustomization,
                    verdict: Verdict::Fail,
                    objects: 2,
                    applied_by: vec!["Flux Kustomization apps".into()],
                },
                TreeVerdict {
                    path: "base".into(),
                    kind: TreeKind::Plain,
                    verdict: Verdict::Pass,
                    objects: 1,
                    applied_by: Vec::new(),
                },
            ],
            findings,
            kubernetes: vec!["1.34".into(), "1.35".into(), "1.36".into()],
            reach: None,
        }
    }
}

fn written(format: Format, report: &Report, colour: bool) -> String {
    let texts = Texts::new();
    let source = |path: &str| texts.text(path);
    let context = Context {
        source: &source,
        colour,
        width: 100,
        display: &|path| format!("../{path}"),
        threshold: Severity::Deny,
    };
    let mut out = Vec::new();
    write(format, report, &context, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn awkward(format: Format) -> String {
    written(format, &Texts::new().report(), false)
}

#[test]
fn human() {
    insta::assert_snapshot!(awkward(Format::Human));
}

#[test]
fn json() {
    insta::assert_snapshot!(awkward(Format::Json));
}

#[test]
fn sarif() {
    let mut log: Value = serde_json::from_str(&awkward(Format::Sarif)).unwrap();
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
        // The manuals have their own page to be reviewed on
        for key in ["fullDescription", "help"] {
            if let Some(text) = rule.get_mut(key) {
                assert!(text["text"].is_string());
                *text = "…".into();
            }
        }
    }
    log["runs"][0]["tool"]["driver"]["version"] = "…".into();
    log["runs"][0]["tool"]["driver"]["semanticVersion"] = "…".into();
    insta::assert_snapshot!(format!("{log:#}"));
}

#[test]
fn junit() {
    insta::assert_snapshot!(awkward(Format::Junit));
}

#[test]
fn tap() {
    insta::assert_snapshot!(awkward(Format::Tap));
}

#[test]
fn github() {
    insta::assert_snapshot!(awkward(Format::Github));
}

#[test]
fn gitlab() {
    insta::assert_snapshot!(awkward(Format::Gitlab));
}

#[test]
fn a_clean_report_says_so_in_every_format() {
    let summary = Summary { files: 1, documents: 1, objects: 1, valid: 1, ..Summary::default() };
    let report = Report { summary, ..Report::default() };
    assert!(written(Format::Human, &report, false).ends_with("0 findings: 0 deny, 0 warn, 0 info\n✓ passed\n"));
    assert!(written(Format::Junit, &report, false).contains("tests=\"1\" failures=\"0\""));
    assert!(
        written(Format::Tap, &report, false)
            .starts_with("TAP version 14\n1..1\nok 1 - 1 file, 1 document, 1 object: 1 valid")
    );
    assert_eq!(written(Format::Gitlab, &report, false), "[]\n");
    assert!(!written(Format::Github, &report, false).contains("::"));
    assert!(written(Format::Sarif, &report, false).contains("\"results\": []"));
}

#[test]
fn lines_of_a_secret_are_masked_beside_another_document_too() {
    let text = "kind: Secret\nstringData:\n  a: hunter2\n--- {kind: Servise, x: 1}\n---\nkind: Secret\ndata: |\n  -----BEGIN hunter2";
    let source = Source::new("a.yaml", text);
    let place = |start: usize| source.place(u32::try_from(start).unwrap(), u32::try_from(start + 3).unwrap());
    for offset in [text.find("Servise").unwrap(), text.find("data: |").unwrap(), text.len() - 3] {
        let findings = vec![Finding::new(&catalogue::read::SYNTAX, place(offset), "wrong")];
        let context = Context {
            source: &|_| Some(text.to_owned()),
            colour: false,
            width: 80,
            display: &str::to_owned,
            threshold: Severity::Deny,
        };
        let mut out = Vec::new();
        write(Format::Human, &Report { findings, ..Report::default() }, &context, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("***") && !out.contains("hunter2"), "{out}");
        assert_eq!(out.contains("Servise"), offset == text.find("Servise").unwrap(), "{out}");
    }
}

#[test]
fn nothing_checked_is_not_called_passed() {
    assert!(written(Format::Human, &Report::default(), false).ends_with("nothing was checked\n"));
}

#[test]
fn no_format_writes_a_control_character_of_a_manifest_or_a_secret() {
    for format in <Format as clap::ValueEnum>::value_variants() {
        let text = awkward(*format);
        let raw: Vec<char> =
            text.chars().filter(|character| *character != '\n' && printable::is_unsafe(*character)).collect();
        assert!(raw.is_empty(), "{format:?}: {raw:?}");
        assert!(!text.contains("hunter2") && !text.contains("YWRtaW4"), "{format:?}");
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{format:?}");
    }
}

#[test]
fn colours_are_written_only_when_asked_for() {
    let report = Texts::new().report();
    let coloured = written(Format::Human, &report, true);
    assert!(coloured.contains("\u{1b}[31m") && coloured.contains("\u{1b}[1;31m✗ failed"));
    assert!(!coloured.contains("\u{1b}[31mred") && !coloured.contains("\u{1b}]0;"), "a sequence of the manifest");
}

#[test]
fn findings_that_differ_by_line_only_have_different_fingerprints() {
    let report = Texts::new().report();
    let fingerprints = fingerprints(&report.findings);
    let distinct: std::collections::HashSet<&String> = fingerprints.iter().collect();
    assert_eq!(distinct.len(), report.findings.len());
    let first_twin = report.findings.iter().position(|finding| finding.rule == "team/no-x").unwrap();
    assert_eq!(fingerprints[first_twin], report.findings[first_twin].fingerprint(0));
    assert_eq!(fingerprints[first_twin + 1], report.findings[first_twin].fingerprint(1));
}

#[test]
fn the_committed_schema_is_up_to_date_and_real_output_fits_it() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/report.schema.json");
    if std::env::var_os("PLIMSOLL_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, json_schema()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == json_schema(), "run the tests with PLIMSOLL_BLESS=1");
    let validator = jsonschema::validator_for(&serde_json::from_str(&committed).unwrap()).unwrap();
    let mut report: Value = serde_json::from_str(&awkward(Format::Json)).unwrap();
    assert_eq!(validator.iter_errors(&report).map(|error| error.to_string()).collect::<Vec<_>>(), Vec::<String>::new());
    for key in ["rule", "line", "object", "help", "related", "kubernetes"] {
        let removed = report["findings"][0].as_object_mut().unwrap().remove(key).unwrap();
        assert!(!validator.is_valid(&report), "`{key}` is always written, and the schema does not say so");
        report["findings"][0][key] = removed;
    }
    report["schema"] = 2.into();
    assert!(!validator.is_valid(&report));
}

/// What the SARIF 2.1.0 schema and code scanning demand of what we write.
#[test]
fn sarif_keeps_to_its_standard() {
    let log: Value = serde_json::from_str(&awkward(Format::Sarif)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    assert_eq!(run["tool"]["driver"]["name"], "plimsoll");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let mut fingerprints = std::collections::HashSet::new();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), Texts::new().report().findings.len());
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert!(fingerprints.insert(result["partialFingerprints"]["plimsoll/v1"].as_str().unwrap()));
        let related = result["relatedLocations"].as_array().map_or(&[][..], Vec::as_slice);
        assert_eq!(result["locations"].as_array().unwrap().len(), 1);
        for location in result["locations"].as_array().unwrap().iter().chain(related) {
            let physical = &location["physicalLocation"];
            assert_eq!(physical["artifactLocation"]["uriBaseId"], "%SRCROOT%");
            let uri = physical["artifactLocation"]["uri"].as_str().unwrap();
            assert!(
                !uri.starts_with('/')
                    && uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte)),
                "{uri}"
            );
            if let Some(region) = physical.get("region") {
                let number = |key: &str| region[key].as_u64().unwrap();
                assert!(number("startLine") >= 1 && number("startColumn") >= 1);
                assert!((number("endLine"), number("endColumn")) >= (number("startLine"), number("startColumn")));
            }
        }
    }
}

proptest::proptest! {
    /// miette asserts that marks are within their lines.
    #[test]
    fn any_text_with_any_ranges_can_be_shown(
        text in "([a-k :{}\"'#-]|é|日|🚢|\t|\r|\n|\r\n|\n---\n|kind: Secret\n|\u{1b}|\u{202e}){0,60}",
        shown in "[a-e\n]{0,20}",
        ends in proptest::collection::vec((0u32..150, 0u32..150), 1..5),
        stale in proptest::bool::ANY,
        width in 0usize..120,
    ) {
        let source = Source::new("a.yaml", text.as_str());
        let mut places = ends.iter().map(|(one, other)| source.place(*one.min(other), *one.max(other)));
        let mut finding = Finding::new(&catalogue::schema::TYPE, places.next().unwrap(), "wrong");
        finding.related = places.map(|place| crate::finding::Related { place, message: "here".into() }).collect();
        let current = if stale { &shown } else { &text };
        let context = Context { source: &|_| Some(current.clone()), colour: false, width, display: &str::to_owned, threshold: Severity::Deny };
        let mut out = Vec::new();
        write(Format::Human, &Report { findings: vec![finding.clone()], ..Report::default() }, &context, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let start = finding.place.range.unwrap().start;
        let header = format!("a.yaml:{}:{}", start.line, start.column);
        proptest::prop_assert!(out.contains(&header), "{header}\n{out}");
        proptest::prop_assert_eq!(out.matches("here").count(), ends.len() - 1, "{}", out);
        let raw = out.chars().any(|character| character != '\n' && printable::is_unsafe(character));
        proptest::prop_assert!(!raw, "{out}");
    }
}

#[test]
fn many_findings_in_a_large_file_are_written_in_little_time() {
    let source = Source::new("big.json", format!("{{{}}}", "\"key\":\"value\",".repeat(200_000)));
    let findings: Vec<Finding> = (0..2000)
        .map(|index| {
            Finding::new(
                &catalogue::schema::TYPE,
                source.place(index * 1000, index * 1000 + 5),
                format!("number {index}"),
            )
        })
        .collect();
    let report = Report { findings, ..Report::default() };
    let context = Context {
        source: &|_| Some(source.text.clone()),
        colour: false,
        width: 100,
        display: &str::to_owned,
        threshold: Severity::Deny,
    };
    let start = std::time::Instant::now();
    let mut out = Vec::new();
    write(Format::Human, &report, &context, &mut out).unwrap();
    assert!(out.len() < 2000 * 2000, "{} bytes", out.len());
    // In a debug build, on a busy machine: reading the whole file for each finding takes minutes
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
