//! Compiled filter policies, shared between subscriptions with the same text.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use crate::attributes::Place;
use crate::attributes::subscription::{check_filter, scope};
use crate::filter::Filter;
use crate::record::Attributes;

/// Entries that may be stale before they are looked through.
const STALE_MAX: usize = 1_024;

/// Filters by text and scope.
#[derive(Debug, Default)]
pub(super) struct Filters {
    known: HashMap<(String, &'static str), Weak<Filter>>,
    made: usize,
}

impl Filters {
    /// The filter that attributes ask for. A policy that does not compile lets nothing be lost: it
    /// counts as absent; only a state of another version can hold one.
    pub(super) fn compile(&mut self, attributes: &Attributes) -> Option<Arc<Filter>> {
        let key = (attributes.get("FilterPolicy")?.clone(), scope(attributes).as_str());
        if let Some(found) = self.known.get(&key).and_then(Weak::upgrade) {
            return Some(found);
        }
        let made = Arc::new(check_filter(attributes, Place::Change).ok().flatten()?);
        self.known.insert(key, Arc::downgrade(&made));
        self.made += 1;
        if self.made > STALE_MAX.max(self.known.len()) {
            self.known.retain(|_, filter| filter.strong_count() > 0);
            self.made = 0;
        }
        Some(made)
    }
}
