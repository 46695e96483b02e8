//! The gateway of the model: what it holds for one registration, which keys have an answer, and what a
//! call does there. It keeps the contract that `crates/gateways` tests: a key has one answer for a day, a
//! deleted customer takes nothing any more and its subscriptions end, no charge is given back twice.

/// How many customers, and how many subscriptions, there is room for. With the protocol as it is there
/// is one of each; a planted bug may make a second.
const ROOM: usize = 3;

/// What the gateway holds for one registration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Gateway {
    customers: [Customer; ROOM],
    subscriptions: [Subscription; ROOM],
    customer_key: Key,
    subscription_key: Key,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Customer {
    #[default]
    Never,
    Live,
    Deleted,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Subscription {
    state: Standing,
    customer: u8,
    charge: Charge,
    /// Its first answer was that the person must confirm.
    asked: bool,
}

/// How a subscription stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Standing {
    /// There is none.
    #[default]
    Never,
    /// Runs and is paid.
    Active,
    /// Waits for the person.
    Incomplete,
    /// The person refused; it could still be paid.
    Refused,
    /// Cancelled.
    Ended,
}

/// How a charge stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Charge {
    /// There is none.
    #[default]
    Never,
    /// Taken.
    Taken,
    /// Given back.
    Refunded,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Key {
    #[default]
    Unused,
    Made(u8),
    Declined,
    /// A 500 is stored under it.
    Burnt,
}

/// One call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Call {
    /// Make a customer.
    Create,
    /// Start a subscription of a customer.
    Start(u8),
    /// Look at a subscription.
    Retrieve(u8),
    /// List customers only, or everything.
    List {
        /// And what hangs on them.
        everything: bool,
    },
    /// End a subscription.
    Cancel(u8),
    /// Give a subscription's charge back.
    Refund(u8),
    /// Delete a customer.
    Delete(u8),
}

impl Call {
    /// It leaves something behind, and may arrive late to do so.
    pub fn makes_something(self) -> bool {
        matches!(self, Self::Create | Self::Start(_))
    }
}

/// What the gateway does with a call that makes something, where its key has no answer yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Will {
    /// What is asked for.
    Do,
    /// The card is declined.
    Decline,
    /// The bank asks the person.
    Ask,
    /// Done, and a 500 stored in the place of the answer.
    DoAndFail,
    /// A 500 stored, and nothing done.
    Fail,
    /// The token is no good; nothing is stored.
    RefuseToken,
}

/// What is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Said {
    /// This customer.
    Customer(u8),
    /// This subscription runs and is paid.
    Subscription(u8),
    /// This subscription waits for the person.
    Waits(u8),
    /// No.
    Declined,
    /// The token is no good.
    TokenRefused,
    /// Not now.
    Retryable,
    /// Nothing that tells what happened; `replayed` if it was stored.
    InDoubt {
        /// It was stored under the key.
        replayed: bool,
    },
    /// The request is wrong.
    Rejected,
    /// All this.
    Holdings(Gateway),
    /// Done.
    Done,
}

impl Gateway {
    /// Carries a call out.
    pub fn take(&mut self, call: Call, will: Will) -> Said {
        match call {
            Call::Create => self.create(will),
            Call::Start(customer) => self.start(customer, will),
            Call::Retrieve(number) => self.stands(number),
            Call::List { .. } => Said::Holdings(Self {
                customer_key: Key::Unused,
                subscription_key: Key::Unused,
                ..*self
            }),
            Call::Cancel(number) => {
                self.subscriptions[usize::from(number)].state = Standing::Ended;
                Said::Done
            }
            Call::Refund(number) => {
                let charge = &mut self.subscriptions[usize::from(number)].charge;
                if *charge == Charge::Taken {
                    *charge = Charge::Refunded;
                }
                Said::Done
            }
            Call::Delete(number) => self.delete(number),
        }
    }

    /// Whether a call would be answered from what is stored under its key.
    pub fn has_answer_for(&self, call: Call) -> bool {
        match call {
            Call::Create => self.customer_key != Key::Unused,
            Call::Start(customer) => {
                self.subscription_key != Key::Unused || !self.customer_is_live(customer)
            }
            _ => true,
        }
    }

    fn create(&mut self, will: Will) -> Said {
        match self.customer_key {
            Key::Made(number) => return Said::Customer(number),
            Key::Declined => return Said::Declined,
            Key::Burnt => return Said::InDoubt { replayed: true },
            Key::Unused => {}
        }
        let number = free(self.customers.iter().position(|c| *c == Customer::Never));
        let (makes, key, said) = match will {
            Will::Do | Will::Ask => (true, Key::Made(number), Said::Customer(number)),
            Will::Decline => (false, Key::Declined, Said::Declined),
            Will::DoAndFail => (true, Key::Burnt, Said::InDoubt { replayed: false }),
            Will::Fail => (false, Key::Burnt, Said::InDoubt { replayed: false }),
            Will::RefuseToken => (false, Key::Unused, Said::TokenRefused),
        };
        if makes {
            self.customers[usize::from(number)] = Customer::Live;
        }
        self.customer_key = key;
        said
    }

