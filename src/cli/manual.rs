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
        // The options of every command stand on the first page.
        let part = part.clone().mut_args(|option| {
            let everywhere = option.is_global_set();
            option.hide(everywhere)
        });
        Man::new(part).render(&mut page)?;
    }
    Ok(page)
}

#[must_use]
pub fn completions(shell: clap_complete::Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "airlift", &mut script);
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_a_page_for_every_command_and_the_exit_codes() {
        let page = String::from_utf8(man().unwrap()).unwrap();
        for part in ["airlift\\-send", "airlift\\-receive", "AIRLIFT_HOME", "EXIT STATUS", "cannot reach"] {
            assert!(page.contains(part), "{part} is missing");
        }
    }

    #[test]
    fn every_shell_gets_a_script_that_knows_the_commands() {
        use clap::ValueEnum as _;
        for &shell in clap_complete::Shell::value_variants() {
            let script = String::from_utf8(completions(shell)).unwrap();
            assert!(script.contains("receive") && script.contains("save-as"), "{shell}");
        }
    }
}
