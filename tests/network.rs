//! What this device says of the networks that it is in, and whose fault it is when one doesn't carry: real processes
//! in network namespaces of the test's own.
#![allow(clippy::unwrap_used, reason = "a test that can’t go on has failed")]
#![cfg(target_os = "linux")]

#[path = "network/addresses.rs"]
mod addresses;
#[path = "cli/harness.rs"]
#[allow(dead_code, reason = "the tests of the terminal face use more of it")]
mod harness;
#[path = "support/hosts.rs"]
mod hosts;
#[path = "support/loud.rs"]
mod loud;
#[path = "network/port.rs"]
mod port;
#[path = "network/room.rs"]
mod room;
#[path = "network/sides.rs"]
mod sides;
#[path = "support/tool.rs"]
mod tool;
