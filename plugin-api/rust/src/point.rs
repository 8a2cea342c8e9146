// SPDX-License-Identifier: MIT
use crate::ffi;
use crate::{FromValue, Text, Value};
use std::fmt;
use std::marker::PhantomData;

/// A field of a point: its name and value, borrowed.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Field<'a>(pub(crate) ffi::udf_field, PhantomData<&'a [u8]>);

impl<'a> Field<'a> {
    /// `Field::new("load", 0.5)`: values are numbers, `bool`, `&str`, [`&Text`](Text).
    #[inline]
    pub fn new<N: AsRef<[u8]> + ?Sized>(name: &'a N, value: impl Into<Value<'a>>) -> Field<'a> {
        Field(ffi::udf_field { name: Text::new(name).to_ffi(), value: value.into().to_ffi() }, PhantomData)
    }

    /// The name.
    #[inline]
    pub fn name(&self) -> &'a Text {
        unsafe { Text::from_ffi(self.0.name) }
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> Value<'a> {
        unsafe { Value::from_ffi(&self.0.value) }
    }
}

/// A tag of a point or batch: its key and value, borrowed.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Tag<'a>(pub(crate) ffi::udf_tag, PhantomData<&'a [u8]>);

impl<'a> Tag<'a> {
    /// `Tag::new("host", "a")`
    #[inline]
    pub fn new<K: AsRef<[u8]> + ?Sized, V: AsRef<[u8]> + ?Sized>(key: &'a K, value: &'a V) -> Tag<'a> {
        Tag(ffi::udf_tag { key: Text::new(key).to_ffi(), value: Text::new(value).to_ffi() }, PhantomData)
    }

    /// The key.
    #[inline]
    pub fn key(&self) -> &'a Text {
        unsafe { Text::from_ffi(self.0.key) }
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> &'a Text {
        unsafe { Text::from_ffi(self.0.value) }
    }
}

/// The name of a tag that a stream is grouped by.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Dimension<'a>(pub(crate) ffi::udf_str, PhantomData<&'a [u8]>);

impl<'a> Dimension<'a> {
    /// `Dimension::new("host")`
    #[inline]
    pub fn new<N: AsRef<[u8]> + ?Sized>(name: &'a N) -> Dimension<'a> {
        Dimension(Text::new(name).to_ffi(), PhantomData)
    }

    /// The key of the tag.
    #[inline]
    pub fn name(&self) -> &'a Text {
        unsafe { Text::from_ffi(self.0) }
    }
}

/// A point, to be read or emitted: a view that copies nothing.
///
/// To emit a changed copy of a point that came in, start from it: `p.with_fields(&[Field::new("mean", mean)])` keeps
/// name, tags, dimensions and time, and what the host knows about where it came from.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Point<'a>(pub(crate) ffi::udf_point, PhantomData<&'a [u8]>);

impl<'a> Point<'a> {
    /// A point built from nothing: without tags, in no group, and still to be given fields.
    pub fn new<N: AsRef<[u8]> + ?Sized>(name: &'a N, time: i64) -> Point<'a> {
        Point(
            ffi::udf_point {
                time,
                fields: std::ptr::null(),
                tags: std::ptr::null(),
                dimensions: std::ptr::null(),
                field_count: 0,
                tag_count: 0,
                dimension_count: 0,
                by_name: 0,
                group: ffi::NO_STR,
                name: Text::new(name).to_ffi(),
                database: ffi::NO_STR,
                retention_policy: ffi::NO_STR,
                origin: std::ptr::null(),
                reserved: 0,
            },
            PhantomData,
        )
    }

    /// Safe while what it points to lives and stays unchanged, for `'a`.
    pub(crate) unsafe fn from_ffi(point: ffi::udf_point) -> Point<'a> {
        Point(point, PhantomData)
    }

    /// Nanoseconds since the Unix epoch.
    #[inline]
    pub fn time(&self) -> i64 {
        self.0.time
    }

