//! `airlift quarantine`: what is kept apart from what has come, and what becomes of it.
//!
//! Knows how a person names it, and who is asked before. Must not know where it lies.

use std::path::Path;

use serde::Serialize;

use super::{
    ask,
    asked::{Form, KeptApart, Sure},
    exit::Exit,
    json::{
        self,
        fields::{path, seconds},
    },
    render::Screen,
    words::apart as words,
};
use crate::{
    engine::{Quarantine, Settings},
    model::{Caught, QuarantineDeed, QuarantineDone, QuarantineItem, QuarantinePlace, Screening},
};

/// A refusal, as a sentence.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(
        "Nothing in quarantine has an id that begins with “{0}”. “airlift quarantine” lists what is there."
    )]
    Unknown(String),
    #[error("The ids of {count} things in quarantine begin with “{text}”. Type more of it.")]
    Ambiguous { text: String, count: usize },
}

/// Lists it, or deals with it.
///
/// # Errors
/// When it can't be read, or an id fits none or several.
pub fn quarantine(home: &Path, what: KeptApart, form: Form, screen: &mut Screen) -> anyhow::Result<Exit> {
    let mut quarantine = Quarantine::of(home, Settings::load(home)?);
    let all = quarantine.list().map_err(|problem| anyhow::anyhow!(problem.text))?;
    let (ids, deed, sure) = match what {
        KeptApart::List(ids) => {
            list(&choose(all, &ids)?, form, screen);
            return Ok(Exit::Complete);
        }
        KeptApart::Release(ids, sure) => (ids, QuarantineDeed::Release, sure),
        KeptApart::Delete(ids, sure) => (ids, QuarantineDeed::Delete, sure),
        KeptApart::Rescan(ids) => (ids, QuarantineDeed::Rescan, Sure::Said),
    };
    let chosen = choose(all, &ids)?;
    if chosen.is_empty() {
        list(&chosen, form, screen);
        return Ok(Exit::Complete);
    }
    if sure == Sure::Ask && !ask::agrees(&words::about_to(deed, &chosen), screen)? {
        return Ok(Exit::Cancelled);
    }
    let mut exit = Exit::Complete;
    for item in &chosen {
        match quarantine.deal(&item.id, deed) {
            Ok(done) => tell(item, &done, form, screen),
            Err(problem) => {
                exit = Exit::Failed;
                match form {
                    Form::Json => json::write(screen, &Line::failed(item, &problem.text)),
                    Form::Person | Form::Quiet => screen.err(&problem.text),
                }
            }
        }
    }
    if let Some(problem) = quarantine.unrecorded() {
        screen.err(&problem.text);
    }
    Ok(exit)
}

/// Those that are meant, each once; all where none is named.
fn choose(all: Vec<QuarantineItem>, ids: &[String]) -> Result<Vec<QuarantineItem>, Refusal> {
    if ids.is_empty() {
        return Ok(all);
    }
    let mut chosen: Vec<QuarantineItem> = Vec::new();
    for text in ids {
        let start = text.to_ascii_lowercase();
        let exact = all.iter().filter(|item| item.id.as_str() == start).collect::<Vec<_>>();
        let fitting = if exact.is_empty() {
            all.iter().filter(|item| item.id.as_str().starts_with(&start)).collect()
        } else {
            exact
        };
        let [one] = fitting[..] else {
            return Err(match fitting.len() {
                0 => Refusal::Unknown(text.clone()),
                count => Refusal::Ambiguous { text: text.clone(), count },
            });
        };
        if !chosen.iter().any(|known| known.id == one.id) {
            chosen.push(one.clone());
        }
    }
    Ok(chosen)
}

fn list(items: &[QuarantineItem], form: Form, screen: &mut Screen) {
    match form {
        Form::Json => items.iter().for_each(|item| json::write(screen, &Line::kept(item))),
        // Who asks for a list wants to see it.
        Form::Person | Form::Quiet if items.is_empty() => screen.out(words::NOTHING),
        Form::Person | Form::Quiet => {
            items.iter().flat_map(words::item).for_each(|line| screen.out(&line));
        }
    }
}

fn tell(item: &QuarantineItem, done: &QuarantineDone, form: Form, screen: &mut Screen) {
    match form {
        Form::Json => json::write(screen, &Line::done(item, done)),
        Form::Person => screen.out(&words::done(item, done)),
        Form::Quiet => {}
    }
}

