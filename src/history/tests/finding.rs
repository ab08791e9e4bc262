//! Who answers while somebody types.
