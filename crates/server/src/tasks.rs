//! Where tasks run. The service runs them on its runtime; whoever puts a process together by hand, as the
//! simulation does, has them run where it likes.

use std::any::Any;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use enlist_registration::ports::Clock;
use futures_util::FutureExt as _;
use tokio::sync::oneshot;

/// What a task does.
pub type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs tasks beside whoever asks for them.
pub trait Spawner: Send + Sync {
    /// Runs `work` to its end, whether or not somebody waits for it. It does not panic.
    fn spawn(&self, work: Work);

    /// Runs what keeps a core busy, where it is in nobody's way. It does not panic.
    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>);
}

/// Tokio's runtime: tasks on its threads, and what keeps a core busy on threads of its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Runtime;

impl Spawner for Runtime {
    fn spawn(&self, work: Work) {
        drop(tokio::spawn(work));
    }

    fn spawn_blocking(&self, work: Box<dyn FnOnce() + Send>) {
        drop(tokio::task::spawn_blocking(work));
    }
}

/// What a panic said.
type Panic = Box<dyn Any + Send>;

/// A task that was started. Waiting for it gives what came of it, and a panic in it goes on where it is
/// waited for. Dropping this does not stop it.
pub struct Task<T>(oneshot::Receiver<Result<T, Panic>>);

/// Starts a task.
pub fn start<T: Send + 'static>(
    spawner: &dyn Spawner,
    work: impl Future<Output = T> + Send + 'static,
) -> Task<T> {
    let (tell, told) = oneshot::channel();
    // Whether it is left half done shows to nobody but whoever waits, who panics as well.
    let work = AssertUnwindSafe(work).catch_unwind();
    spawner.spawn(Box::pin(async move {
        // Whoever waited may be gone.
        let _ = tell.send(work.await);
    }));
    Task(told)
}

/// The same for what keeps a core busy.
pub fn start_blocking<T: Send + 'static>(
    spawner: &dyn Spawner,
    work: impl FnOnce() -> T + Send + 'static,
) -> Task<T> {
    let (tell, told) = oneshot::channel();
    spawner.spawn_blocking(Box::new(move || {
        let done = std::panic::catch_unwind(AssertUnwindSafe(work));
        // Whoever waited may be gone.
        let _ = tell.send(done);
    }));
    Task(told)
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        match Pin::new(&mut self.0).poll(context) {
            Poll::Ready(Ok(Ok(done))) => Poll::Ready(done),
            Poll::Ready(Ok(Err(panic))) => resume_unwind(panic),
            // The runtime is going down: nobody will see an answer.
            Poll::Ready(Err(_)) | Poll::Pending => Poll::Pending,
        }
    }
}

/// What comes of `work` if it is done within `duration`. It is looked at first: what is done is never late.
pub async fn within<T>(
    clock: &dyn Clock,
    duration: Duration,
    work: impl Future<Output = T>,
) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = clock.sleep(duration) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemClock;

    #[tokio::test]
    async fn a_panic_in_a_task_goes_on_where_it_is_waited_for() {
        let fails = start(&Runtime, async { panic!("the first") });
        let said: Result<(), Panic> = AssertUnwindSafe(fails).catch_unwind().await;
        assert_eq!(said.unwrap_err().downcast_ref::<&str>(), Some(&"the first"));
        let fails = start_blocking(&Runtime, || panic!("the second"));
        let said: Result<(), Panic> = AssertUnwindSafe(fails).catch_unwind().await;
        assert_eq!(
            said.unwrap_err().downcast_ref::<&str>(),
            Some(&"the second")
        );
    }

    #[tokio::test]
    async fn a_task_ends_though_nobody_waits_for_it() {
        let (tell, told) = oneshot::channel();
        drop(start(&Runtime, async move {
            tokio::task::yield_now().await;
            tell.send(7).unwrap();
        }));
        assert_eq!(told.await.unwrap(), 7);
    }

    #[tokio::test]
    async fn what_takes_too_long_is_not_waited_for_and_what_is_done_is_not_late() {
        let short = Duration::from_millis(1);
        let never = std::future::pending::<()>();
        assert_eq!(within(&SystemClock, short, never).await, None);
        let done = std::future::ready(1);
        assert_eq!(within(&SystemClock, Duration::ZERO, done).await, Some(1));
    }
}
