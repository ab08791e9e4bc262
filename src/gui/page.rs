//! The pages of the window, of which one is shown. Knows their names; must not know what is on them.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Page {
    #[default]
    Home,
    Devices,
    History,
    Quarantine,
    Settings,
}
