//! A checkout in which `ops/deploy.py` runs, with a `make` and a `sam` that only write down what they are told.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const PARAMETERS: &str = "[default.deploy.parameters.parameter_overrides]\n";

/// A checkout with one commit; it is removed when dropped.
pub struct Checkout(PathBuf);

/// What a deployment did.
pub struct Deployed {
    pub code: i32,
    /// What it said to the operator.
    pub said: String,
    /// What `make` and `sam` were told, a line for each call.
    pub calls: Vec<String>,
}

impl Deployed {
    /// What SAM was told to deploy with this name.
    pub fn parameter(&self, name: &str) -> String {
        let call = self.calls.last().unwrap();
        let found = call.split_once(&format!(" {name}=\""));
        let (value, _) = found
            .unwrap_or_else(|| panic!("{call}"))
            .1
            .split_once('"')
            .unwrap();
        value.to_owned()
    }
}

impl Checkout {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        let checkout = Self(path);
        for folder in ["ops", "bin"] {
            fs::create_dir_all(checkout.path(folder)).unwrap();
        }
        let files = [
            "template.yaml",
            ".gitignore",
            "samconfig.example.toml",
            "ops/deploy.py",
            "ops/stack.py",
        ];
        for file in files {
            fs::copy(Path::new(ROOT).join(file), checkout.path(file)).unwrap();
        }
        let log = checkout.path(".aws-sam-calls");
        for tool in ["make", "sam"] {
            let script = format!("#!/bin/sh\necho {tool} \"$@\" >>{}\n", log.display());
            checkout.write(&format!("bin/{tool}"), &script);
            let may_run = fs::Permissions::from_mode(0o755);
            fs::set_permissions(checkout.path(&format!("bin/{tool}")), may_run).unwrap();
        }
        checkout.write(".gitignore", "/samconfig.toml\n/.aws-sam*\n__pycache__\n");
        checkout.git(&["init", "--quiet"]);
        checkout.commit();
        checkout
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    pub fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).unwrap();
    }

    pub fn parameters(&self, lines: &str) {
        self.write("samconfig.toml", &format!("{PARAMETERS}{lines}\n"));
    }

    fn git(&self, words: &[&str]) {
        let mut git = Command::new("git");
        let who = [
            "-c",
            "user.name=Nobody",
            "-c",
            "user.email=nobody@example.com",
        ];
        let done = git.current_dir(&self.0).args(who).args(words).output();
        assert!(done.unwrap().status.success(), "git {words:?}");
    }

    pub fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", "Change"]);
    }

    /// Deploys with these variables, and no others that it reads.
    pub fn deploy(&self, variables: &[(&str, &str)]) -> Deployed {
        self.run(&[], variables)
    }

    /// Runs the program with these arguments.
    pub fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Deployed {
        let _ = fs::remove_file(self.path(".aws-sam-calls"));
        let path = std::env::var_os("PATH").unwrap();
        let path = [self.path("bin")]
            .into_iter()
            .chain(std::env::split_paths(&path));
        let path = std::env::join_paths(path);
        let mut deploy = Command::new("python3");
        for name in [
            "AWS_REGION",
            "STACK",
            "ARCH",
            "SAMCONFIG",
            "AWS_DEFAULT_REGION",
        ] {
            deploy.env_remove(name);
        }
        let done = deploy
            .arg(self.path("ops/deploy.py"))
            .args(arguments)
            .env("PATH", path.unwrap())
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let calls = fs::read_to_string(self.path(".aws-sam-calls")).unwrap_or_default();
        Deployed {
            code: done.status.code().unwrap(),
            said: String::from_utf8(done.stderr).unwrap(),
            calls: calls.lines().map(str::to_owned).collect(),
        }
    }

    /// The release that a deployment to Frankfurt names.
    pub fn release(&self) -> String {
        let deployed = self.deploy(&[("AWS_REGION", "eu-central-1")]);
        assert_eq!((deployed.code, deployed.said.as_str()), (0, ""));
        deployed.parameter("Release")
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
