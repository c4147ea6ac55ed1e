//! Serial ports, and TCP connections to one.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::str::FromStr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serialport::SerialPort;

/// Bits per second of a serial port, unless another rate is asked for: what the firmware has by default.
pub const BAUD: u32 = 115_200;
const TCP_PREFIX: &str = "tcp:";

/// A stream of bytes in both directions, with timeouts.
pub trait Transport: Read + Write + Send {
    /// Sets how long a read or a write may take before it fails with [`ErrorKind::TimedOut`] or
    /// [`ErrorKind::WouldBlock`]; not zero.
    fn set_timeout(&mut self, timeout: Duration) -> io::Result<()>;
}

impl Transport for TcpStream {
    fn set_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(timeout))?;
        self.set_write_timeout(Some(timeout))
    }
}

impl Transport for Box<dyn SerialPort> {
    fn set_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        Ok((**self).set_timeout(timeout)?)
    }
}

/// The address of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A serial port; 8 data bits, no parity, 1 stop bit.
    Serial {
        /// Its name.
        name: String,
        /// Bits per second.
        baud: u32,
    },
    /// `HOST:PORT` of a TCP server that passes bytes on to a serial port.
    Tcp(String),
}

impl Address {
    /// The same with this rate of a serial port. That of a TCP server's is set there.
    #[must_use]
    pub fn with_baud(self, baud: u32) -> Self {
        match self {
            Self::Serial { name, .. } => Self::Serial { name, baud },
            Self::Tcp(host) => Self::Tcp(host),
        }
    }

    /// Connects.
    ///
    /// # Errors
    /// [`ErrorKind::TimedOut`] where that takes longer than `timeout`, or the system's error.
    pub fn open(&self, timeout: Duration) -> io::Result<Box<dyn Transport>> {
        // In a thread of its own, because the resolution of a name takes as long as it likes.
        let (sender, receiver) = mpsc::channel();
        let address = self.clone();
        thread::spawn(move || sender.send(address.connect()));
        receiver.recv_timeout(timeout).unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
    }

    fn connect(&self) -> io::Result<Box<dyn Transport>> {
        match self {
            Self::Serial { name, baud } => Ok(Box::new(serialport::new(name, *baud).open()?)),
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
            return match text {
                "" => Err("must not be empty".into()),
                name => Ok(Self::Serial { name: name.into(), baud: BAUD }),
            };
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
            Self::Serial { name, .. } => f.write_str(name),
            Self::Tcp(host) => write!(f, "{TCP_PREFIX}{host}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::time::Instant;

    #[test]
    fn addresses_are_read_and_shown_alike() {
        for text in ["/dev/ttyACM0", "COM3", "tcp:127.0.0.1:4000", "tcp:[::1]:1", "tcp:board.local:65535"] {
            let address: Address = text.parse().unwrap();
            assert_eq!(matches!(address, Address::Tcp(_)), text.starts_with("tcp:"), "{text}");
            assert_eq!(address.to_string(), text);
            let fast = address.clone().with_baud(921_600);
            assert_eq!(fast.to_string(), text);
            assert_eq!(fast == address, text.starts_with("tcp:"), "{text}");
        }
        for text in ["", "tcp:", "tcp:4000", "tcp::4000", "tcp:localhost:", "tcp:localhost:0", "tcp:localhost:65536"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_port_that_is_not_there_is_an_error() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for address in ["/dev/no-such-port".parse().unwrap(), Address::Tcp(closed.to_string())] {
            assert!(address.open(Duration::from_secs(20)).is_err(), "{address}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_connection_that_nobody_accepts_times_out() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        // Until the queue of the listener is full, the system accepts.
        let connect = |_| TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
        let queue: Vec<_> = (0..900).map_while(connect).collect();
        assert!(queue.len() < 900);
        let start = Instant::now();
        let error = Address::Tcp(address.to_string()).open(Duration::from_millis(200)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(start.elapsed() < Duration::from_secs(20));
    }
}
