// SPDX-License-Identifier: MIT
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod algorithm;
mod args;
mod batch;
mod error;
pub mod ffi;
mod groups;
mod host;
mod kept;
mod point;
mod state;
#[doc(hidden)]
#[allow(missing_docs)]
pub mod table;
mod text;
mod value;

pub use algorithm::{Algorithm, Batches, BatchesByPoint, Edge, Info, Opt, Points, Stateful, Type};
pub use args::{Arg, Args};
pub use batch::Batch;
pub use error::Error;
pub use groups::Groups;
pub use host::Host;
pub use kept::KeptPoint;
pub use point::{Dimension, Field, Point, Tag};
pub use state::{Sink, State};
pub use text::Text;
pub use value::{FromValue, Value};
