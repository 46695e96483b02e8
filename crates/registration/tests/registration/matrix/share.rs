//! Which cells are run on PostgreSQL, where each takes many times as long as in memory.

use std::collections::BTreeSet;

use super::cell::Cell;
use super::families;

/// Set to `all`, every cell is run on PostgreSQL too.
const CELLS: &str = "ENLIST_TEST_CELLS";

/// Unless all are run: beside one of each sort, so manieth of a family.
const ONE_OF: usize = 4;

/// Every family, by name, with the cells that are to be run on PostgreSQL.
pub(crate) fn families_here() -> impl Iterator<Item = (&'static str, Vec<Cell>)> {
    let all = std::env::var(CELLS).is_ok_and(|cells| cells == "all");
    families().map(move |(name, cells)| match all {
        true => (name, cells),
        false => (name, share(cells)),
    })
}

/// The same cells every time: the first of each sort, and some of the others, evenly spread.
fn share(cells: Vec<Cell>) -> Vec<Cell> {
    let mut sorts = BTreeSet::new();
    let numbered = cells.into_iter().enumerate();
    let chosen =
        numbered.filter(|(number, cell)| sorts.insert(cell.sort()) || number % ONE_OF == 0);
    chosen.map(|(_, cell)| cell).collect()
}

#[test]
fn the_share_has_every_sort_of_cell() {
    for (family, cells) in families() {
        let generated = cells.len();
        let sorts: BTreeSet<String> = cells.iter().map(Cell::sort).collect();
        let share = share(cells);
        let here: BTreeSet<String> = share.iter().map(Cell::sort).collect();
        assert_eq!(here, sorts, "{family}");
        eprintln!("{:5} of {generated:5}: {family}", share.len());
    }
}
