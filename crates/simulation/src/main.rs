//! Quick look.
use std::sync::Arc;
use enlist_simulation::{Settings, Stock, Tier, run, Fault, Tally};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args[1] == "bugs" {
        let stock = Arc::new(Stock::new().unwrap());
        for bug in enlist_simulation::Bug::ALL {
            println!("{:<30} {:?}", bug.name(), enlist_simulation::catch(*bug, 3000, &stock).unwrap());
        }
        return;
    }
    let from: u64 = args[1].parse().unwrap();
    let n: u64 = args[2].parse().unwrap();
    let tier = if args.get(3).is_some_and(|t| t == "sqlite") { Tier::Sqlite } else { Tier::Pure };
    let told = args.get(4).is_some();
    let stock = Arc::new(Stock::new().unwrap());
    let mut s = Settings::of(tier);
    s.is_told = told;
    let mut tally = Tally::default();
    let (mut regs, mut ok, mut und, mut people, mut looks) = (0, 0, 0, 0, 0);
    let mut bad = 0;
    let t = std::time::Instant::now();
    for seed in from..from + n {
        let r = run(seed, &s, &stock).unwrap();
        tally.add(&r.tally);
        regs += r.registrations; ok += r.registered; und += r.undone; people += r.people; looks += r.looks;
        if told { for l in &r.story { println!("{l}"); } }
        if !r.violations.is_empty() {
            bad += 1;
            if bad <= 12 { println!("seed {seed} people {} {:?}", r.people, r.violations[0]); }
        }
    }
    println!("{regs} regs, {ok} registered, {und} undone, {people} people, {looks} looks, {bad} bad, {:?}, {:.0}/s", t.elapsed(), regs as f64 / t.elapsed().as_secs_f64());
    for f in Fault::ALL { println!("{:>9} of {:>9} {}", tally.hits[*f as usize], tally.chances[*f as usize], f.text()); }
}
