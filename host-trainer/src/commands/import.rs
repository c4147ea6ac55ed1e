//! The command `import`: takes over a model of another program.
