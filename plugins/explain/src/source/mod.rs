//! Where schemas come from: a server, or the ones that brume carries.

pub mod bundled;
mod cache;
mod discovery;
pub mod openapi;
pub mod server;

use std::rc::Rc;

use crate::resources::{ApiResource, GroupVersionResource};
use crate::schema::Document;
use brume_plugin::Error;

/// A source of resources and of the documents that describe them.
pub trait Source {
    /// Every resource, in the order of preference.
    ///
    /// # Errors
    /// The server cannot be reached or refuses.
    fn resources(&mut self) -> Result<Rc<[ApiResource]>, Error>;

    /// Asks again for what may have changed since it was cached; `false` when nothing was cached.
    ///
    /// # Errors
    /// As [`Source::resources`].
    fn refresh(&mut self) -> Result<bool, Error>;

    /// The document of a group version, or `None` when the source has no such group version.
    ///
    /// # Errors
    /// The server cannot be reached, refuses, or sends what cannot be read.
    fn document(
        &mut self,
        resource: &GroupVersionResource,
    ) -> Result<Option<Rc<dyn Document>>, Error>;
}
