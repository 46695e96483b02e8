//! Bugs that somebody might write, planted in the ports so that the engine behaves as if it had them.

use enlist_gateways::sandbox::Operation;

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    /// An undo at the gateway is reported as done and not made.
    UndoIsSkipped(Operation),
    /// The rows of the account are left where they are, and the journal says otherwise.
    AccountIsNotClosed,
    /// The journal row is written once the first call that leaves something behind has answered.
    JournalIsWrittenAfterTheCall,
    /// "It may have happened" is taken for "it did not happen".
    DoubtIsTakenForFailure,
    /// A repeated call carries another key than the first.
    EachAttemptHasItsOwnKey,
    /// A driver that was superseded writes all the same.
    OldDriversWrite,
}
