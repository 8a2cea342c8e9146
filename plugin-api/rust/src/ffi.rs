// SPDX-License-Identifier: MIT
//! `udf_plugin.h`, member by member and under the names it has there. That header is the manual; this is for what the
//! rest of the crate does not offer. The tests hold the layout against the offsets at the end of the header.
#![allow(non_camel_case_types, missing_docs)]

use std::os::raw::{c_char, c_int, c_void};

pub const UDF_ABI_MINOR: u32 = 0;

pub const UDF_OK: c_int = 0;
pub const UDF_ERROR: c_int = 1;
pub const UDF_CLOSED: c_int = 2;
pub const UDF_OPTION_REQUIRED: u32 = 1;
pub const UDF_OPTION_REPEATABLE: u32 = 2;
pub const UDF_STREAM: u32 = 0;
pub const UDF_BATCH: u32 = 1;
pub const UDF_BOOL: u32 = 0;
pub const UDF_INT: u32 = 1;
pub const UDF_DOUBLE: u32 = 2;
pub const UDF_STRING: u32 = 3;
pub const UDF_DURATION: u32 = 4;
pub const UDF_LOG_DEBUG: u32 = 0;
pub const UDF_LOG_INFO: u32 = 1;
pub const UDF_LOG_WARN: u32 = 2;
pub const UDF_LOG_ERROR: u32 = 3;

#[derive(Clone, Copy)]
#[repr(C)]
pub struct udf_str {
    pub data: *const u8,
    pub size: usize,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub union udf_value_as {
    pub f: f64,
    pub i: i64,
    pub s: *const u8,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct udf_value {
    pub as_: udf_value_as,
    pub size: u32,
    pub type_: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct udf_tag {
    pub key: udf_str,
    pub value: udf_str,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct udf_field {
    pub name: udf_str,
    pub value: udf_value,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct udf_point {
    pub time: i64,
    pub fields: *const udf_field,
    pub tags: *const udf_tag,
    pub dimensions: *const udf_str,
    pub field_count: u32,
    pub tag_count: u32,
    pub dimension_count: u32,
    pub by_name: u32,
    pub group: udf_str,
    pub name: udf_str,
    pub database: udf_str,
    pub retention_policy: udf_str,
    pub origin: *const c_void,
    pub reserved: u64,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct udf_batch {
    pub points: *const udf_point,
    pub point_count: u64,
    pub tags: *const udf_tag,
    pub tag_count: u32,
    pub by_name: u32,
    pub tmax: i64,
    pub group: udf_str,
    pub name: udf_str,
    pub reserved: [u64; 2],
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct udf_option {
    pub name: *const c_char,
    pub help: *const c_char,
    pub types: *const u8,
    pub type_count: u32,
    pub flags: u32,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub struct udf_arg {
    pub name: udf_str,
    pub values: *const udf_value,
    pub value_count: u32,
    pub reserved: u32,
}

#[repr(C)]
pub struct udf_host {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub version: *const c_char,
    pub task_id: udf_str,
    pub node_id: udf_str,
    pub log_level: u32,
    pub reserved: u32,
    pub emit_points: unsafe extern "C" fn(host: *const udf_host, points: *const udf_point, count: usize) -> c_int,
    pub emit_batch: unsafe extern "C" fn(host: *const udf_host, batch: *const udf_batch) -> c_int,
    pub fail: unsafe extern "C" fn(host: *const udf_host, message: *const u8, size: usize),
    pub log: unsafe extern "C" fn(host: *const udf_host, level: u32, message: *const u8, size: usize),
}

#[repr(C)]
pub struct udf_sink {
    pub write: unsafe extern "C" fn(sink: *mut udf_sink, data: *const c_void, size: usize),
}

pub type create_fn =
    unsafe extern "C" fn(host: *const udf_host, args: *const udf_arg, count: usize, out: *mut *mut c_void) -> c_int;
pub type destroy_fn = unsafe extern "C" fn(handler: *mut c_void);
pub type points_fn = unsafe extern "C" fn(handler: *mut c_void, points: *const udf_point, count: usize) -> c_int;
pub type batch_fn = unsafe extern "C" fn(handler: *mut c_void, batch: *const udf_batch) -> c_int;
pub type snapshot_fn = unsafe extern "C" fn(handler: *mut c_void, sink: *mut udf_sink) -> c_int;
pub type restore_fn =
    unsafe extern "C" fn(handler: *mut c_void, state_version: u32, data: *const c_void, size: usize) -> c_int;
pub type stop_fn = unsafe extern "C" fn(handler: *mut c_void) -> c_int;

#[repr(C)]
pub struct udf_algorithm {
    pub struct_size: u32,
    pub state_version: u32,
    pub name: *const c_char,
    pub version: *const c_char,
    pub help: *const c_char,
    pub wants: u32,
    pub provides: u32,
    pub options: *const udf_option,
    pub option_count: u32,
    pub reserved: u32,
    pub create: Option<create_fn>,
    pub destroy: Option<destroy_fn>,
    pub points: Option<points_fn>,
    pub batch: Option<batch_fn>,
    pub begin_batch: Option<batch_fn>,
    pub end_batch: Option<batch_fn>,
    pub snapshot: Option<snapshot_fn>,
    pub restore: Option<restore_fn>,
    pub stop: Option<stop_fn>,
}

#[repr(C)]
pub struct udf_plugin {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub algorithms: *const *const udf_algorithm,
    pub algorithm_count: u32,
    pub reserved: u32,
}

/// What an array of C says, which may be NULL where it is empty.
///
/// # Safety
/// `data` and `size` describe what lives and stays unchanged for `'a`.
pub(crate) unsafe fn slice<'a, T>(data: *const T, size: usize) -> &'a [T] {
    if size == 0 || data.is_null() {
        return &[];
    }
    std::slice::from_raw_parts(data, size)
}

pub(crate) const NO_STR: udf_str = udf_str { data: std::ptr::null(), size: 0 };

/// A count as the header has it. More than four thousand million of anything is an accident.
pub(crate) fn count(size: usize) -> u32 {
    u32::try_from(size).expect("udf_plugin.h counts in 32 bits")
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    use std::mem::size_of;
    assert!(size_of::<udf_str>() == 16);
    assert!(size_of::<udf_value>() == 16);
    assert!(size_of::<udf_tag>() == 32);
    assert!(size_of::<udf_field>() == 32);
    assert!(size_of::<udf_point>() == 128);
    assert!(size_of::<udf_batch>() == 88);
    assert!(size_of::<udf_option>() == 32);
    assert!(size_of::<udf_arg>() == 32);
    assert!(size_of::<udf_host>() == 88);
    assert!(size_of::<udf_sink>() == 8);
    assert!(size_of::<udf_algorithm>() == 128);
    assert!(size_of::<udf_plugin>() == 24);
};