    fn start(&mut self, customer: u8, will: Will) -> Said {
        match self.subscription_key {
            Key::Made(number) if self.subscriptions[usize::from(number)].asked => {
                return self.stands(number);
            }
            Key::Made(number) => return Said::Subscription(number),
            Key::Declined => return Said::Declined,
            Key::Burnt => return Said::InDoubt { replayed: true },
            Key::Unused => {}
        }
        if !self.customer_is_live(customer) {
            return Said::Rejected;
        }
        let states = self.subscriptions.iter();
        let number = free(states.into_iter().position(|s| s.state == Standing::Never));
        let asked = will == Will::Ask;
        let (state, charge) = match asked {
            true => (Standing::Incomplete, Charge::Never),
            false => (Standing::Active, Charge::Taken),
        };
        let (makes, key, said) = match will {
            Will::Do => (true, Key::Made(number), Said::Subscription(number)),
            Will::Ask => (true, Key::Made(number), Said::Waits(number)),
            Will::Decline | Will::RefuseToken => (false, Key::Declined, Said::Declined),
            Will::DoAndFail => (true, Key::Burnt, Said::InDoubt { replayed: false }),
            Will::Fail => (false, Key::Burnt, Said::InDoubt { replayed: false }),
        };
        if makes {
            self.subscriptions[usize::from(number)] = Subscription {
                state,
                customer,
                charge,
                asked,
            };
        }
        self.subscription_key = key;
        said
    }

    fn stands(&self, number: u8) -> Said {
        match self.subscriptions[usize::from(number)].state {
            Standing::Active => Said::Subscription(number),
            Standing::Incomplete => Said::Waits(number),
            Standing::Refused | Standing::Ended | Standing::Never => Said::Declined,
        }
    }

    fn delete(&mut self, number: u8) -> Said {
        self.customers[usize::from(number)] = Customer::Deleted;
        for subscription in &mut self.subscriptions {
            if subscription.customer == number && subscription.state != Standing::Never {
                subscription.state = Standing::Ended;
            }
        }
        Said::Done
    }

    fn customer_is_live(&self, number: u8) -> bool {
        self.customers[usize::from(number)] == Customer::Live
    }

    /// The subscription that a person could still confirm, and whether they refused before.
    pub fn payable(&self) -> Option<(u8, bool)> {
        let find = |wanted| self.subscriptions.iter().position(|s| s.state == wanted);
        let waiting = find(Standing::Incomplete).map(|at| (at, false));
        let payable = waiting.or_else(|| find(Standing::Refused).map(|at| (at, true)));
        payable.map(|(at, refused)| (free(Some(at)), refused))
    }

    /// The person confirms, and is charged; or refuses.
    pub fn answer(&mut self, number: u8, confirms: bool) {
        let subscription = &mut self.subscriptions[usize::from(number)];
        (subscription.state, subscription.charge) = match confirms {
            true => (Standing::Active, Charge::Taken),
            false => (Standing::Refused, Charge::Never),
        };
    }

    /// A day later no key is remembered.
    pub fn forget_keys(&mut self) {
        (self.customer_key, self.subscription_key) = (Key::Unused, Key::Unused);
    }

    /// Anything at all was ever made.
    pub fn was_touched(&self) -> bool {
        self.customers[0] != Customer::Never
    }

    /// The customers that were not deleted.
    pub fn live_customers(&self) -> impl Iterator<Item = u8> {
        (0u8..)
            .zip(self.customers)
            .filter(|(_, customer)| *customer == Customer::Live)
            .map(|(number, _)| number)
    }

    /// The subscriptions that were ever made, and the charge of each.
    pub fn subscriptions(&self) -> impl Iterator<Item = (u8, Standing, Charge)> {
        (0u8..)
            .zip(self.subscriptions)
            .map(|(number, held)| (number, held.state, held.charge))
            .filter(|(_, state, _)| *state != Standing::Never)
    }

    /// How many charges are not given back.
    pub fn outstanding(&self) -> usize {
        let held = self.subscriptions();
        held.filter(|(_, _, charge)| *charge == Charge::Taken)
            .count()
    }

    /// How many subscriptions are not ended.
    pub fn live_subscriptions(&self) -> usize {
        let held = self.subscriptions();
        held.filter(|(_, state, _)| *state != Standing::Ended)
            .count()
    }
}

fn free(position: Option<usize>) -> u8 {
    match position.map(u8::try_from) {
        Some(Ok(number)) => number,
        _ => unreachable!("more was made than even a planted bug should make"),
    }
}
