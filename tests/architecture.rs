//! The architecture, as far as lints can't say it: who may know whom, and how long a file may be.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each part with everything it may name with `crate::`. What isn't listed is forbidden.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("settings", &["model"]),
    ("wire", &["model"]),
    ("identity", &["model"]),
    ("net", &["model", "identity", "wire"]),
    ("pairing", &["model", "identity"]),
    ("discovery", &["model", "wire"]),
    ("disk", &["model"]),
    ("transfer", &["model", "wire", "net", "disk", "identity", "pairing"]),
    ("engine", &["model", "settings", "wire", "identity", "net", "pairing", "discovery", "disk", "transfer"]),
    ("logging", &[]),
    ("cli", &["model", "engine", "logging"]),
    ("gui", &["model", "engine"]),
];

/// A crate that only some parts may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("egui", &["gui"]),
    ("eframe", &["gui"]),
    ("rfd", &["gui"]),
    ("opener", &["gui"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("rustls", &["net", "identity"]),
    ("tokio_rustls", &["net", "engine"]),
    ("socket2", &["net"]),
    ("cap_std", &["disk"]),
    ("rustix", &["disk", "cli"]),
    ("postcard", &["wire"]),
    ("rcgen", &["identity"]),
    ("zstd", &["transfer"]),
    ("bip39", &["model"]),
    ("spake2", &["pairing"]),
    ("mdns_sd", &["discovery"]),
    ("qrcode", &["gui"]),
];

/// Past this, a file is two files.
const LINES: usize = 500;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every source file below `src`, with the part it belongs to and its text.
fn parts() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files
        .into_iter()
        .map(|file| {
            let inside = file.strip_prefix(&root).unwrap().to_owned();
            let part = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
            let text = fs::read_to_string(&file).unwrap();
            (inside, part.trim_end_matches(".rs").to_owned(), text)
        })
        .collect()
}

/// The names that follow `start` in a text, in code: `crate::` names parts of this crate.
fn names_after<'a>(text: &'a str, start: &str) -> Vec<&'a str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut names = Vec::new();
    for line in code {
        for (at, _) in line.match_indices(start) {
            let before = line[..at].chars().next_back();
            if before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':' && c != '$') {
                let rest = &line[at + start.len()..];
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                names.push(&rest[..end]);
            }
        }
    }
    names
}

/// The parts named in `use crate::{…}` blocks: the first name of each item at the top of a block.
fn names_in_blocks(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for block in text.split("use crate::{").skip(1) {
        let (mut depth, mut name, mut complete) = (0, String::new(), false);
        for c in block.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.push(std::mem::take(&mut name));
                    complete = false;
                }
                c if depth == 0 && !complete && (c.is_alphanumeric() || c == '_') => name.push(c),
                c if !c.is_whitespace() => complete |= depth == 0,
                _ => {}
            }
        }
        names.push(name);
    }
    names
}

#[test]
fn every_part_knows_only_whom_it_may() {
    let mut wrong = Vec::new();
    let parts = parts();
    assert!(parts.len() > 30, "the sources were not found");
    for (file, part, text) in &parts {
        let Some((_, may)) = MAY_KNOW.iter().find(|(name, _)| name == part) else {
            assert!(matches!(part.as_str(), "lib" | "main"), "{part} has no place in the architecture");
            continue;
        };
        let direct = names_after(text, "crate::").into_iter().map(str::to_owned);
        for name in direct.chain(names_in_blocks(text)) {
            if name != *part && !name.is_empty() && !may.contains(&name.as_str()) {
                wrong.push(format!("{}: {part} names {name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_library_stays_in_its_room() {
    let mut wrong = Vec::new();
    for (file, part, text) in parts() {
        for (library, rooms) in ONLY_IN {
            let named = text.lines().any(|line| {
                let line = line.trim_start();
                !line.starts_with("//")
                    && line.contains(&format!("{library}::"))
                    && !line.contains(&format!("_{library}::"))
            });
            if named && !rooms.contains(&part.as_str()) {
                wrong.push(format!("{}: {part} names {library}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_has_grown_into_two() {
    let long: Vec<_> = parts()
        .into_iter()
        .map(|(file, _, text)| (file, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn the_rules_themselves_can_fail() {
    let text =
        "use crate::{\n    net::Tls,\n    model::{A, B},\n};\nlet x = crate::disk::y();\n// crate::gui::z\n";
    assert_eq!(names_in_blocks(text), ["net", "model", ""]);
    assert_eq!(names_in_blocks("use crate::{a::B, c::{D, e}};"), ["a", "c"]);
    assert_eq!(names_after(text, "crate::"), ["", "disk"]);
}
