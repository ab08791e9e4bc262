//! Questions of every kind, one by one.
