//! The real `helm`, as a process that can do nothing but print.
//!
//! In: the program's place, arguments, and a folder of its own. Out: what it printed, or why it did not. It gets nothing
//! of the environment, no plugins, no repositories and no standard input, is killed when its time is up or its output
//! grows too large, and is pointed at a proxy that is not there, should it ever look for a network.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a rendering may take, unless the configuration says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// How many bytes a rendering may have.
const OUTPUT_LIMIT: usize = 64 << 20;

/// How many bytes of complaints are kept.
const COMPLAINT_LIMIT: usize = 64 << 10;

/// How often a running process is looked at.
const PAUSE: Duration = Duration::from_millis(4);

/// Nothing answers there; a proxy that does not answer ends every attempt to reach a host.
const NO_PROXY_THERE: &str = "http://127.0.0.1:1";

/// What a user says of Helm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelmOptions {
    /// The program, an absolute path; else it is looked for.
    pub path: Option<PathBuf>,
    /// The folders to look in: what `PATH` holds.
    pub search: Option<OsString>,
    /// How long a rendering may take.
    pub timeout: Option<Duration>,
    /// The folder that renderings are kept in; none keeps nothing.
    pub cache: Option<PathBuf>,
}

/// Where the program is.
#[derive(Debug)]
pub(super) struct Program {
    path: Result<PathBuf, &'static str>,
    timeout: Duration,
    version: OnceLock<Result<String, Failure>>,
}

/// Why there is no output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// There is no program, or none that can be used.
    Unusable(String),
    /// It took too long.
    Timeout(Duration),
    /// It printed too much.
    Output,
    /// It refused; its complaint.
    Refused(String),
}

impl Program {
    /// Finds the program. One that lies in `root`, the repository, is not run: what is checked must not run on the
    /// machine that checks.
    pub(super) fn find(options: &HelmOptions, root: Option<&Path>) -> Self {
        let is_foreign = |path: &PathBuf| {
            let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            root.and_then(|root| std::fs::canonicalize(root).ok()).is_none_or(|root| !path.starts_with(root))
        };
        let named = options.path.clone();
        let found = named.or_else(|| {
            let folders = options.search.as_ref().map(std::env::split_paths).into_iter().flatten();
            let name = format!("helm{}", std::env::consts::EXE_SUFFIX);
            folders.filter(|folder| folder.is_absolute()).map(|folder| folder.join(&name)).find(|path| path.is_file())
        });
        let path = match found.filter(|path| path.is_absolute()) {
            Some(path) if is_foreign(&path) => Ok(path),
            Some(_) => Err("the `helm` that was found lies in the repository, and nothing of a repository is run"),
            None => Err("there is no `helm` on the PATH"),
        };
        Self { path, timeout: options.timeout.unwrap_or(DEFAULT_TIMEOUT), version: OnceLock::new() }
    }

    /// The program's own word on its version; it is asked once.
    pub(super) fn version(&self) -> Result<&str, Failure> {
        let asked = self.version.get_or_init(|| {
            let folder = tempfile::tempdir().map_err(|error| unwritable(&error))?;
            let text = self.run(&["version", "--short"], folder.path())?;
            let version = text.trim();
            let number = version.trim_start_matches('v');
            if ["3.", "4."].iter().any(|major| number.starts_with(major)) {
                return Ok(version.to_owned());
            }
            Err(Failure::Unusable("the `helm` that was found is neither version 3 nor 4".to_owned()))
        });
        asked.as_deref().map_err(Clone::clone)
    }

