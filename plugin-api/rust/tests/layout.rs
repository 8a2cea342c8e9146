// SPDX-License-Identifier: MIT
//! The offsets at the end of udf_plugin.h.
#![cfg(target_pointer_width = "64")]

use ::udf_plugin::ffi::*;
use std::mem::{size_of_val, MaybeUninit};
use std::ptr::addr_of;

/// Offset and size of each member.
macro_rules! members {
    ($type:ty, $($member:ident),+) => {{
        let whole = MaybeUninit::<$type>::zeroed();
        let start = whole.as_ptr();
        // SAFETY: only addresses are taken, and sizes of what is behind a raw pointer in bounds.
        [$(unsafe {
            let member = addr_of!((*start).$member);
            (member as usize - start as usize, size_behind(member))
        }),+]
    }};
}

fn size_behind<T>(_: *const T) -> usize {
    std::mem::size_of::<T>()
}

#[test]
fn members_are_where_the_header_has_them() {
    assert_eq!(members!(udf_str, data, size), [(0, 8), (8, 8)]);
    assert_eq!(members!(udf_value, as_, size, type_), [(0, 8), (8, 4), (12, 4)]);
    assert_eq!(members!(udf_tag, key, value), [(0, 16), (16, 16)]);
    assert_eq!(members!(udf_field, name, value), [(0, 16), (16, 16)]);
    assert_eq!(
        members!(
            udf_point,
            time,
            fields,
            tags,
            dimensions,
            field_count,
            tag_count,
            dimension_count,
            by_name,
            group,
            name,
            database,
            retention_policy,
            origin,
            reserved
        ),
        [
            (0, 8),
            (8, 8),
            (16, 8),
            (24, 8),
            (32, 4),
            (36, 4),
            (40, 4),
            (44, 4),
            (48, 16),
            (64, 16),
            (80, 16),
            (96, 16),
            (112, 8),
            (120, 8)
        ]
    );
    assert_eq!(
        members!(udf_batch, points, point_count, tags, tag_count, by_name, tmax, group, name, reserved),
        [(0, 8), (8, 8), (16, 8), (24, 4), (28, 4), (32, 8), (40, 16), (56, 16), (72, 16)]
    );
    assert_eq!(members!(udf_option, name, help, types, type_count, flags), [(0, 8), (8, 8), (16, 8), (24, 4), (28, 4)]);
    assert_eq!(members!(udf_arg, name, values, value_count, reserved), [(0, 16), (16, 8), (24, 4), (28, 4)]);
    assert_eq!(members!(udf_sink, write), [(0, 8)]);
    assert_eq!(
        members!(
            udf_algorithm,
            struct_size,
            state_version,
            name,
            version,
            help,
            wants,
            provides,
            options,
            option_count,
            reserved,
            create,
            destroy,
            points,
            batch,
            begin_batch,
            end_batch,
            snapshot,
            restore,
            stop
        ),
        [
            (0, 4),
            (4, 4),
            (8, 8),
            (16, 8),
            (24, 8),
            (32, 4),
            (36, 4),
            (40, 8),
            (48, 4),
            (52, 4),
            (56, 8),
            (64, 8),
            (72, 8),
            (80, 8),
            (88, 8),
            (96, 8),
            (104, 8),
            (112, 8),
            (120, 8)
        ]
    );
    assert_eq!(
        members!(udf_plugin, struct_size, abi_minor, algorithms, algorithm_count, reserved),
        [(0, 4), (4, 4), (8, 8), (16, 4), (20, 4)]
    );
}

#[test]
fn members_of_the_host_are_where_the_header_has_them() {
    assert_eq!(
        members!(
            udf_host,
            struct_size,
            abi_minor,
            version,
            task_id,
            node_id,
            log_level,
            reserved,
            emit_points,
            emit_batch,
            fail,
            log
        ),
        [(0, 4), (4, 4), (8, 8), (16, 16), (32, 16), (48, 4), (52, 4), (56, 8), (64, 8), (72, 8), (80, 8)]
    );
}

#[test]
fn views_are_the_structs_of_the_header() {
    use ::udf_plugin::{Batch, Field, Point, Tag};
    assert_eq!(size_of_val(&Point::new("m", 1)), 128);
    assert_eq!(size_of_val(&Batch::new("m", 1)), 88);
    assert_eq!(size_of_val(&Field::new("f", 1)), 32);
    assert_eq!(size_of_val(&Tag::new("t", "v")), 32);
}
