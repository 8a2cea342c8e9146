// SPDX-License-Identifier: MIT
use crate::ffi;
use crate::{Error, Text};
use std::io;
use std::marker::PhantomData;

/// Takes a snapshot, in as many pieces as you like. It is an [`io::Write`] that never fails; what `put_*` writes is for
/// [`State`] to read.
pub struct Sink<'a>(*mut ffi::udf_sink, PhantomData<&'a mut ffi::udf_sink>);

impl Sink<'_> {
    /// Safe while the sink lives, and nobody else writes to it.
    pub(crate) unsafe fn from_ffi(sink: *mut ffi::udf_sink) -> Self {
        Sink(sink, PhantomData)
    }

    /// Bytes as they are.
    pub fn put(&mut self, bytes: &[u8]) {
        // SAFETY: as from_ffi was promised.
        unsafe { ((*self.0).write)(self.0, bytes.as_ptr().cast(), bytes.len()) }
    }

    /// A number, 8 bytes, little-endian.
    pub fn put_u64(&mut self, value: u64) {
        self.put(&value.to_le_bytes());
    }

    /// A number, 8 bytes, little-endian.
    pub fn put_i64(&mut self, value: i64) {
        self.put(&value.to_le_bytes());
    }

    /// A number, to the last bit, 8 bytes.
    pub fn put_f64(&mut self, value: f64) {
        self.put_u64(value.to_bits());
    }

    /// Text or bytes, with their size before them.
    pub fn put_text(&mut self, text: &(impl AsRef<[u8]> + ?Sized)) {
        let bytes = text.as_ref();
        self.put_u64(bytes.len() as u64);
        self.put(bytes);
    }
}

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads what a [`Sink`] was given, piece by piece. Where the state is cut short there is an error, no panic.
pub struct State<'a>(&'a [u8]);

impl<'a> State<'a> {
    /// The state as restore gets it.
    pub fn new(bytes: &'a [u8]) -> State<'a> {
        State(bytes)
    }

    /// Whether all has been read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next `size` bytes.
    pub fn take(&mut self, size: usize) -> Result<&'a [u8], Error> {
        if size > self.0.len() {
            return Err(Error::new("the snapshot is cut short"));
        }
        let (bytes, rest) = self.0.split_at(size);
        self.0 = rest;
        Ok(bytes)
    }

    /// What `put_u64` wrote.
    pub fn u64(&mut self) -> Result<u64, Error> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(bytes))
    }

    /// What `put_i64` wrote.
    pub fn i64(&mut self) -> Result<i64, Error> {
        Ok(self.u64()? as i64)
    }

    /// What `put_f64` wrote.
    pub fn f64(&mut self) -> Result<f64, Error> {
        Ok(f64::from_bits(self.u64()?))
    }

    /// What `put_text` wrote.
    pub fn text(&mut self) -> Result<&'a Text, Error> {
        let size = usize::try_from(self.u64()?)?;
        Ok(Text::new(self.take(size)?))
    }
}
