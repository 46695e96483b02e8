//! One search: through every state within some bounds, breadth first, so that a counterexample is as short
//! as any.

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use crate::bounds::Bounds;
use crate::model::Action;

/// What a search found.
#[derive(Debug)]
pub struct Found {
    /// Different states.
    pub states: usize,
    /// States that were reached, the same ones counted each time.
    pub reached: usize,
    /// The longest way to a state that is not longer than it must be.
    pub depth: usize,
    /// Nothing was left out.
    pub complete: bool,
    /// What should always hold and does not, with what leads there.
    pub broken: Vec<(&'static str, Vec<Action>)>,
    /// What should be possible and is not.
    pub impossible: Vec<&'static str>,
}

/// When a search ends before it was everywhere.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// Not at all.
    Everything,
    /// When something is broken.
    Broken,
    /// When so many states were reached, the same ones counted each time.
    Reached(usize),
}

/// Searches.
pub fn search(bounds: Bounds, until: Until) -> Found {
    let checker = bounds.model().checker();
    let checker = match until {
        Until::Everything => checker.finish_when(HasDiscoveries::AllFailures),
        Until::Broken => checker.finish_when(HasDiscoveries::AnyFailures),
        Until::Reached(limit) => checker.target_state_count(limit),
    };
    let done = checker.spawn_bfs().join();
    let discoveries = done.discoveries();
    let properties = done.model().properties();
    let mut broken = vec![];
    let mut impossible = vec![];
    for property in properties {
        let discovery = discoveries.get(property.name);
        match (property.expectation, discovery) {
            (Expectation::Sometimes, None) => impossible.push(property.name),
            (Expectation::Always, Some(path)) => {
                broken.push((property.name, path.clone().into_actions()));
            }
            _ => {}
        }
    }
    broken.sort_by_key(|(_, actions)| actions.len());
    Found {
        states: done.unique_state_count(),
        reached: done.state_count(),
        depth: done.max_depth(),
        complete: !matches!(until, Until::Reached(limit) if done.state_count() >= limit),
        broken,
        impossible,
    }
}
