//! A real Kubernetes control plane for tests: etcd and the API server, on this machine.
//!
//! In: manifests, and arguments for kubectl. From the environment, as suites of Kubernetes
//! controllers commonly have it: `USE_EXISTING_CLUSTER=true` takes the cluster of the current
//! kubeconfig instead of starting one; `TEST_ASSET_ETCD`, `TEST_ASSET_KUBE_APISERVER`,
//! `TEST_ASSET_KUBE_CONTROLLER_MANAGER`, `TEST_ASSET_KUBE_SCHEDULER` and `TEST_ASSET_KUBECTL` name
//! other builds of the parts, and `KUBEBUILDER_ASSETS` a folder that holds some of them.
//! Out: what kubectl printed, and the API server's verdicts.
//! Never: it does not outlive the test process, not even one that is killed, and it writes nothing
//! to the user's own kubeconfig or caches.
//!
//! The Go program is built in every case, since it also holds the client of the batch path.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::go_program::GoProgram;

/// The version has to be told to the linker, else clients that parse it refuse the server.
const PROGRAM: GoProgram = GoProgram {
    name: "control-plane",
    package: ".",
    linker_flags: "-s -w \
        -X k8s.io/component-base/version.gitVersion=v1.37.2 \
        -X k8s.io/component-base/version.gitMajor=1 \
        -X k8s.io/component-base/version.gitMinor=37",
    first_build: "the first time this takes several minutes",
};

/// How long the servers may take to stop before they are ended the hard way.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A server that most tests do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptionalServer {
    ControllerManager,
    Scheduler,
}

/// The API server's word on one manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    Rejected(String),
}

/// A verdict of the batch path, with what else the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedVerdict {
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    /// The HTTP status; 0 where no answer came.
    pub(crate) code: u64,
    pub(crate) warnings: Vec<String>,
}

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

pub(crate) struct ControlPlane {
    program: PathBuf,
    kubeconfig: PathBuf,
    origin: Origin,
}

/// Where the cluster comes from. Either way a folder lies around the kubeconfig that goes with it.
enum Origin {
    /// The servers remove their folder when they stop, which happens even to a killed test.
    Started { _servers: Servers },
    /// Holds the copy of the user's kubeconfig.
    Existing { _folder: TempDir },
}

struct Servers {
    process: Child,
    /// The servers stop when this pipe closes, by `Drop` or by the end of the test process.
    standard_input: Option<ChildStdin>,
}

impl ControlPlane {
    /// Ready for Pods in the namespace `default` when it returns.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(optional: &[OptionalServer]) -> Self {
        let program = PROGRAM.path();
        if env::var("USE_EXISTING_CLUSTER").is_ok_and(|value| value == "true") {
            let folder = TempDir::with_prefix("control-plane-client-").expect("a folder can be made");
            let kubeconfig = copy_of_current_kubeconfig(&program, folder.path());
            return Self { program, kubeconfig, origin: Origin::Existing { _folder: folder } };
        }
        let (servers, kubeconfig) = Servers::start(&program, optional);
        Self { program, kubeconfig, origin: Origin::Started { _servers: servers } }
    }

    /// The one that all tests of a process share. It is never dropped: the pipe stops it.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<ControlPlane> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    pub(crate) fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Runs kubectl against this cluster.
    pub(crate) fn kubectl(&self, arguments: &[&str], standard_input: Option<&str>) -> Output {
        let mut command = kubectl_command(&self.program);
        command
            .args(arguments)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("KUBECACHEDIR", self.kubeconfig.with_file_name("kubectl-cache"))
            .env("KUBERC", "off");
        run(&mut command, standard_input.unwrap_or_default())
    }

    /// What `kubectl apply` would be told. Kubectl reads the YAML itself, and of two equal keys it
    /// silently keeps the last: for the server's own reading see [`Self::server_dry_run`].
    pub(crate) fn dry_run(&self, manifest: &str) -> Verdict {
        let arguments = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
        let output = self.kubectl(&arguments, Some(manifest));
        if output.status.success() { Verdict::Accepted } else { Verdict::Rejected(output.stderr.trim_end().to_owned()) }
    }

    /// Really creates what `texts` hold, in order, and waits until defined kinds are served.
    /// What is there already stays as it is.
    pub(crate) fn set_up(&self, texts: &[impl AsRef<str>]) {
        let setup: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        self.batch(&json!({ "setup": setup, "objects": [] }));
    }

    /// The server's verdicts on hundreds of manifests of one document each, in their order.
    pub(crate) fn server_dry_run(&self, objects: &[(impl AsRef<str>, impl AsRef<str>)]) -> Vec<NamedVerdict> {
        let objects: Vec<Value> = objects
            .iter()
            .map(|(name, manifest)| json!({ "name": name.as_ref(), "manifest": manifest.as_ref() }))
            .collect();
        let answer = self.batch(&json!({ "setup": [], "objects": objects }));
        let verdicts = answer.as_array().expect("the batch path answers with a list");
        verdicts.iter().map(read_verdict).collect()
    }

    fn batch(&self, input: &Value) -> Value {
        let mut command = Command::new(&self.program);
        command.arg("dry-run").arg("--kubeconfig").arg(&self.kubeconfig);
        let output = run(&mut command, &input.to_string());
        assert!(output.status.success(), "the batch path failed: {}", output.stderr);
        serde_json::from_str(&output.stdout)
            .unwrap_or_else(|error| panic!("the batch path answered {:?}: {error}", output.stdout))
    }
}

