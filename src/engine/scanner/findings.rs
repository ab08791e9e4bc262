//! What a person is told of the virus scanner, and what to do about it.

use std::path::Path;

use super::Checks;
use crate::{
    engine::network::doctor::{Finding, Health},
    model::{NotScanned, text},
    scan::{Examined, Knowledge, Limits, Presence, Telling, Version},
    settings::Settings,
};

/// The scanner, what it knows, and what it looks into; the first is always there. Takes some seconds where it is silent.
#[must_use]
pub fn findings(home: &Path, settings: &Settings) -> Vec<Finding> {
    told(Checks::new(home, settings).scanner().examine())
}

fn finding(about: &'static str, state: Health, text: impl Into<String>) -> Finding {
    Finding { about, state, text: text.into() }
}

const SCANNER: &str = "Virus scanner";

fn told(presence: Presence) -> Vec<Finding> {
    match presence {
        Presence::Off => {
            vec![finding(SCANNER, Health::Fine, "It is off in the settings: nothing that comes is scanned.")]
        }
        Presence::Never => vec![finding(
            SCANNER,
            Health::Fine,
            "None was found, and nothing that comes is scanned. Airlift asks ClamAV’s clamd where there is one; many systems have it as a package, such as clamav-daemon.",
        )],
        Presence::Gone { place } => vec![finding(
            SCANNER,
            Health::Doubtful,
            format!(
                "Nobody answers at {place}: what comes is marked as not scanned. Start it again (on Debian: systemctl start clamav-daemon), or set “scanner” to “off” in the settings."
            ),
        )],
        Presence::There(examined) => there(&examined),
    }
}

fn there(examined: &Examined) -> Vec<Finding> {
    let Examined { place, trouble, version, limits } = examined;
    let engine = version.as_ref().map_or("A scanner", |version| version.engine.as_str());
    let scanner = match trouble {
        None => finding(SCANNER, Health::Fine, format!("{engine} scans at {place}.")),
        Some(NotScanned::Starting) => finding(
            SCANNER,
            Health::Doubtful,
            format!(
                "The scanner at {place} takes calls and doesn’t answer yet: it may be starting. Look again in a minute."
            ),
        ),
        Some(why) => finding(
            SCANNER,
            Health::Doubtful,
            format!("{engine} is at {place}, and does not scan: {why}. Its own log says more."),
        ),
    };
    let age = version.as_ref().filter(|_| trouble.is_none()).map(age);
    [Some(scanner), age, Some(looks_into(limits)), advice(limits)].into_iter().flatten().collect()
}

fn age(version: &Version) -> Finding {
    let about = "Its signatures";
    let Some(database) = version.database else {
        let text = "It has signatures of somebody’s own alone: how old they are can’t be known.";
        return finding(about, Health::Fine, text);
    };
    let Some(days) = version.age() else {
        return finding(about, Health::Fine, format!("Database {database}, of an unknown day."));
    };
    let old = text::count(days.into(), "day", "days");
    if days < Version::OLD {
        return finding(about, Health::Fine, format!("Database {database}, {old} old."));
    }
    let text = format!(
        "Database {database} is {old} old, and what is newer is not found. Look whether freshclam runs (on Debian: systemctl status clamav-freshclam)."
    );
    finding(about, Health::Doubtful, text)
}

fn looks_into(limits: &Limits) -> Finding {
    let switch = |telling| if telling == Telling::Told { "yes" } else { "no" };
    let time = limits.time.map_or("any time".to_owned(), text::duration);
    let (state, known) = match &limits.knowledge {
        Knowledge::Configuration(path) => (Health::Fine, format!("As {} says.", path.display())),
        Knowledge::Person => (Health::Fine, "The size is as the settings say.".to_owned()),
        Knowledge::Assumed => (
            Health::Doubtful,
            "That is assumed: its configuration can’t be read here. “scanner_limit” in the settings says it better.".to_owned(),
        ),
    };
    let text = format!(
        "Files up to {} and {time} each; AlertExceedsMax {}, AlertEncrypted {}. {known}",
        text::bytes(limits.largest()),
        switch(limits.exceeding),
        switch(limits.encrypted),
    );
    finding("What it looks into", state, text)
}

