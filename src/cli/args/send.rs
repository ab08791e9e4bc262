//! The words after `airlift send`.

use std::path::PathBuf;

use clap::Args;

use super::{
    code::{Telling, Words},
    typed::{one_name, usage},
};
use crate::{
    cli::{asked::TextFrom, terminal::at_terminal},
    engine::Remember,
    model::{ByteRate, Source, Target, Text},
};

/// What to send, as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// `None`: whom the code leads to.
    pub to: Option<Target>,
    pub code: Option<Words>,
    pub remember: Remember,
    pub sources: Vec<Source>,
    /// Where the text is that is sent in their place, and by itself.
    pub text: Option<TextFrom>,
}

#[derive(Args)]
pub struct Send {
    /// Files and folders; “-” is standard input
    #[arg(required_unless_present_any = ["text", "clipboard"], value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Send this text, in the place of files: it is shown there, and written to no disk. “-” reads it from standard
    /// input
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["paths", "name"], allow_hyphen_values = true)]
    text: Option<String>,
    /// Send the text that is in the clipboard
    #[arg(long, conflicts_with_all = ["paths", "name", "text"])]
    clipboard: bool,
    /// The other device: its name, its id, its airlift:// link, or a host name or an IP address, and the
    /// port unless it is the usual one. Without it, at a terminal, you choose from a list
    #[arg(long, value_name = "NAME|ID|HOST[:PORT]|LINK")]
    to: Option<Target>,
    #[command(flatten)]
    telling: Telling,
    /// The name that standard input arrives under
    #[arg(long = "as", value_name = "FILENAME", value_parser = one_name)]
    name: Option<String>,
    /// The most to send in a second, such as 20MB/s or 100Mbit/s; unless given, what the settings
    /// say
    #[arg(long, value_name = "SPEED")]
    pub limit: Option<ByteRate>,
}

impl Send {
    pub fn sending(self) -> Result<Sending, clap::Error> {
        let (remember, code) = (self.telling.remember(), self.telling.code);
        let (sources, text) = match (self.text, self.clipboard) {
            (Some(text), _) if text == "-" => (Vec::new(), Some(TextFrom::StandardInput)),
            (Some(text), _) => {
                let text = text.parse::<Text>().map_err(|why| usage(&why.to_string()))?;
                (vec![Source::Text(text)], None)
            }
            (None, true) => (Vec::new(), Some(TextFrom::Clipboard)),
            (None, false) => (sources(self.paths, self.name)?, None),
        };
        if self.to.is_none() && code.is_none() && !at_terminal() {
            return Err(usage("Say whom to send it to, with --to: a name, an id or an address."));
        }
        let is_stream = |source: &Source| matches!(source, Source::StandardInput { .. });
        let is_read = sources.iter().any(is_stream) || text == Some(TextFrom::StandardInput);
        if code == Some(Words::Left) && is_read {
            return Err(usage(
                "Standard input can’t be sent and asked for the code as well: give the code, or AIRLIFT_CODE.",
            ));
        }
        Ok(Sending { to: self.to, code, remember, sources, text })
    }
}

/// “-” is standard input; a file of that name is `./-`.
fn sources(paths: Vec<PathBuf>, name: Option<String>) -> Result<Vec<Source>, clap::Error> {
    let is_stream = |path: &PathBuf| path.as_os_str() == "-";
    match (paths.iter().filter(|path| is_stream(path)).count(), &name) {
        (0, None) | (1, Some(_)) => {}
        (0, Some(_)) => {
            return Err(usage("--as names standard input: give “-” as a PATH, or leave --as out."));
        }
        (1, None) => return Err(usage("Standard input needs a name to arrive under: add --as FILENAME.")),
        _ => return Err(usage("“-” is given more than once; standard input can be read only once.")),
    }
    let mut name = name;
    let source = |path| match name.take_if(|_| is_stream(&path)) {
        Some(name) => Source::StandardInput { name },
        None => Source::Path(path),
    };
    Ok(paths.into_iter().map(source).collect())
}
