//! What becomes of an order, and what everybody's books must say of it in the end.

use sandbox::binance::Status;

use super::fleet::Fleet;
use crate::invocation::parties::Parties;
use crate::invocation::subject::{self, Subject, trade_no};

/// What becomes of an order.
#[derive(Clone, Copy, Debug)]
pub enum Story {
    /// Paid, and the notification comes.
    Paid,
    /// Paid, and reconcile-orders finds it.
    Unnotified,
    /// Paid, and given back.
    Refunded,
    /// Closed before anybody pays.
    Closed,
}

impl Story {
    /// Of eight orders five are simply paid.
    pub fn of(nth: usize) -> Self {
        match nth % 8 {
            0 => Self::Unnotified,
            1 => Self::Refunded,
            2 => Self::Closed,
            _ => Self::Paid,
        }
    }

    /// Plays it but for what reconcile-orders does; the order's id.
    pub async fn play(self, parties: &Parties, fleet: &Fleet) -> Result<String, String> {
        let create = subject::create(parties);
        let id = Subject::order_id(&fleet.invoke(Subject::CreateOrder, &create).await?)?;
        match self {
            Self::Closed => {
                let close = subject::close(parties, &id);
                fleet.invoke(Subject::CloseOrder, &close).await?;
            }
            Self::Unnotified => subject::pay(parties, &id)?,
            Self::Paid | Self::Refunded => {
                subject::pay(parties, &id)?;
                let notification = subject::notification(parties, &id).await?;
                fleet
                    .invoke(Subject::BinanceCallback, &notification)
                    .await?;
            }
        }
        if let Self::Refunded = self {
            let refund = subject::refund(parties, &id);
            fleet.invoke(Subject::RefundOrder, &refund).await?;
        }
        fleet
            .invoke(Subject::GetOrder, &subject::get(parties, &id))
            .await?;
        Ok(id)
    }

    /// What somebody's books say otherwise: Binance's, the table, LeadsCalendar's.
    pub fn difference(self, parties: &Parties, id: &str) -> Option<String> {
        let (status, at_binance, told): (_, _, &[&str]) = match self {
            Self::Paid | Self::Unnotified => ("PAID", Status::Paid, &["order.paid"]),
            Self::Refunded => (
                "REFUNDED",
                Status::FullRefunded,
                &["order.paid", "order.refunded"],
            ),
            Self::Closed => ("CANCELED", Status::Canceled, &["order.canceled"]),
        };
        let item = parties.table.item(id).unwrap_or_default();
        let seen = (
            item["status"]["S"].as_str().unwrap_or("nothing"),
            parties
                .sandbox
                .binance()
                .order(&trade_no(id))
                .map(|order| order.status),
            parties.told.of(id),
        );
        if seen.0 == status && seen.1 == Some(at_binance) && seen.2 == told {
            return None;
        }
        Some(format!(
            "order {id}, {self:?}: the table, Binance and LeadsCalendar have {seen:?}"
        ))
    }
}
