//! The words of a code, as they are typed after `--code`.

use clap::Args;

use crate::{
    engine::Remember,
    model::{BadPairingCode, PairingCode},
};

/// What stands after `--code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    Given(PairingCode),
    /// Nothing: whoever sends is asked for them, and whoever receives is told some.
    Left,
}

fn words(text: &str) -> Result<Words, BadPairingCode> {
    if text.is_empty() { Ok(Words::Left) } else { text.parse().map(Words::Given) }
}

/// Sending to whoever has given out a code.
#[derive(Args)]
#[expect(clippy::doc_markdown, reason = "shown as it is written")]
pub struct Telling {
    /// The code that “airlift receive --code” shows on the other device. It finds that device, and proves to
    /// each that the other is who it should be. Without CODE, it is asked for. Others on this machine can
    /// see an argument until the code is used; what is typed, or given in AIRLIFT_CODE, they can’t
    #[arg(long, value_name = "CODE", num_args = 0..=1, default_missing_value = "", value_parser = words)]
    #[arg(env = "AIRLIFT_CODE", hide_env_values = true)]
    pub code: Option<Words>,
    /// Trust the device that the code leads to from now on
    #[arg(long, requires = "code")]
    pub remember: bool,
}

/// Giving out a code.
#[derive(Args)]
pub struct Giving {
    /// Show a code, such as 7-lamp-orbit: whoever sends with it in the next five minutes is accepted
    /// without a question, once. One wrong guess spends it. WORDS make it this code; others on this machine
    /// can see them there until it is used
    #[arg(long, value_name = "WORDS", num_args = 0..=1, default_missing_value = "", value_parser = words)]
    pub code: Option<Words>,
    /// Trust the device that uses the code from now on
    #[arg(long, requires = "code")]
    pub remember: bool,
}

impl Telling {
    pub fn remember(&self) -> Remember {
        if self.remember { Remember::Trusted } else { Remember::Known }
    }
}

impl Giving {
    pub fn remember(&self) -> Remember {
        if self.remember { Remember::Trusted } else { Remember::Known }
    }
}
