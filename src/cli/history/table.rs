//! Entries of the history as comma-separated values, as RFC 4180 has them.
//!
//! Knows the columns that `docs/CLI.md` promises. What a terminal must not see is escaped here too: a table is of text, and
//! text has no control characters. Nor has it formulas: names are given by others.

use csv::{Terminator, WriterBuilder};

use super::line::scan_problem;
use crate::{
    cli::words::past::moment,
    engine::history::{Row, Screened},
    model::{Direction, text::visible},
};

const COLUMNS: [&str; 17] = [
    "id",
    "when",
    "direction",
    "device",
    "device_id",
    "name",
    "folder",
    "place",
    "bytes",
    "kind",
    "outcome",
    "problem",
    "scan",
    "scan_problem",
    "digest",
    "transfer",
    "transfer_seconds",
];

pub fn heading() -> Vec<u8> {
    written([COLUMNS.map(str::to_owned)])
}

pub fn lines(rows: &[Row]) -> Vec<u8> {
    written(rows.iter().map(fields))
}

fn fields(row: &Row) -> [String; COLUMNS.len()] {
    let shown = |text: &str| plain(&visible(text));
    let direction = match row.direction {
        Direction::Send => "send",
        Direction::Receive => "receive",
    };
    [
        row.id.to_string(),
        moment(row.when, "%Y-%m-%d %H:%M:%S"),
        direction.to_owned(),
        shown(&row.device.name),
        row.device.id.map(|id| id.to_string()).unwrap_or_default(),
        shown(&row.name),
        shown(&row.folder),
        row.place.as_deref().map(|place| shown(&place.to_string_lossy())).unwrap_or_default(),
        row.size.map(|size| size.to_string()).unwrap_or_default(),
        row.kind.word().to_owned(),
        row.became.word().to_owned(),
        row.why.as_deref().map(shown).unwrap_or_default(),
        Screened::of(&row.screening).word().to_owned(),
        scan_problem(&row.screening).as_deref().map(shown).unwrap_or_default(),
        row.digest.map(|digest| digest.to_string()).unwrap_or_default(),
        row.transfer.id.to_string(),
        format!("{:.3}", row.transfer.took.as_secs_f64()),
    ]
}

/// As text, for a spreadsheet that would take some beginnings for those of a formula.
fn plain(text: &str) -> String {
    let mark = if text.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    format!("{mark}{text}")
}

fn written(records: impl IntoIterator<Item = [String; COLUMNS.len()]>) -> Vec<u8> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for record in records {
        writer.write_record(&record).expect("a vector takes every byte, and each record has all columns");
    }
    writer.into_inner().expect("a vector takes every byte")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_others_have_named_is_no_formula_in_a_spreadsheet() {
        for (name, written) in [
            ("=1+1", "'=1+1"),
            ("+a", "'+a"),
            ("-a", "'-a"),
            ("@a", "'@a"),
            ("a=1", "a=1"),
            ("'a", "'a"),
            ("", ""),
        ] {
            assert_eq!(plain(name), written);
        }
    }
}
