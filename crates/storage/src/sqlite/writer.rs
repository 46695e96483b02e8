//! Who commits: a thread that takes what waits and commits it together ([`Writer`]), or the caller
//! ([`Inline`]).

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use enlist_registration::limits::later;
use enlist_registration::ports::Clock;
use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::fault::Fault;
use super::group::{Core, Counters, Item, Task, Tx, Verdict};
use super::{OpenFault, SqliteOptions, open};

/// How many commands may wait for the writer. A registration has at most one at a time, so this is
/// reached only where thousands are under way, and then they wait to be queued.
const QUEUE_LENGTH: usize = 1024;

/// The thread that owns the writing connection. It ends, and the file is closed, when this is
/// dropped.
pub(super) struct Writer {
    /// Taken when dropped, which is what ends the thread.
    queue: Option<Sender<Command>>,
    room: Arc<Semaphore>,
    counters: Arc<Counters>,
    thread: Option<JoinHandle<()>>,
}

/// What the thread can be asked.
enum Command {
    /// To be committed, with others.
    Write {
        item: Box<dyn Item>,
        _room: OwnedSemaphorePermit,
    },
    /// To be done between two transactions.
    Aside {
        work: Box<dyn FnOnce(&Connection) + Send>,
        _room: OwnedSemaphorePermit,
    },
    /// To finish.
    Close(oneshot::Sender<()>),
}

impl Writer {
    pub(super) fn start(inline: Inline, options: &SqliteOptions) -> Result<Self, OpenFault> {
        let (queue, commands) = channel();
        let counters = inline.core.counters().clone();
        let group_limit = options.group_limit.max(1);
        let record_delay = options.record_delay;
        let thread = thread::Builder::new()
            .name("enlist-writer".to_owned())
            .spawn(move || work_through(inline.core, &commands, group_limit, record_delay))
            .map_err(OpenFault::Thread)?;
        let room = Arc::new(Semaphore::new(QUEUE_LENGTH));
        Ok(Self {
            queue: Some(queue),
            room,
            counters,
            thread: Some(thread),
        })
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Queues a piece of work. What one sender queues is done in its order.
    pub(super) async fn submit(&self, item: Box<dyn Item>) -> Result<(), Fault> {
        let _room = self.wait_for_room().await?;
        self.send(Command::Write { item, _room })
    }

    /// Does `work` on the writer's connection, after what was queued before.
    pub(super) async fn aside<T, W>(&self, work: W) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let work = Box::new(move |connection: &Connection| {
            let _ = answer.send(work(connection));
        });
        let _room = self.wait_for_room().await?;
        self.send(Command::Aside { work, _room })?;
        answered.await.map_err(|_| Fault::Closed)?
    }

    /// Ends the thread after what was queued before.
    pub(super) async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.send(Command::Close(answer)).is_ok() {
            // An error means that the thread is gone, which is what was asked for.
            let _ = answered.await;
        }
    }

    async fn wait_for_room(&self) -> Result<OwnedSemaphorePermit, Fault> {
        self.room
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| Fault::Closed)
    }

    fn send(&self, command: Command) -> Result<(), Fault> {
        let queue = self.queue.as_ref().ok_or(Fault::Closed)?;
        queue.send(command).map_err(|_| Fault::Closed)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // What it still has to do is at most one commit.
            let _ = thread.join();
        }
    }
}

/// The thread's life.
fn work_through(
    core: Core,
    commands: &Receiver<Command>,
    group_limit: usize,
    record_delay: Duration,
) {
    while let Some(group) = gather(commands, group_limit, record_delay) {
        core.commit(group.items);
        match group.then {
            Then::Continue => {}
            Then::Aside(work) => work(core.connection()),
            Then::Close(answer) => {
                log_fault(open::empty_the_log(core.connection()));
                drop(core);
                let _ = answer.send(());
                return;
            }
        }
    }
}

/// What is committed together, and what follows.
struct Group {
    items: Vec<Box<dyn Item>>,
    awaited: usize,
    then: Then,
}

enum Then {
    Continue,
    Aside(Box<dyn FnOnce(&Connection) + Send>),
    Close(oneshot::Sender<()>),
}

