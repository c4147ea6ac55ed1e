//! Ways to a device: a serial port, or a TCP connection to one.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::str::FromStr;
use std::time::Duration;

use serialport::SerialPort;

/// Bits a second of the device's serial port.
const BAUD_RATE: u32 = 115_200;
const TCP_PREFIX: &str = "tcp:";

/// A stream of bytes in both directions, on which neither reading nor writing waits for ever.
pub trait Transport: Read + Write + Send {
    /// How long a read or a write may wait before it fails with [`io::ErrorKind::TimedOut`] or
    /// [`io::ErrorKind::WouldBlock`]; not zero.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    fn set_timeout(&mut self, timeout: Duration) -> io::Result<()>;
}

impl Transport for TcpStream {
    fn set_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(timeout))?;
        self.set_write_timeout(Some(timeout))
    }
}

/// A serial port of this machine.
struct Serial(Box<dyn SerialPort>);

impl Read for Serial {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.0.read(bytes)
    }
}

impl Write for Serial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Transport for Serial {
    fn set_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        Ok(self.0.set_timeout(timeout)?)
    }
}

/// Where a device is: the name of a serial port, or `tcp:HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A serial port, 8 bits, no parity, 1 stop bit.
    Serial(String),
    /// Host and port of a TCP server that passes bytes on to a serial port.
    Tcp(String),
}

impl Address {
    /// Connects.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn open(&self) -> io::Result<Box<dyn Transport>> {
        match self {
            Self::Serial(name) => Ok(Box::new(Serial(serialport::new(name, BAUD_RATE).open()?))),
            Self::Tcp(host) => {
                let stream = TcpStream::connect(host)?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(host) = text.strip_prefix(TCP_PREFIX) else {
            return if text.is_empty() { Err("must not be empty".into()) } else { Ok(Self::Serial(text.into())) };
        };
        match host.rsplit_once(':') {
            Some((name, port)) if !name.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0) => {
                Ok(Self::Tcp(host.into()))
            }
            _ => Err("must be tcp:HOST:PORT, as in tcp:127.0.0.1:4000".into()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(name) => f.write_str(name),
            Self::Tcp(host) => write!(f, "{TCP_PREFIX}{host}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown_alike() {
        for text in ["/dev/ttyACM0", "COM3", "tcp:127.0.0.1:4000", "tcp:[::1]:1", "tcp:board.local:65535"] {
            let address: Address = text.parse().unwrap();
            assert_eq!(matches!(address, Address::Tcp(_)), text.starts_with("tcp:"), "{text}");
            assert_eq!(address.to_string(), text);
        }
        for text in ["", "tcp:", "tcp:4000", "tcp::4000", "tcp:localhost:", "tcp:localhost:0", "tcp:localhost:65536"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_that_is_not_there_is_an_error() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for address in [Address::Serial("/dev/no-such-port".into()), Address::Tcp(closed.to_string())] {
            assert!(address.open().is_err(), "{address}");
        }
    }
}
