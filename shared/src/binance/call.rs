//! The calls of the merchant API that are made.

/// A call of the merchant API.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// In the log.
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    /// It changes nothing at Binance, so that it may be made again whatever became of it.
    pub(super) is_reading: bool,
}

pub(super) const CREATE_ORDER: Call = Call {
    name: "create order",
    path: "/binancepay/openapi/v3/order",
    is_reading: false,
};
pub(super) const QUERY_ORDER: Call = Call {
    name: "query order",
    path: "/binancepay/openapi/v2/order/query",
    is_reading: true,
};
pub(super) const CLOSE_ORDER: Call = Call {
    name: "close order",
    path: "/binancepay/openapi/order/close",
    is_reading: false,
};
pub(super) const CERTIFICATES: Call = Call {
    name: "certificates",
    path: "/binancepay/openapi/certificates",
    is_reading: true,
};
