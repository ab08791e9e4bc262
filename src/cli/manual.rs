//! What clap knows of the command line, as a manual page and as completion scripts.

use std::io;

use clap_mangen::{
    Man,
    roff::{Roff, roman},
};

use super::{args, exit::EXIT_CODES};

/// The manual: the program's own page, and then one for each of its commands.
///
/// # Errors
/// Never for a vector; the page writer doesn't know that it writes to one.
pub fn man() -> io::Result<Vec<u8>> {
    let mut command = args::command().disable_help_subcommand(true);
    command.build();
    let mut page = Vec::new();
    let own = Man::new(command.clone());
    own.render_title(&mut page)?;
    own.render_name_section(&mut page)?;
    own.render_synopsis_section(&mut page)?;
    own.render_description_section(&mut page)?;
    own.render_options_section(&mut page)?;
    own.render_subcommands_section(&mut page)?;
    let mut codes = Roff::new();
    codes.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES.lines().filter_map(|line| line.split_once("  ")) {
        codes.control("TP", []);
        codes.text([roman(code)]);
        codes.text([roman(meaning)]);
    }
    codes.to_writer(&mut page)?;
    own.render_version_section(&mut page)?;
    for part in command.get_subcommands() {
        Man::new(part.clone()).render(&mut page)?;
    }
    Ok(page)
}

#[must_use]
pub fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "airlift", &mut script);
    script
}
