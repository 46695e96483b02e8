//! One kind of object, in the order the objects were made, found by id.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::Books;

/// What can be kept in a [`Table`].
pub(crate) trait Entry: Sized {
    /// As Stripe's sentences call it: `No such customer: '…'`.
    const NOUN: &'static str;

    /// Where they are kept.
    fn table(books: &Books) -> &Table<Self>;

    fn id(&self) -> &str;

    fn created(&self) -> Timestamp;

    /// As Stripe shows it, with nothing expanded.
    fn to_json(&self, books: &Books) -> Value;
}

pub(crate) struct Table<T> {
    entries: Vec<T>,
    places: HashMap<String, usize>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl<T: Entry> Table<T> {
    pub(crate) fn insert(&mut self, entry: T) {
        match self.place(entry.id()) {
            Some(place) => self.entries[place] = entry,
            None => {
                self.places
                    .insert(entry.id().to_owned(), self.entries.len());
                self.entries.push(entry);
            }
        }
    }

    pub(crate) fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    pub(crate) fn get(&self, id: &str) -> Option<&T> {
        self.entries.get(self.place(id)?)
    }

    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        let place = self.place(id)?;
        self.entries.get_mut(place)
    }

    /// Oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.entries.iter()
    }

    /// Newest first, those that were made before the one at `place`.
    pub(crate) fn before(&self, place: usize) -> impl Iterator<Item = &T> {
        self.entries[..place.min(self.entries.len())].iter().rev()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}
