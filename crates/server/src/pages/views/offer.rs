//! What can be chosen, and how it is paid for.

use super::Site;

/// For so many plans the style sheet has a rule each (`.per-plan`). More are more than a choice.
const MOST_PLANS_TOLD: usize = 12;

/// Plans and card.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    /// What can be chosen, in order. None hides the choice.
    pub(crate) plans: Vec<PlanView>,
    /// The name of the plan that is preselected; of another one, the first is.
    pub(crate) chosen: String,
    /// Whether a free plan asks for a card too (`billing.card = "required"`).
    pub(crate) free_needs_card: bool,
    /// Where the card is entered.
    pub(crate) card_entry: CardEntry,
}

impl Offer {
    /// The plan that is preselected.
    pub(crate) fn selected(&self) -> Option<&PlanView> {
        let chosen = self.plans.iter().find(|plan| plan.name == self.chosen);
        chosen.or_else(|| self.plans.first())
    }

    /// Whether it is this one.
    pub(crate) fn is_selected(&self, plan: &PlanView) -> bool {
        self.selected()
            .is_some_and(|selected| selected.name == plan.name)
    }

    /// Whether the style sheet can show what belongs to the chosen plan, without a script. It does so by
    /// the plan's place, of which it knows the first [`MOST_PLANS_TOLD`].
    pub(crate) fn is_told(&self) -> bool {
        (1..=MOST_PLANS_TOLD).contains(&self.plans.len())
    }

    /// The attributes of the field for the card's date.
    pub(crate) fn expiry_attributes(&self, site: &Site) -> String {
        let placeholder = site.say("field-expiry-placeholder");
        format!(
            " inputmode=\"numeric\" autocomplete=\"cc-exp\" placeholder=\"{placeholder}\" \
             maxlength=\"9\" required"
        )
    }
}

/// One plan as a card of the radio group, and what the summary says once it is chosen.
#[derive(Debug, Clone)]
pub(crate) struct PlanView {
    /// The plan's name in the configuration: the radio's value.
    pub(crate) name: String,
    /// "Pro"
    pub(crate) title: String,
    /// "$29.00 / month" or "Free"
    pub(crate) price: String,
    /// Without a price, and so without a charge.
    pub(crate) free: bool,
    /// "Start Pro for $29.00 / month" or "Create free account": the words of the button.
    pub(crate) action: String,
    /// What is charged today: "$29.00" or "Nothing".
    pub(crate) today: String,
    /// The next charge: "$29.00 on 23 Dec 2026" or "None".
    pub(crate) next_charge: String,
}

/// Where a card is entered.
#[derive(Debug, Clone)]
pub(crate) enum CardEntry {
    /// In fields of the form; these are the sandbox's cards.
    Fields(Vec<TestCard>),
    /// In Stripe's own, once the visitor gets there: card data does not come here.
    Stripe(StripeElement),
}

impl CardEntry {
    /// Stripe's, if that is it.
    pub(crate) fn stripe(&self) -> Option<&StripeElement> {
        match self {
            Self::Fields(_) => None,
            Self::Stripe(element) => Some(element),
        }
    }
}

/// What the page needs in order to show Stripe's Payment Element.
#[derive(Debug, Clone)]
pub(crate) struct StripeElement {
    /// Where Stripe.js is.
    pub(crate) script_url: String,
    /// Only test cards are taken, and no money.
    pub(crate) is_test: bool,
}

/// One card of the sandbox, which a button fills in.
#[derive(Debug, Clone)]
pub(crate) struct TestCard {
    /// Spaced as on the card.
    pub(crate) number: String,
    /// What happens with it: "Succeeds".
    pub(crate) outcome: String,
}
