//! What Kubernetes makes of a YAML document, from the very library it reads YAML with.
//!
//! In: YAML texts, or JSON texts to print.
//! Out: for each, the JSON value or the reason for refusing it, strict and lax; or the YAML that is printed.
//! Never: it does not repair or split a text. Of several documents the library reads the first.

use std::io::{BufRead, BufReader, BufWriter, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;

use serde_json::{Value, json};

use super::go_program::GoProgram;

const PROGRAM: GoProgram =
    GoProgram { name: "yaml-reference", linker_flags: "-s -w", package: ".", first_build: "this takes some seconds" };

/// What became of one text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conversion {
    /// Duplicate keys refused, as the API server does for `fieldValidation=Strict`.
    pub(crate) strict: Result<Value, String>,
    /// Duplicate keys tolerated, as most clients do.
    pub(crate) lax: Result<Value, String>,
}

/// What became of a JSON text that was to be printed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Printed {
    /// This YAML.
    Text(String),
    /// Another YAML each time: the library's order of these keys is none.
    Unsteady,
    /// Nothing, for this reason.
    Refused(String),
}

/// A running reference. One process answers any number of texts.
pub(crate) struct YamlReference {
    process: Child,
    questions: Option<BufWriter<ChildStdin>>,
    answers: BufReader<ChildStdout>,
}

impl YamlReference {
    pub(crate) fn start() -> Self {
        let mut process = Command::new(PROGRAM.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the YAML reference starts");
        let questions = process.stdin.take().expect("its standard input is a pipe");
        let answers = process.stdout.take().expect("its standard output is a pipe");
        Self { process, questions: Some(BufWriter::new(questions)), answers: BufReader::new(answers) }
    }

    pub(crate) fn convert_strict(&mut self, text: &str) -> Result<Value, String> {
        self.convert(text).strict
    }

    pub(crate) fn convert_lax(&mut self, text: &str) -> Result<Value, String> {
        self.convert(text).lax
    }

    pub(crate) fn convert(&mut self, text: &str) -> Conversion {
        self.convert_all(&[text]).remove(0)
    }

    /// Answers in the order of the texts.
    pub(crate) fn convert_all<Text: AsRef<str> + Sync>(&mut self, texts: &[Text]) -> Vec<Conversion> {
        self.ask_all("in", texts).into_iter().map(conversion).collect()
    }

    /// Prints JSON as YAML, in the order of the texts.
    pub(crate) fn print_all<Text: AsRef<str> + Sync>(&mut self, texts: &[Text]) -> Vec<Printed> {
        self.ask_all("print", texts).iter().map(printed).collect()
    }

    fn ask_all<Text: AsRef<str> + Sync>(&mut self, what: &str, texts: &[Text]) -> Vec<Value> {
        let questions = self.questions.as_mut().expect("open until dropped");
        let answers = &mut self.answers;
        // Asked from another thread: both pipes are finite, and the reference answers as it reads.
        thread::scope(|scope| {
            scope.spawn(move || {
                for text in texts {
                    let question = json!({ what: text.as_ref() });
                    writeln!(questions, "{question}").expect("the YAML reference takes a question");
                }
                questions.flush().expect("the YAML reference takes a question");
            });
            texts.iter().map(|_| read_answer(answers)).collect()
        })
    }
}

impl Drop for YamlReference {
    fn drop(&mut self) {
        drop(self.questions.take());
        // It ends by itself now that its input has; nothing is left to do if it cannot be waited for.
        let _ = self.process.wait();
    }
}

fn read_answer(answers: &mut impl BufRead) -> Value {
    let mut line = String::new();
    answers.read_line(&mut line).expect("the YAML reference answers");
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("the YAML reference answered {line:?}: {error}"))
}

fn conversion(mut answer: Value) -> Conversion {
    let mut take = |value: &str, failure: &str| match answer[failure].take() {
        Value::String(why) => Err(why),
        _ => Ok(answer[value].take()),
    };
    Conversion { strict: take("json", "err"), lax: take("lax", "lax_err") }
}

fn printed(answer: &Value) -> Printed {
    match (&answer["yaml"], &answer["err"]) {
        (_, Value::String(why)) => Printed::Refused(why.clone()),
        _ if answer["unsteady"] == true => Printed::Unsteady,
        (text, _) => Printed::Text(text.as_str().unwrap_or_default().to_owned()),
    }
}
