//! On whose side a link broke: the other end, when it is not heard of any more, is the first to be thought of, and it
//! may be this device that has lost its network.

use std::net::SocketAddr;

use crate::{
    model::{Outcome, Problem, ProblemKind, Report, Side},
    net::{self, NetError},
};

/// The report of an attempt at a transfer with a device that was at that address.
pub fn told(mut report: Report, peer: SocketAddr) -> Report {
    if let Outcome::Failed(problem) = &mut report.outcome
        && (problem.kind, problem.side) == (ProblemKind::Link, Side::There)
        && !net::leads_out(peer)
    {
        let lost = Problem::from(&NetError::NoWayHere { address: peer.to_string() });
        *problem = Problem { kind: ProblemKind::Link, ..lost };
    }
    report
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_where_no_way_leads_was_broken_by_this_device_and_nothing_else_is_touched() {
        let broken = |kind, side| {
            let text = "It has gone silent.".to_owned();
            Report::of(Outcome::Failed(Problem { side, kind, text }))
        };
        let (nowhere, here) = ("[fe80::1]:9".parse().unwrap(), "127.0.0.1:9".parse().unwrap());
        let of = |report: Report, peer| match told(report, peer).outcome {
            Outcome::Failed(problem) => (problem.kind, problem.side, problem.text.contains("This device")),
            other => panic!("{other:?}"),
        };
        let link = || broken(ProblemKind::Link, Side::There);
        assert_eq!(of(link(), nowhere), (ProblemKind::Link, Side::Here, true));
        assert_eq!(of(link(), here), (ProblemKind::Link, Side::There, false));
        let file = broken(ProblemKind::Files, Side::There);
        assert_eq!(of(file, nowhere), (ProblemKind::Files, Side::There, false));
    }
}
