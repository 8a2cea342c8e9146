// SPDX-License-Identifier: MIT
use crate::ffi;
use crate::{Point, Tag, Text};
use std::fmt;
use std::marker::PhantomData;

/// The points of one group up to a time, to be read or emitted: a view that copies nothing.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Batch<'a>(pub(crate) ffi::udf_batch, PhantomData<&'a [u8]>);

impl<'a> Batch<'a> {
    /// A batch built from nothing: without tags, in no group, empty. `tmax` is the time at which it ends; no point of
    /// it may be newer.
    pub fn new<N: AsRef<[u8]> + ?Sized>(name: &'a N, tmax: i64) -> Batch<'a> {
        Batch(
            ffi::udf_batch {
                points: std::ptr::null(),
                point_count: 0,
                tags: std::ptr::null(),
                tag_count: 0,
                by_name: 0,
                tmax,
                group: ffi::NO_STR,
                name: Text::new(name).to_ffi(),
                reserved: [0; 2],
            },
            PhantomData,
        )
    }

    /// The points; none in `begin_batch` and `end_batch`.
    #[inline]
    pub fn points(&self) -> &'a [Point<'a>] {
        unsafe { ffi::slice(self.0.points.cast(), self.0.point_count as usize) }
    }

    /// How many points there are; in `begin_batch` how many there will be, or 0 where that is not known.
    #[inline]
    pub fn size_hint(&self) -> u64 {
        self.0.point_count
    }

    /// The tags that all points have in common.
    #[inline]
    pub fn tags(&self) -> &'a [Tag<'a>] {
        unsafe { ffi::slice(self.0.tags.cast(), self.0.tag_count as usize) }
    }

    /// The value of the tag of that key.
    #[inline]
    pub fn tag<K: AsRef<[u8]> + ?Sized>(&self, key: &K) -> Option<&'a Text> {
        let key = key.as_ref();
        self.tags().iter().find(|tag| tag.key().as_bytes() == key).map(Tag::value)
    }

    /// The time at which it ends; 0 in `begin_batch`, where it is not known yet.
    #[inline]
    pub fn tmax(&self) -> i64 {
        self.0.tmax
    }

    /// The opaque id of its group, for [`Groups`](crate::Groups).
    #[inline]
    pub fn group(&self) -> &'a Text {
        unsafe { Text::from_ffi(self.0.group) }
    }

    /// The measurement.
    #[inline]
    pub fn name(&self) -> &'a Text {
        unsafe { Text::from_ffi(self.0.name) }
    }

    /// Whether it is also grouped by the name of the measurement.
    #[inline]
    pub fn by_name(&self) -> bool {
        self.0.by_name != 0
    }

    /// The same batch with these points in place of its own.
    #[inline]
    #[must_use]
    pub fn with_points<'b>(self, points: &'b [Point<'b>]) -> Batch<'b>
    where
        'a: 'b,
    {
        let mut batch: Batch<'b> = self;
        batch.0.points = points.as_ptr().cast();
        batch.0.point_count = points.len() as u64;
        batch
    }

    /// The same batch with these tags in place of its own.
    #[inline]
    #[must_use]
    pub fn with_tags<'b>(self, tags: &'b [Tag<'b>]) -> Batch<'b>
    where
        'a: 'b,
    {
        let mut batch: Batch<'b> = self;
        batch.0.tags = tags.as_ptr().cast();
        batch.0.tag_count = ffi::count(tags.len());
        batch
    }

    /// The same batch with another end.
    #[inline]
    #[must_use]
    pub fn with_tmax(mut self, tmax: i64) -> Batch<'a> {
        self.0.tmax = tmax;
        self
    }

    /// The same batch in another group: its id, and whether the measurement's name is part of it.
    #[must_use]
    pub fn with_group<'b>(self, id: &'b Text, by_name: bool) -> Batch<'b>
    where
        'a: 'b,
    {
        let mut batch: Batch<'b> = self;
        batch.0.group = id.to_ffi();
        batch.0.by_name = u32::from(by_name);
        batch
    }
}

// SAFETY: it refers to what nobody changes while it lives.
unsafe impl Send for Batch<'_> {}
unsafe impl Sync for Batch<'_> {}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("name", &self.name())
            .field("tmax", &self.tmax())
            .field("tags", &self.tags())
            .field("group", &self.group())
            .field("points", &self.points())
            .finish()
    }
}
