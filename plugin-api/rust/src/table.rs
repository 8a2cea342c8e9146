// SPDX-License-Identifier: MIT
//! From traits to the table of `udf_plugin.h`, for [`udf_plugin!`](crate::udf_plugin!) alone.
use crate::ffi;
use crate::{Algorithm, Args, Batch, Batches, BatchesByPoint, Edge, Error, Host, Info, Point, Points, Sink, Stateful};
use std::any::Any;
use std::ffi::CString;
use std::marker::PhantomData;
use std::os::raw::{c_char, c_int, c_void};
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicPtr, Ordering};

#[cfg(panic = "abort")]
compile_error!("udf-plugin needs panic = \"unwind\": a panic must not end the process, which serves other tasks too");

/// Makes a plugin of the algorithms: exports `udf_plugin_v1`. Once in a crate, whose type is `cdylib`.
///
/// One that lacks the trait for what it wants does not compile:
///
/// ```compile_fail,E0080
/// use udf_plugin::*;
///
/// struct Idle;
/// impl Algorithm for Idle {
///     const INFO: Info = Info {
///         name: "idle",
///         version: "1.0.0",
///         help: "Takes nothing",
///         wants: Edge::Stream, // and no `impl Points for Idle`
///         provides: Edge::Stream,
///         options: &[],
///     };
///     fn new(_: Host, _: &Args<'_>) -> Result<Idle, Error> {
///         Ok(Idle)
///     }
/// }
/// udf_plugin!(Idle);
/// ```
#[macro_export]
macro_rules! udf_plugin {
    ($($algorithm:ty),+ $(,)?) => {
        /// What udf-host looks up.
        #[no_mangle]
        pub extern "C" fn udf_plugin_v1() -> *const $crate::ffi::udf_plugin {
            use $crate::table::Lacks as _;
            static PLUGIN: $crate::table::Plugin = $crate::table::Plugin::new();
            $(
                const _: () = $crate::table::check(
                    <$algorithm as $crate::Algorithm>::INFO.wants,
                    $crate::table::Has::<$algorithm>::POINTS.is_some(),
                    $crate::table::Has::<$algorithm>::BATCH.is_some(),
                    $crate::table::Has::<$algorithm>::BEGIN_END.is_some(),
                );
            )+
            PLUGIN.get(|| ::std::vec![$(
                $crate::table::table::<$algorithm>(
                    $crate::table::Has::<$algorithm>::POINTS,
                    $crate::table::Has::<$algorithm>::BATCH,
                    $crate::table::Has::<$algorithm>::BEGIN_END,
                    $crate::table::Has::<$algorithm>::STATE,
                )
            ),+])
        }
    };
}

/// The callbacks that come with a trait, if `A` has it. For a type that is named, as in the macro, a constant of `Has`
/// goes before one of `Lacks` where its bound holds.
pub struct Has<A>(PhantomData<A>);

/// snapshot, restore and the version of what they write
pub type State = (ffi::snapshot_fn, ffi::restore_fn, u32);

impl<A: Points> Has<A> {
    pub const POINTS: Option<ffi::points_fn> = Some(points::<A>);
}
impl<A: Batches> Has<A> {
    pub const BATCH: Option<ffi::batch_fn> = Some(batch::<A>);
}
impl<A: BatchesByPoint> Has<A> {
    pub const BEGIN_END: Option<(ffi::batch_fn, ffi::batch_fn)> = Some((begin_batch::<A>, end_batch::<A>));
}
impl<A: Stateful> Has<A> {
    pub const STATE: Option<State> = Some((snapshot::<A>, restore::<A>, A::STATE_VERSION));
}

pub trait Lacks {
    const POINTS: Option<ffi::points_fn> = None;
    const BATCH: Option<ffi::batch_fn> = None;
    const BEGIN_END: Option<(ffi::batch_fn, ffi::batch_fn)> = None;
    const STATE: Option<State> = None;
}
impl<A> Lacks for Has<A> {}

/// Stops the compiler where a trait is missing.
pub const fn check(wants: Edge, points: bool, batch: bool, begin_end: bool) {
    match wants {
        Edge::Stream => assert!(points, "an algorithm that wants a stream implements Points"),
        Edge::Batch => {
            assert!(batch || begin_end, "an algorithm that wants batches implements Batches or BatchesByPoint");
            assert!(!(batch && begin_end), "Batches or BatchesByPoint: an algorithm implements one of them");
        }
    }
}

pub fn table<A: Algorithm>(
    points: Option<ffi::points_fn>,
    batch: Option<ffi::batch_fn>,
    begin_end: Option<(ffi::batch_fn, ffi::batch_fn)>,
    state: Option<State>,
) -> ffi::udf_algorithm {
    let Info { name, version, help, wants, provides, options } = A::INFO;
    let options: Vec<ffi::udf_option> = options
        .iter()
        .map(|option| ffi::udf_option {
            name: c_text(option.name),
            help: c_text(option.help),
            types: option.types.as_ptr().cast(),
            type_count: ffi::count(option.types.len()),
            flags: option.flags,
        })
        .collect();
    let options = Box::leak(options.into_boxed_slice());
    ffi::udf_algorithm {
        struct_size: std::mem::size_of::<ffi::udf_algorithm>() as u32,
        state_version: state.map_or(0, |(_, _, version)| version),
        name: c_text(name),
        version: c_text(version),
        help: c_text(help),
        wants: wants as u32,
        provides: provides as u32,
        options: options.as_ptr(),
        option_count: ffi::count(options.len()),
        reserved: 0,
        create: Some(create::<A>),
        destroy: Some(destroy::<A>),
        points,
        batch,
        begin_batch: begin_end.map(|(begin, _)| begin),
        end_batch: begin_end.map(|(_, end)| end),
        snapshot: state.map(|(snapshot, _, _)| snapshot),
        restore: state.map(|(_, restore, _)| restore),
        stop: Some(stop::<A>),
    }
}

