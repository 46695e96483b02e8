//! The journey in three steps: e-mail, link or code, profile, card, done.

mod afterwards;
mod declines;
mod known_address;
mod last_step;
mod proof;
mod steps;
mod traveller;
