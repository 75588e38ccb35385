//! Rehearsals: a scratch topic with an endpoint that fails, and what becomes of a message.
//!
//! In: a fault, and the subscription to imitate. Out: a timeline. Everything is made under a name
//! of its own and removed at the end; nothing that was there before is touched.

pub mod stack;
pub mod timeline;
