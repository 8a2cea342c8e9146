// SPDX-License-Identifier: MIT
//! What a handler is called with, and what becomes of what it answers.
mod fake;

use fake::{arg, int_value, text_value, Driven, FakeHost};
use std::sync::mpsc::channel;
use std::sync::Mutex;
use udf_plugin::ffi::{UDF_CLOSED, UDF_ERROR, UDF_INT, UDF_OK, UDF_OPTION_REPEATABLE, UDF_OPTION_REQUIRED, UDF_STRING};
use udf_plugin::{
    udf_plugin, Algorithm, Args, Batch, Batches, BatchesByPoint, Edge, Error, Field, Groups, Host, Info, Opt, Point,
    Points, Sink, State, Stateful, Tag, Text, Type,
};

/// Counts the points of each group. Does as the field `do` of a point says.
struct Count {
    host: Host,
    step: i64,
    counts: Groups<i64>,
}

impl Algorithm for Count {
    const INFO: Info = Info {
        name: "count",
        version: "1.2.3",
        help: "counts",
        wants: Edge::Stream,
        provides: Edge::Stream,
        options: &[
            Opt::required("step", &[Type::Int], "how much a point counts"),
            Opt::optional("note", &[Type::Text, Type::Text], "no effect").repeatable(),
        ],
    };

    fn new(host: Host, args: &Args<'_>) -> Result<Self, Error> {
        let step = args.get("step")?;
        match step {
            0 => Err(Error::new("option 'step' must not be 0")),
            13 => panic!("13 is unlucky"),
            _ => Ok(Count { host, step, counts: Groups::new() }),
        }
    }

    fn stop(&mut self) -> Result<(), Error> {
        self.host.emit(&Point::new("total", 7).with_fields(&[Field::new("groups", self.counts.len() as i64)]))
    }
}

impl Points for Count {
    fn points(&mut self, points: &[Point<'_>]) -> Result<(), Error> {
        for p in points {
            if let Some(order) = p.text("do") {
                match order.to_str()? {
                    "panic" => panic!("told to at {}", p.time()),
                    "fail" => return Err(Error::new("told to")),
                    "parse" => drop("x".parse::<i64>()?),
                    "throw" => std::panic::panic_any(Bomb),
                    _ => self.host.warn(format!("what is {}?", order)),
                }
            }
            let count = self.counts.of(p.group());
            *count += self.step;
            self.host.emit(&p.with_fields(&[Field::new("count", *count)]))?;
        }
        Ok(())
    }
}

impl Stateful for Count {
    const STATE_VERSION: u32 = 5;

    fn snapshot(&self, out: &mut Sink<'_>) -> Result<(), Error> {
        for (group, count) in self.counts.iter() {
            assert!(*count >= 0, "the count is negative");
            out.put_text(group);
            out.put_i64(*count);
        }
        Ok(())
    }

    fn restore(&mut self, version: u32, state: &[u8]) -> Result<(), Error> {
        if version != 5 {
            return Err(Error::new(format!("version {} is not known", version)));
        }
        let mut state = State::new(state);
        while !state.is_empty() {
            let count = self.counts.of(state.text()?);
            *count = state.i64()?;
        }
        Ok(())
    }
}

/// Panics when it is dropped, as what a panic throws may.
struct Bomb;
impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("bang");
    }
}

/// Takes batches whole, and panics in its end.
struct Whole(Host);

impl Algorithm for Whole {
    const INFO: Info =
        Info { name: "whole", version: "1", help: "", wants: Edge::Batch, provides: Edge::Batch, options: &[] };

    fn new(host: Host, _: &Args<'_>) -> Result<Self, Error> {
        Ok(Whole(host))
    }
}

impl Batches for Whole {
    fn batch(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let newest: Vec<Point<'_>> = batch.points().last().map(|p| p.with_time(batch.tmax())).into_iter().collect();
        self.0.emit_batch(&batch.with_points(&newest))
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        panic!("at the end");
    }
}

/// Takes batches point by point.
struct ByPoint {
    host: Host,
    sum: f64,
}

