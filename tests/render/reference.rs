//! What the comparisons stand on: one process of the reference answers every question as a process of its own would.

use crate::rendering::{files_of, question};
use crate::support::kustomize_reference::{KustomizeReference, Question};

fn fixture(name: &str) -> Question {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/render").join(name);
    question(&files_of(&root), "")
}

/// The fixture of an `openapi`, without that word.
fn without_schema(mut question: Question) -> Question {
    let text = String::from_utf8(question.files["kustomization.yaml"].clone()).unwrap();
    let text = text.replace("openapi:\n  path: schema.json\n", "");
    question.files.insert("kustomization.yaml".to_owned(), text.into_bytes());
    question
}

/// The same kustomization as the base of another one, whose root has no `openapi` that would be set back.
fn as_a_base(question: &Question) -> Question {
    let mut files: std::collections::BTreeMap<_, _> =
        question.files.iter().map(|(path, bytes)| (format!("base/{path}"), bytes.clone())).collect();
    files.insert("kustomization.yaml".to_owned(), b"resources:\n- base\n".to_vec());
    Question { files, ..question.clone() }
}

#[test]
fn schemas_of_one_question_have_no_part_in_the_next() {
    let with = fixture("openapi-merges-lists-of-a-custom-resource");
    let without = without_schema(with.clone());
    let builtin = fixture("patch-containers-ports-and-environment");
    let mut invalid = with.clone();
    invalid.files.insert("schema.json".to_owned(), b"{\"definitions\": 3}".to_vec());
    let mut questions = Vec::new();
    for disturbing in [&with, &as_a_base(&with), &invalid, &as_a_base(&invalid)] {
        questions.extend([disturbing.clone(), without.clone(), disturbing.clone(), builtin.clone(), with.clone()]);
    }
    // Go's own words for an error are not always the same
    let ask = |questions: &[Question]| {
        let answers = KustomizeReference::start().render_all(questions).into_iter();
        answers.map(|answer| answer.map_err(|_| "refused")).collect::<Vec<_>>()
    };
    let alone: Vec<_> = questions.iter().flat_map(|question| ask(std::slice::from_ref(question))).collect();
    assert_ne!(alone[0], alone[1], "the schema counts for nothing in this question");
    for (index, together) in ask(&questions).iter().enumerate() {
        assert_eq!(together, &alone[index], "question {index}");
    }
}

#[test]
fn what_panics_or_is_remote_is_an_answer_like_any_other() {
    let ask = |text: &str| {
        let files = [("kustomization.yaml".to_owned(), text.as_bytes().to_vec())].into();
        KustomizeReference::start().render(&Question { files, ..Question::default() })
    };
    assert!(ask("resources:\n- https://registry.example.invalid/install.yaml\n").is_err());
    assert!(ask("resources:\n- https://git.example.invalid/team/app//base?ref=v1\n").is_err());
    assert!(ask("resources: [\n").is_err());
    assert!(ask("").is_err());
}
