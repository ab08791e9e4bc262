use std::{fmt, fs};

use super::*;

/// What is in the log after that.
fn logged(log_it: impl FnOnce()) -> String {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("new/logs");
    let (dispatch, log) = set_up(Some(&folder), Echo::Nothing);
    assert!(log.problems.is_empty(), "{:?}", log.problems);
    tracing::dispatcher::with_default(&dispatch, log_it);
    drop(log);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    #[cfg(unix)]
    for path in [&folder, &files[0]] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "others may not read it");
    }
    fs::read_to_string(&files[0]).unwrap()
}

#[test]
fn the_log_is_in_its_owners_folder_and_says_what_happened() {
    let text = logged(|| {
        tracing::info!(port = 7, "listening");
        tracing::debug!("too much");
    });
    assert!(text.contains("listening") && text.contains("port=7") && !text.contains("too much"), "{text}");
}

#[test]
fn a_folder_that_cannot_be_is_a_problem_and_no_end() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("file");
    fs::write(&file, "").unwrap();
    let (_, log) = set_up(Some(&file.join("logs")), Echo::Nothing);
    assert_eq!(log.problems.len(), 1);
    assert!(log.problems[0].to_string().starts_with("No log is kept"), "{}", log.problems[0]);
}

#[test]
fn a_flood_is_a_few_lines_and_one_that_counts_the_rest_and_hides_no_error() {
    let text = logged(|| {
        for number in 0..100_000 {
            tracing::info!(number, "turned away");
        }
        tracing::error!("the disk is on fire");
    });
    let lines: Vec<_> = text.lines().collect();
    let shown =
        lines.iter().filter(|line| line.contains(" INFO airlift::logging::tests: turned away")).count();
    // The line that counts has one of them as an example; a slow machine earns a few more.
    assert!((101..120).contains(&shown), "{shown}");
    assert!(lines.iter().any(|line| line.contains("ERROR") && line.contains("the disk is on fire")));
    let last = lines.last().unwrap();
    assert!(
        last.contains("  WARN airlift::logging: 99,") && last.contains(" more lines like this were left out")
    );
    assert!(last.contains("INFO airlift::logging::tests: turned away number=1"), "{last}");
    assert!(lines.len() < 125, "{}", lines.len());
}

#[test]
fn what_a_peer_says_is_one_line_wherever_it_stands() {
    struct Forged;
    impl fmt::Display for Forged {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Bob\n2026-11-01T00:00:00.000000Z ERROR airlift: forged\u{1b}[2K\r\u{202e}")
        }
    }
    impl fmt::Debug for Forged {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Display::fmt(self, f)
        }
    }
    impl std::error::Error for Forged {}
    let text = logged(|| {
        let text = Forged.to_string();
        tracing::info!("{Forged}");
        tracing::info!(name = %Forged, "shown");
        tracing::info!(name = ?Forged, "debugged");
        tracing::info!(name = text, "told");
        tracing::info!(name = &Forged as &dyn std::error::Error, "failed");
    });
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(text.lines().all(|line| line.starts_with("20") && line.contains("Bob\\n2026")), "{text}");
    assert!(!text.chars().any(|c| c != '\n' && crate::model::text::is_deceptive(c)), "{text:?}");
}

#[test]
fn a_line_without_end_is_cut_and_the_next_one_is_whole() {
    let text = logged(|| {
        let long = "写".repeat(1 << 20);
        tracing::info!(name = %long, "came");
        tracing::info!(name = ?vec![1; 100_000], "came");
        tracing::info!("the next");
    });
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    for line in &lines[..2] {
        assert!(line.len() < 4200 && line.ends_with("… (cut)"), "{}", line.len());
    }
    assert!(lines[2].ends_with(": the next"));
}

#[test]
fn libraries_that_log_by_way_of_log_have_an_allowance_for_each_place() {
    use tracing_log::log::{Level, RecordBuilder};
    let text = logged(|| {
        for line in [10, 20] {
            for _ in 0..200 {
                let mut record = RecordBuilder::new();
                let record = record.level(Level::Warn).target("elsewhere::server").line(Some(line));
                tracing_log::format_trace(&record.args(format_args!("alert at {line}")).build()).unwrap();
            }
        }
    });
    for line in [10, 20] {
        let shown = text.matches(&format!("elsewhere::server: alert at {line}\n")).count();
        // One of them is the example.
        assert!((101..110).contains(&shown), "{shown}: {text}");
    }
    assert_eq!(text.matches("more lines like this were left out").count(), 2);
}
