// SPDX-License-Identifier: MIT
use crate::ffi;
use crate::Text;
use std::fmt;

/// The value of a field or of an argument of an option.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// true or false
    Bool(bool),
    /// a whole number
    Int(i64),
    /// a number
    Double(f64),
    /// a string
    Text(&'a Text),
    /// of an option only: nanoseconds
    Duration(i64),
}

impl<'a> Value<'a> {
    /// Safe while the string lives and stays unchanged, for `'a`.
    #[inline]
    pub(crate) unsafe fn from_ffi(value: &ffi::udf_value) -> Value<'a> {
        match value.type_ {
            ffi::UDF_BOOL => Value::Bool(value.as_.i != 0),
            ffi::UDF_INT => Value::Int(value.as_.i),
            ffi::UDF_DOUBLE => Value::Double(value.as_.f),
            ffi::UDF_STRING => {
                Value::Text(Text::from_ffi(ffi::udf_str { data: value.as_.s, size: value.size as usize }))
            }
            _ => Value::Duration(value.as_.i),
        }
    }

    #[inline]
    pub(crate) fn to_ffi(self) -> ffi::udf_value {
        use ffi::udf_value_as as As;
        let (as_, size, type_) = match self {
            Value::Bool(v) => (As { i: i64::from(v) }, 0, ffi::UDF_BOOL),
            Value::Int(i) => (As { i }, 0, ffi::UDF_INT),
            Value::Double(f) => (As { f }, 0, ffi::UDF_DOUBLE),
            Value::Text(v) => (As { s: v.as_bytes().as_ptr() }, ffi::count(v.as_bytes().len()), ffi::UDF_STRING),
            Value::Duration(i) => (As { i }, 0, ffi::UDF_DURATION),
        };
        ffi::udf_value { as_, size, type_ }
    }

    /// The value as a `T`, where it has that type; see [`FromValue`].
    #[inline]
    pub fn get<T: FromValue<'a>>(self) -> Option<T> {
        T::from_value(self)
    }
}

/// What a [`Value`] can be read as.
///
/// `f64` reads integers too: Kapacitor's queries and tasks do not always keep the two apart. `i64` reads integers and
/// durations, in nanoseconds. `String` reads text that is UTF-8, `&Text` and `Vec<u8>` any.
pub trait FromValue<'a>: Sized {
    /// Nothing where the value has another type.
    fn from_value(value: Value<'a>) -> Option<Self>;
}

impl<'a> FromValue<'a> for bool {
    #[inline]
    fn from_value(value: Value<'a>) -> Option<bool> {
        match value {
            Value::Bool(v) => Some(v),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for i64 {
    #[inline]
    fn from_value(value: Value<'a>) -> Option<i64> {
        match value {
            Value::Int(v) | Value::Duration(v) => Some(v),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for f64 {
    #[inline]
    fn from_value(value: Value<'a>) -> Option<f64> {
        match value {
            Value::Double(v) => Some(v),
            Value::Int(v) => Some(v as f64),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for &'a Text {
    #[inline]
    fn from_value(value: Value<'a>) -> Option<&'a Text> {
        match value {
            Value::Text(v) => Some(v),
            _ => None,
        }
    }
}

impl<'a> FromValue<'a> for String {
    fn from_value(value: Value<'a>) -> Option<String> {
        Some(value.get::<&Text>()?.to_str().ok()?.to_owned())
    }
}

impl<'a> FromValue<'a> for Vec<u8> {
    fn from_value(value: Value<'a>) -> Option<Vec<u8>> {
        Some(value.get::<&Text>()?.as_bytes().to_owned())
    }
}

macro_rules! into_value {
    ($($type:ty, $v:ident => $value:expr;)*) => {$(
        impl<'a> From<$type> for Value<'a> {
            #[inline]
            fn from($v: $type) -> Value<'a> {
                $value
            }
        }
    )*};
}

into_value! {
    bool, v => Value::Bool(v);
    i32, v => Value::Int(i64::from(v));
    u32, v => Value::Int(i64::from(v));
    i64, v => Value::Int(v);
    f32, v => Value::Double(f64::from(v));
    f64, v => Value::Double(v);
    &'a Text, v => Value::Text(v);
    &'a str, v => Value::Text(Text::new(v));
    &'a String, v => Value::Text(Text::new(v));
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(v) => v.fmt(f),
            Value::Int(v) => v.fmt(f),
            Value::Double(v) => v.fmt(f),
            Value::Text(v) => v.fmt(f),
            Value::Duration(v) => write!(f, "{}ns", v),
        }
    }
}
