//! placeholder
use clap::Args;
#[derive(Args)]
pub struct Options {}
pub fn run(_: &Options) -> anyhow::Result<()> { Ok(()) }
pub fn measure(_: &Options) -> anyhow::Result<()> { Ok(()) }
