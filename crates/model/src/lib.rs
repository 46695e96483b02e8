//! Model checking: the production loop before every interleaving, crash and late call, within bounds.
//! README.md says what is searched, what was found, what is left out and why that is sound.

pub mod bounds;
mod driving;
pub mod facts;
pub mod gateway;
mod journal;
pub mod model;
pub mod ports;
pub mod properties;
pub mod script;
pub mod search;
pub mod settling;
