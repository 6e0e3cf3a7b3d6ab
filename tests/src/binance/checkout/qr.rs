//! The QR code of a checkout: a phone that reads it opens the same page.

use qrcode::QrCode;
use qrcode::render::svg;

use super::Way;
use crate::binance::order::Order;

/// The picture as a file of its own.
pub(super) fn picture(order: &Order) -> String {
    let code = QrCode::new(Way::QrContent.to(order)).expect("an address is short enough");
    code.render::<svg::Color<'_>>()
        .min_dimensions(240, 240)
        .build()
}

/// The same to stand within a page.
pub(super) fn inline(order: &Order) -> String {
    let picture = picture(order);
    let begin = picture.find("<svg").unwrap_or(0);
    picture[begin..].to_owned()
}
