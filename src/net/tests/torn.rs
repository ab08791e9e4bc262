//! Whatever is said in either direction is heard, however the way tears it and whenever keys change.

use proptest::{prelude::*, sample::select};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::stock::{KEEPERS, ROLES, Role, SUITES, meet, run};
use crate::net::records::{FRAGMENT, Keeper};

/// What happens on a connection.
#[derive(Clone, Debug)]
enum Act {
    WeSay(usize),
    /// Without a flush.
    WeWrite(usize),
    TheySay(usize),
    /// They change their key, and want ours changed.
    TheyChangeKeys,
    /// After so many more records of ours, each is under a new key.
    OursWears(u64),
    /// So many bytes at once, if there are as many.
    WeRead(usize),
}

fn size() -> impl Strategy<Value = usize> {
    prop_oneof![0..4_usize, 1..2000_usize, FRAGMENT - 2..FRAGMENT + 3, Just(3 * FRAGMENT + 1)]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        size().prop_map(Act::WeSay),
        size().prop_map(Act::WeWrite),
        size().prop_map(Act::TheySay),
        Just(Act::TheyChangeKeys),
        (0..9_u64).prop_map(Act::OursWears),
        size().prop_map(Act::WeRead),
    ]
}

/// At least one that isn't 0, so that something passes at last.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    let cut = prop_oneof![Just(0_usize), 1..8_usize, 1..40_000_usize];
    (prop::collection::vec(cut, 0..5), 1..40_000_usize).prop_map(|(mut cuts, last)| {
        cuts.push(last);
        cuts
    })
}

/// Bytes that differ wherever they begin.
fn words(from: usize, count: usize) -> Vec<u8> {
    (from..from + count).map(|n| u8::try_from((n * 7 + n / 251) % 256).unwrap()).collect()
}

fn conversation(role: Role, suite: usize, keeper: Keeper, cuts: &[usize], acts: &[Act]) {
    let mut met = meet(role, SUITES[suite], keeper, cuts).unwrap();
    assert!(met.peer.is_some() && met.version.as_deref() == Some(crate::wire::ALPN));
    let stream = &mut met.stream;
    let (mut said, mut theirs, mut read) = (0, 0, Vec::new());
    run(async {
        for act in acts {
            match act {
                Act::WeSay(count) | Act::WeWrite(count) => {
                    stream.write_all(&words(said, *count)).await.unwrap();
                    said += count;
                    if matches!(act, Act::WeSay(_)) {
                        stream.flush().await.unwrap();
                        assert_eq!(stream.inside().0.heard.len(), said);
                    }
                }
                Act::TheySay(count) => {
                    stream.inside().0.say(&words(theirs, *count));
                    theirs += count;
                }
                Act::TheyChangeKeys => stream.inside().0.change_keys(),
                Act::OursWears(after) => drop(stream.inside().1.wear(*after)),
                Act::WeRead(count) => {
                    let mut part = vec![0; (*count).min(theirs - read.len())];
                    stream.read_exact(&mut part).await.unwrap();
                    read.extend(part);
                }
            }
        }
        let exported = stream.exporter().derive("EXPORTER-some-label").unwrap();
        let stock = stream.inside().0.tls();
        let theirs_exported = stock.export_keying_material([0; 32], b"EXPORTER-some-label", None).unwrap();
        assert_eq!(exported, theirs_exported);

        stream.inside().0.close();
        stream.read_to_end(&mut read).await.unwrap();
        assert!(read == words(0, theirs), "what they said");
        assert_eq!(stream.read(&mut [0; 9]).await.unwrap(), 0, "an end stays one");
        // Whoever has heard the end may still talk.
        stream.write_all(b"bye").await.unwrap();
        stream.shutdown().await.unwrap();
        let stock = &stream.inside().0;
        assert!(stock.broken.is_none(), "{:?}", stock.broken);
        assert!(stock.has_ended, "they have heard the end");
        let all = [words(0, said), b"bye".to_vec()].concat();
        assert!(stock.heard == all, "what we said");
        assert!(stream.write_all(b"more").await.is_err(), "after the end");
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn what_is_said_is_heard_in_both_directions_over_ways_that_tear_it_while_keys_change(
        role in select(ROLES.to_vec()),
        suite in 0..SUITES.len(),
        keeper in select(KEEPERS.to_vec()),
        cuts in cuts(),
        acts in prop::collection::vec(act(), 0..20),
    ) {
        conversation(role, suite, keeper, &cuts, &acts);
    }
}

#[test]
fn a_way_of_single_bytes_is_a_way() {
    let acts = [
        Act::TheyChangeKeys,
        Act::WeSay(1),
        Act::TheySay(FRAGMENT + 1),
        Act::OursWears(1),
        Act::WeRead(7),
        Act::WeSay(300),
        Act::TheyChangeKeys,
        Act::TheySay(3),
        Act::WeWrite(FRAGMENT * 2),
    ];
    for keeper in KEEPERS {
        for role in ROLES {
            for suite in 0..SUITES.len() {
                conversation(role, suite, keeper, &[1, 0], &acts);
            }
        }
    }
}
