//! The languages' packages beside their rivals, each measured by a script of its own in `benches/bindings`.
//!
//! A script installs the package that `make packages` built, runs all subjects in one process and in rounds, and prints a line of
//! JSON for each case and subject, `{"case", "subject", "value", "unit"}`: with the median of its rounds, or one for each
//! round in their order. A subject whose name begins with `nameplate` is ours. A language whose interpreter, package
//! or rivals are missing is passed over, and a line says why.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::Result;
use crate::cases::Plan;
use crate::report::{Case, Measured};

/// The cases' names that figures refer to.
pub const PYTHON: &str = "Python, IPv4, name from text, random range";
/// The same for IPv6.
pub const PYTHON_V6: &str = "Python, IPv6, name from text, random range";
/// A client, one address at a time.
pub const PYTHON_SOCKET: &str = "Python, socket, one at a time";
/// A client, many addresses at a time.
pub const PYTHON_SOCKET_MANY: &str = "Python, socket, 1,000 at once";

/// Node, in process.
pub const NODE: &str = "Node, IPv4, name from text, random range";
/// Node's client, one address at a time.
pub const NODE_SOCKET: &str = "Node, socket, one at a time";
/// Node's client, many addresses at a time.
pub const NODE_SOCKET_MANY: &str = "Node, socket, 1,000 at once";
/// PHP's extension.
pub const PHP: &str = "PHP, IPv4, name from text, random range";
/// The same for addresses as visitors have them: the nth comes up with a probability of 1 / n.
pub const PHP_ZIPF: &str = "PHP, IPv4, name from text, Zipf";
/// PHP through FFI.
pub const PHP_FFI: &str = "PHP, FFI, IPv4, name from text, random range";
/// The same for addresses as visitors have them.
pub const PHP_FFI_ZIPF: &str = "PHP, FFI, IPv4, name from text, Zipf";
/// PHP's client, one address at a time.
pub const PHP_SOCKET: &str = "PHP, socket, one at a time";
/// PHP's client, many addresses at a time.
pub const PHP_SOCKET_MANY: &str = "PHP, socket, 1,000 at once";

/// What the WordPress plugin adds to a page.
pub const WORDPRESS_PAGE: &str = "WordPress, added to a page";
/// The same where the theme asks for the visitor's company.
pub const WORDPRESS_TAG: &str = "WordPress, added to a page with the template tag";
/// The request of a page view, beside the page.
pub const WORDPRESS_VISIT: &str = "WordPress, added to a request of a visit";
/// The same until php-fpm's process is free again, with the wait for the disk.
pub const WORDPRESS_WORKER: &str = "WordPress, added to worker's time for a visit";
/// The page whose theme asks, with a daemon that never answers.
pub const WORDPRESS_SILENT: &str = "WordPress, added to a page with the template tag, silent daemon";
/// With one whose answer drips without an end.
pub const WORDPRESS_SLOW: &str = "WordPress, added to a page with the template tag, slow daemon";
/// With none.
pub const WORDPRESS_STOPPED: &str = "WordPress, added to a page with the template tag, stopped daemon";
/// With none, and a range file that is none.
pub const WORDPRESS_BROKEN: &str = "WordPress, added to a page with the template tag, broken file";
/// The plugin's cases have one subject of ours.
pub const WORDPRESS_PLUGIN: &str = "nameplate, plugin";

/// A language's script, and what runs it.
struct Language {
    /// As it begins its cases' names.
    name: &'static str,
    /// The folder in `benches/bindings`, and of the packages.
    folder: &'static str,
    script: &'static str,
    /// The program and what stands before the script; the first that starts is taken.
    interpreters: &'static [&'static [&'static str]],
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "Python",
        folder: "python",
        script: "bench.py",
        interpreters: &[&["target/venv-python/bin/python"]],
    },
    Language { name: "Node", folder: "node", script: "bench.mjs", interpreters: &[&["node", "--expose-gc"]] },
    Language { name: "PHP", folder: "php", script: "bench.php", interpreters: &[&["php8.2"], &["php"]] },
    // A page of a site with the plugin, against the same page without it.
    Language { name: "WordPress", folder: "wordpress", script: "bench.mjs", interpreters: &[&["node"]] },
];

/// What a script prints.
#[derive(Deserialize)]
struct Line {
    case: String,
    subject: String,
    value: f64,
    unit: String,
}

/// Where the scripts find what they measure.
pub struct Places {
    /// The range file.
    pub range: PathBuf,
    /// The MMDB with the same ranges.
    pub mmdb: PathBuf,
    /// What `make packages` built, by language.
    pub packages: PathBuf,
    /// The program.
    pub nameplate: PathBuf,
}

