//! What sort of device this is, as far as the system tells.

use std::sync::OnceLock;

use crate::model::DeviceKind;

/// Found out once.
#[must_use]
pub fn of_this_device() -> DeviceKind {
    static KIND: OnceLock<DeviceKind> = OnceLock::new();
    *KIND.get_or_init(ask)
}

/// The chassis that the firmware tells of (SMBIOS specification, section 7.4.1).
#[cfg(target_os = "linux")]
fn ask() -> DeviceKind {
    let chassis = std::fs::read_to_string("/sys/class/dmi/id/chassis_type").unwrap_or_default();
    of_chassis(chassis.trim().parse().unwrap_or_default())
}

/// Other systems have no file for it.
#[cfg(not(target_os = "linux"))]
fn ask() -> DeviceKind {
    DeviceKind::Unknown
}

#[cfg(any(target_os = "linux", test))]
fn of_chassis(number: u8) -> DeviceKind {
    match number {
        8..=10 | 14 | 30..=32 => DeviceKind::Laptop,
        3..=7 | 13 | 15 | 16 | 24 | 34..=36 => DeviceKind::Desktop,
        17 | 23 | 25 | 28 | 29 => DeviceKind::Server,
        11 => DeviceKind::Phone,
        _ => DeviceKind::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_firmware_tells_has_a_kind_or_is_unknown() {
        assert_eq!(
            [0, 1, 3, 10, 23, 11, 255].map(of_chassis),
            [
                DeviceKind::Unknown,
                DeviceKind::Unknown,
                DeviceKind::Desktop,
                DeviceKind::Laptop,
                DeviceKind::Server,
                DeviceKind::Phone,
                DeviceKind::Unknown,
            ]
        );
        assert_eq!(of_this_device(), of_this_device());
    }
}
