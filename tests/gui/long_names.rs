//! Names that are as long as a peer can make them: what a person has to press stays in sight.

use airlift::{
    engine::Command,
    model::{Answer, Caution, DeviceId, DeviceName, Direction, Transfer, TransferState},
};
use egui::{Rect, pos2};

use crate::bench::{Bench, file, peer, snapshot, transfer};

/// Without a place where a line could be broken.
fn endless() -> Vec<(&'static str, String)> {
    vec![
        ("letters", "a".repeat(200)),
        ("wide letters", "W".repeat(1024)),
        ("signs", "漢".repeat(341)),
        ("what is shown escaped", "\u{202e}".repeat(341)),
        ("joined marks", format!("e{}", "\u{301}".repeat(500))),
        ("dots", ".".repeat(200)),
    ]
}

fn offer(name: &str, count: usize) -> Transfer {
    let things = vec![file(name, 4_210_000); count];
    let mut offer = transfer(1, Direction::Receive, things, TransferState::Waiting);
    offer.peer = peer(&"Ẁ".repeat(DeviceName::MAX_CHARS));
    offer.peer.address = format!("[{}]:50123", ["2001"; 8].join(":"));
    offer.folder = Some(format!("/srv/{name}").into());
    offer.notes = vec![format!("“{name}” is there already: it will be stored as “{name}”."); 20];
    let (name, known) = (offer.peer.name.clone().unwrap(), DeviceId::of_public_key(b"other"));
    offer.caution = Some(Caution::OtherKey { name, known });
    offer
}

#[test]
fn n22_accept_and_decline_stay_in_sight_however_long_a_name_is_landrop_239() {
    for size in [[1040.0, 720.0], [640.0, 520.0]] {
        let window = Rect::from_min_max(pos2(0.0, 0.0), pos2(size[0], size[1]));
        for (what, name) in endless() {
            for count in [1, 100] {
                for press in ["Accept: ", "Decline: "] {
                    let mut bench = Bench::with(snapshot(), size);
                    bench.transfer(&offer(&name, count));
                    bench.show_offers();
                    for button in ["Accept: ", "Decline: ", "Choose…: "] {
                        let there = bench.button_like(button).rect();
                        let is_in_sight = window.contains_rect(there) && there.area() > 100.0;
                        assert!(is_in_sight, "{count} of {what} in {size:?}: {button} at {there:?}");
                    }
                    // As a pointer would: whatever lies over it is pressed instead.
                    let there = bench.button_like(press).rect().center();
                    bench.window.hover_at(there);
                    bench.window.run();
                    bench.window.drag_at(there);
                    bench.window.drop_at(there);
                    bench.window.run();
                    let Command::Answer { answer, .. } = bench.command() else { panic!("{what}: no answer") };
                    assert_eq!(matches!(answer, Answer::Accept(_)), press == "Accept: ", "{what}");
                }
            }
        }
    }
}
