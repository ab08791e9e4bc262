//! Folders that take names for one that the receiving folder tells apart, or that nobody has reckoned with.

use std::fs;

use super::{
    broken::{Break, RULES, There, age, parcel},
    chance::{Chance, Length},
    disk,
    loud::say,
    parcel::{News, Parcel, contents, finished, news},
    receiver::Receiver,
    strange::{Strange, can},
};

/// The whole disk, or a folder below the receiving one.
const FOLDS: [&str; 4] = ["fold=case", "fold=casefold", "fold=case:in/t/sub", "fold=casefold:in/t/sub"];

/// Each as long as the other of its pair, and all but one of one time: only the content tells them apart.
const NAMES: [&str; 6] = ["README", "readme", "straße", "strasse", "plain\u{ad}", "plain"];

fn pairs() -> Parcel {
    let files = NAMES.map(|name| (name, format!("{:12}", name.replace('ß', "z").replace('\u{ad}', "-"))));
    let files = files.each_ref().map(|(name, text)| (format!("sub/{name}"), text.clone()));
    let parcel = parcel(&files.each_ref().map(|(name, text)| (name.as_str(), text.clone())));
    for name in NAMES {
        age(&parcel.here.path(&format!("t/sub/{name}")), 50);
    }
    parcel
}

fn each(test: &str, mut case: impl FnMut(&Strange, &str, Break, &str)) {
    if !can(test) {
        return;
    }
    let mut chance = Chance::of(test);
    let mut cases = 0;
    for fold in FOLDS {
        // Where something is replaced, something can be lost.
        let some = [("replace", chance.pick(&Break::ALL)), (chance.pick(&RULES), chance.pick(&Break::ALL))];
        let all: Vec<_> = RULES.iter().flat_map(|rule| Break::ALL.map(|how| (*rule, how))).collect();
        for (conflict, how) in Length::asked().choose(some.to_vec(), all) {
            case(&Strange::new(&[fold]), conflict, how, &format!("{fold}, {conflict}, {how:?}"));
            cases += 1;
        }
    }
    say(test, &format!("{cases} cases"));
}

#[test]
fn names_that_are_one_where_they_arrive_are_all_there_once_and_also_when_they_are_sent_again() {
    let parcel = pairs();
    let sent = parcel.contents();
    each("names that fold", |disk, conflict, how, when| {
        let (inbox, home) = (disk.inbox(), disk.home());
        let there = There { inbox: &inbox, home: &home, conflict };
        there.take_broken(&parcel, how, || (), when).is_complete(when);
        assert_eq!(contents(&finished(&inbox)), sent, "{when}");
        there.take(&parcel, when).is_complete(when);
        let again = contents(&finished(&inbox));
        assert!(again.keys().eq(sent.keys()), "{when}, sent again: {again:?}");
        if conflict == "complete" {
            assert_eq!(again, sent, "{when}, sent again: {:?}", finished(&inbox).keys());
        }
    });
}

#[test]
fn where_names_are_one_only_what_its_person_was_told_of_is_replaced() {
    let parcel = pairs();
    each("names that fold over others", |disk, conflict, how, when| {
        let (inbox, home) = (disk.inbox(), disk.home());
        let sub = inbox.join("t/sub");
        fs::create_dir_all(&sub).unwrap();
        let old = "of somebody";
        fs::write(sub.join("Readme"), old).unwrap();
        let meanwhile = || fs::write(sub.join("STRASSE (2)"), "of somebody else").unwrap();
        let there = There { inbox: &inbox, home: &home, conflict };
        there.take_broken(&parcel, how, meanwhile, when).is_complete(when);
        let mut all = contents(&finished(&inbox));
        let is_there = all.remove(old).is_some();
        // Where names are not one, nobody was told, and nothing has to go.
        assert!(is_there || conflict == "replace", "{when}");
        assert_eq!(all.remove("of somebody else"), Some(1), "{when}");
        if conflict != "skip" {
            assert_eq!(all, parcel.contents(), "{when}");
        }
    });
}

#[test]
fn names_that_are_one_are_all_there_when_a_receiver_dies_between_them() {
    let test = "killed between names that fold";
    if !can(test) || !disk::can(test, &["strace"]) {
        return;
    }
    let parcel = pairs();
    let sent = parcel.contents();
    let mut chance = Chance::of(test);
    let (mut cases, mut killed) = (0, 0);
    for fold in FOLDS {
        for conflict in ["replace", "complete"] {
            for moment in Length::asked().choose(vec![chance.among(3..12)], (1..12).collect()) {
                let when = &format!("{fold}, {conflict}, killed at name {moment}");
                eprintln!("{when}");
                let disk = Strange::new(&[fold]);
                let (inbox, home) = (disk.inbox(), disk.home());
                let there = There { inbox: &inbox, home: &home, conflict };
                if conflict == "replace" {
                    // So that there is something to replace, as large and as old.
                    there.take(&parcel, when).is_complete(when);
                }
                let fault = format!("renameat,renameat2,linkat:signal=KILL:when={moment}");
                // It may die before it listens.
                let Ok(receiver) = Receiver::obeying(conflict, &inbox, &home, "0", &[fault]) else {
                    continue;
                };
                let (port, address) = (receiver.port.clone(), receiver.address());
                let mut sender = parcel.send(&address, &[]);
                if receiver.end().1.is_none() {
                    let news = news(&mut sender);
                    let receiver = there.receive(&port);
                    if let News::Over(_) = news {
                        // It was not even accepted.
                        sender = parcel.send(&address, &[]);
                    }
                    let (end, code) = sender.end();
                    assert_eq!((&end["outcome"], code), (&"complete".into(), 0), "{when}: {end}");
                    assert_eq!(receiver.end().1, Some(0), "{when}");
                    killed += 1;
                }
                let all = contents(&finished(&inbox));
                assert!(all.keys().eq(sent.keys()), "{when}: {all:?}");
                if conflict == "complete" {
                    assert_eq!(all, sent, "{when}");
                }
                cases += 1;
            }
        }
    }
    say(test, &format!("{cases} cases, {killed} killed"));
    assert!(killed > 0, "none was killed");
}