impl Algorithm for ByPoint {
    const INFO: Info =
        Info { name: "by_point", version: "1", help: "", wants: Edge::Batch, provides: Edge::Stream, options: &[] };

    fn new(host: Host, _: &Args<'_>) -> Result<Self, Error> {
        Ok(ByPoint { host, sum: 0.0 })
    }
}

impl Points for ByPoint {
    fn points(&mut self, points: &[Point<'_>]) -> Result<(), Error> {
        self.sum += points.iter().filter_map(|p| p.f64("value")).sum::<f64>();
        Ok(())
    }
}

impl BatchesByPoint for ByPoint {
    fn begin_batch(&mut self, _: &Batch<'_>) -> Result<(), Error> {
        self.sum = 0.0;
        Ok(())
    }

    fn end_batch(&mut self, batch: &Batch<'_>) -> Result<(), Error> {
        let fields = [Field::new("sum", self.sum)];
        self.host.emit(&Point::new(batch.name(), batch.tmax()).with_tags(batch.tags()).with_fields(&fields))
    }
}

/// Lends its host to others.
struct Lender;

/// Where it leaves it.
static LENT: Mutex<Option<Host>> = Mutex::new(None);

impl Algorithm for Lender {
    const INFO: Info =
        Info { name: "lender", version: "1", help: "", wants: Edge::Stream, provides: Edge::Stream, options: &[] };

    fn new(host: Host, _: &Args<'_>) -> Result<Self, Error> {
        *LENT.lock().unwrap() = Some(host);
        Ok(Lender)
    }
}

impl Points for Lender {
    fn points(&mut self, _: &[Point<'_>]) -> Result<(), Error> {
        Ok(())
    }
}

udf_plugin!(Count, Whole, ByPoint, Lender);

fn count<'h>(host: &'h FakeHost, step: i64) -> Result<Driven<'h>, i32> {
    let step = int_value(step);
    Driven::new(fake::algorithm(udf_plugin_v1(), "count"), host, &[arg("step", &step)])
}

fn driven<'h>(name: &str, host: &'h FakeHost) -> Driven<'h> {
    Driven::new(fake::algorithm(udf_plugin_v1(), name), host, &[]).unwrap()
}

fn point(id: &str) -> Point<'_> {
    Point::new("m", 1).with_group(fake::group(id), &[], false)
}

#[test]
fn the_table_says_what_info_says() {
    let table = fake::algorithm(udf_plugin_v1(), "count");
    assert_eq!(table.struct_size, 128);
    assert_eq!((fake::c_text(table.version), fake::c_text(table.help)), ("1.2.3", "counts"));
    assert_eq!((table.wants, table.provides, table.reserved, table.state_version), (0, 0, 0, 5));
    let options = unsafe { std::slice::from_raw_parts(table.options, table.option_count as usize) };
    let types = |i: usize| unsafe { std::slice::from_raw_parts(options[i].types, options[i].type_count as usize) };
    assert_eq!(options.len(), 2);
    assert_eq!((fake::c_text(options[0].name), options[0].flags), ("step", UDF_OPTION_REQUIRED));
    assert_eq!((fake::c_text(options[1].name), options[1].flags), ("note", UDF_OPTION_REPEATABLE));
    assert_eq!((types(0), types(1)), (&[UDF_INT as u8][..], &[UDF_STRING as u8; 2][..]));
    assert!(std::ptr::eq(udf_plugin_v1(), udf_plugin_v1()));
}

#[test]
fn the_table_has_the_callbacks_of_the_traits_that_are_implemented_and_no_others() {
    let set = |name: &str| {
        let t = fake::algorithm(udf_plugin_v1(), name);
        assert!(t.create.is_some() && t.destroy.is_some() && t.stop.is_some());
        assert_eq!(t.begin_batch.is_some(), t.end_batch.is_some());
        assert_eq!(t.snapshot.is_some(), t.restore.is_some());
        (t.points.is_some(), t.batch.is_some(), t.begin_batch.is_some(), t.snapshot.is_some())
    };
    assert_eq!(set("count"), (true, false, false, true));
    assert_eq!(set("whole"), (false, true, false, false));
    assert_eq!(set("by_point"), (true, false, true, false));
}

