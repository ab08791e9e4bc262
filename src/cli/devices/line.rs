//! A device as JSON.

use serde::Serialize;

use crate::model::{DeviceId, DeviceName, Nearby, RouteAnswer, Sighting, Trust};

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Line<'a> {
    Device {
        id: String,
        name: &'a str,
        kind: String,
        trust: Trust,
        state: &'static str,
        routes: Vec<RouteLine<'a>>,
    },
    DeviceGone {
        id: String,
        name: &'a str,
    },
}

#[derive(Serialize)]
pub struct RouteLine<'a> {
    address: String,
    interface: Option<&'a str>,
    state: &'static str,
    seconds: Option<f64>,
}

impl<'a> Line<'a> {
    pub fn device(near: &'a Nearby, trust: Trust) -> Self {
        let state = match near.sighting {
            Sighting::Unproved => "unproved",
            Sighting::Proved => "proved",
            Sighting::Silent => "silent",
            Sighting::Disproved => "disproved",
        };
        let routes = near.routes.iter().map(|route| {
            let (state, seconds) = match route.answer {
                RouteAnswer::Untried => ("untried", None),
                RouteAnswer::Proved(took) => ("proved", Some(took.as_secs_f64())),
                RouteAnswer::Silent => ("silent", None),
                RouteAnswer::Other => ("other", None),
            };
            let (address, interface) = (route.address.to_string(), route.interface.as_deref());
            RouteLine { address, interface, state, seconds }
        });
        let (id, kind) = (near.id.to_string(), near.kind.to_string());
        Self::Device { id, name: near.name.as_str(), kind, trust, state, routes: routes.collect() }
    }

    pub fn gone(id: DeviceId, name: &'a DeviceName) -> Self {
        Self::DeviceGone { id: id.to_string(), name: name.as_str() }
    }
}
