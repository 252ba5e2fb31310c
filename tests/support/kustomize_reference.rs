//! What Kustomize makes of a kustomization, from upstream's own code.
//!
//! In: the files of a repository, the folder to render, and how.
//! Out: for each question the YAML that `kustomize build` prints, or the reason for refusing it.
//! Never: no file of this machine is read, nothing is fetched, and no question influences the next.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::go_program::GoProgram;

/// The version is what `buildMetadata: [managedByLabel]` prints.
const PROGRAM: GoProgram = GoProgram {
    name: "kustomize-reference",
    package: ".",
    linker_flags: "-s -w -X sigs.k8s.io/kustomize/api/provenance.version=kustomize/v5.8.1",
    first_build: "this takes some seconds, the first time a minute",
};

/// A repository, and what to render of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Question {
    /// By their paths from the root.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// From the root; the root itself is the empty path.
    pub(crate) folder: String,
    /// Objects stay in the order of the kustomizations, unless these say so themselves.
    pub(crate) keeps_order: bool,
    /// Kustomizations may read files outside of their folders.
    pub(crate) is_unrestricted: bool,
}

/// A running reference. One process answers any number of questions.
pub(crate) struct KustomizeReference {
    process: Child,
    questions: Option<BufWriter<ChildStdin>>,
    answers: BufReader<ChildStdout>,
}

impl KustomizeReference {
    pub(crate) fn start() -> Self {
        let mut process = Command::new(PROGRAM.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Kustomize reference starts");
        let questions = process.stdin.take().expect("its standard input is a pipe");
        let answers = process.stdout.take().expect("its standard output is a pipe");
        Self { process, questions: Some(BufWriter::new(questions)), answers: BufReader::new(answers) }
    }

    pub(crate) fn render(&mut self, question: &Question) -> Result<String, String> {
        self.render_all(std::slice::from_ref(question)).remove(0)
    }

    /// Answers in the order of the questions.
    pub(crate) fn render_all(&mut self, questions: &[Question]) -> Vec<Result<String, String>> {
        let pipe = self.questions.as_mut().expect("open until dropped");
        let answers = &mut self.answers;
        // Asked from another thread: both pipes are finite, and the reference answers as it reads.
        thread::scope(|scope| {
            scope.spawn(move || {
                for question in questions {
                    writeln!(pipe, "{}", encoded(question)).expect("the Kustomize reference takes a question");
                }
                pipe.flush().expect("the Kustomize reference takes a question");
            });
            questions.iter().map(|_| read_answer(answers)).collect()
        })
    }
}

impl Drop for KustomizeReference {
    fn drop(&mut self) {
        drop(self.questions.take());
        // It ends by itself now that its input has; nothing is left to do if it cannot be waited for.
        let _ = self.process.wait();
    }
}

fn encoded(question: &Question) -> Value {
    let files: BTreeMap<_, _> =
        question.files.iter().map(|(path, bytes)| (path.as_str(), STANDARD.encode(bytes))).collect();
    json!({
        "files": files,
        "folder": question.folder,
        "reorder": if question.keeps_order { "none" } else { "" },
        "unrestricted": question.is_unrestricted,
    })
}

fn read_answer(answers: &mut impl BufRead) -> Result<String, String> {
    let mut line = String::new();
    answers.read_line(&mut line).expect("the Kustomize reference answers");
    let mut answer: Value = serde_json::from_str(&line)
        .unwrap_or_else(|error| panic!("the Kustomize reference answered {line:?}: {error}"));
    match (answer["yaml"].take(), answer["err"].take()) {
        (Value::String(text), _) => Ok(text),
        (_, Value::String(why)) => Err(why),
        _ => panic!("the Kustomize reference answered {line:?}"),
    }
}