    /// The measurement.
    #[inline]
    pub fn name(&self) -> &'a Text {
        unsafe { Text::from_ffi(self.0.name) }
    }

    /// The database it came from; may be empty.
    #[inline]
    pub fn database(&self) -> &'a Text {
        unsafe { Text::from_ffi(self.0.database) }
    }

    /// The retention policy it came from; may be empty.
    #[inline]
    pub fn retention_policy(&self) -> &'a Text {
        unsafe { Text::from_ffi(self.0.retention_policy) }
    }

    /// The opaque id of its group, for [`Groups`](crate::Groups). Equal ids, equal group.
    #[inline]
    pub fn group(&self) -> &'a Text {
        unsafe { Text::from_ffi(self.0.group) }
    }

    /// Whether the stream is also grouped by the name of the measurement.
    #[inline]
    pub fn by_name(&self) -> bool {
        self.0.by_name != 0
    }

    /// All fields.
    #[inline]
    pub fn fields(&self) -> &'a [Field<'a>] {
        unsafe { ffi::slice(self.0.fields.cast(), self.0.field_count as usize) }
    }

    /// All tags.
    #[inline]
    pub fn tags(&self) -> &'a [Tag<'a>] {
        unsafe { ffi::slice(self.0.tags.cast(), self.0.tag_count as usize) }
    }

    /// The names of the tags that the stream is grouped by.
    #[inline]
    pub fn dimensions(&self) -> &'a [Dimension<'a>] {
        unsafe { ffi::slice(self.0.dimensions.cast(), self.0.dimension_count as usize) }
    }

    /// The value of the field of that name.
    #[inline]
    pub fn field<N: AsRef<[u8]> + ?Sized>(&self, name: &N) -> Option<Value<'a>> {
        self.get(name)
    }

    /// The field of that name as a `T`; nothing where it is missing or has another type.
    #[inline]
    pub fn get<T: FromValue<'a>>(&self, name: &(impl AsRef<[u8]> + ?Sized)) -> Option<T> {
        let name = name.as_ref();
        // A field may be there twice, with two types.
        self.fields().iter().filter(|field| field.name().as_bytes() == name).find_map(|field| field.value().get())
    }

    /// The field as a number, be it a double or an integer.
    #[inline]
    pub fn f64<N: AsRef<[u8]> + ?Sized>(&self, name: &N) -> Option<f64> {
        self.get(name)
    }

    /// The field as an integer.
    #[inline]
    pub fn i64<N: AsRef<[u8]> + ?Sized>(&self, name: &N) -> Option<i64> {
        self.get(name)
    }

    /// The field as true or false.
    #[inline]
    pub fn bool<N: AsRef<[u8]> + ?Sized>(&self, name: &N) -> Option<bool> {
        self.get(name)
    }

    /// The field as a string.
    #[inline]
    pub fn text<N: AsRef<[u8]> + ?Sized>(&self, name: &N) -> Option<&'a Text> {
        self.get(name)
    }

    /// The value of the tag of that key.
    #[inline]
    pub fn tag<K: AsRef<[u8]> + ?Sized>(&self, key: &K) -> Option<&'a Text> {
        let key = key.as_ref();
        self.tags().iter().find(|tag| tag.key().as_bytes() == key).map(Tag::value)
    }

    /// The same point with these fields in place of its own.
    #[inline]
    #[must_use]
    pub fn with_fields<'b>(self, fields: &'b [Field<'b>]) -> Point<'b>
    where
        'a: 'b,
    {
        let mut point: Point<'b> = self;
        point.0.fields = fields.as_ptr().cast();
        point.0.field_count = ffi::count(fields.len());
        point
    }

    /// The same point with these tags in place of its own.
    #[inline]
    #[must_use]
    pub fn with_tags<'b>(self, tags: &'b [Tag<'b>]) -> Point<'b>
    where
        'a: 'b,
    {
        let mut point: Point<'b> = self;
        point.0.tags = tags.as_ptr().cast();
        point.0.tag_count = ffi::count(tags.len());
        point
    }

    /// The same point at another time.
    #[inline]
    #[must_use]
    pub fn with_time(mut self, time: i64) -> Point<'a> {
        self.0.time = time;
        self
    }

    /// The same point with another name.
    #[inline]
    #[must_use]
    pub fn with_name<'b, N: AsRef<[u8]> + ?Sized>(self, name: &'b N) -> Point<'b>
    where
        'a: 'b,
    {
        let mut point: Point<'b> = self;
        point.0.name = Text::new(name).to_ffi();
        point
    }

    /// The same point in another group: its id, the names of the tags that make it, and whether the measurement does
    /// too. Needed only for one that was built from nothing; Kapacitor works the group out from dimensions and tags.
    #[must_use]
    pub fn with_group<'b>(self, id: &'b Text, dimensions: &'b [Dimension<'b>], by_name: bool) -> Point<'b>
    where
        'a: 'b,
    {
        let mut point: Point<'b> = self;
        point.0.group = id.to_ffi();
        point.0.dimensions = dimensions.as_ptr().cast();
        point.0.dimension_count = ffi::count(dimensions.len());
        point.0.by_name = u32::from(by_name);
        point
    }

    /// The same point with another database and retention policy.
    #[must_use]
    pub fn with_database<'b, D: AsRef<[u8]> + ?Sized, R: AsRef<[u8]> + ?Sized>(
        self,
        database: &'b D,
        retention_policy: &'b R,
    ) -> Point<'b>
    where
        'a: 'b,
    {
        let mut point: Point<'b> = self;
        point.0.database = Text::new(database).to_ffi();
        point.0.retention_policy = Text::new(retention_policy).to_ffi();
        point
    }
}

impl<'a> FromValue<'a> for Value<'a> {
    #[inline]
    fn from_value(value: Value<'a>) -> Option<Value<'a>> {
        Some(value)
    }
}

// SAFETY: they refer to what nobody changes while they live, and `origin` is a note that is only handed on.
unsafe impl Send for Field<'_> {}
unsafe impl Sync for Field<'_> {}
unsafe impl Send for Tag<'_> {}
unsafe impl Sync for Tag<'_> {}
unsafe impl Send for Dimension<'_> {}
unsafe impl Sync for Dimension<'_> {}
unsafe impl Send for Point<'_> {}
unsafe impl Sync for Point<'_> {}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={:?}", self.name(), self.value())
    }
}

impl fmt::Debug for Tag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.key(), self.value())
    }
}

impl fmt::Debug for Dimension<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name())
    }
}

impl fmt::Debug for Point<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Point")
            .field("name", &self.name())
            .field("time", &self.time())
            .field("tags", &self.tags())
            .field("fields", &self.fields())
            .field("group", &self.group())
            .finish()
    }
}