/// Runs each language's script.
pub fn measure(places: &Places, plan: &Plan, mut hear: impl FnMut(Case)) -> Result<()> {
    for language in &LANGUAGES {
        // Which cases there are, the scripts know; all begin with the language's name.
        let wanted = plan.only.is_empty() || plan.only.iter().any(|part| part.contains(language.name));
        if !wanted {
            continue;
        }
        if let Some(missing) = language.missing(places) {
            eprintln!("{} is not measured: {missing}", language.name);
            continue;
        }
        match language.run(places, plan) {
            Ok(cases) => cases.into_iter().filter(|case| plan.wants(&case.name)).for_each(&mut hear),
            Err(error) => eprintln!("{} is not measured: {error}", language.name),
        }
    }
    Ok(())
}

impl Language {
    fn path(&self) -> PathBuf {
        Path::new("benches/bindings").join(self.folder).join(self.script)
    }

    fn interpreter(&self) -> Option<&'static [&'static str]> {
        let starts = |words: &&&[&str]| {
            let mut command = Command::new(words[0]);
            command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        self.interpreters.iter().find(starts).copied()
    }

    /// What keeps it from being measured.
    fn missing(&self, places: &Places) -> Option<String> {
        let script = self.path();
        if !script.exists() {
            return Some(format!("there is no {}", script.display()));
        }
        if self.interpreter().is_none() {
            return Some(format!("there is no {}: run scripts/setup bench", self.interpreters[0][0]));
        }
        let packages = places.packages.join(self.folder);
        (!packages.exists()).then(|| format!("there is no {}: run make packages", packages.display()))
    }

    fn run(&self, places: &Places, plan: &Plan) -> Result<Vec<Case>> {
        let words = self.interpreter().unwrap_or_default();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(self.path());
        command.arg("--range").arg(&places.range).arg("--mmdb").arg(&places.mmdb);
        command.arg("--packages").arg(places.packages.join(self.folder));
        command.arg("--nameplate").arg(&places.nameplate).args(["--rounds", &plan.rounds.to_string()]);
        if plan.quick {
            command.args(["--addresses", "50000"]);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let lines = child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines);
        // The child is waited for, whatever it said.
        let cases = read(lines);
        let status = child.wait()?;
        if !status.success() {
            return Err(format!("{} ended with {status}", self.path().display()).into());
        }
        cases
    }
}

/// Cases of lines: those of the same case and subject are its rounds.
fn read(lines: impl Iterator<Item = std::io::Result<String>>) -> Result<Vec<Case>> {
    let mut cases: Vec<Case> = Vec::new();
    for line in lines {
        let Line { case, subject, value, unit } = serde_json::from_str(&line?)?;
        if !unit.starts_with("ns") || !value.is_finite() || value <= 0.0 {
            return Err(format!("{case}: {value} {unit} is no time in ns").into());
        }
        let index = cases.iter().position(|known| known.name == case).unwrap_or_else(|| {
            cases.push(Case { name: case, unit: "ns", measured: Vec::new() });
            cases.len() - 1
        });
        let measured = &mut cases[index].measured;
        match measured.iter_mut().find(|known| known.subject == subject) {
            Some(known) => known.rounds.push(value),
            None => measured.push(Measured {
                ours: subject.starts_with("nameplate"),
                subject,
                rounds: vec![value],
            }),
        }
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<Case>> {
        read(text.lines().map(|line| Ok(line.to_owned())))
    }

    #[test]
    fn lines_of_a_subject_are_its_rounds() {
        let cases = read_text(
            r#"{"case":"Node, a","subject":"nameplate, lookup","value":10,"unit":"ns"}
{"case":"Node, a","subject":"maxmind","value":100.5,"unit":"ns/address"}
{"case":"Node, b","subject":"maxmind","value":7,"unit":"ns"}
{"case":"Node, a","subject":"nameplate, lookup","value":30,"unit":"ns"}
{"case":"Node, a","subject":"maxmind","value":300,"unit":"ns"}"#,
        )
        .unwrap();
        assert_eq!(cases.iter().map(|case| case.name.as_str()).collect::<Vec<_>>(), ["Node, a", "Node, b"]);
        let ours = cases[0].subject("nameplate, lookup").unwrap();
        let rival = cases[0].subject("maxmind").unwrap();
        assert!(ours.ours && !rival.ours);
        assert_eq!(
            (ours.rounds.as_slice(), rival.rounds.as_slice()),
            (&[10.0, 30.0][..], &[100.5, 300.0][..])
        );
        assert!((ours.better_than(rival) - 10.025).abs() < 1e-9);
    }

    #[test]
    fn a_script_that_prints_something_else_is_an_error() {
        for text in [
            "measuring",
            r#"{"case":"a","subject":"b","value":1}"#,
            r#"{"case":"a","subject":"b","value":-1,"unit":"ns"}"#,
            r#"{"case":"a","subject":"b","value":1,"unit":"bytes"}"#,
        ] {
            assert!(read_text(text).is_err(), "{text}");
        }
    }
}
