//! shaking
