//! Whether the window opens on the display that is there.

use std::{io::Read as _, os::unix::net::UnixListener, process::Command, time::Duration};

use crate::harness::{Device, Running};

/// Nobody has so many.
const NOWHERE: &str = ":4242";

fn window(device: &Device, displays: &[(&str, &str)]) -> Command {
    let mut command = device.command(&[]);
    for named in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(named);
    }
    command.envs(displays.iter().copied());
    command
}

#[test]
fn where_no_display_answers_a_sentence_says_which_was_named_and_what_to_do() {
    let device = Device::new();
    let folder = device.inbox();
    let folder = folder.to_str().unwrap();
    for (displays, part) in [
        (&[][..], "this machine has no display"),
        (&[("DISPLAY", NOWHERE)][..], "DISPLAY (“:4242”)"),
        (&[("WAYLAND_DISPLAY", "none"), ("XDG_RUNTIME_DIR", folder)][..], "WAYLAND_DISPLAY (“none”)"),
        (
            &[("DISPLAY", NOWHERE), ("WAYLAND_DISPLAY", "none"), ("XDG_RUNTIME_DIR", folder)][..],
            "DISPLAY (“:4242”) or WAYLAND_DISPLAY (“none”)",
        ),
    ] {
        let (_, complaint, code) = Running::start(&mut window(&device, displays)).text();
        assert_eq!(code, 1, "{complaint}");
        assert!(complaint.contains(part) && complaint.contains("airlift send"), "{complaint}");
    }
}

#[test]
fn where_the_x11_display_leads_nowhere_the_window_goes_to_wayland() {
    let device = Device::new();
    let folder = device.inbox();
    let compositor = UnixListener::bind(folder.join("wayland-7")).unwrap();
    let displays = [
        ("DISPLAY", NOWHERE),
        ("WAYLAND_DISPLAY", "wayland-7"),
        ("XDG_RUNTIME_DIR", folder.to_str().unwrap()),
    ];
    let _window = Running::start(&mut window(&device, &displays));
    // Whether it is there was asked first.
    let (mut first, _) = compositor.accept().unwrap();
    assert_eq!(first.read(&mut [0; 64]).unwrap(), 0);
    let (mut second, _) = compositor.accept().unwrap();
    second.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert!(second.read(&mut [0; 64]).unwrap() > 0, "it speaks to it");
}
