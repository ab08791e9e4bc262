//! Which addresses can be a neighbour's: whoever announces must not make this device call others elsewhere.

use std::net::IpAddr;

/// The networks that this device is in.
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<(IpAddr, u8)>);

impl Networks {
    /// Of this device's own addresses, each with the length of its network's prefix in bits.
    #[must_use]
    pub fn of(addresses: Vec<(IpAddr, u8)>) -> Self {
        Self(addresses)
    }

    /// True of private, link-local and shared addresses (RFC 1918, 3927, 6598, 4193, 4291), and of any other in
    /// a network that this device is in.
    #[must_use]
    pub fn reach(&self, ip: IpAddr) -> bool {
        match ip.to_canonical() {
            IpAddr::V4(v4) => {
                let is_shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xC0 == 64;
                v4.is_private() || v4.is_link_local() || is_shared || self.have(v4.into())
            }
            IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local() || self.have(v6.into()),
        }
    }

    fn have(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|(ours, prefix)| match (ours, ip) {
            (IpAddr::V4(ours), IpAddr::V4(v4)) => {
                let differing = u32::from(*ours) ^ u32::from(v4);
                differing.leading_zeros() >= u32::from(*prefix)
            }
            // Some systems are given each address alone; networks are of this size (RFC 4291, section 2.5.1).
            (IpAddr::V6(ours), IpAddr::V6(v6)) => ours.segments()[..4] == v6.segments()[..4],
            _ => false,
        })
    }
}
