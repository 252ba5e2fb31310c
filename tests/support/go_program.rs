//! Go programs that tests need, built on first use.
//!
//! In: the folder of a Go module below `tests/`, and flags for its linker.
//! Out: the path of the built program, which lies in Cargo's target folder and is built anew only
//! when its sources change. Test processes that run at the same time build it once.
//! Never: it does not skip. A machine that cannot build the program is told what it lacks.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{ErrorKind, Write as _, stderr};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program, and what its builder has to know.
pub(crate) struct GoProgram {
    /// The folder below `tests/`, and the name of the program.
    pub(crate) name: &'static str,
    pub(crate) linker_flags: &'static str,
    /// What is built: `.`, or the path of a package that the module requires.
    pub(crate) package: &'static str,
    /// What to expect of the first build, for the person who waits.
    pub(crate) first_build: &'static str,
}

impl GoProgram {
    /// The path of the program, built if need be.
    pub(crate) fn path(&self) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("go-programs");
        fs::create_dir_all(&folder).expect("the target folder can be written");
        let program = folder.join(self.name);
        let stamp_file = folder.join(format!("{}.stamp", self.name));

        // Held until the end of this function: whoever comes second finds the work done.
        let lock = File::create(folder.join(format!("{}.lock", self.name))).expect("the target folder can be written");
        lock.lock().expect("the build lock can be taken");

        let stamp = self.stamp();
        let built = fs::read_to_string(&stamp_file).unwrap_or_default();
        if built != stamp || !program.is_file() {
            self.build(&program);
            fs::write(&stamp_file, stamp).expect("the target folder can be written");
        }
        program
    }

    fn source(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(self.name)
    }

    /// Changes when anything does that the program is built from. Asking `go build` instead would
    /// cost seconds for every test process, as it looks at each of a thousand packages.
    fn stamp(&self) -> String {
        let sources: BTreeMap<PathBuf, Vec<u8>> = fs::read_dir(self.source())
            .unwrap_or_else(|error| panic!("{}: {error}", self.source().display()))
            .map(|entry| entry.expect("the folder can be listed").path())
            .filter(|path| path.is_file())
            .map(|path| {
                let text = fs::read(&path).expect("a source file can be read");
                (path, text)
            })
            .collect();
        let mut hasher = DefaultHasher::new();
        sources.hash(&mut hasher);
        self.linker_flags.hash(&mut hasher);
        self.package.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    fn build(&self, program: &Path) {
        // Written past the test harness, which would keep it until the waiting is over.
        let _ = writeln!(stderr(), "building tests/{}: {}", self.name, self.first_build);
        // Built beside its place and then moved there: the old one may be running elsewhere.
        let unfinished = program.with_extension("unfinished");
        let outcome = Command::new("go")
            .current_dir(self.source())
            .args(["build", "-trimpath", "-buildvcs=false", "-ldflags"])
            .arg(self.linker_flags)
            .arg("-o")
            .arg(&unfinished)
            .arg(self.package)
            // No C compiler is needed, and no workspace around the checkout gets in the way.
            .env("CGO_ENABLED", "0")
            .env("GOWORK", "off")
            .output();
        let output = match outcome {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::NotFound => panic!(
                "this test compares with a real program, tests/{}, which is written in Go: install \
                 Go 1.26 or later so that `go` is on the PATH, and let it reach a module proxy \
                 (GOPROXY) for the first build",
                self.name
            ),
            Err(error) => panic!("`go build` of tests/{} cannot be run: {error}", self.name),
        };
        assert!(
            output.status.success(),
            "`go build` of tests/{} failed; it needs Go 1.26 or later and, the first time, a module \
             proxy (GOPROXY):\n{}",
            self.name,
            String::from_utf8_lossy(&output.stderr)
        );
        fs::rename(&unfinished, program).expect("the built program can be moved to its place");
    }
}
