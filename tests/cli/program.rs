//! A folder of one test, and Plimsoll in it.
//!
//! In: files and arguments. Out: what the program wrote and how it ended. It never lets a program that hangs hang the
//! test.

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Far more than any test needs on any machine: a run that takes so long hangs.
const HANGS: Duration = Duration::from_mins(4);

/// An object without a mistake.
pub(crate) const SOUND: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: sound\ndata:\n  level: info\n";

/// An object with a mistake on line 6.
pub(crate) const MISTAKEN: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: mistaken
spec:
  replicas: three
  selector: {matchLabels: {app: mistaken}}
  template:
    metadata: {labels: {app: mistaken}}
    spec: {containers: [{name: web, image: registry.example.com/web:1.2.0}]}
";

/// An object whose API goes with Kubernetes 1.32: still served in 1.31, gone in 1.36.
pub(crate) const OUTDATED: &str = "\
apiVersion: flowcontrol.apiserver.k8s.io/v1beta3
kind: FlowSchema
metadata:
  name: outdated
spec:
  priorityLevelConfiguration: {name: workload-low}
";

/// A temporary folder.
pub(crate) struct Folder(tempfile::TempDir);

/// How a run ended.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A folder that is a Git repository.
    pub(crate) fn repository() -> Self {
        let folder = Self::new();
        folder.git(&["init", "--quiet", "--initial-branch=main"]);
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> &Self {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let run = self.try_git(arguments);
        assert_eq!(run.code, 0, "git {arguments:?}: {}", run.stderr);
        run.stdout
    }

    /// Git with nobody's settings, and with no `plimsoll` of the machine on the PATH of its hooks.
    pub(crate) fn try_git(&self, arguments: &[&str]) -> Run {
        let mut command = Command::new("git");
        command
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org"])
            .args(arguments)
            .current_dir(self.path())
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        run(&mut command, b"")
    }

    pub(crate) fn commit(&self) -> &Self {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--no-verify", "-m", "change"]);
        self
    }

    /// `plimsoll` with these arguments.
    pub(crate) fn plimsoll(&self, arguments: &[&str]) -> Run {
        run(&mut self.command(arguments), b"")
    }

    pub(crate) fn plimsoll_reading(&self, standard_input: &[u8], arguments: &[&str]) -> Run {
        run(&mut self.command(arguments), standard_input)
    }

    /// The command, to be changed before it is run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
        command
            .args(arguments)
            .current_dir(self.path())
            .env_remove("NO_COLOR")
            // A helm of the machine's would make other findings than on the next one, and what was kept of it, too.
            .env("PATH", without_helm())
            .env("XDG_CACHE_HOME", "/dev/null")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }

    /// The same with a helm on the PATH.
    #[allow(dead_code, reason = "only tests of charts need it")]
    pub(crate) fn check_with_helm(&self, helm: &Path, arguments: &[&str]) -> Checked {
        let mut command = self.command(&[&["check", "--format", "json"], arguments].concat());
        Checked::new(&run(command.env("PATH", helm.parent().unwrap()), b""))
    }

    /// `plimsoll check --format json` with further arguments.
    pub(crate) fn check(&self, arguments: &[&str]) -> Checked {
        Checked::new(&self.plimsoll(&[&["check", "--format", "json"], arguments].concat()))
    }
}

/// A run that wrote a JSON report.
pub(crate) struct Checked {
    pub(crate) code: i32,
    pub(crate) report: Value,
}

impl Checked {
    pub(crate) fn new(run: &Run) -> Self {
        let report = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|error| panic!("no report: {error}\n{}{}", run.stdout, run.stderr));
        Self { code: run.code, report }
    }

    pub(crate) fn findings(&self) -> &[Value] {
        self.report["findings"].as_array().unwrap()
    }

    /// `path:line rule` of each finding; the line is `-` for a file as a whole.
    pub(crate) fn found(&self) -> Vec<String> {
        let line = |finding: &Value| finding["line"].as_u64().map_or("-".to_owned(), |line| line.to_string());
        let place = |finding: &Value| format!("{}:{}", finding["path"].as_str().unwrap(), line(finding));
        self.findings()
            .iter()
            .map(|finding| format!("{} {}", place(finding), finding["rule"].as_str().unwrap()))
            .collect()
    }

    pub(crate) fn count(&self, what: &str) -> u64 {
        self.report["summary"][what].as_u64().unwrap_or_else(|| panic!("the summary has no `{what}`"))
    }
}

/// The PATH without folders that hold a helm.
fn without_helm() -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::env::split_paths(&path).filter(|folder| !folder.join("helm").exists())).unwrap()
}

/// Runs a command to its end. Both pipes are emptied as it writes, so that it never waits for the test.
pub(crate) fn run(command: &mut Command, standard_input: &[u8]) -> Run {
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdout = read_all(process.stdout.take().unwrap());
    let stderr = read_all(process.stderr.take().unwrap());
    // A program that does not read its input closes the pipe
    let _ = process.stdin.take().unwrap().write_all(standard_input);
    let code = wait(&mut process);
    Run { code, stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

fn read_all(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).expect("what Plimsoll writes is UTF-8")
    })
}

/// The exit code; a signal has none, and fails the test.
pub(crate) fn wait(process: &mut Child) -> i32 {
    let start = Instant::now();
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status.code().unwrap_or_else(|| panic!("it was ended by a signal: {status}"));
        }
        if start.elapsed() > HANGS {
            process.kill().unwrap();
            panic!("it hangs");
        }
        thread::sleep(Duration::from_millis(5));
    }
}
