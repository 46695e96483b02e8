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
    /// Who becomes a customer is charged at once, whatever the order of the steps.
    CustomersAreChargedAtOnce,
    /// Whatever order the steps are to be taken in, they are taken in the usual one.
    OrdersAreForgotten,
    /// The last step of a journey leaves it as it was.
    JourneysStayOpen,
    /// A journey goes on though nobody has proved its address.
    JourneysGoOnUnverified,
    /// A link that was used is used again.
    LinksWorkTwice,
    /// What was said on a journey is acknowledged and not kept.
    EntriesAreForgotten,
}
