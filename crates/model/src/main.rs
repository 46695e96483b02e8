//! Searches every order of steps within the bounds that are asked for, and prints what was found.
use clap::Parser;
use enlist_model::bounds::Bounds;
use enlist_model::search::{Until, search};
use enlist_registration::steps::Order;
#[derive(Parser)]
struct A { #[arg(long, default_value_t=1)] faults: u8, #[arg(long, default_value_t=1)] crashes: u8, #[arg(long, default_value_t=1)] losses: u8, #[arg(long, default_value_t=0)] operator: u8,#[arg(long, default_value_t=0)] days: u8,#[arg(long, default_value_t=0)] questions: u8, #[arg(long, default_value_t=0)] notices: u8, #[arg(long)] fine: bool, #[arg(long, default_value_t=2)] attempts: u32, #[arg(long, default_value_t=1)] pauses: u8, #[arg(long)] rival: bool,#[arg(long)] free: bool, #[arg(long)] most: Option<usize>, #[arg(long)] order: Option<usize> }
fn main() {
    let a = A::parse();
    for (i, order) in Order::ALL.into_iter().enumerate() {
        if a.order.is_some_and(|o| o != i) { continue; }
        let mut b = Bounds::small(order);
        b.left.faults = a.faults; b.left.crashes = a.crashes; b.left.losses = a.losses; b.left.operator = a.operator; b.left.days = a.days; b.left.pauses=a.pauses; b.left.questions=a.questions; b.left.notices=a.notices; if a.fine {b.tick=8}; b.attempts=a.attempts;
        b.rival = a.rival; b.paid = !a.free;
        let t = std::time::Instant::now();
        let f = search(b, a.most.map_or(Until::Everything, Until::Reached));
        println!("{order:?} {:?} states {} reached {} depth {} complete {} impossible {:?}", t.elapsed(), f.states, f.reached, f.depth, f.complete, f.impossible);
        for (n, p) in &f.broken { println!("  BROKEN {n} ({}):", p.len()); for x in p { println!("     {x:?}"); } }
    }
}
