// SPDX-License-Identifier: MIT
//! A host to try algorithms on: keeps what is emitted, said and logged. Drives the table as udf-host does.
#![allow(dead_code)] // each test uses a part

use ::udf_plugin::ffi::*;
use ::udf_plugin::{Batch, Point, Text, Value};
use std::ffi::CStr;
use std::os::raw::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::Mutex;

/// What a host has been told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub points: Vec<String>,
    pub batches: Vec<String>,
    pub failures: Vec<String>,
    pub log: Vec<String>,
    pub calls: usize,
}

#[repr(C)]
pub struct FakeHost {
    table: udf_host, // the first member: a pointer to it is one to the whole
    told: Mutex<Told>,
    answer: Mutex<c_int>, // of emit
}

unsafe fn of<'a>(host: *const udf_host) -> &'a FakeHost {
    &*host.cast()
}

unsafe extern "C" fn emit_points(host: *const udf_host, points: *const udf_point, count: usize) -> c_int {
    let mut told = of(host).told.lock().unwrap();
    told.calls += 1;
    for point in std::slice::from_raw_parts(points.cast::<Point<'_>>(), count) {
        told.points.push(line(point));
    }
    *of(host).answer.lock().unwrap()
}

unsafe extern "C" fn emit_batch(host: *const udf_host, batch: *const udf_batch) -> c_int {
    let batch = &*batch.cast::<Batch<'_>>();
    let points: Vec<String> = batch.points().iter().map(line).collect();
    let text = format!("{} {:?} tmax={} [{}]", batch.name(), batch.tags(), batch.tmax(), points.join("; "));
    of(host).told.lock().unwrap().batches.push(text);
    *of(host).answer.lock().unwrap()
}

unsafe extern "C" fn fail(host: *const udf_host, message: *const u8, size: usize) {
    let message = String::from_utf8_lossy(std::slice::from_raw_parts(message, size)).into_owned();
    of(host).told.lock().unwrap().failures.push(message);
}

unsafe extern "C" fn log(host: *const udf_host, level: u32, message: *const u8, size: usize) {
    let message = String::from_utf8_lossy(std::slice::from_raw_parts(message, size)).into_owned();
    of(host).told.lock().unwrap().log.push(format!("{} {}", level, message));
}

/// A point as in line protocol.
pub fn line(point: &Point<'_>) -> String {
    let mut text = point.name().to_string();
    for tag in point.tags() {
        text += &format!(",{}={}", tag.key(), tag.value());
    }
    let fields: Vec<String> = point
        .fields()
        .iter()
        .map(|field| match field.value() {
            Value::Int(i) => format!("{}={}i", field.name(), i),
            Value::Text(text) => format!("{}={:?}", field.name(), text),
            value => format!("{}={}", field.name(), value),
        })
        .collect();
    format!("{} {} {}", text, fields.join(","), point.time())
}

impl FakeHost {
    pub fn new() -> Box<FakeHost> {
        Box::new(FakeHost {
            table: udf_host {
                struct_size: std::mem::size_of::<udf_host>() as u32,
                abi_minor: 0,
                version: b"9.9\0".as_ptr().cast(),
                task_id: string("the task"),
                node_id: string("node3"),
                log_level: UDF_LOG_INFO,
                reserved: 0,
                emit_points,
                emit_batch,
                fail,
                log,
            },
            told: Mutex::default(),
            answer: Mutex::new(UDF_OK),
        })
    }

    pub fn told(&self) -> Told {
        self.told.lock().unwrap().clone()
    }

    /// What emit answers from now on.
    pub fn answer(&self, status: c_int) {
        *self.answer.lock().unwrap() = status;
    }
}

pub fn string(text: &'static str) -> udf_str {
    udf_str { data: text.as_ptr(), size: text.len() }
}

/// An argument of an option, of one value.
pub fn arg(name: &'static str, value: &udf_value) -> udf_arg {
    udf_arg { name: string(name), values: value, value_count: 1, reserved: 0 }
}

pub fn text_value(text: &'static str) -> udf_value {
    udf_value { as_: udf_value_as { s: text.as_ptr() }, size: text.len() as u32, type_: UDF_STRING }
}