#[test]
fn points_come_in_and_go_out() {
    let host = FakeHost::new();
    let mut handler = count(&host, 2).unwrap();
    assert_eq!(handler.points(&[point("a"), point("b"), point("a")]), UDF_OK);
    assert_eq!(handler.stop(), UDF_OK);
    assert_eq!(host.told().points, ["m count=2i 1", "m count=2i 1", "m count=4i 1", "total groups=2i 7"]);
}

#[test]
fn options_are_refused_with_a_message() {
    let host = FakeHost::new();
    assert_eq!(count(&host, 0).err(), Some(UDF_ERROR));
    let none = Driven::new(fake::algorithm(udf_plugin_v1(), "count"), &host, &[]);
    assert_eq!(none.err(), Some(UDF_ERROR));
    let text = text_value("1");
    let other_type = Driven::new(fake::algorithm(udf_plugin_v1(), "count"), &host, &[arg("step", &text)]);
    assert_eq!(other_type.err(), Some(UDF_ERROR));
    let failures = host.told().failures;
    assert_eq!(failures[..2], ["option 'step' must not be 0", "option 'step' is missing"]);
    assert!(failures[2].contains("another type"), "{}", failures[2]);
}

#[test]
fn an_error_fails_the_handler_with_its_message() {
    let host = FakeHost::new();
    let mut handler = count(&host, 1).unwrap();
    assert_eq!(handler.points(&[point("a").with_fields(&[Field::new("do", "fail")])]), UDF_ERROR);
    assert_eq!(handler.points(&[point("a").with_fields(&[Field::new("do", "parse")])]), UDF_ERROR);
    assert_eq!(host.told().failures, ["told to", "invalid digit found in string"]);
}

#[test]
fn a_panic_fails_the_handler_with_its_message() {
    let host = FakeHost::new();
    assert_eq!(count(&host, 13).err(), Some(UDF_ERROR));
    let mut handler = count(&host, 1).unwrap();
    assert_eq!(handler.points(&[point("a").with_fields(&[Field::new("do", "panic")])]), UDF_ERROR);
    assert_eq!(handler.points(&[point("a").with_fields(&[Field::new("do", "throw")])]), UDF_ERROR);
    let expected = ["panicked: 13 is unlucky", "panicked: told to at 1", "panicked: with something that is no text"];
    assert_eq!(host.told().failures, expected);
}

#[test]
fn a_panic_in_drop_is_logged() {
    let host = FakeHost::new();
    drop(driven("whole", &host));
    assert_eq!(host.told().log, ["3 panicked: at the end"]);
}

#[test]
fn the_end_of_the_stream_is_no_failure() {
    let host = FakeHost::new();
    let mut handler = count(&host, 1).unwrap();
    host.answer(UDF_CLOSED);
    assert_eq!(handler.points(&[point("a"), point("a")]), UDF_CLOSED);
    assert_eq!(handler.stop(), UDF_CLOSED);
    let told = host.told();
    assert_eq!((told.calls, told.failures.len()), (2, 0));
}

#[test]
fn what_the_host_refuses_fails_the_handler() {
    let host = FakeHost::new();
    let mut handler = count(&host, 1).unwrap();
    host.answer(UDF_ERROR);
    assert_eq!(handler.points(&[point("a")]), UDF_ERROR);
    assert_eq!(host.told().failures, ["the host refused what was emitted"]);
}

#[test]
fn a_snapshot_restores_the_state() {
    let host = FakeHost::new();
    let mut first = count(&host, 1).unwrap();
    assert_eq!(first.snapshot(), Ok(vec![]));
    first.points(&[point("a"), point("b"), point("a")]);
    let state = first.snapshot().unwrap();
    let mut second = count(&host, 10).unwrap();
    assert_eq!(second.restore(5, &state), UDF_OK);
    second.points(&[point("a")]);
    assert_eq!(host.told().points.last().unwrap(), "m count=12i 1");
}

