//! The same work as create-order's in other languages: `tests/benches/peers`, with the libraries that `make bench PEERS=1` installs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::CertificateDer;
use sandbox::{dynamodb, random};

/// What `make` leaves when it has installed the libraries of each.
const INSTALLED: [&str; 2] = [
    ".venv-peers/.tools",
    "tests/benches/peers/node_modules/.package-lock.json",
];
/// What an environment of Python has of its own beside the libraries, and what it compiles: neither would be deployed.
const NOT_DEPLOYED: [&str; 6] = [
    "_distutils_hack",
    "distutils-precedence.pth",
    "pip",
    "pkg_resources",
    "setuptools",
    "__pycache__",
];

/// What they need in their environment, for as long as it lives.
pub struct Peers {
    /// The certificate that they are to trust, as PEM.
    root: PathBuf,
}

impl Peers {
    /// Ready to be started.
    ///
    /// # Errors
    /// What is missing.
    pub fn new(root: &CertificateDer<'_>) -> Result<Self, String> {
        for installed in INSTALLED {
            crate::there(&repository().join(installed), "`make bench PEERS=1`")?;
        }
        let node = Command::new("node").arg("--version").output();
        node.map_err(|error| format!("the peer in Node needs Node.js 20.19 or newer: {error}"))?;
        let file = std::env::temp_dir().join(format!("bench-{}.pem", random::hex(8)));
        let pem = pem(root);
        fs::write(&file, pem).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(Self { root: file })
    }

    /// What they find in their environment beside what the functions do: their interpreters and whom to trust, in the names
    /// that their libraries know.
    pub fn settings(&self) -> Vec<(String, String)> {
        let python = repository().join(".venv-peers/bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = format!("{}:{}", python.display(), path.display());
        let root = || self.root.display().to_string();
        [
            ("PATH", path),
            // Lambda sets it beside the other, and boto3 knows this one only.
            ("AWS_DEFAULT_REGION", dynamodb::REGION.to_owned()),
            ("AWS_CA_BUNDLE", root()),
            ("REQUESTS_CA_BUNDLE", root()),
            ("NODE_EXTRA_CA_CERTS", root()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.root);
    }
}

/// Where their programs are.
pub fn programs() -> PathBuf {
    repository().join("tests/benches/peers")
}

/// The files of the libraries that a program is deployed with.
pub fn libraries(program: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = if program.extension().is_some_and(|it| it == "py") {
        let versions = fs::read_dir(repository().join(".venv-peers/lib"))?;
        let packages = versions.map(|version| Ok(version?.path().join("site-packages")));
        packages.collect::<io::Result<Vec<_>>>()?
    } else {
        vec![programs().join("node_modules")]
    };
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            // `pip-23.2.1.dist-info` is pip's as well.
            let package = name.split('-').next().unwrap_or_default();
            if [name.as_str(), package].map(|it| NOT_DEPLOYED.contains(&it)) != [false; 2] {
                continue;
            }
            match entry.file_type()? {
                kind if kind.is_dir() => folders.push(entry.path()),
                kind if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    Ok(files)
}

fn repository() -> &'static Path {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the tests are in a folder of it")
}

fn pem(certificate: &CertificateDer<'_>) -> String {
    let base64 = STANDARD.encode(certificate);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for (at, letter) in base64.chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            pem.push('\n');
        }
        pem.push(letter);
    }
    pem + "\n-----END CERTIFICATE-----\n"
}
