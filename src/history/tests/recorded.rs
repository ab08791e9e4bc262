//! What is recorded, and again.
