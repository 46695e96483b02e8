//! Serving: from the settings to a listening service, and back to a clean end.

mod elsewhere;

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::extract::ConnectInfo;
use enlist_registration::limits::later;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::config::Settings;
use crate::http::router;
use crate::tasks::within;
use crate::worker::Workers;

pub use elsewhere::Elsewhere;

/// A service that listens, and is not served yet.
pub struct Service {
    app: Arc<App>,
    listener: TcpListener,
    address: SocketAddr,
}

impl Service {
    /// Listens, then opens the database. The port is taken first: a second start on
    /// the same port must not touch the first one's data.
    pub async fn bind(
        settings: Settings,
        metrics: Option<PrometheusHandle>,
    ) -> anyhow::Result<Self> {
        let wanted = settings.server.listen;
        let listener = TcpListener::bind(wanted)
            .await
            .with_context(|| format!("cannot listen on {wanted} (server.listen)"))?;
        let address = listener.local_addr()?;
        let url = settings.server.public_url.clone();
        let url = url.unwrap_or_else(|| format!("http://localhost:{}", address.port()));
        let app = Arc::new(App::open(settings, url, metrics).await?);
        warn_of_other_gateways(&app).await;
        Ok(Self {
            app,
            listener,
            address,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it is made of.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Serves until `stop` is done; then takes nothing more in hand, and lets requests, jobs and registrations under
    /// way end, for [`shutdown_grace`](crate::config::Server::shutdown_grace) altogether.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> anyhow::Result<()> {
        let Self { app, listener, .. } = self;
        let workers = Workers::start(&app);
        let (stopping, stopped) = tokio::sync::oneshot::channel();
        let service = router(Arc::clone(&app)).into_make_service_with_connect_info::<SocketAddr>();
        let served = axum::serve(listener, service).with_graceful_shutdown(async move {
            stop.await;
            // The receiver is gone only if the server has ended by itself.
            let _ = stopping.send(());
        });
        let mut served = pin!(served.into_future());
        let ended = tokio::select! {
            ended = &mut served => Some(ended),
            _ = stopped => None,
        };
        workers.stop();
        app.stopping.cancel();
        let clock = app.clock.as_ref();
        let last_moment = later(clock.now(), app.settings.server.shutdown_grace);
        let left = || {
            let left = last_moment.duration_since(clock.now());
            Duration::try_from(left).unwrap_or_default()
        };
        let ended = match ended {
            Some(ended) => Some(ended),
            None => within(clock, left(), served).await,
        };
        match ended {
            Some(ended) => ended?,
            None => tracing::warn!("requests that did not end in time are cut off"),
        }
        if within(clock, left(), workers.finish()).await.is_none() {
            tracing::warn!("jobs and sweeps that did not end in time are cut off");
        }
        app.drivers.finish(left()).await;
        app.close().await;
        Ok(())
    }
}

/// Says how many registrations are left as they stand because their gateway is not the one in use.
async fn warn_of_other_gateways(app: &App) {
    match Elsewhere::look(app).await {
        Ok(elsewhere) => {
            for sentence in elsewhere.sentences() {
                tracing::warn!("{sentence}");
            }
        }
        Err(fault) => {
            let error = &fault as &dyn std::error::Error;
            tracing::warn!(error, "where registrations were begun cannot be looked for");
        }
    }
}

/// Gathers figures for `/metrics`. Once per process: the recorder is the process's.
pub fn gather_metrics() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .install_recorder()
        .context("figures cannot be gathered")
}

/// Listens, from now on, for being told to end: Ctrl-C, or SIGTERM. What is returned is done then.
/// Listened for from before the service says that it runs: whoever has read that may tell it to end.
pub fn told_to_stop() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

/// The peer of a request that did not come over the network, for tests that call the router.
pub fn no_peer() -> ConnectInfo<SocketAddr> {
    ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 0)))
}
