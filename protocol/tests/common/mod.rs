//! Parts of messages that several tests need.

#![allow(unreachable_pub, reason = "a test program has no outside")]

use dense_protocol::messages::{ClockSource, Element, Form, Hello, Network, Origin, Task};

/// 1.0 and −0.0.
pub const NUMBERS: [[u8; 4]; 2] = [[0, 0, 0x80, 0x3f], [0, 0, 0, 0x80]];

pub const NETWORK: Network<'static> = Network {
    widths: &[0x10, 3, 10, 0],
    element: Element::U8,
    task: Task::Classes,
    form: Form::F32,
    parameters: 7_850,
    window: None,
    names_checksum: 5,
};

pub const HELLO: Hello<'static> = Hello {
    version: 3,
    board: "é",
    kernel: "k",
    network: NETWORK,
    factory_checksum: 0x0102_0304,
    origin: Origin::Factory,
    foreign_save: true,
    clock_hz: 1,
    clock_source: ClockSource::Internal,
    model_bytes: 2,
    static_bytes: 3,
    slot_bytes: 4,
    memory: None,
    momentum: 0.0,
    authentication: &[],
};
