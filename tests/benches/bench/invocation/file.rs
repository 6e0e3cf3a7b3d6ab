//! What is deployed, by its size.

use std::fs::File;
use std::io::{self, Read as _, copy, sink};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::DeflateEncoder;

/// The processor in the header of a program, as ELF has it (`EM_AARCH64`).
const ARM64: [u8; 2] = [183, 0];

/// Of a program, or all that is deployed with it.
#[derive(Clone, Copy)]
pub struct Size {
    pub binary: u64,
    /// Deflated, as in the archive that is deployed.
    pub zip: u64,
}

/// The size of a program, as it is and deflated.
pub fn size(program: &Path) -> io::Result<Size> {
    let mut file = File::open(program)?;
    let mut counted = Counted(0);
    let mut zip = DeflateEncoder::new(&mut counted, Compression::default());
    let binary = copy(&mut file, &mut zip)?;
    zip.finish()?;
    Ok(Size {
        binary,
        zip: counted.0,
    })
}

/// The size of files together.
pub fn size_of_all(files: &[PathBuf]) -> Result<Size, String> {
    let mut all = Size { binary: 0, zip: 0 };
    for file in files {
        let size = size(file).map_err(|error| format!("{}: {error}", file.display()))?;
        all.binary += size.binary;
        all.zip += size.zip;
    }
    Ok(all)
}

/// The size of a program that is to be one for arm64.
///
/// # Errors
/// When it is for another processor.
pub fn size_for_arm64(program: &Path) -> Result<Size, String> {
    let explain = |error: io::Error| format!("{}: {error}", program.display());
    let mut head = [0; 20];
    File::open(program)
        .and_then(|mut file| file.read_exact(&mut head))
        .map_err(explain)?;
    if head[18..] != ARM64 {
        return Err(format!("{} is not for arm64", program.display()));
    }
    size(program).map_err(explain)
}

/// Counts what is written, and keeps none of it.
struct Counted(u64);

impl io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = sink().write(bytes)?;
        self.0 += u64::try_from(written).map_err(io::Error::other)?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
