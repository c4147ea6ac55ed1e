//! Why something was not done on a device.

use std::io;
use std::path::PathBuf;

use dense_protocol::frames::FrameError;
use dense_protocol::messages::{NO_SESSION, Refusal};

/// Why something was not done on a device.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum DeviceError {
    /// No connection.
    #[error("{port}: cannot open: {error}")]
    Open { port: String, error: io::Error },
    /// The connection broke.
    #[error("{port}: the connection to the device broke ({error}); is it still plugged in?")]
    Lost { port: String, error: io::Error },
    /// No answer.
    #[error(
        "{port}: no answer to {request} in {tries} tries of {seconds} s ({broken_frames} broken frames received); \
         is the firmware running, and of the same version as this program?"
    )]
    Silent { port: String, request: &'static str, tries: u32, seconds: f64, broken_frames: u32 },
    /// The device is in another session: it was restarted, or another program talks to it.
    #[error(
        "{port}: {}; what it had learnt since it was saved last is {}", Refusal::Session { device: *.session },
        if *.session == NO_SESSION { "gone" } else { "that program's" }
    )]
    Restarted { port: String, request: &'static str, session: u32 },
    /// The device refused a request.
    #[error("{port}: {request} was refused: {refusal}")]
    Refused { port: String, request: &'static str, refusal: Refusal },
    /// The device has a key, and this program none.
    #[error("{port}: {request} changes the device, which has a key: name the key's file by --key")]
    KeyNeeded { port: String, request: &'static str },
    /// This program has a key, and the device none.
    #[error("{port}: the device has no key, so whoever is on the line can change it; without --key it can be used so")]
    NoKey { port: String },
    /// The device has not the key of this program.
    #[error(
        "{port}: the device has another key than the file that --key names, or something else answers in its place"
    )]
    OtherKey { port: String },
    /// A request that no frame has room for.
    #[error("{port}: {request} cannot be sent: {error}")]
    Request { port: String, request: &'static str, error: FrameError },
    /// An answer that makes no sense.
    #[error("{port}: the answer to {request} {fault}")]
    Answer { port: String, request: &'static str, fault: &'static str },
    /// The device serves another network than that of the model file.
    #[error("{port}: the device serves another network than {}: its {what} is {device}, that of the file {host}", .weights.display())]
    Network { port: String, what: &'static str, device: String, weights: PathBuf, host: String },
    /// The device started with other weights.
    #[error(
        "the device's weights have checksum {device:08x}, those of {} {host:08x}; \
         go back to the firmware's with `device reset`, or name the right file with --weights", .weights.display()
    )]
    OtherWeights { weights: PathBuf, device: u32, host: u32 },
    /// The device has other factory samples than the host chooses.
    #[error(
        "{port}: the device's factory samples have checksum {device:08x}, those of the host {host:08x}; \
         name --room and --bits as for the `export` that the firmware was built from, and the same data"
    )]
    OtherSamples { port: String, device: u32, host: u32 },
    /// The device has lessons that the host does not know.
    #[error("{port}: the device has kept {lessons} lessons that the host does not know; `device reset` erases them")]
    OtherLessons { port: String, lessons: u32 },
    /// A lesson was learned and not kept.
    #[error("{port}: {what} was learned, but not kept: {fault}")]
    NotKept { port: String, what: String, fault: String },
    /// Device and host computed different numbers.
    #[error("{what}: the device has {device}, the host {host}")]
    Differs { what: String, device: String, host: String },
    /// The network on the host cannot compute.
    #[error("{what}: {fault}")]
    Host { what: String, fault: String },
}
