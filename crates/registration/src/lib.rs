//! How one registration is kept atomic: [`steps`] lists what it does and how each part is undone,
//! [`saga`] decides, [`engine`] acts and records. What it needs of the world is in [`ports`].

pub mod engine;
pub mod ids;
pub mod jobs;
pub mod journey;
mod leaves;
pub mod limits;
pub mod ports;
pub mod saga;
pub mod state;
pub mod steps;
pub mod timeline;
pub mod tokens;
