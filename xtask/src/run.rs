//! Running commands: shown before they run, and listened to, so that their closing lines can be
//! repeated at the end and a run without tests is noticed.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context as _, bail};

/// What a command left behind: whether it went well, and those of its lines that were asked for.
pub struct Heard {
    pub succeeded: bool,
    pub lines: Vec<String>,
}

/// `cargo`, the one that runs us where there is one, at the top of the tree.
pub fn cargo<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(crate::root());
    command
}

/// Runs a command as it is; an error if it fails.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let line = show(command);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{line}` cannot be started"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a command, passes on what it prints, and keeps the lines that `wanted` picks.
pub fn listen(command: &mut Command, wanted: fn(&str) -> bool) -> anyhow::Result<Heard> {
    listen_and_show(command, wanted, |_| true)
}

/// The same, and passes on only those lines that `shown` picks.
pub fn listen_and_show(
    command: &mut Command,
    wanted: fn(&str) -> bool,
    shown: fn(&str) -> bool,
) -> anyhow::Result<Heard> {
    let line = show(command);
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{line}` cannot be started"))?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let heard = Mutex::new(Vec::new());
    thread::scope(|scope| {
        scope.spawn(|| pass_on(out, wanted, shown, &heard));
        pass_on(err, wanted, shown, &heard);
    });
    let succeeded = child.wait().context(line)?.success();
    let lines = heard.into_inner().unwrap_or_default();
    Ok(Heard { succeeded, lines })
}

/// The program of that name, if `PATH` has it.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|candidate| candidate.is_file())
}

fn show(command: &Command) -> String {
    let mut words = vec![command.get_program()];
    words.extend(command.get_args());
    let line: Vec<_> = words
        .iter()
        .map(|word| match std::path::Path::new(word).file_name() {
            Some(name) if word.to_string_lossy().starts_with('/') => name.to_string_lossy(),
            _ => word.to_string_lossy(),
        })
        .collect();
    let line = line.join(" ");
    println!("\n$ {line}");
    line
}

fn pass_on(
    from: Option<impl Read>,
    wanted: fn(&str) -> bool,
    shown: fn(&str) -> bool,
    heard: &Mutex<Vec<String>>,
) {
    let Some(from) = from else { return };
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while matches!(from.read_until(b'\n', &mut line), Ok(1..)) {
        let text = without_colours(&String::from_utf8_lossy(&line));
        if shown(&text) {
            let mut out = std::io::stdout().lock();
            // A reader that went away must not stop the tests.
            let _ = out.write_all(&line).and_then(|()| out.flush());
        }
        if wanted(&text)
            && let Ok(mut heard) = heard.lock()
        {
            heard.push(text.trim().to_owned());
        }
        line.clear();
    }
}

/// Takes out the escape sequences that colour a text.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            let _ = characters.by_ref().find(|end| end.is_ascii_alphabetic());
        } else {
            plain.push(character);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out() {
        let coloured = "\u{1b}[32;1m     Summary\u{1b}[0m [   0.1s] 3 tests run";
        assert_eq!(
            without_colours(coloured),
            "     Summary [   0.1s] 3 tests run"
        );
    }
}
