// SPDX-License-Identifier: MIT
use crate::{Args, Batch, Error, Host, Point, Sink};

/// What an algorithm takes or gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Edge {
    /// a stream of points
    Stream = crate::ffi::UDF_STREAM,
    /// batches of points
    Batch = crate::ffi::UDF_BATCH,
}

/// The type of an argument of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Type {
    /// TRUE or FALSE
    Bool = crate::ffi::UDF_BOOL as u8,
    /// a whole number
    Int = crate::ffi::UDF_INT as u8,
    /// a number with a point
    Double = crate::ffi::UDF_DOUBLE as u8,
    /// 'text'
    Text = crate::ffi::UDF_STRING as u8,
    /// 10s, 1h; nanoseconds
    Duration = crate::ffi::UDF_DURATION as u8,
}

/// One option of the TICKscript node: `.name(arguments)`.
#[derive(Clone, Copy, Debug)]
pub struct Opt {
    pub(crate) name: &'static str,
    pub(crate) types: &'static [Type],
    pub(crate) help: &'static str,
    pub(crate) flags: u32,
}

impl Opt {
    /// One that a task must use. `types` has a type for each argument.
    pub const fn required(name: &'static str, types: &'static [Type], help: &'static str) -> Opt {
        Opt { name, types, help, flags: crate::ffi::UDF_OPTION_REQUIRED }
    }

    /// One that a task may use.
    pub const fn optional(name: &'static str, types: &'static [Type], help: &'static str) -> Opt {
        Opt { name, types, help, flags: 0 }
    }

    /// The same option, which may be used more than once.
    pub const fn repeatable(mut self) -> Opt {
        self.flags |= crate::ffi::UDF_OPTION_REPEATABLE;
        self
    }
}

/// What an algorithm says of itself.
#[derive(Clone, Copy, Debug)]
pub struct Info {
    /// The name of the node in TICKscripts. Unique in this plugin.
    pub name: &'static str,
    /// The version of the algorithm; `env!("CARGO_PKG_VERSION")` is that of the crate.
    pub version: &'static str,
    /// What it does, in a line.
    pub help: &'static str,
    /// What it takes: a stream needs [`Points`], batches need [`Batches`] or [`BatchesByPoint`].
    pub wants: Edge,
    /// What it emits.
    pub provides: Edge,
    /// The options that tasks give it.
    pub options: &'static [Opt],
}

/// A handler: one for each use of the algorithm in a running task. All methods are called on one thread.
///
/// What else it does, it says with the traits [`Points`], [`Batches`], [`BatchesByPoint`] and [`Stateful`].
/// [`udf_plugin!`](crate::udf_plugin!) finds out which it has. A panic is caught, and fails the handler as an
/// [`Error`] does. `Drop` is the last that is called: join your threads there, if `stop` has not.
pub trait Algorithm: Sized + 'static {
    /// What it says of itself.
    const INFO: Info;

    /// The task starts. Refuse its options with an error.
    fn new(host: Host, args: &Args<'_>) -> Result<Self, Error>;

    /// The input has ended: emit what is left and join your threads. Not called after a failure.
    fn stop(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// Takes the points of a stream.
pub trait Points: Algorithm {
    /// Points that have arrived, of any group, in the order of the stream: at least one. How many depends on timing
    /// alone, and the output must not depend on it. They are lent until this returns.
    fn points(&mut self, points: &[Point<'_>]) -> Result<(), Error>;
}

/// Takes batches, each whole.
pub trait Batches: Algorithm {
    /// A batch, of one group. May be empty.
    fn batch(&mut self, batch: &Batch<'_>) -> Result<(), Error>;
}

/// Takes batches point by point, where they are too large to hold: [`Points::points`] gets the points in between.
pub trait BatchesByPoint: Points {
    /// A batch begins. It has no points, and no `tmax` yet.
    fn begin_batch(&mut self, batch: &Batch<'_>) -> Result<(), Error>;

    /// The batch ends.
    fn end_batch(&mut self, batch: &Batch<'_>) -> Result<(), Error>;
}

/// Has a state that outlives restarts, crashes and new versions.
pub trait Stateful: Algorithm {
    /// The version of the snapshot's format, which restore is told. Raise it when the format changes.
    const STATE_VERSION: u32 = 1;

    /// Writes the state. An error ends this snapshot only: the last good one stays.
    fn snapshot(&self, out: &mut Sink<'_>) -> Result<(), Error>;

    /// Goes on from a state, before any data. Refuse what cannot be read with an error. The options may be others than
    /// those it was made with, and `version` that of an older plugin.
    fn restore(&mut self, version: u32, state: &[u8]) -> Result<(), Error>;
}
