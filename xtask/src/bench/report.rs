//! The tables, on the terminal and in docs/performance.md. What is in them is told where it is
//! measured.

use anyhow::Context as _;

use super::machine::cores;

/// A line of a table: what, as measured, beside what, target.
pub type Line = [String; 4];

/// One subject.
pub struct Section {
    pub title: &'static str,
    pub lines: Vec<Line>,
    /// What was counted and how, below the table.
    pub notes: &'static str,
}

/// Prints the tables; writes them to the file if they are `complete`.
pub fn write(sections: &[Section], length: &str, complete: bool) -> anyhow::Result<()> {
    let tables: String = sections.iter().map(Section::text).collect();
    println!("\n{tables}");
    if !complete {
        println!("docs/performance.md is left as it is: not everything was measured");
        return Ok(());
    }
    let machine = format!(
        "{} cores, Linux, {}, release build, {length}.\n",
        cores(),
        postgres_version()
    );
    let path = crate::root().join("docs/performance.md");
    std::fs::write(&path, format!("{HEAD}{machine}{tables}"))
        .context("docs/performance.md cannot be written")?;
    println!("written to docs/performance.md");
    Ok(())
}

const HEAD: &str = "\
# Performance

Written by `cargo xtask bench`, which measures on the machine at hand. Machines differ and drift, so a
figure means something only beside its reference, which is measured in the same run, in turn with it;
medians are shown. Nothing in the tests fails on a time.

The service, the database server and whoever makes the load share the cores: what one of them uses is
missing from the rate. The CPU that is given is of the process that is named, and of no other. PostgreSQL
runs as it is installed, and waits for the disk.

";

fn postgres_version() -> String {
    let asked = enlist_test_servers::find_postgres().and_then(|folder| {
        std::process::Command::new(folder.join("postgres"))
            .arg("-V")
            .output()
            .ok()
    });
    let said = asked.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = said
        .as_deref()
        .and_then(|said| said.split_whitespace().nth(2));
    format!("PostgreSQL {}", version.unwrap_or("of unknown version"))
}

impl Section {
    fn text(&self) -> String {
        let mut text = format!(
            "\n## {}\n\n| figure | measured | beside | target |\n| --- | --- | --- | --- |\n",
            self.title
        );
        for [figure, measured, beside, target] in &self.lines {
            text += &format!("| {figure} | {measured} | {beside} | {target} |\n");
        }
        text + self.notes
    }
}
