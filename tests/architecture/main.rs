//! The architecture, as far as lints can't say it: who may know whom, and how long a file may be.
#![allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod imports;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use imports::{Imports, is_within};

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
    ("history", &["model"]),
    ("scan", &["model", "disk"]),
    ("transfer", &["model", "wire", "net", "disk", "identity", "pairing"]),
    (
        "engine",
        &[
            "model",
            "settings",
            "wire",
            "identity",
            "net",
            "pairing",
            "discovery",
            "disk",
            "history",
            "scan",
            "transfer",
        ],
    ),
    ("logging", &["model"]),
    ("cli", &["model", "engine", "logging"]),
    ("gui", &["model", "engine"]),
];

/// A crate that only some parts may name.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("egui", &["gui"]),
    ("eframe", &["gui"]),
    ("image", &["gui"]),
    ("rfd", &["gui"]),
    ("opener", &["gui"]),
    ("zbus", &["gui"]),
    ("x11rb", &["gui"]),
    ("arboard", &["cli", "gui"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("csv", &["cli"]),
    ("rustls", &["net", "identity"]),
    ("aws_lc_rs", &["net"]),
    ("tokio_rustls", &[]),
    ("socket2", &["net"]),
    ("cap_std", &["disk"]),
    ("rusqlite", &["history"]),
    ("rustix", &["disk", "scan", "cli"]),
    ("postcard", &["wire", "disk", "history"]),
    ("file_format", &["disk"]),
    ("rawzip", &["disk"]),
    ("rcgen", &["identity"]),
    ("zstd", &["transfer"]),
    ("bip39", &["model"]),
    ("spake2", &["pairing"]),
    ("mdns_sd", &["discovery"]),
    ("qrcode", &["gui"]),
];

/// A wing, what no module of it may import, and what of that it may all the same.
type Rule = (&'static str, &'static [&'static str], &'static [&'static str]);

const MUST_NOT_IMPORT: &[Rule] = &[
    ("transfer::sender", &["transfer::receiver"], &[]),
    ("transfer::receiver", &["transfer::sender"], &[]),
    ("engine::trust", &["engine::transfers", "engine::network", "engine::actor", "engine::report"], &[]),
    ("engine::network", &["engine::transfers", "engine::actor"], &[]),
    ("engine::history", &["engine::transfers", "engine::network", "engine::actor", "engine::report"], &[]),
    ("engine::transfers", &["engine::actor"], &[]),
    ("disk::system", &["disk"], &["disk::error"]),
    ("disk::content_kind", &["disk::inbox", "disk::intake", "disk::source", "disk::leftovers"], &[]),
    ("disk::source", &["disk::inbox", "disk::intake", "disk::leftovers"], &[]),
    ("disk::inbox", &["disk::source", "disk::intake", "disk::leftovers", "disk::quarantine"], &[]),
    ("disk::intake", &["disk::source", "disk::leftovers"], &[]),
    ("disk::quarantine", &["disk::source", "disk::intake", "disk::leftovers", "disk::watch"], &[]),
    ("disk::leftovers", &["disk::source"], &[]),
];

/// Modules that import each other in a ring, each ring with the reason in `ARCHITECTURE.md`.
const RINGS: &[&[&str]] = &[
    &["disk::inbox::plan::free_name", "disk::inbox::plan::planner"],
    &["engine::actor", "engine::actor::kept", "engine::actor::meetings", "engine::actor::reception"],
    &[
        "transfer::receiver::session",
        "transfer::receiver::session::checking",
        "transfer::receiver::session::fates",
        "transfer::receiver::session::offered",
    ],
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

fn imports() -> Imports {
    let imports = Imports::of_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(imports.len() > 200, "the sources were not found");
    imports
}

/// The parts that are named where nobody may know them.
fn strangers(imports: &Imports) -> Vec<String> {
    let mut wrong = Vec::new();
    for (by, named) in imports.parts() {
        let part = by.split("::").next().unwrap_or_default();
        if matches!(part, "" | "main") || part == named {
            continue;
        }
        let Some((_, may)) = MAY_KNOW.iter().find(|(name, _)| *name == part) else {
            panic!("{part} has no place in the architecture");
        };
        if !may.contains(&named) {
            wrong.push(format!("{by} names {named}"));
        }
    }
    wrong
}

#[test]
fn every_part_knows_only_whom_it_may() {
    let wrong = strangers(&imports());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The imports that lead from one wing of a part into another the wrong way.
fn astray(imports: &Imports) -> Vec<String> {
    let forbidden = |from: &str, to: &str| {
        MUST_NOT_IMPORT.iter().any(|(wing, others, but)| {
            is_within(from, wing)
                && others.iter().any(|other| is_within(to, other))
                && !but.iter().chain([wing]).any(|spared| is_within(to, spared))
        })
    };
    let wrong = imports.all().filter(|(from, to)| forbidden(from, to));
    wrong.map(|(from, to)| format!("{from} imports {to}")).collect()
}

#[test]
fn no_wing_imports_another_the_wrong_way() {
    let imports = imports();
    for (wing, others, but) in MUST_NOT_IMPORT {
        for named in others.iter().chain(*but).chain([wing]) {
            let is_there = imports.all().any(|(from, to)| is_within(from, named) || is_within(to, named));
            assert!(is_there, "there is no {named} any more");
        }
    }
    let wrong = astray(&imports);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn modules_import_each_other_in_no_other_rings_than_those_that_are_listed() {
    let listed: BTreeSet<Vec<String>> =
        RINGS.iter().map(|ring| ring.iter().map(|name| (*name).to_owned()).collect()).collect();
    assert_eq!(imports().rings(), listed);
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

/// The sources and tests that a text names between backquotes, as `src/disk/naming.rs` or `disk/naming.rs`.
fn files_named(text: &str) -> impl Iterator<Item = &str> {
    let is_file = |word: &&str| {
        let is_code = Path::new(word).extension().is_some_and(|ending| ending == "rs" || ending == "py");
        is_code && word.contains('/') && !word.contains(['*', '{', ' '])
    };
    text.split('`').skip(1).step_by(2).filter(is_file)
}

#[test]
fn every_file_that_a_document_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = 0;
    let mut gone = Vec::new();
    for folder in [root.to_owned(), root.join("docs")] {
        for document in fs::read_dir(folder).unwrap().map(|item| item.unwrap().path()) {
            // What has been may name what was there then.
            if document.extension().is_none_or(|e| e != "md") || document.ends_with("CHANGELOG.md") {
                continue;
            }
            let text = fs::read_to_string(&document).unwrap();
            for file in files_named(&text) {
                named += 1;
                if ![root.join(file), root.join("src").join(file)].iter().any(|file| file.is_file()) {
                    gone.push(format!("{}: {file}", document.display()));
                }
            }
        }
    }
    assert!(named > 20, "the documents were not found");
    assert!(gone.is_empty(), "{gone:#?}");
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
    let of = |sources: &[(&str, &str)]| {
        Imports::of(sources.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())))
    };
    for (text, named) in [
        ("use crate::{model::A, net::{Tls, B}};", 0),
        ("use crate::model; // crate::gui::z", 0),
        ("use crate::{model::A, gui::B};", 1),
        ("fn f() { let _ = crate::cli::main; vec![crate::engine::f()] }", 2),
    ] {
        assert_eq!(strangers(&of(&[("transfer::x", text)])).len(), named, "{text}");
    }

    let wings = |sender: &str| {
        of(&[
            ("transfer", "mod receiver; mod sender; mod shared; pub use receiver::Fate;"),
            ("transfer::shared", "pub struct Meter;"),
            ("transfer::receiver", "pub struct Fate; fn f() {}"),
            ("transfer::sender", sender),
        ])
    };
    for innocent in [
        "use super::shared::Meter;",
        "// use super::receiver::Fate;",
        "#[cfg(test)] mod tests { use crate::transfer::receiver::Fate; }",
        "#[cfg(test)] use crate::transfer::Fate;",
    ] {
        assert!(astray(&wings(innocent)).is_empty(), "{innocent}");
    }
    for wrong in [
        "use super::receiver::Fate;",
        "use super::{shared::Meter, receiver};",
        "use crate::transfer::Fate;",
        "fn f() { crate::transfer::receiver::f() }",
        "fn f() -> Option<super::Fate> { None }",
        "fn f() { println!(\"{}\", super::receiver::f()) }",
        "mod inner { use super::super::receiver as other; }",
    ] {
        let found = astray(&wings(wrong));
        assert!(!found.is_empty(), "{wrong}");
    }
    let system = of(&[
        ("disk", "mod system;"),
        ("disk::error", "pub struct DiskError;"),
        ("disk::kind", "pub enum Kind {}"),
        ("disk::system", "pub mod sync;"),
        ("disk::system::sync", "use crate::disk::{error::DiskError, kind::Kind}; use super::super::system;"),
    ]);
    assert_eq!(astray(&system), ["disk::system::sync imports disk::kind"]);

    let chain =
        of(&[("a", "use crate::b::B;"), ("b", "use crate::c::C; pub struct B;"), ("c", "pub struct C;")]);
    assert!(chain.rings().is_empty());
    let ring = of(&[
        ("a", "use crate::b::B;"),
        ("b", "use crate::c::C; pub struct B;"),
        ("c", "fn c() { crate::a::f() }"),
    ]);
    assert_eq!(ring.rings().into_iter().collect::<Vec<_>>(), [["a", "b", "c"]]);
}
