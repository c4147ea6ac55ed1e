//! Tests of the results and their table.
