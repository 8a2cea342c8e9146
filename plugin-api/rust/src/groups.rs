// SPDX-License-Identifier: MIT
use crate::Text;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// State per group: a `T` for each id that a point or batch has as its `group()`.
///
/// Goes through the groups in the order in which they came, the same in every run, until one is removed. Kapacitor
/// never says that a group has ended: where groups come and go, remove them yourself.
#[derive(Clone, Debug)]
pub struct Groups<T> {
    places: HashMap<Box<[u8]>, usize, BuildHasherDefault<QuickHasher>>,
    states: Vec<(Box<[u8]>, T)>,
}

impl<T> Groups<T> {
    /// No groups.
    pub fn new() -> Groups<T> {
        Groups { places: HashMap::default(), states: Vec::new() }
    }

    /// The group's state, made by `make` where it is new.
    pub fn entry(&mut self, group: &Text, make: impl FnOnce() -> T) -> &mut T {
        let place = match self.places.get(group.as_bytes()) {
            Some(place) => *place,
            None => {
                let place = self.states.len();
                self.states.push((group.as_bytes().into(), make()));
                self.places.insert(group.as_bytes().into(), place);
                place
            }
        };
        &mut self.states[place].1
    }

    /// The group's state, where there is any.
    pub fn get(&self, group: &Text) -> Option<&T> {
        self.places.get(group.as_bytes()).map(|place| &self.states[*place].1)
    }

    /// Forgets a group.
    pub fn remove(&mut self, group: &Text) -> Option<T> {
        let place = self.places.remove(group.as_bytes())?;
        let (_, state) = self.states.swap_remove(place);
        if let Some((moved, _)) = self.states.get(place) {
            self.places.insert(moved.clone(), place);
        }
        Some(state)
    }

    /// Forgets the groups for which `keep` is false.
    pub fn retain(&mut self, mut keep: impl FnMut(&Text, &mut T) -> bool) {
        self.states.retain_mut(|(group, state)| keep(Text::new(group), state));
        self.places = self.states.iter().enumerate().map(|(place, (group, _))| (group.clone(), place)).collect();
    }

    /// Every group and its state.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Text, &T)> {
        self.states.iter().map(|(group, state)| (Text::new(group), state))
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }
}

impl<T: Default> Groups<T> {
    /// The group's state, made by default where it is new.
    #[inline]
    pub fn of(&mut self, group: &Text) -> &mut T {
        self.entry(group, T::default)
    }
}

impl<T> Default for Groups<T> {
    fn default() -> Groups<T> {
        Groups::new()
    }
}

/// The standard one guards against keys that are made to collide, and costs more than all else of a look-up.
#[derive(Clone, Copy, Debug, Default)]
struct QuickHasher(u64);

impl QuickHasher {
    #[inline]
    fn mix(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 32;
    }
}

impl Hasher for QuickHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            let mut eight = [0; 8];
            eight.copy_from_slice(word);
            self.mix(u64::from_le_bytes(eight));
        }
        self.mix(words.remainder().iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }

    #[inline]
    fn write_usize(&mut self, size: usize) {
        self.mix(size as u64);
    }

    fn finish(&self) -> u64 {
        // The map takes seven bits from the top and the place from the bottom.
        self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(32)
    }
}