    /// Runs it in a folder that holds all that it may read and write.
    pub(super) fn run<S: AsRef<OsStr>>(&self, arguments: &[S], folder: &Path) -> Result<String, Failure> {
        let program = self.path.as_ref().map_err(|reason| Failure::Unusable((*reason).to_owned()))?;
        let own = folder.join("home");
        std::fs::create_dir_all(&own).map_err(|error| unwritable(&error))?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&own)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for name in ["HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "HELM_CACHE_HOME"] {
            command.env(name, &own);
        }
        for (name, file) in [
            ("HELM_CONFIG_HOME", "config"),
            ("HELM_DATA_HOME", "data"),
            ("HELM_PLUGINS", "plugins"),
            ("HELM_REPOSITORY_CONFIG", "repositories.yaml"),
            ("HELM_REGISTRY_CONFIG", "registry.json"),
            ("KUBECONFIG", "kubeconfig"),
        ] {
            command.env(name, own.join(file));
        }
        command.env("HELM_NO_PLUGINS", "1");
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env(name, NO_PROXY_THERE);
        }
        let child = command
            .spawn()
            .map_err(|error| Failure::Unusable(format!("`{}` cannot be run: {}", program.display(), error.kind())))?;
        self.attend(child)
    }

    /// Reads what the process prints until it ends, or ends it.
    fn attend(&self, mut child: Child) -> Result<String, Failure> {
        let deadline = Instant::now() + self.timeout;
        let too_much = AtomicBool::new(false);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            let output = scope.spawn(|| {
                let (bytes, is_whole) = read(stdout, OUTPUT_LIMIT);
                too_much.store(!is_whole, Ordering::Relaxed);
                bytes
            });
            let complaint = scope.spawn(|| read(stderr, COMPLAINT_LIMIT).0);
            let ended = loop {
                match child.try_wait() {
                    Ok(Some(status)) => break Ok(status),
                    Err(error) => break Err(Failure::Unusable(format!("`helm` cannot be waited for: {error}"))),
                    Ok(None) if too_much.load(Ordering::Relaxed) => break Err(Failure::Output),
                    Ok(None) if Instant::now() >= deadline => break Err(Failure::Timeout(self.timeout)),
                    Ok(None) => thread::sleep(PAUSE),
                }
            };
            if ended.is_err() {
                // It may have ended by itself in between, and then there is nothing to kill.
                let _ = child.kill();
                let _ = child.wait();
            }
            let (output, complaint) = (output.join().unwrap_or_default(), complaint.join().unwrap_or_default());
            let status = ended?;
            if too_much.load(Ordering::Relaxed) {
                return Err(Failure::Output);
            }
            verdict(status, output, &complaint)
        })
    }
}

fn verdict(status: ExitStatus, output: Vec<u8>, complaint: &[u8]) -> Result<String, Failure> {
    if !status.success() {
        return Err(Failure::Refused(String::from_utf8_lossy(complaint).into_owned()));
    }
    String::from_utf8(output).map_err(|_| Failure::Refused("what the chart makes is not UTF-8".to_owned()))
}

/// The bytes of a pipe up to a limit, and whether that is all. Its writer is stopped by a pipe that nobody reads.
fn read(pipe: Option<impl Read>, limit: usize) -> (Vec<u8>, bool) {
    let mut bytes = Vec::new();
    let Some(pipe) = pipe else { return (bytes, true) };
    // What was read until an error counts: the process's own end says whether it is whole.
    let _ = pipe.take(limit as u64 + 1).read_to_end(&mut bytes);
    let is_whole = bytes.len() <= limit;
    bytes.truncate(limit);
    (bytes, is_whole)
}

pub(super) fn unwritable(error: &io::Error) -> Failure {
    Failure::Unusable(format!("a temporary folder for `helm` cannot be written: {}", error.kind()))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn program(script: &str, timeout: Duration) -> (tempfile::TempDir, Program) {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("helm");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let options = HelmOptions { path: Some(path), timeout: Some(timeout), ..HelmOptions::default() };
        (folder, Program::find(&options, None))
    }

    #[test]
    fn a_program_that_never_ends_is_killed() {
        let (folder, program) = program("while :; do :; done", Duration::from_millis(200));
        assert_eq!(program.run(&["x"], folder.path()), Err(Failure::Timeout(Duration::from_millis(200))));
    }

    #[test]
    fn a_program_that_prints_for_ever_is_killed() {
        let (folder, program) = program("exec /usr/bin/yes", Duration::from_mins(2));
        assert_eq!(program.run(&["x"], folder.path()), Err(Failure::Output));
    }

    #[test]
    fn nothing_of_the_environment_reaches_it() {
        let (folder, program) = program("/usr/bin/env; cat", Duration::from_mins(1));
        let text = program.run(&["x"], folder.path()).unwrap();
        let is_own = |line: &str| {
            line.contains("/home")
                || ["HELM_NO_PLUGINS", "HTTP", "ALL_PROXY", "PWD=", "SHLVL=", "_="]
                    .iter()
                    .any(|name| line.starts_with(name))
        };
        assert!(text.lines().all(is_own), "{text}");
    }

    #[test]
    fn a_program_within_the_repository_is_not_run() {
        let (folder, known) = program("echo v3.1.0", Duration::from_mins(1));
        assert_eq!(known.version(), Ok("v3.1.0"));
        let options = HelmOptions { path: Some(folder.path().join("helm")), ..HelmOptions::default() };
        assert!(matches!(Program::find(&options, Some(folder.path())).version(), Err(Failure::Unusable(_))));
        let options = HelmOptions { search: Some(folder.path().into()), ..HelmOptions::default() };
        assert_eq!(Program::find(&options, None).version(), Ok("v3.1.0"));
        assert!(Program::find(&HelmOptions::default(), None).version().is_err());
    }
}
