use super::*;
use crate::{
    cli::{
        render::shown::screen,
        stage::{complete, transfer},
    },
    engine::CodeState,
    model::{
        Agreement, CompareCode, Direction, FileProblem, Meeting, Outcome, Pause, Problem, ProblemKind,
        Progress, Report, Side, Transfer, text::is_deceptive,
    },
};

fn line(news: News<'_>) -> String {
    let (mut screen, out, _) = screen();
    Json::new(&mut screen).tell(news);
    out.text()
}

#[test]
fn a_line_can_be_looked_at_and_means_the_same() {
    let name = "a\u{1b}[2J\u{9b}b\u{202e}c\u{e0001}d\"\\\n\t写真🎉";
    let text = line(News::Error(name));
    assert_eq!(text.matches(is_deceptive).collect::<String>(), "\n", "only the line’s own end");
    assert!(text.contains("写真🎉") && text.contains("\\u202e"), "{text}");
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["problem"], name);
}

#[test]
fn what_is_only_for_people_is_no_line() {
    let t = transfer(1, Direction::Send);
    for news in [News::Begun(&t), News::Connected(&t), News::Cancelling, News::Remark("x")] {
        assert_eq!(line(news), "");
    }
}

#[test]
fn a_failure_names_its_side_its_sentence_and_its_files() {
    let t = transfer(1, Direction::Receive);
    let text = "One file could not be read.".to_owned();
    let problem = Problem { side: Side::There, kind: ProblemKind::Files, text };
    let report = Report {
        outcome: Outcome::Failed(problem),
        failed: 7,
        problems: vec![FileProblem {
            path: "trip/a".to_owned(),
            side: Side::There,
            why: "no permission".to_owned(),
            error: Some(13),
        }],
        digest: None,
        ..complete(&t)
    };
    let mut read: serde_json::Value = serde_json::from_str(&line(News::Finished(&t, &report))).unwrap();
    assert!(read.as_object_mut().unwrap().remove("pipeline").is_some());
    assert_eq!(
        read,
        serde_json::json!({
            "event": "finished",
            "purpose": "files",
            "transfer": "01".repeat(16),
            "direction": "receive",
            "from": {
                "name": "Anna’s laptop",
                "id": t.peer.id.unwrap().to_string(),
                "address": "192.168.1.20",
            },
            "trial": null,
            "outcome": "failed",
            "side": "there",
            "files": 2,
            "bytes": 3500,
            "seconds": 0.5,
            "verified": false,
            "digest": null,
            "saved": ["/home/anna/in/photo.jpg", "/home/anna/in/trip"],
            "notes": [],
            "left_out": 0,
            "skipped": {"links": 0, "special": 0, "unreadable": 0, "own": 0, "gone": 0, "new": 0},
            "already": 0,
            "failed": 7,
            "hopeless": 0,
            "failed_folders": 0,
            "failures": [{"path": "trip/a", "side": "there", "why": "no permission", "error": 13}],
            "problem": "One file could not be read.",
            "error": null,
        })
    );
}

#[test]
fn every_field_is_documented() {
    let documentation = include_str!("../../../docs/CLI.md");
    let t = transfer(1, Direction::Receive);
    let (report, progress) = (complete(&t), Progress::default());
    let meeting = Some(Meeting { code: CompareCode::new(1), here: Agreement::Asked });
    let met = Transfer { meeting, ..transfer(1, Direction::Send) };
    for news in [
        News::Offered(&t),
        News::Started(&t),
        News::Progress(&t, &progress),
        News::Broken(&t, &Problem { side: Side::Here, kind: ProblemKind::Link, text: "x".into() }),
        News::Paused(&t, Pause::NoRoom { lacks: None }),
        News::Mended(&t),
        News::Finished(&t, &report),
        News::Tried(&t, &report),
        News::Code(&CodeState::Used),
        News::Met(&met),
    ] {
        let read: serde_json::Value = serde_json::from_str(&line(news)).unwrap();
        let inner = [&read["pipeline"], &read["pipeline"]["seconds"]];
        let inner = inner.into_iter().filter_map(serde_json::Value::as_object);
        for field in read.as_object().into_iter().chain(inner).flat_map(serde_json::Map::keys) {
            assert!(documentation.contains(&format!("| `{field}` |")), "{field} is not in docs/CLI.md");
        }
    }
}
