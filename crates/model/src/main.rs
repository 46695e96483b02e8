//! Searches within the bounds that are asked for, and prints a table: how many states there are, and
//! whether each property holds. With `--planted`, the bugs that are planted, and how each shows itself.

use std::process::ExitCode;

use clap::Parser;
use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;
use enlist_model::bounds::{Bounds, Plant};
use enlist_model::model::{Action, Left};
use enlist_model::search::{Found, Until, search, shortest};
use enlist_registration::steps::Order;

/// Searches every state of a registration within bounds.
#[derive(Debug, Parser)]
struct Arguments {
    /// Calls that fail.
    #[arg(long, default_value_t = 1)]
    faults: u8,
    /// Drivers that die.
    #[arg(long, default_value_t = 0)]
    crashes: u8,
    /// Drivers that are slow for so long that they are taken for dead, and go on afterwards.
    #[arg(long, default_value_t = 1)]
    pauses: u8,
    /// Records that are lost.
    #[arg(long, default_value_t = 0)]
    losses: u8,
    /// Times that an operator undoes a registration.
    #[arg(long, default_value_t = 0)]
    operator: u8,
    /// Days that pass at once.
    #[arg(long, default_value_t = 0)]
    days: u8,
    /// Banks that ask the person.
    #[arg(long, default_value_t = 0)]
    questions: u8,
    /// Notices that the person has answered.
    #[arg(long, default_value_t = 0)]
    notices: u8,
    /// How often a remote step is tried.
    #[arg(long, default_value_t = 2)]
    attempts: u32,
    /// A second registration for the same address.
    #[arg(long)]
    rival: bool,
    /// A free plan.
    #[arg(long)]
    free: bool,
    /// Both second looks, and not only the last.
    #[arg(long)]
    both_looks: bool,
    /// Time passes in steps of half the length.
    #[arg(long)]
    fine: bool,
    /// Only this order of steps.
    #[arg(long, value_parser = order)]
    order: Option<Order>,
    /// At most so many states are reached; a search that reaches them is not complete.
    #[arg(long)]
    most: Option<usize>,
    /// Look for the planted bugs instead, within bounds of their own.
    #[arg(long)]
    planted: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN);
    let sound = match arguments.planted {
        true => planted(&mut table),
        false => searched(&arguments, &mut table),
    };
    say(&table.to_string());
    match sound {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// One line for each order of steps.
fn searched(arguments: &Arguments, table: &mut Table) -> bool {
    table.set_header(["order", "states", "reached", "depth", "complete", "result"]);
    let mut sound = true;
    let orders = Order::ALL.into_iter();
    for order in orders.filter(|order| arguments.order.is_none_or(|only| only == *order)) {
        let until = arguments.most.map_or(Until::Everything, Until::Reached);
        let found = search(arguments.bounds(order), until);
        sound &= found.broken.is_empty();
        table.add_row([
            format!("{order:?}"),
            found.states.to_string(),
            found.reached.to_string(),
            found.depth.to_string(),
            if found.complete { "yes" } else { "no" }.to_owned(),
            result(&found),
        ]);
        for (property, actions) in &found.broken {
            show(&format!("{order:?}: not always: {property}"), actions);
        }
    }
    sound
}

/// One line for each planted bug: everything that it breaks, and the shortest way to something broken
/// that is seen without looking ahead, if there is one.
fn planted(table: &mut Table) -> bool {
    table.set_header(["planted bug", "states", "steps", "what is broken"]);
    let mut all_found = true;
    for plant in Plant::ALL {
        let bounds = plant.bounds();
        let all = search(bounds, Until::Everything);
        let seen = shortest(Bounds {
            looks_ahead: false,
            ..bounds
        });
        all_found &= !all.broken.is_empty();
        let names: Vec<&str> = all.broken.iter().map(|(property, _)| *property).collect();
        let first = seen.broken.first();
        table.add_row([
            format!("{plant:?}"),
            all.states.to_string(),
            first.map_or("-".to_owned(), |(_, actions)| actions.len().to_string()),
            names.join("; "),
        ]);
        if let Some((property, actions)) = first {
            show(&format!("{plant:?}: not always: {property}"), actions);
        }
    }
    all_found
}

fn result(found: &Found) -> String {
    let mut parts: Vec<String> = found
        .broken
        .iter()
        .map(|(property, actions)| format!("not always: {property} ({})", actions.len()))
        .collect();
    if found.broken.is_empty() {
        parts.push("all hold".to_owned());
    }
    let never = found.impossible.iter();
    parts.extend(never.map(|possibility| format!("never: {possibility}")));
    parts.join("; ")
}

impl Arguments {
    fn bounds(&self, order: Order) -> Bounds {
        let small = Bounds::small(order);
        Bounds {
            paid: !self.free,
            rival: self.rival,
            both_looks: self.both_looks,
            left: Left {
                faults: self.faults,
                crashes: self.crashes,
                pauses: self.pauses,
                losses: self.losses,
                operator: self.operator,
                days: self.days,
                questions: self.questions,
                notices: self.notices,
            },
            attempts: self.attempts,
            tick: if self.fine {
                small.tick / 2
            } else {
                small.tick
            },
            ..small
        }
    }
}

fn order(name: &str) -> Result<Order, String> {
    match name {
        "verify_after" => Ok(Order::VerifyAfter),
        "verify_first" => Ok(Order::VerifyFirst),
        "charge_at_verification" => Ok(Order::ChargeAtVerification),
        _ => Err("verify_after, verify_first or charge_at_verification".to_owned()),
    }
}

/// What leads somewhere, a line each.
fn show(title: &str, actions: &[Action]) {
    say(title);
    actions
        .iter()
        .for_each(|action| say(&format!("    {action:?}")));
}

#[expect(clippy::print_stdout, reason = "the table is what the program is for")]
fn say(text: &str) {
    println!("{text}");
}
