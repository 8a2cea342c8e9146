// SPDX-License-Identifier: MIT
use crate::ffi;
use crate::{Field, Point, Text};
use std::fmt;

/// A point of your own, made by [`Point::keep`]: for a queue, a thread of your own, a window of points.
///
/// What a call is given does not live that long, and the compiler says so:
///
/// ```compile_fail
/// use udf_plugin::Point;
///
/// fn first(points: &[Point<'_>]) -> Option<Point<'static>> {
///     points.first().copied()
/// }
/// ```
pub struct KeptPoint {
    // Refers to what follows, which stays in its place when this is moved: nothing here is changed once it is made.
    point: ffi::udf_point,
    _fields: Vec<ffi::udf_field>,
    _tags: Vec<ffi::udf_tag>,
    _dimensions: Vec<ffi::udf_str>,
    _text: Vec<u8>,
}

impl KeptPoint {
    /// The point, to be read or emitted.
    pub fn point(&self) -> Point<'_> {
        // SAFETY: self owns all that it refers to.
        unsafe { Point::from_ffi(self.point) }
    }

    fn new(from: &Point<'_>) -> KeptPoint {
        let all = [from.group(), from.name(), from.database(), from.retention_policy()];
        let of_field = |field: &Field<'_>| size(field.name()) + field.value().get::<&Text>().map_or(0, size);
        let total = all.iter().map(|text| size(text)).sum::<usize>()
            + from.fields().iter().map(of_field).sum::<usize>()
            + from.tags().iter().map(|tag| size(tag.key()) + size(tag.value())).sum::<usize>()
            + from.dimensions().iter().map(|dimension| size(dimension.name())).sum::<usize>();

        let mut text = Vec::with_capacity(total);
        let mut own = |from: &Text| {
            let at = text.len();
            text.extend_from_slice(from.as_bytes());
            // The capacity is enough: what is there already stays in its place.
            Text::new(&text[at..]).to_ffi()
        };
        let mut point = from.0;
        point.group = own(from.group());
        point.name = own(from.name());
        point.database = own(from.database());
        point.retention_policy = own(from.retention_policy());
        let own_field = |field: &Field<'_>| {
            let mut value = field.value().to_ffi();
            let name = own(field.name());
            if let Some(text) = field.value().get::<&Text>() {
                value.as_.s = own(text).data;
            }
            ffi::udf_field { name, value }
        };
        let fields: Vec<_> = from.fields().iter().map(own_field).collect();
        let tags: Vec<_> =
            from.tags().iter().map(|tag| ffi::udf_tag { key: own(tag.key()), value: own(tag.value()) }).collect();
        let dimensions: Vec<_> = from.dimensions().iter().map(|dimension| own(dimension.name())).collect();
        point.fields = fields.as_ptr();
        point.tags = tags.as_ptr();
        point.dimensions = dimensions.as_ptr();
        KeptPoint { point, _fields: fields, _tags: tags, _dimensions: dimensions, _text: text }
    }
}

fn size(text: &Text) -> usize {
    text.as_bytes().len()
}

impl Point<'_> {
    /// A copy that owns all it refers to, and may outlive the call.
    pub fn keep(&self) -> KeptPoint {
        KeptPoint::new(self)
    }
}

// SAFETY: as for Point, and it owns what it refers to.
unsafe impl Send for KeptPoint {}
unsafe impl Sync for KeptPoint {}

impl Clone for KeptPoint {
    fn clone(&self) -> KeptPoint {
        self.point().keep()
    }
}

impl fmt::Debug for KeptPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.point().fmt(f)
    }
}