impl Servers {
    fn start(program: &Path, optional: &[OptionalServer]) -> (Self, PathBuf) {
        let names: Vec<&str> = optional.iter().map(|server| server.name()).collect();
        let mut process = Command::new(program)
            .args(["serve", "--with", &names.join(",")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the control plane program starts");
        let standard_input = process.stdin.take();
        let standard_output = process.stdout.take().expect("its standard output is a pipe");
        let servers = Self { process, standard_input };

        // One line when all is ready, or none at all: the program has its own time limit.
        let mut line = String::new();
        BufReader::new(standard_output).read_line(&mut line).expect("the control plane program says where it listens");
        let ready: Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("the control plane did not start; the reason is on standard error above"));
        let kubeconfig = ready["kubeconfig"].as_str().expect("a path is announced");
        (servers, PathBuf::from(kubeconfig))
    }
}

impl OptionalServer {
    fn name(self) -> &'static str {
        match self {
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        drop(self.standard_input.take());
        let deadline = Instant::now() + STOP_LIMIT;
        while let Ok(None) = self.process.try_wait() {
            if Instant::now() > deadline {
                // Its own children see their pipes close and end by themselves.
                let _ = self.process.kill();
                let _ = self.process.wait();
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Several files and references to others become one file that stands by itself.
fn copy_of_current_kubeconfig(program: &Path, folder: &Path) -> PathBuf {
    let mut command = kubectl_command(program);
    command.args(["config", "view", "--raw", "--flatten", "--minify"]);
    let output = run(&mut command, "");
    assert!(
        output.status.success(),
        "USE_EXISTING_CLUSTER is set, but there is no usable current kubeconfig: {}",
        output.stderr
    );
    let copy = folder.join("kubeconfig");
    std::fs::write(&copy, output.stdout).expect("the temporary folder can be written");
    copy
}

fn kubectl_command(program: &Path) -> Command {
    if let Some(chosen) = env::var_os("TEST_ASSET_KUBECTL") {
        return Command::new(chosen);
    }
    if let Some(assets) = env::var_os("KUBEBUILDER_ASSETS") {
        let chosen = Path::new(&assets).join("kubectl");
        if chosen.is_file() {
            return Command::new(chosen);
        }
    }
    let mut command = Command::new(program);
    command.arg("kubectl");
    command
}

fn run(command: &mut Command, standard_input: &str) -> Output {
    let mut process = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} cannot be run: {error}"));
    let mut pipe = process.stdin.take().expect("its standard input is a pipe");
    thread::scope(|scope| {
        // A program that fails early does not read to the end; its output tells why.
        scope.spawn(move || {
            let _ = pipe.write_all(standard_input.as_bytes());
        });
        let output = process.wait_with_output().expect("a started program can be waited for");
        Output {
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    })
}

fn read_verdict(answer: &Value) -> NamedVerdict {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let verdict = if answer["accepted"] == Value::Bool(true) {
        Verdict::Accepted
    } else {
        Verdict::Rejected(text(&answer["message"]))
    };
    NamedVerdict {
        name: text(&answer["name"]),
        verdict,
        code: answer["code"].as_u64().unwrap_or_default(),
        warnings: answer["warnings"].as_array().into_iter().flatten().map(text).collect(),
    }
}
