// SPDX-License-Identifier: MIT
//! What can be read of a point, and what stays of it when it is changed or kept.
mod fake;

use fake::line;
use udf_plugin::{Dimension, Field, Groups, Point, Tag, Text, Value};

#[test]
fn a_field_reads_as_what_it_is_and_an_integer_as_a_double_too() {
    let fields = [Field::new("d", 1.5), Field::new("i", 3), Field::new("b", true), Field::new("s", "x")];
    let p = Point::new("m", 1).with_fields(&fields);
    assert_eq!(
        (p.f64("d"), p.f64("i"), p.f64("b"), p.f64("s"), p.f64("none")),
        (Some(1.5), Some(3.0), None, None, None)
    );
    assert_eq!((p.i64("d"), p.i64("i"), p.bool("b"), p.bool("i")), (None, Some(3), Some(true), None));
    assert_eq!((p.text("s"), p.get::<String>("s")), (Some(Text::new("x")), Some("x".to_owned())));
    assert_eq!((p.field("i"), p.field("none")), (Some(Value::Int(3)), None));
}

#[test]
fn of_two_fields_of_a_name_the_one_of_the_type_is_read() {
    let fields = [Field::new("v", "text"), Field::new("v", 2.0)];
    let p = Point::new("m", 1).with_fields(&fields);
    assert_eq!((p.f64("v"), p.text("v")), (Some(2.0), Some(Text::new("text"))));
}

#[test]
fn text_need_not_be_utf_8() {
    let bytes: &[u8] = b"a\xff";
    let tags = [Tag::new("host", bytes)];
    let fields = [Field::new(bytes, Text::new(bytes))];
    let p = Point::new(bytes, 1).with_tags(&tags).with_fields(&fields);
    assert_eq!(p.name().as_bytes(), bytes);
    assert!(p.name().to_str().is_err());
    assert_eq!(p.name().to_string(), "a\u{fffd}");
    assert_eq!(p.tag("host").unwrap().as_bytes(), bytes);
    assert_eq!(p.get::<String>(bytes), None);
    assert_eq!(p.get::<Vec<u8>>(bytes), Some(bytes.to_owned()));
}

#[test]
fn a_changed_point_keeps_the_rest() {
    let (tags, other_tags) = ([Tag::new("host", "a")], [Tag::new("cpu", "0")]);
    let (fields, other_fields) = ([Field::new("v", 1)], [Field::new("w", 2)]);
    let dimensions = [Dimension::new("host")];
    let id = fake::group("host=a");
    let p = Point::new("m", 1).with_tags(&tags).with_fields(&fields).with_group(id, &dimensions, true);
    let changed = p.with_fields(&other_fields).with_time(5);
    assert_eq!(line(&changed), "m,host=a w=2i 5");
    assert_eq!((changed.group(), changed.by_name(), changed.dimensions().len()), (id, true, 1));
    assert_eq!(line(&p.with_tags(&other_tags).with_name("n")), "n,cpu=0 v=1i 1");
    assert_eq!(line(&p), "m,host=a v=1i 1");
    let moved = p.with_database("db", "rp");
    assert_eq!((moved.database(), moved.retention_policy()), (Text::new("db"), Text::new("rp")));
}

#[test]
fn a_kept_point_outlives_what_it_was_made_of() {
    let kept = {
        let (name, host, value) = ("m".to_owned(), "a".to_owned(), "x".to_owned());
        let tags = [Tag::new("host", &host)];
        let fields = [Field::new("s", &value), Field::new("v", 1)];
        let dimensions = [Dimension::new("host")];
        let p = Point::new(&name, 1).with_tags(&tags).with_fields(&fields);
        let p = p.with_group(Text::new(&host), &dimensions, false).with_database("db", "rp");
        vec![p.keep(), p.keep().clone()]
    };
    let lines = std::thread::spawn(move || {
        let all = kept.iter().map(|kept| {
            let p = kept.point();
            format!("{} {} {} {} {:?}", line(&p), p.group(), p.database(), p.retention_policy(), p.dimensions())
        });
        all.collect::<Vec<_>>()
    });
    assert_eq!(lines.join().unwrap(), ["m,host=a s=\"x\",v=1i 1 a db rp [host]"; 2]);
}

#[test]
fn points_may_be_shared_among_threads_within_a_call() {
    let fields = [Field::new("v", 1.5)];
    let points = [Point::new("m", 1).with_fields(&fields), Point::new("m", 2).with_fields(&fields)];
    let sum: f64 = std::thread::scope(|scope| {
        let halves: Vec<_> = points.chunks(1).map(|half| scope.spawn(move || half[0].f64("v").unwrap())).collect();
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    });
    assert_eq!(sum, 3.0);
}

#[test]
fn groups_keep_the_order_in_which_they_came() {
    let mut groups: Groups<i32> = Groups::default();
    for id in ["c", "a", "b", "a"] {
        *groups.of(fake::group(id)) += 1;
    }
    let all = |groups: &Groups<i32>| groups.iter().map(|(id, n)| format!("{}{}", id, n)).collect::<Vec<_>>().join(" ");
    assert_eq!(all(&groups), "c1 a2 b1");
    assert_eq!(*groups.entry(fake::group("d"), || 7), 7);
    assert_eq!((groups.get(fake::group("d")), groups.get(fake::group("e"))), (Some(&7), None));
}

#[test]
fn groups_that_are_forgotten_leave_the_others_as_they_are() {
    let mut groups: Groups<i32> = Groups::new();
    for (i, id) in ["a", "b", "c", "d", "e"].iter().enumerate() {
        *groups.of(fake::group(id)) = i as i32;
    }
    assert_eq!((groups.remove(fake::group("b")), groups.remove(fake::group("b"))), (Some(1), None));
    groups.retain(|id, _| id != "c");
    assert_eq!((groups.len(), groups.is_empty()), (3, false));
    for (id, n) in [("a", 0), ("d", 3), ("e", 4)] {
        assert_eq!(groups.get(fake::group(id)), Some(&n));
    }
    assert_eq!((groups.remove(fake::group("e")), groups.get(fake::group("d"))), (Some(4), Some(&3)));
}
