// SPDX-License-Identifier: MIT
use std::fmt;

/// Why a call ends early.
///
/// `?` turns any [`std::error::Error`] into one; therefore it is none itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The stream has ended, as `emit` said. It is no failure: let it pass, and the call ends quietly.
    Closed,
    /// The handler cannot go on. The task ends with this message.
    Failed(String),
}

impl Error {
    /// A failure. The message should say what, where and what to do.
    pub fn new(message: impl Into<String>) -> Error {
        Error::Failed(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Closed => f.write_str("the stream has ended"),
            Error::Failed(message) => f.write_str(message),
        }
    }
}

impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Error {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message = format!("{}: {}", message, error);
            cause = error.source();
        }
        Error::Failed(message)
    }
}
