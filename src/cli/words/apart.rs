//! What is in quarantine, in words.

use super::phrases::LISTED;
use crate::model::{
    Caught, QuarantineDeed, QuarantineDone, QuarantineItem, QuarantinePlace, Screening, text,
};

pub const NOTHING: &str = "Nothing is in quarantine.";

/// Before the lines of one thing that follow its first.
const INDENT: &str = "    ";

/// What is told of one thing in quarantine.
pub fn item(item: &QuarantineItem) -> Vec<String> {
    if item.why.is_none() {
        let ago = text::duration(item.since.elapsed().unwrap_or_default());
        return vec![
            format!("{}  Of unknown origin, {}", item.id, text::bytes(item.size)),
            format!("{INDENT}{}", why(None)),
            format!("{INDENT}Written {ago} ago. It can be deleted, and nothing else."),
        ];
    }
    let from = if item.from_name.is_empty() { "an unknown device" } else { &item.from_name };
    let ago = text::duration(item.since.elapsed().unwrap_or_default());
    let mut lines = vec![
        format!("{}  {}, {}", item.id, item.name, text::bytes(item.size)),
        format!("{INDENT}{}", why(item.why.as_ref())),
        format!("{INDENT}From {from}, {ago} ago, for {}", item.folder.join(&item.path).display()),
    ];
    if item.place == QuarantinePlace::Away {
        lines.push(format!("{INDENT}The disk that it lies on is not connected."));
    }
    lines
}

fn why(why: Option<&Caught>) -> String {
    match why {
        Some(Caught::Infected(name)) => format!("A virus was found in it: {name}."),
        Some(Caught::Held(why)) => format!("Held until it can be checked for viruses: {why}."),
        None => "What was noted of it is lost or damaged.".to_owned(),
    }
}

/// What a person is told before they say yes.
pub fn about_to(deed: QuarantineDeed, items: &[QuarantineItem]) -> Vec<String> {
    let files = text::count(items.len() as u64, "file", "files");
    let mut lines: Vec<_> = items
        .iter()
        .take(LISTED)
        .map(|item| format!("  {}: {}", item.name, why(item.why.as_ref())))
        .collect();
    if items.len() > LISTED {
        lines.push(format!("  and {} more", items.len() - LISTED));
    }
    lines.push(match deed {
        QuarantineDeed::Delete => format!("This deletes {files} for good."),
        QuarantineDeed::Release | QuarantineDeed::Rescan => format!(
            "This puts {files} among your own, where opening one may do harm to this device and to others. Do so only if you are sure that the scanner is wrong, or that you know what you do."
        ),
    });
    lines
}

/// What has become of one.
pub fn done(item: &QuarantineItem, done: &QuarantineDone) -> String {
    let name = &item.name;
    match done {
        QuarantineDone::Released { at, screening: Screening::Clean } => {
            format!("“{name}” is clean, and is {} now.", at.display())
        }
        QuarantineDone::Released { at, .. } => format!("“{name}” is {} now.", at.display()),
        QuarantineDone::Deleted => format!("“{name}” is deleted."),
        QuarantineDone::Stays(caught) => format!("“{name}” stays in quarantine. {}", why(Some(caught))),
    }
}
