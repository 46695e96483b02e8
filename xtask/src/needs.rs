//! What the tests need beside Rust, and where it comes from. A further need is a line in the table.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, bail};
use enlist_test_servers::{
    find_nginx, find_pgbouncer, find_postgres, find_python, make_python, make_stripe_parameters,
};

use crate::run::{find_program, run};

/// Something that must be on the machine.
pub struct Need {
    /// For a person.
    name: &'static str,
    /// What it is for.
    purpose: &'static str,
    /// Debian's packages that bring it.
    packages: &'static [&'static str],
    /// Where it is, if it is there.
    find: fn() -> Option<PathBuf>,
}

/// Everything, in the order it is looked for.
pub const NEEDS: &[Need] = &[
    Need {
        name: "PostgreSQL",
        purpose: "the tests of storage and service (or name its folder of programs in ENLIST_TEST_POSTGRES_BIN)",
        packages: &["postgresql"],
        find: find_postgres,
    },
    Need {
        name: "pgbouncer",
        purpose: "the tests behind a pooler",
        packages: &["pgbouncer"],
        find: find_pgbouncer,
    },
    Need {
        name: "nginx",
        purpose: "the tests behind a proxy",
        packages: &["nginx-light"],
        find: find_nginx,
    },
    Need {
        name: "Python 3.10 or newer with venv",
        purpose: "the tests of what is sent to Stripe",
        packages: &["python3", "python3-venv"],
        find: find_python,
    },
    Need {
        name: "Node.js 20 or newer",
        purpose: "the browser tests",
        packages: &["nodejs"],
        find: node,
    },
    Need {
        name: "npm",
        purpose: "the packages of the browser tests",
        packages: &["npm"],
        find: npm,
    },
    Need {
        name: "Chromium",
        purpose: "the browser tests (or name one in CHROMIUM)",
        packages: &["chromium"],
        find: chromium,
    },
];

/// The oldest Node.js whose test runner is good enough.
const OLDEST_NODE: u32 = 20;

/// Whether the lists of packages were brought up to date in this run.
static LISTS_ARE_FRESH: AtomicBool = AtomicBool::new(false);

impl Need {
    /// Finds it, or installs it. An error says in words what a person has to do.
    pub fn meet(&self) -> anyhow::Result<PathBuf> {
        if let Some(found) = (self.find)() {
            return Ok(found);
        }
        println!("{} is missing; {} need it.", self.name, self.purpose);
        self.install().with_context(|| {
            let packages = self.packages.join(" ");
            let (name, purpose) = (self.name, self.purpose);
            format!(
                "{name} is missing, which {purpose} need. Install it \
                 (Debian: `apt-get install {packages}`) and run this again"
            )
        })?;
        match (self.find)() {
            Some(found) => Ok(found),
            None => bail!("{} was installed, but is still not there", self.name),
        }
    }

    fn install(&self) -> anyhow::Result<()> {
        if find_program("apt-get").is_none() {
            bail!("there is no apt-get here");
        }
        if !LISTS_ARE_FRESH.swap(true, Ordering::Relaxed) {
            run(Command::new("apt-get").args(["update", "-q"]))?;
        }
        run(Command::new("sh")
            .arg(crate::root().join("xtask/src/needs/install.sh"))
            .args(self.packages))
    }
}

/// The browser.
pub fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(PathBuf::from(named)).filter(|named| named.is_file());
    }
    let usual = Path::new("/usr/bin/chromium");
    if usual.is_file() {
        return Some(usual.to_owned());
    }
    [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ]
    .into_iter()
    .find_map(find_program)
}

/// Node.js, if it is new enough.
pub fn node() -> Option<PathBuf> {
    let node = find_program("node")?;
    let said = Command::new(&node).arg("--version").output().ok()?;
    let version = String::from_utf8(said.stdout).ok()?;
    let major = version.trim().strip_prefix('v')?.split('.').next()?;
    (major.parse::<u32>().ok()? >= OLDEST_NODE).then_some(node)
}

/// Node's package manager.
pub fn npm() -> Option<PathBuf> {
    find_program("npm")
}

/// Stripe's official SDK, the list of parameters that is derived from it, and localstripe: the interpreter that
/// has them, and the list.
pub fn python_packages() -> anyhow::Result<(PathBuf, PathBuf)> {
    let target = crate::target();
    println!(
        "\nPython packages for the tests, in {}",
        target.join("python").display()
    );
    let advice = "the Python packages of the tests could not be installed; is a registry in reach?";
    let python = make_python(&target).context(advice)?;
    let parameters = make_stripe_parameters(&target).context("no list of Stripe's parameters")?;
    Ok((python, parameters))
}

/// Installs the packages that `folder` has locked, unless those are installed.
pub fn node_packages(folder: &Path) -> anyhow::Result<()> {
    let lock = std::fs::read(folder.join("package-lock.json"))
        .context("package-lock.json cannot be read")?;
    let installed = folder.join("node_modules/.installed-lock.json");
    if std::fs::read(&installed).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let npm = npm().context("npm is missing")?;
    run(Command::new(npm)
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(folder))
    .context("the packages of the browser tests could not be installed; is a registry in reach?")?;
    std::fs::write(installed, lock).context("node_modules cannot be written to")
}
