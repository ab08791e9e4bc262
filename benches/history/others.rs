//! What people else look for names with, over a list of the same names.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use airlift::history::Reader;

use super::{PAGE, TIMES, clock::measured, made, words};

pub fn beside(home: &Path, reader: &mut Reader, rows: usize) {
    let list = home.join("names.txt");
    let mut written = std::io::BufWriter::new(fs::File::create(&list).unwrap());
    for (_, files) in made::transfers(rows, 1) {
        for file in files {
            writeln!(written, "/{}", file.record.path).unwrap();
        }
    }
    written.flush().unwrap();
    drop(written);

    let index = home.join("names.plocate");
    let built = Command::new("plocate-build").arg("-p").args([&list, &index]).status();
    let has_plocate = built.is_ok_and(|status| status.success());
    if !has_plocate {
        println!("\nSKIPPED: plocate is not installed");
    }
    println!("\n| wall time, first {PAGE} | Airlift | grep -i | plocate -i |\n|---|---|---|---|");
    for asked in ["img_2024", "写真", "report 77", "qqqzzz", "qq"] {
        let ours = measured(TIMES, || reader.page(&words(asked), None, PAGE).unwrap()).wall;
        // Words in a row for both: neither has them in any order.
        let mut grep = Command::new("grep");
        grep.args(["-i", "-F", "-m", "50", asked]).arg(&list);
        let grep = timed(&mut grep, ours);
        let plocate = has_plocate.then(|| {
            let mut plocate = Command::new("plocate");
            plocate.arg("-d").arg(&index).args(["-i", "-l", "50", asked]);
            timed(&mut plocate, ours)
        });
        println!("| {asked} | {ours:.2} ms | {grep} | {} |", plocate.unwrap_or_else(|| "–".to_owned()));
    }
}

fn timed(command: &mut Command, ours: f64) -> String {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let took = measured(TIMES, || command.status().unwrap()).wall;
    format!("{took:.2} ms, {:.1}×", took / ours)
}