/// Of a text up to its first NUL, for ever.
fn c_text(text: &'static str) -> *const c_char {
    let text = text.split('\0').next().unwrap_or_default();
    CString::new(text).unwrap_or_default().into_raw()
}

/// The table, made when it is first asked for. It is never freed, as the interface wants it.
pub struct Plugin(AtomicPtr<ffi::udf_plugin>);

impl Plugin {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Plugin {
        Plugin(AtomicPtr::new(std::ptr::null_mut()))
    }

    pub fn get(&self, algorithms: impl FnOnce() -> Vec<ffi::udf_algorithm>) -> *const ffi::udf_plugin {
        let made = self.0.load(Ordering::Acquire);
        if !made.is_null() {
            return made;
        }
        let tables: Vec<*const ffi::udf_algorithm> =
            algorithms().into_iter().map(|table| Box::into_raw(Box::new(table)) as *const _).collect();
        let tables = Box::leak(tables.into_boxed_slice());
        let plugin = Box::into_raw(Box::new(ffi::udf_plugin {
            struct_size: std::mem::size_of::<ffi::udf_plugin>() as u32,
            abi_minor: ffi::UDF_ABI_MINOR,
            algorithms: tables.as_ptr(),
            algorithm_count: ffi::count(tables.len()),
            reserved: 0,
        }));
        // Of two threads that come at once, one makes a table that nobody uses.
        match self.0.compare_exchange(std::ptr::null_mut(), plugin, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => plugin,
            Err(first) => first,
        }
    }
}

struct Handler<A> {
    algorithm: A,
    host: Host,
}

/// Runs what an author has written. An error or a panic becomes host->fail and UDF_ERROR.
fn run(host: &Host, call: impl FnOnce() -> Result<(), Error>) -> c_int {
    let message = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => return ffi::UDF_OK,
        Ok(Err(Error::Closed)) => return ffi::UDF_CLOSED,
        Ok(Err(Error::Failed(message))) => message,
        Err(panic) => panic_message(panic),
    };
    host.fail(message);
    ffi::UDF_ERROR
}

fn panic_message(panic: Box<dyn Any + Send>) -> String {
    let text = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text.as_str(),
        _ => "with something that is no text",
    };
    let message = format!("panicked: {}", text);
    // It may be of a type that panics when it is dropped.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        std::mem::forget(again);
    }
    message
}

// SAFETY of what follows: the host keeps the promises of udf_plugin.h. A handler is used on one thread, one call at a
// time, between create and destroy; what is passed in stays as it is until the call returns.

unsafe fn handler<'a, A>(handler: *mut c_void) -> &'a mut Handler<A> {
    &mut *handler.cast()
}

unsafe extern "C" fn create<A: Algorithm>(
    host: *const ffi::udf_host,
    args: *const ffi::udf_arg,
    count: usize,
    out: *mut *mut c_void,
) -> c_int {
    let host = Host::from_ffi(host);
    let status = run(&host, || {
        let algorithm = A::new(host.clone(), &Args::from_ffi(args, count))?;
        *out = Box::into_raw(Box::new(Handler { algorithm, host: host.clone() })).cast();
        Ok(())
    });
    if status != ffi::UDF_OK {
        host.close();
    }
    status
}

unsafe extern "C" fn destroy<A: Algorithm>(handler: *mut c_void) {
    let Handler { algorithm, host } = *Box::from_raw(handler.cast::<Handler<A>>());
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(algorithm))) {
        host.error(panic_message(panic));
    }
    host.close();
}

unsafe extern "C" fn points<A: Points>(to: *mut c_void, points: *const ffi::udf_point, count: usize) -> c_int {
    let Handler { algorithm, host } = handler::<A>(to);
    run(host, || algorithm.points(ffi::slice(points.cast::<Point<'_>>(), count)))
}

unsafe extern "C" fn batch<A: Batches>(to: *mut c_void, batch: *const ffi::udf_batch) -> c_int {
    let Handler { algorithm, host } = handler::<A>(to);
    run(host, || algorithm.batch(&*batch.cast::<Batch<'_>>()))
}

unsafe extern "C" fn begin_batch<A: BatchesByPoint>(to: *mut c_void, batch: *const ffi::udf_batch) -> c_int {
    let Handler { algorithm, host } = handler::<A>(to);
    run(host, || algorithm.begin_batch(&*batch.cast::<Batch<'_>>()))
}

unsafe extern "C" fn end_batch<A: BatchesByPoint>(to: *mut c_void, batch: *const ffi::udf_batch) -> c_int {
    let Handler { algorithm, host } = handler::<A>(to);
    run(host, || algorithm.end_batch(&*batch.cast::<Batch<'_>>()))
}

unsafe extern "C" fn snapshot<A: Stateful>(to: *mut c_void, sink: *mut ffi::udf_sink) -> c_int {
    let Handler { algorithm, host } = handler::<A>(to);
    run(host, || algorithm.snapshot(&mut Sink::from_ffi(sink)))
}

unsafe extern "C" fn restore<A: Stateful>(to: *mut c_void, version: u32, data: *const c_void, size: usize) -> c_int {
    let Handler { algorithm, host } = handler::<A>(to);
    run(host, || algorithm.restore(version, ffi::slice(data.cast(), size)))
}

unsafe extern "C" fn stop<A: Algorithm>(to: *mut c_void) -> c_int {
    let Handler { algorithm, host } = handler::<A>(to);
    run(host, || algorithm.stop())
}
