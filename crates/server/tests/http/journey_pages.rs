//! The journey in three steps on its pages, in a browser without JavaScript.

mod browser;
mod mail;
mod payment;
mod refusals;
mod steps;
