//! The error of a connection that took too long.
//!
//! An error of tokio-postgres can be made only by tokio-postgres. So that callers meet one type of error, it is asked to
//! connect through a stream that fails at the first use, and wraps the reason itself.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::config::SslMode;
use tokio_postgres::{Config, Error, NoTls};

/// The connection was not there in time.
pub(super) async fn error(config: &Config, deadline: Duration) -> Error {
    // Without TLS the first thing to happen is a write.
    let mut config = config.clone();
    config.ssl_mode(SslMode::Disable);
    loop {
        if let Err(error) = config.connect_raw(Overdue(deadline), NoTls).await {
            return error;
        }
    }
}

struct Overdue(Duration);

impl Overdue {
    fn reason(&self) -> io::Error {
        let seconds = (self.0.as_secs_f64() * 10.0).round() / 10.0;
        let words =
            format!("no answer within {seconds} s; the server may be stopped or overloaded");
        io::Error::new(io::ErrorKind::TimedOut, words)
    }
}

impl AsyncRead for Overdue {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Ready(Err(self.reason()))
    }
}

impl AsyncWrite for Overdue {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(self.reason()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(self.reason()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
