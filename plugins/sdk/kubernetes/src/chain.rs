//! Looks through a chain of errors, into the envelopes as well.

use std::error::Error as StdError;
use std::io;

/// Every error of the chain, outermost first.
///
/// An I/O error that was made from another error shows, as its source, only the source of that one;
/// here it is not left out.
pub(crate) fn errors<'a>(
    outermost: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(outermost), |error: &&'a (dyn StdError + 'static)| {
        let error: &'a (dyn StdError + 'static) = *error;
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as &'a (dyn StdError + 'static)).or_else(|| error.source())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_inside_two_envelopes_is_found() {
        let inner = io::Error::new(io::ErrorKind::InvalidData, rustls::Error::DecryptError);
        let outer = io::Error::other(inner);
        assert!(errors(&outer).any(|error| error.is::<rustls::Error>()));
        assert_eq!(errors(&outer).count(), 3);
    }
}
