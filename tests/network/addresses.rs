//! Where this device says that it is to be found.

use serde_json::json;

use crate::{
    harness::{Device, Running},
    room::Room,
};

#[test]
fn addresses_come_likeliest_first_and_never_those_that_lead_nowhere() {
    let Some(room) = Room::new("addresses come likeliest first", 1) else { return };
    let device = Device::new();
    room.ip(0, "link del wire");
    let shown = || Running::start(&mut room.airlift(0, &device, &["id", "--json"])).wait_for("id");
    assert_eq!(shown()["addresses"], json!([]), "loopback is nobody else's way here");

    for (name, address) in [
        ("tun7", "10.0.0.1/24"),
        ("wifi", "172.20.0.1/24"),
        ("other", "172.19.0.1/24"),
        ("lan", "192.168.9.1/24"),
        ("off", "10.0.1.1/24"),
    ] {
        room.ip(0, &format!("link add {name} type veth peer name {name}-end"));
        room.ip(0, &format!("link set {name}-end up"));
        room.ip(0, &format!("address add {address} dev {name}"));
        if name != "off" {
            room.ip(0, &format!("link set {name} up"));
        }
    }
    // With somebody on it, and without.
    for (name, address) in [("containers", "10.0.2.1/24"), ("alone", "10.0.3.1/24")] {
        room.ip(0, &format!("link add {name} type bridge"));
        room.ip(0, &format!("address add {address} dev {name}"));
        room.ip(0, &format!("link set {name} up"));
    }
    room.ip(0, "link add veth7 type veth peer name inside");
    room.ip(0, "link set inside up");
    room.ip(0, "link set veth7 master containers up");
    room.ip(0, "route add default via 192.168.9.254 metric 100");
    room.ip(0, "route add default via 172.20.0.254 metric 600");
    let likeliest = ["192.168.9.1", "172.20.0.1", "172.19.0.1", "10.0.2.1", "10.0.0.1"];
    assert_eq!(shown()["addresses"], json!(likeliest));

    // What is announced in the terminal is the same, in the same order.
    let inbox = device.inbox();
    let receive = ["receive", "--json", "--port", "0", "--dir", inbox.to_str().unwrap()];
    let mut receiver = Running::start(&mut room.airlift(0, &device, &receive));
    let told = receiver.wait_for("listening");
    assert_eq!(told["addresses"], json!(likeliest));
    room.ip(0, "link set lan down");
    let told = receiver.wait_for("listening");
    assert_eq!(told["addresses"], json!(["172.20.0.1", "172.19.0.1", "10.0.2.1", "10.0.0.1"]));
}
