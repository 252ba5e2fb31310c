//! `plimsoll hook`: puts the pre-commit hook in place, and takes it away.
//!
//! In: a folder of a Git repository. Out: the hook's file, where Git looks for it: `core.hooksPath` and linked work trees
//! are asked of Git itself. It never touches a hook that it did not write, unless told to.

use super::Failure;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the hook runs.
const COMMAND: &str = "plimsoll check --staged";

/// The line by which a hook of ours is known.
const MARK: &str = "# Installed by `plimsoll hook install`; `plimsoll hook uninstall` takes it away.";

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Check what is staged before each commit
    Install {
        /// Replace a hook that is not Plimsoll's
        #[arg(long)]
        force: bool,
    },
    /// Take the hook away
    Uninstall {
        /// Remove a hook that is not Plimsoll's
        #[arg(long)]
        force: bool,
    },
}

pub(super) fn run(arguments: &Arguments, out: &mut dyn io::Write) -> Result<super::Outcome, Failure> {
    let folder = std::env::current_dir()?;
    match arguments.action {
        Action::Install { force } => install_and_tell(&folder, force, out)?,
        Action::Uninstall { force } => match uninstall(&folder, ForeignHook::of(force))? {
            Outcome::NothingToRemove => writeln!(out, "there was no hook")?,
            Outcome::Installed(path) | Outcome::Removed(path) => writeln!(out, "removed {}", path.display())?,
        },
    }
    Ok(super::Outcome::Clean)
}

/// Installs the hook for the running program, and says where.
pub(super) fn install_and_tell(folder: &Path, force: bool, out: &mut dyn io::Write) -> Result<(), Failure> {
    let program = std::env::current_exe()?;
    if let Outcome::Installed(path) = install(folder, &program, ForeignHook::of(force))? {
        writeln!(out, "installed {}", path.display())?;
    }
    Ok(())
}

impl ForeignHook {
    fn of(force: bool) -> Self {
        if force { Self::Replace } else { Self::Keep }
    }
}

/// What to do with a hook that someone else wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ForeignHook {
    /// Leave it and say so.
    Keep,
    /// Put ours in its place, or remove it.
    Replace,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    /// The hook is in place, in this file.
    Installed(PathBuf),
    /// The hook is gone from this file.
    Removed(PathBuf),
    /// There was no hook to remove.
    NothingToRemove,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
enum HookError {
    /// Git could not be started.
    #[error("cannot run git")]
    RunGit {
        /// The system's word.
        source: io::Error,
    },
    /// Git knows no repository here.
    #[error("cannot find the hooks of {}: {reason}", folder.display())]
    FindHooks {
        /// Where it was asked for.
        folder: PathBuf,
        /// Git's word.
        reason: String,
    },
    /// Someone else's hook is there.
    #[error("{} is not Plimsoll's: add the line `{COMMAND} || exit` to it, or replace it with --force", path.display())]
    Foreign {
        /// The hook's file.
        path: PathBuf,
    },
    /// The hook cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The hook's file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The hook cannot be written or removed.
    #[error("cannot write {}", path.display())]
    Write {
        /// The hook's file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
}

/// Puts the hook in place. `program` is the binary that the hook falls back on when `plimsoll` is not on the PATH.
///
/// # Errors
/// When Git knows no repository here, when someone else's hook is there and is to be kept, or when the file cannot be
/// written.
fn install(folder: &Path, program: &Path, foreign: ForeignHook) -> Result<Outcome, HookError> {
    let path = hook_path(folder)?;
    if owner(&path)? == Owner::SomeoneElse && foreign == ForeignHook::Keep {
        return Err(HookError::Foreign { path });
    }
    put(&path, &script(program)).map_err(|source| HookError::Write { path: path.clone(), source })?;
    Ok(Outcome::Installed(path))
}

/// Takes the hook away.
///
/// # Errors
/// When Git knows no repository here, when the hook is someone else's and is to be kept, or when the file cannot be
/// removed.
fn uninstall(folder: &Path, foreign: ForeignHook) -> Result<Outcome, HookError> {
    let path = hook_path(folder)?;
    match owner(&path)? {
        Owner::Nobody => return Ok(Outcome::NothingToRemove),
        Owner::SomeoneElse if foreign == ForeignHook::Keep => return Err(HookError::Foreign { path }),
        Owner::SomeoneElse | Owner::Plimsoll => {}
    }
    fs::remove_file(&path).map_err(|source| HookError::Write { path: path.clone(), source })?;
    Ok(Outcome::Removed(path))
}

fn hook_path(folder: &Path) -> Result<PathBuf, HookError> {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["rev-parse", "--git-path", "hooks"])
        .output()
        .map_err(|source| HookError::RunGit { source })?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().trim_start_matches("fatal: ").to_owned();
        return Err(HookError::FindHooks { folder: folder.to_owned(), reason });
    }
    // Relative to the folder that Git was asked in, or absolute
    let hooks = String::from_utf8_lossy(&output.stdout);
    Ok(folder.join(hooks.trim_end_matches(['\r', '\n'])).join("pre-commit"))
}

