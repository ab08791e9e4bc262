//! Where a transfer's time went, as fields.
//!
//! Knows the names that `docs/CLI.md` gives to limits and kinds of work.

use serde::{Serialize, Serializer};

use crate::model::{Bottleneck, Pipeline, Side, Times, Work};

/// What limits a transfer.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BottleneckLine {
    OurDisk,
    TheirDisk,
    OurProcessor,
    TheirProcessor,
    Network,
    OurLimit,
    TheirLimit,
    OurInput,
    TheirInput,
}

#[derive(Serialize)]
pub struct PipelineLine {
    limited_by: Option<BottleneckLine>,
    lanes: u32,
    wire_bytes: u64,
    seconds: Seconds,
}

struct Seconds(Times);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(Work::ALL.map(|work| (name(work), self.0.of(work).as_secs_f64())))
    }
}

fn name(work: Work) -> &'static str {
    match work {
        Work::Read => "read",
        Work::Input => "input",
        Work::Hash => "hash",
        Work::Encrypt => "encrypt",
        Work::Send => "send",
        Work::SendLimit => "send_limit",
        Work::Receive => "receive",
        Work::ReceiveLimit => "receive_limit",
        Work::Decrypt => "decrypt",
        Work::Check => "check",
        Work::Write => "write",
        Work::Store => "store",
    }
}

impl From<Pipeline> for PipelineLine {
    fn from(pipeline: Pipeline) -> Self {
        let Pipeline { times, lanes, wire_bytes, limited_by } = pipeline;
        let limited_by = limited_by.map(BottleneckLine::from);
        Self { limited_by, lanes, wire_bytes, seconds: Seconds(times) }
    }
}

impl From<Bottleneck> for BottleneckLine {
    fn from(limit: Bottleneck) -> Self {
        match limit {
            Bottleneck::Disk(Side::Here) => Self::OurDisk,
            Bottleneck::Disk(Side::There) => Self::TheirDisk,
            Bottleneck::Processor(Side::Here) => Self::OurProcessor,
            Bottleneck::Processor(Side::There) => Self::TheirProcessor,
            Bottleneck::Network => Self::Network,
            Bottleneck::Limit(Side::Here) => Self::OurLimit,
            Bottleneck::Limit(Side::There) => Self::TheirLimit,
            Bottleneck::Input(Side::Here) => Self::OurInput,
            Bottleneck::Input(Side::There) => Self::TheirInput,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_kind_of_work_has_its_own_name_in_the_order_of_the_way() {
        let mut times = Times::default();
        for (n, work) in (1..).zip(Work::ALL) {
            times.set(work, Duration::from_millis(500 * n));
        }
        let limited_by = Some(Bottleneck::Disk(Side::There));
        let pipeline = Pipeline { times, lanes: 2, wire_bytes: 7, limited_by };
        let text = serde_json::to_string(&PipelineLine::from(pipeline)).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"limited_by":"their_disk","lanes":2,"wire_bytes":7,"seconds":{"read":0.5,"#,
                r#""input":1.0,"hash":1.5,"encrypt":2.0,"send":2.5,"send_limit":3.0,"receive":3.5,"#,
                r#""receive_limit":4.0,"decrypt":4.5,"check":5.0,"write":5.5,"store":6.0}}"#
            )
        );
        let nothing = serde_json::to_value(PipelineLine::from(Pipeline::default())).unwrap();
        assert_eq!(nothing["limited_by"], serde_json::Value::Null);
    }

    #[test]
    fn every_limit_and_its_side_is_documented() {
        let documentation = include_str!("../../../docs/CLI.md");
        for side in [Side::Here, Side::There] {
            for limit in [
                Bottleneck::Disk(side),
                Bottleneck::Processor(side),
                Bottleneck::Network,
                Bottleneck::Limit(side),
                Bottleneck::Input(side),
            ] {
                let name = serde_json::to_value(BottleneckLine::from(limit)).unwrap();
                let name = name.as_str().unwrap();
                assert!(documentation.contains(&format!("| `{name}` |")), "{name} is not in docs/CLI.md");
            }
        }
    }
}