#[test]
fn a_state_that_cannot_be_read_is_refused() {
    let host = FakeHost::new();
    let mut first = count(&host, 1).unwrap();
    first.points(&[point("a")]);
    let state = first.snapshot().unwrap();
    assert_eq!(count(&host, 1).unwrap().restore(4, &state), UDF_ERROR);
    for size in 1..state.len() {
        assert_eq!(count(&host, 1).unwrap().restore(5, &state[..size]), UDF_ERROR);
    }
    assert_eq!(count(&host, 1).unwrap().restore(5, &[0xff; 24]), UDF_ERROR);
    let failures = host.told().failures;
    assert_eq!(failures[0], "version 4 is not known");
    assert!(failures[1..].iter().all(|failure| failure == "the snapshot is cut short"));
}

#[test]
fn a_panic_in_snapshot_fails_it() {
    let host = FakeHost::new();
    let mut handler = count(&host, -1).unwrap();
    handler.points(&[point("a")]);
    assert_eq!(handler.snapshot(), Err(UDF_ERROR));
    assert_eq!(host.told().failures, ["panicked: the count is negative"]);
}

#[test]
fn batches_come_whole_and_leave_whole() {
    let host = FakeHost::new();
    let mut handler = driven("whole", &host);
    let fields = [Field::new("value", 1.5)];
    let points = [Point::new("m", 1), Point::new("m", 2).with_fields(&fields)];
    let tags = [Tag::new("host", "a")];
    let batch = Batch::new("m", 9).with_tags(&tags);
    assert_eq!(handler.batch(&batch.with_points(&points)), UDF_OK);
    assert_eq!(handler.batch(&batch), UDF_OK);
    assert_eq!(host.told().batches, ["m [host=a] tmax=9 [m value=1.5 9]", "m [host=a] tmax=9 []"]);
}

#[test]
fn batches_come_point_by_point() {
    let host = FakeHost::new();
    let mut handler = driven("by_point", &host);
    let tags = [Tag::new("host", "a")];
    let fields = [[Field::new("value", 1.5)], [Field::new("value", 2)]];
    let batch = Batch::new("m", 0).with_tags(&tags);
    for _ in 0..2 {
        assert_eq!(handler.begin_batch(&batch), UDF_OK);
        assert_eq!(handler.points(&[point("a").with_fields(&fields[0])]), UDF_OK);
        assert_eq!(handler.points(&[point("a").with_fields(&fields[1])]), UDF_OK);
        assert_eq!(handler.end_batch(&batch.with_tmax(9)), UDF_OK);
    }
    assert_eq!(host.told().points, ["m,host=a sum=3.5 9"; 2]);
}

#[test]
fn the_log_takes_what_is_of_its_level() {
    let host = FakeHost::new();
    let mut handler = count(&host, 1).unwrap();
    assert_eq!(handler.points(&[point("a").with_fields(&[Field::new("do", "sing")])]), UDF_OK);
    assert_eq!(host.told().log, ["2 what is sing?"]);
}

#[test]
fn a_host_that_outlives_its_handler_is_closed() {
    let fake = FakeHost::new();
    let handler = driven("lender", &fake);
    let host = LENT.lock().unwrap().take().unwrap();
    let (to, emitted) = channel();
    let other = host.clone();
    let emitting = std::thread::spawn(move || loop {
        if let Err(end) = other.emit(&Point::new("m", 1)) {
            return end;
        }
        let _ = to.send(());
    });
    emitted.recv().unwrap(); // it is under way
    drop(handler);
    let before = fake.told();
    drop(fake); // and with it the table that the host refers to
    assert_eq!(emitting.join().unwrap(), Error::Closed);
    assert!(!before.points.is_empty() && before.failures.is_empty());

    assert_eq!(host.emit_batch(&Batch::new("m", 1)), Err(Error::Closed));
    host.fail("nobody hears it");
    host.error("nobody hears it");
    assert_eq!((host.task(), host.node()), (Text::new("the task"), Text::new("node3")));
    assert_eq!(host.version(), Text::new("9.9"));
}
