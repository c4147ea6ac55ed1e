//! Tests of the preparation.