#[derive(Debug, PartialEq, Eq)]
enum Owner {
    Nobody,
    Plimsoll,
    SomeoneElse,
}

fn owner(path: &Path) -> Result<Owner, HookError> {
    match fs::read(path) {
        Ok(bytes) if String::from_utf8_lossy(&bytes).lines().any(|line| line == MARK) => Ok(Owner::Plimsoll),
        Ok(_) => Ok(Owner::SomeoneElse),
        // A link that leads nowhere is somebody's
        Err(error) if error.kind() == io::ErrorKind::NotFound && path.is_symlink() => Ok(Owner::SomeoneElse),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Owner::Nobody),
        Err(source) => Err(HookError::Read { path: path.to_owned(), source }),
    }
}

/// Writes beside and renames, so that a hook that is a link is replaced and not what it leads to.
fn put(path: &Path, script: &str) -> io::Result<()> {
    if let Some(hooks) = path.parent() {
        fs::create_dir_all(hooks)?;
    }
    let beside = path.with_extension("plimsoll-new");
    fs::write(&beside, script)?;
    make_executable(&beside)?;
    fs::rename(&beside, path)
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// Git for Windows runs hooks by their first line.
#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

fn script(program: &Path) -> String {
    let program = format!("'{}'", program.display().to_string().replace('\'', r"'\''"));
    let arguments = COMMAND.trim_start_matches("plimsoll ");
    format!(
        r#"#!/bin/sh
{MARK}
# Checks what is staged, as it is in the index. To commit without it: git commit --no-verify
if command -v plimsoll >/dev/null 2>&1; then
    exec {COMMAND}
fi
program={program}
if [ -x "$program" ]; then
    exec "$program" {arguments}
fi
echo "pre-commit: plimsoll is neither on the PATH nor at $program." >&2
echo "pre-commit: install it, or remove this hook: $0" >&2
exit 1
"#
    )
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;

    use super::*;

    fn git(folder: &Path, arguments: &[&str]) {
        let status = Command::new("git")
            .current_dir(folder)
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
            .args(arguments)
            .status()
            .unwrap();
        assert!(status.success(), "git {arguments:?}");
    }

    fn repository() -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["init", "--quiet"]);
        folder
    }

    fn program(folder: &Path, exit_code: i32) -> PathBuf {
        let path = folder.join("it's plimsoll");
        fs::write(&path, format!("#!/bin/sh\necho \"ran $*\"\nexit {exit_code}\n")).unwrap();
        make_executable(&path).unwrap();
        path
    }

    #[test]
    fn the_hook_is_executable_and_passes_on_the_exit_code() {
        let repository = repository();
        let program = program(repository.path(), 1);
        let outcome = install(repository.path(), &program, ForeignHook::Keep).unwrap();
        let hook = repository.path().join(".git/hooks/pre-commit");
        assert_eq!(outcome, Outcome::Installed(hook.clone()));
        assert_eq!(fs::metadata(&hook).unwrap().permissions().mode() & 0o777, 0o755);
        let output = Command::new(&hook).env("PATH", "/nowhere").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "ran check --staged\n");
        assert_eq!(output.status.code(), Some(1));
    }

    #[test]
    fn a_hook_without_its_program_says_so_and_refuses() {
        let repository = repository();
        install(repository.path(), Path::new("/nowhere/plimsoll"), ForeignHook::Keep).unwrap();
        let hook = repository.path().join(".git/hooks/pre-commit");
        let output = Command::new(hook).env("PATH", "/nowhere").output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(message.contains("neither on the PATH nor at /nowhere/plimsoll"), "{message}");
    }

    #[test]
    fn the_hooks_path_of_the_configuration_is_respected() {
        let repository = repository();
        git(repository.path(), &["config", "core.hooksPath", "ci/hooks"]);
        let nested = repository.path().join("base");
        fs::create_dir(&nested).unwrap();
        install(&nested, Path::new("/bin/true"), ForeignHook::Keep).unwrap();
        assert!(repository.path().join("ci/hooks/pre-commit").is_file());
    }

    #[test]
    fn a_linked_work_tree_shares_the_hooks_of_its_repository() {
        let repository = repository();
        git(repository.path(), &["commit", "--quiet", "--allow-empty", "--message=first"]);
        let elsewhere = tempfile::tempdir().unwrap();
        let linked = elsewhere.path().join("linked");
        git(repository.path(), &["worktree", "add", "--quiet", &linked.display().to_string()]);
        install(&linked, Path::new("/bin/true"), ForeignHook::Keep).unwrap();
        assert!(repository.path().join(".git/hooks/pre-commit").is_file());
    }

    #[test]
    fn a_foreign_hook_is_kept_unless_told_otherwise() {
        let repository = repository();
        let hook = repository.path().join(".git/hooks/pre-commit");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, "#!/bin/sh\nmake lint\n").unwrap();
        let error = install(repository.path(), Path::new("/bin/true"), ForeignHook::Keep).unwrap_err();
        assert!(error.to_string().contains("add the line `plimsoll check --staged || exit`"), "{error}");
        assert!(matches!(uninstall(repository.path(), ForeignHook::Keep), Err(HookError::Foreign { .. })));
        assert_eq!(fs::read_to_string(&hook).unwrap(), "#!/bin/sh\nmake lint\n");
        install(repository.path(), Path::new("/bin/true"), ForeignHook::Replace).unwrap();
        assert!(fs::read_to_string(&hook).unwrap().contains(MARK));
    }

    #[test]
    fn a_hook_that_is_a_link_is_replaced_and_not_what_it_leads_to() {
        let repository = repository();
        let shared = repository.path().join("shared-hook");
        fs::write(&shared, "#!/bin/sh\n").unwrap();
        let hook = repository.path().join(".git/hooks/pre-commit");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(&shared, &hook).unwrap();
        install(repository.path(), Path::new("/bin/true"), ForeignHook::Replace).unwrap();
        assert_eq!(fs::read_to_string(&shared).unwrap(), "#!/bin/sh\n");
        assert!(!hook.is_symlink());
    }

    #[test]
    fn installing_again_renews_and_uninstalling_removes_once() {
        let repository = repository();
        for program in ["/bin/false", "/bin/true"] {
            install(repository.path(), Path::new(program), ForeignHook::Keep).unwrap();
        }
        let hook = repository.path().join(".git/hooks/pre-commit");
        assert!(fs::read_to_string(&hook).unwrap().contains("'/bin/true'"));
        assert_eq!(uninstall(repository.path(), ForeignHook::Keep).unwrap(), Outcome::Removed(hook.clone()));
        assert!(!hook.exists());
        assert_eq!(uninstall(repository.path(), ForeignHook::Keep).unwrap(), Outcome::NothingToRemove);
    }

    #[test]
    fn outside_of_a_repository_git_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let error = install(folder.path(), Path::new("/bin/true"), ForeignHook::Keep).unwrap_err();
        assert!(error.to_string().contains("not a git repository"), "{error}");
    }
}
