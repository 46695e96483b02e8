//! The payment gateway of a process, whichever it is: behind its port for the engine, and with what
//! only pages and routes of its own need.

use std::sync::Arc;

use enlist_gateways::sandbox::Sandbox;
use enlist_gateways::stripe::{self, Stripe};
use enlist_registration::ports::{Clock, PaymentGateway, Random};

use crate::config::{GatewaySettings, Settings, StripeSettings};

use super::neighbours::open_sandbox;

/// The payment gateway in use.
pub enum Gateway {
    /// Ours, with its books.
    Sandbox(Arc<Sandbox>),
    /// Stripe.
    Stripe(Arc<Stripe>),
}

impl Gateway {
    /// Opens the one that is configured. Stripe is not asked for anything yet.
    pub(super) async fn open(
        settings: &Settings,
        clock: &Arc<dyn Clock>,
        random: &Arc<dyn Random>,
    ) -> anyhow::Result<Self> {
        Ok(match &settings.gateway {
            GatewaySettings::Sandbox(sandbox) => {
                Self::Sandbox(Arc::new(open_sandbox(sandbox, clock, random).await?))
            }
            GatewaySettings::Stripe(stripe) => {
                Self::Stripe(Arc::new(stripe_client(stripe, settings)?))
            }
        })
    }

    /// As the engine sees it.
    pub(super) fn port(&self) -> Arc<dyn PaymentGateway> {
        match self {
            Self::Sandbox(sandbox) => Arc::clone(sandbox) as _,
            Self::Stripe(stripe) => Arc::clone(stripe) as _,
        }
    }

    /// As its own pages see it.
    pub fn sandbox(&self) -> Option<&Arc<Sandbox>> {
        match self {
            Self::Sandbox(sandbox) => Some(sandbox),
            Self::Stripe(_) => None,
        }
    }

    /// As the routes for Stripe's script see it.
    pub fn stripe(&self) -> Option<&Arc<Stripe>> {
        match self {
            Self::Sandbox(_) => None,
            Self::Stripe(stripe) => Some(stripe),
        }
    }
}

/// A client for Stripe as it is configured. Nothing is asked of it yet.
pub fn stripe_client(
    stripe: &StripeSettings,
    settings: &Settings,
) -> Result<Stripe, stripe::StripeOpenFault> {
    Stripe::new(stripe::StripeSettings {
        secret_key: stripe.secret_key.clone(),
        api_base: stripe.api_base.to_string(),
        timeout: settings.limits.call_timeout,
    })
}
