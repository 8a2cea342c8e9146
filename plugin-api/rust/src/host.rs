// SPDX-License-Identifier: MIT
use crate::ffi;
use crate::{Batch, Error, Point, Text};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// What the host offers a handler.
///
/// Clone it freely; every method may be called from any thread. It works until the handler has been dropped. After
/// that, `emit` returns [`Error::Closed`] and the rest does nothing.
#[derive(Clone)]
pub struct Host(Arc<Shared>);

struct Shared {
    // None once the handler has gone, and the host's table with it. Calls hold it for reading, so that it does not go
    // while a thread is still inside.
    table: RwLock<Option<Table>>,
    log_level: u32,
    version: Box<[u8]>,
    task: Box<[u8]>,
    node: Box<[u8]>,
}

#[derive(Clone, Copy)]
struct Table(*const ffi::udf_host);

// SAFETY: the interface says that what the table offers may be called from any thread.
unsafe impl Send for Table {}
unsafe impl Sync for Table {}

impl Host {
    /// Safe where `host` is a table as udf_plugin.h has it, and valid until `close` returns.
    pub(crate) unsafe fn from_ffi(host: *const ffi::udf_host) -> Host {
        let table = &*host;
        let version: &[u8] = match table.version.is_null() {
            true => b"",
            false => std::ffi::CStr::from_ptr(table.version).to_bytes(),
        };
        Host(Arc::new(Shared {
            table: RwLock::new(Some(Table(host))),
            log_level: table.log_level,
            version: version.into(),
            task: Text::from_ffi(table.task_id).as_bytes().into(),
            node: Text::from_ffi(table.node_id).as_bytes().into(),
        }))
    }

    /// Waits for calls that are under way; later ones find no host.
    pub(crate) fn close(&self) {
        *self.0.table.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn call<R>(&self, call: impl FnOnce(&ffi::udf_host) -> R) -> Option<R> {
        let table = self.0.table.read().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: it is valid until close has had the lock.
        table.map(|table| call(unsafe { &*table.0 }))
    }

    /// Sends a point downstream. It is copied before this returns. Waits while the output is full.
    #[inline]
    pub fn emit(&self, point: &Point<'_>) -> Result<(), Error> {
        self.emit_all(std::slice::from_ref(point))
    }

    /// Sends points downstream, in their order and in one call of the host: for a run it is faster than one by one.
    pub fn emit_all(&self, points: &[Point<'_>]) -> Result<(), Error> {
        // SAFETY: a Point is a udf_point, and what it refers to lives while it is borrowed.
        checked(self.call(|host| unsafe { (host.emit_points)(host, points.as_ptr().cast(), points.len()) }))
    }

    /// Sends one whole batch. Only for algorithms that provide batches, which cannot emit points.
    pub fn emit_batch(&self, batch: &Batch<'_>) -> Result<(), Error> {
        // SAFETY: as for emit_all.
        checked(self.call(|host| unsafe { (host.emit_batch)(host, &batch.0) }))
    }

    /// Fails the handler from a thread of your own: the task ends with this message. In a method of the handler,
    /// return an [`Error`] instead.
    pub fn fail(&self, why: impl AsRef<str>) {
        let why = why.as_ref();
        self.call(|host| unsafe { (host.fail)(host, why.as_ptr(), why.len()) });
    }

    /// One line in Kapacitor's log, at level debug.
    pub fn debug(&self, line: impl AsRef<str>) {
        self.log(ffi::UDF_LOG_DEBUG, line.as_ref());
    }

    /// One line in Kapacitor's log, at level info.
    pub fn info(&self, line: impl AsRef<str>) {
        self.log(ffi::UDF_LOG_INFO, line.as_ref());
    }

    /// One line in Kapacitor's log, at level warn. Not for every point.
    pub fn warn(&self, line: impl AsRef<str>) {
        self.log(ffi::UDF_LOG_WARN, line.as_ref());
    }

    /// One line in Kapacitor's log, at level error.
    pub fn error(&self, line: impl AsRef<str>) {
        self.log(ffi::UDF_LOG_ERROR, line.as_ref());
    }

    fn log(&self, level: u32, line: &str) {
        if level >= self.0.log_level {
            self.call(|host| unsafe { (host.log)(host, level, line.as_ptr(), line.len()) });
        }
    }

    /// The Kapacitor task that this handler serves.
    pub fn task(&self) -> &Text {
        Text::new(&self.0.task)
    }

    /// The node of the task.
    pub fn node(&self) -> &Text {
        Text::new(&self.0.node)
    }

    /// The version of udf-host, for messages.
    pub fn version(&self) -> &Text {
        Text::new(&self.0.version)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Host({}, {})", self.task(), self.node())
    }
}

fn checked(status: Option<std::os::raw::c_int>) -> Result<(), Error> {
    match status {
        Some(ffi::UDF_OK) => Ok(()),
        Some(ffi::UDF_CLOSED) | None => Err(Error::Closed),
        // It has told itself why; the first message wins.
        Some(_) => Err(Error::new("the host refused what was emitted")),
    }
}
