//! The serial protocol between a host and a device that infers and learns.
//!
//! The host sends a [`Request`](messages::Request) and the device an [`Answer`](messages::Answer), serialised by postcard,
//! each in a [frame](frames) of its own: COBS around the message and its CRC-32C.
//!
//! ```
//! use dense_protocol::frames::{self, Decoder, MAX_FRAME};
//! use dense_protocol::messages::{Command, Input, Request};
//!
//! let request = Request { sequence: 7, session: 1, command: Command::Infer { input: Input::Values(&[0; 784]) }, mac: &[] };
//! let mut frame = heapless::Vec::<u8, MAX_FRAME>::new();
//! frames::encode(&request, &mut frame)?;
//!
//! let mut decoder = Decoder::<MAX_FRAME>::new();
//! let (end, start) = frame.split_last().unwrap();
//! assert!(start.iter().all(|&byte| decoder.push(byte).is_none()));
//! let message = decoder.push(*end).unwrap()?;
//! assert_eq!(Request::from_message(message)?, request);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! # Modules
//!
//! - [`messages`]: requests and answers
//! - [`frames`]: encoder and decoder of frames
//! - `authentication`: message authentication codes, with the feature `authentication`
//! - [`checksum`]: CRC-32C of bytes and of a model's parameters

#![no_std]

#[cfg(feature = "authentication")]
pub mod authentication;
pub mod checksum;
pub mod frames;
pub mod messages;

/// The example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
