//! A microcontroller that infers with a dense network, learns from corrections, and keeps what it learnt.
//!
//! This crate is the machines and the programs that run on them; what they do is [`dense_device`], and the network is that
//! of the crate [`weights`].

#![no_std]

#[cfg(target_os = "none")]
pub mod application;
#[cfg(target_os = "none")]
pub mod boards;
pub mod golden;
pub mod lesson;
#[cfg(target_os = "none")]
pub mod log;
pub mod network;
#[cfg(target_os = "none")]
pub mod runtime;
#[cfg(target_os = "none")]
pub mod self_test;
