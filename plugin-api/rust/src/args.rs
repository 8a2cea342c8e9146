// SPDX-License-Identifier: MIT
use crate::ffi;
use crate::{Error, FromValue, Text, Value};
use std::marker::PhantomData;

/// The options of the task, in the order of the TICKscript. The host has checked their number and types, and which are
/// required or repeated.
#[derive(Clone, Copy)]
pub struct Args<'a>(&'a [Arg<'a>]);

/// One use of an option: `.name(values)`
#[repr(transparent)]
pub struct Arg<'a>(ffi::udf_arg, PhantomData<&'a [u8]>);

impl<'a> Arg<'a> {
    /// The option.
    pub fn name(&self) -> &'a Text {
        unsafe { Text::from_ffi(self.0.name) }
    }

    /// Its arguments.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Value<'a>> + 'a {
        let values: &'a [ffi::udf_value] = unsafe { ffi::slice(self.0.values, self.0.value_count as usize) };
        values.iter().map(|value| unsafe { Value::from_ffi(value) })
    }
}

impl<'a> Args<'a> {
    /// Safe while what it points to lives and stays unchanged, for `'a`.
    pub(crate) unsafe fn from_ffi(args: *const ffi::udf_arg, count: usize) -> Args<'a> {
        Args(ffi::slice(args.cast(), count))
    }

    /// The argument of an option that is required.
    pub fn get<T: FromValue<'a>>(&self, option: &str) -> Result<T, Error> {
        self.find(option).ok_or_else(|| {
            Error::new(match self.has(option) {
                true => format!("option '{}' has a value that cannot be used: another type, or not UTF-8", option),
                false => format!("option '{}' is missing", option),
            })
        })
    }

    /// The argument of an option that may be absent, and what it is then.
    pub fn get_or<T: FromValue<'a>>(&self, option: &str, default: T) -> Result<T, Error> {
        match self.has(option) {
            true => self.get(option),
            false => Ok(default),
        }
    }

    /// The first argument of the option's last use, where it is there and of that type.
    pub fn find<T: FromValue<'a>>(&self, option: &str) -> Option<T> {
        self.uses(option).last()?.values().next()?.get()
    }

    /// Whether the task uses the option.
    pub fn has(&self, option: &str) -> bool {
        self.uses(option).next().is_some()
    }

    /// Every use of the option, for those that are repeatable or have several arguments.
    pub fn uses<'n>(&self, option: &'n str) -> impl Iterator<Item = &'a Arg<'a>> + 'n
    where
        'a: 'n,
    {
        self.0.iter().filter(move |arg| *arg.name() == *option)
    }

    /// Every use of every option.
    pub fn iter(&self) -> std::slice::Iter<'a, Arg<'a>> {
        self.0.iter()
    }
}
