//! Damage, other processes, traces.
