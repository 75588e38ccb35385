//! A load generator: one thread, many kept-alive connections, the next request after each answer.
//!
//! One thread, because client and server share the machine: what the generator takes is missing on
//! the other side, and must be little and the same for every server.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::epoll;

use super::answer::{self, Found};

/// What is sent, and what becomes of the answers.
pub trait Traffic {
    /// Writes the next request of a connection; `false` when there is nothing more to send.
    fn request(&mut self, connection: usize, buffer: &mut Vec<u8>) -> bool;

    /// Takes the answer to it.
    ///
    /// # Errors
    /// The answer is not what it should be; the run ends.
    fn answer(&mut self, connection: usize, status: u16, body: &[u8]) -> io::Result<()>;
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Requests that were answered.
    pub requests: u64,
    /// From the first request to the last answer.
    pub wall: Duration,
    /// Time of each request in nanoseconds, shortest first.
    pub latencies: Vec<u64>,
}

impl Load {
    /// Requests a second.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.wall.as_secs_f64().max(f64::EPSILON)
    }

    /// The latency that `fraction` of the requests stay below, in milliseconds.
    pub fn latency_ms(&self, fraction: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let index = (last as f64 * fraction).round() as usize;
        self.latencies.get(index).map_or(0.0, |nanos| *nanos as f64 / 1e6)
    }
}

struct Connection {
    stream: TcpStream,
    outgoing: Vec<u8>,
    written: usize,
    incoming: Vec<u8>,
    begun: Instant,
    is_open: bool,
}

/// Keeps `connections` busy for `duration`, or until nothing is left to send.
///
/// # Errors
/// The server cannot be reached, or `traffic` does not like an answer.
pub fn run(
    address: SocketAddr,
    connections: usize,
    duration: Duration,
    traffic: &mut dyn Traffic,
) -> io::Result<Load> {
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let mut open = Vec::new();
    for index in 0..connections {
        open.push(connect(address, &poll, index)?);
    }
    let begun = Instant::now();
    let mut load = Load::default();
    let mut busy = 0;
    for (index, connection) in open.iter_mut().enumerate() {
        busy += usize::from(begin(index, connection, traffic)?);
    }
    let mut events = Vec::with_capacity(connections);
    let mut buffer = vec![0; 256 * 1024];
    while busy > 0 {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), None)?;
        for event in &events {
            let index = usize::try_from(event.data.u64()).unwrap_or_default();
            let Some(connection) = open.get_mut(index) else { continue };
            if !connection.is_open {
                continue;
            }
            flush(connection)?;
            let is_over = read(connection, &mut buffer)?;
            while let Some(whole) = take(connection, is_over)? {
                let latency = connection.begun.elapsed().as_nanos();
                load.latencies.push(u64::try_from(latency).unwrap_or(u64::MAX));
                load.requests += 1;
                let body = &connection.incoming[whole.body.clone()];
                traffic.answer(index, whole.status, body)?;
                connection.incoming.drain(..whole.length);
                if is_over || whole.closes {
                    *connection = connect(address, &poll, index)?;
                }
                let more = begun.elapsed() < duration && begin(index, connection, traffic)?;
                if !more {
                    connection.is_open = false;
                    busy -= 1;
                    break;
                }
            }
            if is_over && connection.is_open && !connection.incoming.is_empty() {
                return Err(io::Error::other("the server closed in the middle of an answer"));
            }
        }
    }
    load.wall = begun.elapsed();
    load.latencies.sort_unstable();
    Ok(load)
}

fn connect(
    address: SocketAddr,
    poll: &rustix::fd::OwnedFd,
    index: usize,
) -> io::Result<Connection> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_nonblocking(true)?;
    let data = epoll::EventData::new_u64(index as u64);
    epoll::add(poll, stream.as_fd(), data, epoll::EventFlags::IN)?;
    Ok(Connection {
        stream,
        outgoing: Vec::new(),
        written: 0,
        incoming: Vec::new(),
        begun: Instant::now(),
        is_open: true,
    })
}

fn begin(index: usize, connection: &mut Connection, traffic: &mut dyn Traffic) -> io::Result<bool> {
    connection.outgoing.clear();
    connection.written = 0;
    if !traffic.request(index, &mut connection.outgoing) {
        return Ok(false);
    }
    connection.begun = Instant::now();
    flush(connection)?;
    Ok(true)
}

/// Writes what is left; requests fit into a socket's buffer nearly always.
fn flush(connection: &mut Connection) -> io::Result<()> {
    while connection.written < connection.outgoing.len() {
        match connection.stream.write(&connection.outgoing[connection.written..]) {
            Ok(written) => connection.written += written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Reads what is there; `true` when the server has closed.
fn read(connection: &mut Connection, buffer: &mut [u8]) -> io::Result<bool> {
    loop {
        match connection.stream.read(buffer) {
            Ok(0) => return Ok(true),
            Ok(length) => {
                connection.incoming.extend_from_slice(&buffer[..length]);
                if length < buffer.len() {
                    return Ok(false);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

fn take(connection: &Connection, is_over: bool) -> io::Result<Option<answer::Whole>> {
    if connection.incoming.is_empty() {
        return Ok(None);
    }
    match answer::find(&connection.incoming, is_over) {
        Found::Whole(whole) => Ok(Some(whole)),
        Found::Part => Ok(None),
        Found::Nonsense => Err(io::Error::other("this is no HTTP answer")),
    }
}
