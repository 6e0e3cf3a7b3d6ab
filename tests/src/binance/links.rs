//! The ways to pay that the answer to create order names beside the checkout's address.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::order::Order;
use crate::clock;
use crate::random::Draw;

/// Four of the five ways; the fifth is `checkoutUrl`.
pub(super) struct Links {
    pub(super) qrcode_link: String,
    pub(super) qr_content: String,
    pub(super) deeplink: String,
    pub(super) universal_url: String,
}

/// A way to pay that leads to the checkout of this simulator, which shows by which one the payer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    QrContent,
    Deeplink,
    UniversalUrl,
}

impl Way {
    pub(super) const ALL: [Self; 3] = [Self::QrContent, Self::Deeplink, Self::UniversalUrl];

    /// The name of the field.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::QrContent => "qrContent",
            Self::Deeplink => "deeplink",
            Self::UniversalUrl => "universalUrl",
        }
    }

    /// The address of an order's checkout by this way.
    pub(super) fn to(self, order: &Order) -> String {
        format!("{}?way={}", order.checkout_url, self.name())
    }
}

impl Links {
    /// All lead to the checkout of this simulator, the first one to the picture of its QR code.
    pub(super) fn to_here(order: &Order) -> Self {
        Self {
            qrcode_link: format!("{}/qr.svg", order.checkout_url),
            qr_content: Way::QrContent.to(order),
            deeplink: Way::Deeplink.to(order),
            universal_url: Way::UniversalUrl.to(order),
        }
    }

    /// In Binance's own forms, which lead nowhere from here.
    pub(super) fn to_binance(order: &Order) -> Self {
        let mut draw = Draw::by(b"", "links", &order.token);
        let mut deeplink = format!(
            "bnc://app.binance.com/payment/secpay?tempToken={}",
            draw.alnum(32)
        );
        if let Some(url) = &order.return_url {
            deeplink = format!("{deeplink}&returnLink={url}");
        }
        let day = clock::day(order.create_time);
        Self {
            qrcode_link: format!(
                "https://public.bnbstatic.com/static/payment/{day}/{}.jpg",
                draw.uuid()
            ),
            qr_content: format!("https://app.binance.com/qr/dplk{}", draw.hex(32)),
            universal_url: format!(
                "https://app.binance.com/payment/secpay?linkToken={}&_dp={}",
                order.token,
                STANDARD_NO_PAD.encode(&deeplink)
            ),
            deeplink,
        }
    }
}