pub fn int_value(i: i64) -> udf_value {
    udf_value { as_: udf_value_as { i }, size: 0, type_: UDF_INT }
}

/// The algorithm of that name in a plugin.
pub fn algorithm(plugin: *const udf_plugin, name: &str) -> &'static udf_algorithm {
    let plugin = unsafe { &*plugin };
    assert_eq!(plugin.struct_size, 24);
    assert_eq!((plugin.abi_minor, plugin.reserved), (0, 0));
    let all = unsafe { std::slice::from_raw_parts(plugin.algorithms, plugin.algorithm_count as usize) };
    let all = all.iter().map(|algorithm| unsafe { &**algorithm });
    let mut named = all.filter(|algorithm| c_text(algorithm.name) == name);
    named.next().expect("no such algorithm")
}

pub fn c_text(text: *const std::os::raw::c_char) -> &'static str {
    unsafe { CStr::from_ptr(text) }.to_str().unwrap()
}

/// A handler of an algorithm, called as udf-host calls it. Dropping it destroys it.
pub struct Driven<'h> {
    algorithm: &'static udf_algorithm,
    handler: *mut c_void,
    host: &'h FakeHost,
}

impl<'h> Driven<'h> {
    pub fn new(algorithm: &'static udf_algorithm, host: &'h FakeHost, args: &[udf_arg]) -> Result<Driven<'h>, c_int> {
        let mut handler = null_mut();
        let host_table = host as *const FakeHost as *const udf_host;
        let status = unsafe { algorithm.create.unwrap()(host_table, args.as_ptr(), args.len(), &mut handler) };
        match status {
            UDF_OK => Ok(Driven { algorithm, handler, host }),
            _ => Err(status),
        }
    }

    pub fn host(&self) -> &FakeHost {
        self.host
    }

    pub fn points(&mut self, points: &[Point<'_>]) -> c_int {
        unsafe { self.algorithm.points.unwrap()(self.handler, points.as_ptr().cast(), points.len()) }
    }

    pub fn batch(&mut self, batch: &Batch<'_>) -> c_int {
        unsafe { self.algorithm.batch.unwrap()(self.handler, batch as *const Batch<'_> as *const udf_batch) }
    }

    pub fn begin_batch(&mut self, batch: &Batch<'_>) -> c_int {
        unsafe { self.algorithm.begin_batch.unwrap()(self.handler, batch as *const Batch<'_> as *const udf_batch) }
    }

    pub fn end_batch(&mut self, batch: &Batch<'_>) -> c_int {
        unsafe { self.algorithm.end_batch.unwrap()(self.handler, batch as *const Batch<'_> as *const udf_batch) }
    }

    pub fn snapshot(&mut self) -> Result<Vec<u8>, c_int> {
        #[repr(C)]
        struct Memory(udf_sink, Vec<u8>);
        unsafe extern "C" fn write(sink: *mut udf_sink, data: *const c_void, size: usize) {
            let memory = &mut *sink.cast::<Memory>();
            memory.1.extend_from_slice(std::slice::from_raw_parts(data.cast(), size));
        }
        let mut memory = Memory(udf_sink { write }, Vec::new());
        let sink = &mut memory as *mut Memory as *mut udf_sink;
        match unsafe { self.algorithm.snapshot.unwrap()(self.handler, sink) } {
            UDF_OK => Ok(memory.1),
            status => Err(status),
        }
    }

    pub fn restore(&mut self, version: u32, state: &[u8]) -> c_int {
        unsafe { self.algorithm.restore.unwrap()(self.handler, version, state.as_ptr().cast(), state.len()) }
    }

    pub fn stop(&mut self) -> c_int {
        unsafe { self.algorithm.stop.unwrap()(self.handler) }
    }
}

impl Drop for Driven<'_> {
    fn drop(&mut self) {
        unsafe { self.algorithm.destroy.unwrap()(self.handler) }
    }
}

/// The id of a group.
pub fn group(id: &str) -> &Text {
    Text::new(id)
}