/// Nothing where nothing is lacking. A configuration that isn't seen may be as it should, and no line would be noticed.
fn advice(limits: &Limits) -> Option<Finding> {
    let lines = limits.advice();
    let Knowledge::Configuration(path) = &limits.knowledge else { return None };
    if lines.is_empty() {
        return None;
    }
    let (path, these) = (path.display(), lines.join(", "));
    let text = if limits.exceeding == Telling::Told && limits.encrypted == Telling::Told {
        format!("It looks into larger files with this line in {path}: {these}. Then start it again.")
    } else {
        format!(
            "It says that all is well of what it could not look into, so archives, documents and programs count as not scanned. It says more with these lines in {path}: {these}. Then start it again."
        )
    };
    Some(finding("What it could say", Health::Doubtful, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ScannerAddress;

    fn examined(line: &str, limits: Limits) -> Presence {
        let (place, version) = (ScannerAddress::socket("/run/clamd.ctl"), Version::parse(line));
        Presence::There(Box::new(Examined { place, trouble: None, version, limits }))
    }

    fn configured() -> Limits {
        let knowledge = Knowledge::Configuration("/etc/clamav/clamd.conf".into());
        Limits { knowledge, ..Limits::default() }
    }

    fn text_of(findings: &[Finding], about: &str) -> Option<(Health, String)> {
        let found = findings.iter().find(|finding| finding.about == about);
        found.map(|finding| (finding.state, finding.text.clone()))
    }

    #[test]
    fn three_lines_are_named_that_would_make_it_say_more_and_where_they_go() {
        let found = told(examined("ClamAV 1.4.6", configured()));
        let (state, text) = text_of(&found, "What it could say").unwrap();
        assert_eq!(state, Health::Doubtful);
        for word in
            ["/etc/clamav/clamd.conf", "AlertExceedsMax yes", "AlertEncrypted yes", "MaxFileSize 400M"]
        {
            assert!(text.contains(word), "{word}: {text}");
        }
        let all = Limits { exceeding: Telling::Told, encrypted: Telling::Told, ..configured() };
        let (_, text) = text_of(&told(examined("ClamAV 1.4.6", all.clone())), "What it could say").unwrap();
        assert!(!text.contains("Alert") && text.contains("MaxFileSize"), "{text}");
        let found = told(examined("ClamAV 1.4.6", Limits { file: None, ..all }));
        assert_eq!(text_of(&found, "What it could say"), None, "{found:?}");
        let found = told(examined("ClamAV 1.4.6", Limits::unseen(None)));
        assert_eq!(text_of(&found, "What it could say"), None, "nobody knows which file it would be");
        let (state, text) = text_of(&found, "What it looks into").unwrap();
        assert!(state == Health::Doubtful && text.contains("25.0 MB") && text.contains("assumed"), "{text}");
        let found = told(examined("ClamAV 1.4.6", configured()));
        assert_eq!(text_of(&found, "What it looks into").unwrap().0, Health::Fine);
    }

    #[test]
    fn signatures_that_are_old_are_a_reason_to_look_and_own_ones_have_no_age() {
        let age = |line: &str| text_of(&told(examined(line, configured())), "Its signatures").unwrap();
        let (state, text) = age("ClamAV 1.4.6/27500/Mon Nov 30 09:43:32 2020");
        assert!(state == Health::Doubtful && text.contains("freshclam"), "{text}");
        let (state, text) = age("ClamAV 1.4.6");
        assert!(state == Health::Fine && !text.contains("0 days"), "{text}");
    }

    #[test]
    fn who_never_had_a_scanner_or_wants_none_is_not_warned() {
        for presence in [Presence::Off, Presence::Never] {
            assert!(told(presence).iter().all(|finding| finding.state == Health::Fine));
        }
        let gone = told(Presence::Gone { place: "/run/x".to_owned() });
        assert!(gone[0].state == Health::Doubtful && gone[0].text.contains("/run/x"), "{gone:?}");
        let place = ScannerAddress::socket("/run/x");
        for (trouble, word) in [
            (NotScanned::Starting, "starting"),
            (NotScanned::Failed("Can't write".to_owned()), "Can't write"),
            (NotScanned::Busy, "busy"),
        ] {
            let (place, trouble) = (place.clone(), Some(trouble));
            let limits = Limits::unseen(None);
            let found = told(Presence::There(Box::new(Examined { place, trouble, version: None, limits })));
            assert!(found[0].state == Health::Doubtful && found[0].text.contains(word), "{found:?}");
        }
    }
}
