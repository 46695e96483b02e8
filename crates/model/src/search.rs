//! One search: through every state within some bounds, breadth first.

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
    /// When so many states were reached, the same ones counted each time.
    Reached(usize),
    /// When something is broken, or everything was seen that is so many steps away.
    Broken(usize),
}

/// Searches.
pub fn search(bounds: Bounds, until: Until) -> Found {
    let checker = bounds.model().checker();
    let checker = match until {
        Until::Everything => checker.finish_when(HasDiscoveries::AllFailures),
        Until::Broken(away) => checker
            .finish_when(HasDiscoveries::AnyFailures)
            .target_max_depth(away + 2),
        Until::Reached(limit) => checker.target_state_count(limit),
    };
    let done = checker.spawn_bfs().join();
    let discoveries = done.discoveries();
    let (mut broken, mut impossible) = (vec![], vec![]);
    for property in done.model().properties() {
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
    let complete = match until {
        Until::Everything => true,
        Until::Reached(limit) => done.state_count() < limit,
        Until::Broken(away) => done.max_depth() < away + 2,
    };
    Found {
        states: done.unique_state_count(),
        reached: done.state_count(),
        depth: done.max_depth(),
        complete,
        broken,
        impossible,
    }
}

/// Searches deeper and deeper until something is broken, so that nothing shorter leads there: of several
/// ways that it finds, Stateright keeps the last.
pub fn shortest(bounds: Bounds) -> Found {
    let mut away = 1;
    loop {
        let found = search(bounds, Until::Broken(away));
        if found.complete || !found.broken.is_empty() {
            return found;
        }
        away += 1;
    }
}