/// One line. Every field is in `docs/CLI.md`.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Line<'a> {
    Quarantined {
        #[serde(flatten)]
        what: What<'a>,
    },
    QuarantineReleased {
        #[serde(flatten)]
        what: What<'a>,
        saved: String,
        scan: &'static str,
    },
    QuarantineDeleted {
        #[serde(flatten)]
        what: What<'a>,
    },
    QuarantineFailed {
        #[serde(flatten)]
        what: What<'a>,
        problem: &'a str,
    },
}

#[derive(Serialize)]
struct What<'a> {
    id: &'a str,
    name: &'a str,
    folder: String,
    path: &'a str,
    bytes: u64,
    digest: Option<String>,
    state: &'static str,
    found: Option<&'a str>,
    held_because: Option<String>,
    since: u64,
    from: Option<String>,
    from_name: &'a str,
    away: bool,
}

impl<'a> What<'a> {
    fn of(item: &'a QuarantineItem, why: Option<&'a Caught>) -> Self {
        let (state, found, held_because) = match why {
            Some(Caught::Infected(name)) => ("infected", Some(name.as_str()), None),
            Some(Caught::Held(why)) => ("held", None, Some(why.to_string())),
            None => ("unknown", None, None),
        };
        Self {
            id: item.id.as_str(),
            name: &item.name,
            folder: path(&item.folder),
            path: &item.path,
            bytes: item.size,
            digest: item.digest.map(|digest| digest.to_string()),
            state,
            found,
            held_because,
            since: seconds(item.since),
            from: item.from.map(|id| id.to_string()),
            from_name: &item.from_name,
            away: item.place == QuarantinePlace::Away,
        }
    }
}

impl<'a> Line<'a> {
    fn kept(item: &'a QuarantineItem) -> Self {
        Self::Quarantined { what: What::of(item, item.why.as_ref()) }
    }

    fn failed(item: &'a QuarantineItem, problem: &'a str) -> Self {
        Self::QuarantineFailed { what: What::of(item, item.why.as_ref()), problem }
    }

    fn done(item: &'a QuarantineItem, done: &'a QuarantineDone) -> Self {
        match done {
            QuarantineDone::Released { at, screening } => {
                let scan = if *screening == Screening::Clean { "clean" } else { "none" };
                Self::QuarantineReleased { what: What::of(item, item.why.as_ref()), saved: path(at), scan }
            }
            QuarantineDone::Deleted => Self::QuarantineDeleted { what: What::of(item, item.why.as_ref()) },
            QuarantineDone::Stays(why) => Self::Quarantined { what: What::of(item, Some(why)) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Digest, NotScanned};

    fn item(id: &str) -> QuarantineItem {
        QuarantineItem {
            id: id.parse().unwrap(),
            name: "evil.exe".to_owned(),
            folder: "/in".into(),
            path: "a/evil.exe".to_owned(),
            size: 68,
            digest: Some(Digest([1; 32])),
            why: Some(Caught::Infected("Test.Marker".to_owned())),
            since: std::time::UNIX_EPOCH,
            from: None,
            from_name: String::new(),
            place: QuarantinePlace::Here,
        }
    }

    #[test]
    fn what_is_meant_is_told_by_the_beginning_of_its_id_and_nothing_else_is_dealt_with() {
        let all = || vec![item("abc0"), item("abd0"), item("abc0-1")];
        let ids = |texts: &[&str]| {
            let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
            choose(all(), &texts)
                .map(|items| items.iter().map(|item| item.id.to_string()).collect::<Vec<_>>())
        };
        assert_eq!(ids(&[]).unwrap().len(), 3);
        assert_eq!(ids(&["ABD", "abd0"]).unwrap(), ["abd0"]);
        assert_eq!(ids(&["abc0"]).unwrap(), ["abc0"], "one that is whole is meant");
        assert_eq!(ids(&["abc"]), Err(Refusal::Ambiguous { text: "abc".to_owned(), count: 2 }));
        assert_eq!(ids(&["x"]), Err(Refusal::Unknown("x".to_owned())));
    }

    #[test]
    fn a_line_says_what_was_found_or_why_it_is_held() {
        let infected = serde_json::to_value(Line::kept(&item("a"))).unwrap();
        assert_eq!(infected["event"], "quarantined");
        assert_eq!(
            (infected["state"].as_str(), infected["found"].as_str()),
            (Some("infected"), Some("Test.Marker"))
        );
        let held = QuarantineItem { why: Some(Caught::Held(NotScanned::Locked)), ..item("a") };
        let held = serde_json::to_value(Line::kept(&held)).unwrap();
        assert_eq!((held["state"].as_str(), held["found"].as_str()), (Some("held"), None));
        assert!(held["held_because"].as_str().unwrap().contains("encrypted"));
    }
}
