//! A small volume in memory, which fills up and can be grown.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A mounted volume. It is gone when this value is.
pub(crate) struct Tmpfs {
    directory: TempDir,
}

impl Tmpfs {
    /// A volume of this many MiB; why not, where this process may not mount one.
    pub(crate) fn mount(megabytes: usize) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let size = format!("size={megabytes}m,mode=0755");
        mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], directory.path())?;
        Ok(Self { directory })
    }

    /// Makes it this large.
    pub(crate) fn grow(&self, megabytes: usize) {
        let size = format!("remount,size={megabytes}m");
        mount(&["-o", &size], self.path()).expect("a volume that can be grown");
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _left_behind = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn mount(arguments: &[&str], directory: &Path) -> Result<(), String> {
    let output = Command::new("mount").args(arguments).arg(directory).output();
    let output = output.map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("a volume cannot be mounted: {}", said.trim()))
}
