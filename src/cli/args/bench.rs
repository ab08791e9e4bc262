//! The words after `airlift bench`.

use clap::Args;

use crate::{
    cli::asked::Benching,
    engine::MAX_TRIAL,
    model::{Target, text},
};

#[derive(Args)]
pub struct Bench {
    /// The device to send to, which must be receiving; otherwise this device tries itself
    #[arg(long, value_name = "HOST[:PORT]")]
    to: Option<Target>,
    /// How much is sent each time, such as 500MB or 4GiB
    #[arg(long, value_name = "SIZE", default_value = "1GB", value_parser = size)]
    size: u64,
}

impl Bench {
    pub fn benching(self) -> Benching {
        Benching { to: self.to, bytes: self.size }
    }
}

/// Bytes for a speed test.
fn size(text: &str) -> Result<u64, String> {
    match parse_size::parse_size(text) {
        Ok(0) => Err("nothing can’t be sent".to_owned()),
        Ok(bytes @ ..=MAX_TRIAL) => Ok(bytes),
        Ok(_) | Err(parse_size::Error::PosOverflow) => Err(format!("the most is {}", text::bytes(MAX_TRIAL))),
        Err(_) => Err("it is no size: type it like 500MB or 4GiB".to_owned()),
    }
}
