// SPDX-License-Identifier: MIT
use crate::ffi;
use std::borrow::Cow;
use std::fmt;
use std::str::Utf8Error;

/// A string that came from Kapacitor: bytes that should be UTF-8, and need not be. InfluxDB and Kapacitor take any
/// bytes in names, tags and string fields.
///
/// It compares with `str` and `[u8]` and prints as text, with U+FFFD in place of what is not UTF-8.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Text([u8]);

impl Text {
    /// A view of a `str`, a `String`, a `[u8]`.
    #[inline]
    pub fn new<T: AsRef<[u8]> + ?Sized>(text: &T) -> &Text {
        // SAFETY: Text is a [u8] in memory.
        unsafe { &*(text.as_ref() as *const [u8] as *const Text) }
    }

    /// The bytes as they are.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, where it is UTF-8.
    #[inline]
    pub fn to_str(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(&self.0)
    }

    /// The text, with U+FFFD in place of what is not UTF-8. Allocates only then.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Whether there are no bytes.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Safe while what `text` points to lives and stays unchanged, for `'a`.
    #[inline]
    pub(crate) unsafe fn from_ffi<'a>(text: ffi::udf_str) -> &'a Text {
        Text::new(ffi::slice::<'a>(text.data, text.size))
    }

    #[inline]
    pub(crate) fn to_ffi(&self) -> ffi::udf_str {
        ffi::udf_str { data: self.0.as_ptr(), size: self.0.len() }
    }
}

impl AsRef<[u8]> for Text {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        &self.0 == other.as_bytes()
    }
}

impl PartialEq<[u8]> for Text {
    fn eq(&self, other: &[u8]) -> bool {
        &self.0 == other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_string_lossy())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string_lossy(), f)
    }
}