impl Group {
    fn add(&mut self, command: Command) {
        match command {
            Command::Write { item, .. } => {
                self.awaited += usize::from(item.is_awaited());
                self.items.push(item);
            }
            Command::Aside { work, .. } => self.then = Then::Aside(work),
            Command::Close(answer) => self.then = Then::Close(answer),
        }
    }

    fn is_complete(&self, group_limit: usize) -> bool {
        self.awaited >= group_limit
            || self.items.len() >= QUEUE_LENGTH
            || !matches!(self.then, Then::Continue)
    }
}

/// Takes one command and what else waits. While nobody waits for what it has, it gives company
/// `record_delay` to come. `None` once nobody can ask any more.
fn gather(
    commands: &Receiver<Command>,
    group_limit: usize,
    record_delay: Duration,
) -> Option<Group> {
    let mut group = Group {
        items: Vec::new(),
        awaited: 0,
        then: Then::Continue,
    };
    group.add(commands.recv().ok()?);
    let began = now_on_this_machine();
    while !group.is_complete(group_limit) {
        let next = if group.awaited > 0 {
            commands.try_recv().ok()
        } else {
            let waited = now_on_this_machine().duration_since(began);
            commands
                .recv_timeout(record_delay.saturating_sub(waited))
                .ok()
        };
        match next {
            Some(command) => group.add(command),
            None => break,
        }
    }
    Some(group)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how long a thread lingers is no part of any registration; a simulation has no thread"
)]
fn now_on_this_machine() -> Instant {
    Instant::now()
}

/// Commits on the calling thread. What nobody waits for waits here for the next commit.
pub(super) struct Inline {
    core: Core,
    pending: Vec<Box<dyn Item>>,
    pending_since: Timestamp,
    record_delay: Duration,
}

impl Inline {
    pub(super) fn new(
        connection: Connection,
        clock: Arc<dyn Clock>,
        options: &SqliteOptions,
    ) -> Self {
        Self {
            core: Core::new(connection, clock, options.lease),
            pending: Vec::new(),
            pending_since: Timestamp::UNIX_EPOCH,
            record_delay: options.record_delay,
        }
    }

    pub(super) fn counters(&self) -> &Counters {
        self.core.counters()
    }

    /// The connection, to read from: what has waited for long enough is committed first.
    pub(super) fn connection(&mut self) -> &Connection {
        self.commit_what_is_old();
        self.core.connection()
    }

    pub(super) fn submit(&mut self, item: Box<dyn Item>) {
        self.commit_what_is_old();
        if self.pending.is_empty() {
            self.pending_since = self.core.now();
        }
        let awaited = item.is_awaited();
        self.pending.push(item);
        if awaited {
            self.core.commit(std::mem::take(&mut self.pending));
        }
    }

    /// Does one piece of work, with nothing else in its commit.
    pub(super) fn commit_alone<T, W>(&mut self, work: W) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: FnOnce(&Tx<'_>) -> Result<Verdict<T>, Fault> + Send + 'static,
    {
        let (answer, mut answered) = oneshot::channel();
        let task = Task::new(work, move |outcome| {
            let _ = answer.send(outcome);
        });
        self.core.commit(vec![Box::new(task)]);
        answered.try_recv().unwrap_or(Err(Fault::Closed))
    }

    /// Commits what waits, and empties the log.
    pub(super) fn settle(&mut self) {
        self.core.commit(std::mem::take(&mut self.pending));
        log_fault(open::empty_the_log(self.core.connection()));
    }

    pub(super) fn lose_pending(&mut self) {
        self.pending.clear();
    }

    fn commit_what_is_old(&mut self) {
        if !self.pending.is_empty()
            && self.core.now() >= later(self.pending_since, self.record_delay)
        {
            self.core.commit(std::mem::take(&mut self.pending));
        }
    }
}

fn log_fault(outcome: Result<(), Fault>) {
    if let Err(fault) = outcome {
        let error = &fault as &dyn std::error::Error;
        tracing::warn!(
            error,
            "the write-ahead log could not be emptied into the file"
        );
    }
}
