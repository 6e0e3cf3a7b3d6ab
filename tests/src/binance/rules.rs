//! What a create order request may look like, in its versions 2 and 3: each rule of the documentation, and no field that is
//! not in it.

mod goods;
mod people;

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::Refusal;
use super::endpoints::Version;
use super::money;
use goods::Goods;
use people::{Buyer, Env, Merchant, Shipping};

const CURRENCIES: [&str; 5] = ["USDT", "USDC", "BNB", "BTC", "ETH"];
const CURRENCIES_V2: [&str; 3] = ["BUSD", "USDT", "MBOX"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    merchant: Option<Merchant>,
    env: Option<Env>,
    merchant_trade_no: Option<String>,
    order_amount: Option<Box<RawValue>>,
    currency: Option<String>,
    fiat_amount: Option<Box<RawValue>>,
    fiat_currency: Option<String>,
    description: Option<String>,
    goods: Option<Goods>,
    goods_details: Option<Vec<Goods>>,
    shipping: Option<Shipping>,
    buyer: Option<Buyer>,
    return_url: Option<String>,
    cancel_url: Option<String>,
    order_expire_time: Option<i64>,
    support_pay_currency: Option<String>,
    app_id: Option<String>,
    universal_url_attach: Option<String>,
    pass_through_info: Option<String>,
    webhook_url: Option<String>,
    direct_debit_contract: Option<Box<RawValue>>,
    #[serde(rename = "orderTags")]
    _order_tags: Option<OrderTags>,
    voucher_code: Option<String>,
    qr_code_refer_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct OrderTags {
    #[serde(rename = "ifProfitSharing")]
    _if_profit_sharing: Option<bool>,
}

/// A request that broke no rule.
#[derive(Debug)]
pub(crate) struct CreateRequest {
    pub(crate) merchant_trade_no: String,
    pub(crate) currency: String,
    pub(crate) total_fee: Decimal,
    pub(crate) fiat: Option<(String, Decimal)>,
    pub(crate) terminal_type: String,
    pub(crate) description: String,
    pub(crate) goods_type: String,
    pub(crate) goods_name: String,
    pub(crate) goods_detail: Option<String>,
    pub(crate) return_url: Option<String>,
    pub(crate) cancel_url: Option<String>,
    pub(crate) webhook_url: Option<String>,
    pub(crate) pass_through_info: Option<String>,
    /// By the caller's clock, which is the real one.
    pub(crate) order_expire_time: Option<i64>,
}

impl CreateRequest {
    /// Reads the bytes of the body and applies every rule that needs no memory.
    pub(crate) fn read(version: Version, body: &[u8]) -> Result<Self, Refusal> {
        let wire: Wire = serde_json::from_slice(body)
            .map_err(|error| Refusal::new("400001", error.to_string()))?;
        wire.check_version(version)?;
        let merchant_trade_no = text("merchantTradeNo", wire.merchant_trade_no.clone(), 32)?;
        if !merchant_trade_no
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric())
        {
            return Err(Refusal::new(
                "400103",
                "merchantTradeNo may hold letters and digits only.",
            ));
        }
        let terminal_type = wire.terminal_type()?;
        let goods = wire.first_goods(version)?;
        let description = wire.description(version, &goods)?;
        let (currency, total_fee, fiat) = wire.amount(version)?;
        wire.check_optional()?;
        Ok(Self {
            merchant_trade_no,
            currency,
            total_fee,
            fiat,
            terminal_type,
            description,
            goods_type: goods.goods_type.unwrap_or_default(),
            goods_name: goods.goods_name.unwrap_or_default(),
            goods_detail: goods.goods_detail,
            return_url: wire.return_url,
            cancel_url: wire.cancel_url,
            webhook_url: wire.webhook_url,
            pass_through_info: wire.pass_through_info,
            order_expire_time: wire.order_expire_time,
        })
    }
}

impl Wire {
    /// The fields that one version has and the other has not.
    fn check_version(&self, version: Version) -> Result<(), Refusal> {
        let strangers = if version == Version::V3 {
            [("goods", self.goods.is_some()), ("", false), ("", false)]
        } else {
            [
                ("goodsDetails", self.goods_details.is_some()),
                ("description", self.description.is_some()),
                ("qrCodeReferId", self.qr_code_refer_id.is_some()),
            ]
        };
        match strangers.iter().find(|(_, is_there)| *is_there) {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::new("400001", format!("unknown field `{name}`"))),
        }
    }

    /// What the checkout shows: of version 2, which has no description, the name of the goods.
    fn description(&self, version: Version, goods: &Goods) -> Result<String, Refusal> {
        match version {
            Version::V3 => text("description", self.description.clone(), 256),
            Version::V1 | Version::V2 => Ok(goods.goods_name.clone().unwrap_or_default()),
        }
    }

    fn check_optional(&self) -> Result<(), Refusal> {
        for (name, value, longest) in [
            ("returnUrl", &self.return_url, 256),
            ("cancelUrl", &self.cancel_url, 256),
            ("webhookUrl", &self.webhook_url, 256),
            ("passThroughInfo", &self.pass_through_info, 512),
            ("supportPayCurrency", &self.support_pay_currency, 1024),
            ("appId", &self.app_id, 256),
            ("universalUrlAttach", &self.universal_url_attach, 120),
            ("voucherCode", &self.voucher_code, 256),
            ("qrCodeReferId", &self.qr_code_refer_id, 256),
        ] {
            optional(name, value.as_ref(), longest)?;
        }
        for (name, url) in [
            ("returnUrl", &self.return_url),
            ("cancelUrl", &self.cancel_url),
            ("webhookUrl", &self.webhook_url),
        ] {
            check_url(name, url.as_deref())?;
        }
        self.merchant.as_ref().map_or(Ok(()), Merchant::check)?;
        self.buyer.as_ref().map_or(Ok(()), Buyer::check)?;
        self.shipping.as_ref().map_or(Ok(()), Shipping::check)?;
        match self.direct_debit_contract {
            None => Ok(()),
            Some(_) => Err(Refusal::new(
                "400606",
                "directDebitContract: the sandbox does not play direct debit.",
            )),
        }
    }

    fn terminal_type(&self) -> Result<String, Refusal> {
        let env = self.env.as_ref().ok_or_else(|| missing("env"))?;
        let terminal_type = env.check()?;
        if terminal_type == "MINI_PROGRAM" && self.app_id.is_none() {
            return Err(missing("appId"));
        }
        Ok(terminal_type)
    }

    fn first_goods(&self, version: Version) -> Result<Goods, Refusal> {
        let (name, goods) = match version {
            Version::V3 => ("goodsDetails", self.goods_details.as_deref()),
            Version::V1 | Version::V2 => ("goods", self.goods.as_ref().map(std::slice::from_ref)),
        };
        let goods = goods.unwrap_or_default();
        for item in goods {
            item.check(version)?;
        }
        goods.first().cloned().ok_or_else(|| missing(name))
    }

    /// Exactly one of the two forms: an amount of a crypto currency, or of a fiat one that is converted to USDT.
    #[expect(
        clippy::type_complexity,
        reason = "three values of one decision, named where they are taken apart"
    )]
    fn amount(
        &self,
        version: Version,
    ) -> Result<(String, Decimal, Option<(String, Decimal)>), Refusal> {
        let currencies: &[&str] = match version {
            Version::V3 => &CURRENCIES,
            Version::V1 | Version::V2 => &CURRENCIES_V2,
        };
        match (
            &self.currency,
            &self.order_amount,
            &self.fiat_currency,
            &self.fiat_amount,
        ) {
            (Some(currency), Some(amount), None, None) => {
                let currency = one_of("currency", Some(currency.clone()), currencies)?;
                Ok((currency, self::amount("orderAmount", amount)?, None))
            }
            (None, None, Some(fiat), Some(amount)) => {
                let amount = self::amount("fiatAmount", amount)?;
                let fee = money::convert(fiat, amount)
                    .filter(|fee| !fee.is_zero())
                    .ok_or_else(|| Refusal::new("400102", "fiatCurrency is not supported."))?;
                Ok(("USDT".to_owned(), fee, Some((fiat.clone(), amount))))
            }
            _ => Err(Refusal::new(
                "400100",
                "Exactly one of currency with orderAmount and fiatCurrency with fiatAmount is mandatory.",
            )),
        }
    }
}

pub(crate) fn missing(name: &str) -> Refusal {
    Refusal::new(
        "400100",
        format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed."),
    )
}

/// A text that is there, of at most `longest` characters, without control characters.
pub(crate) fn text(name: &str, value: Option<String>, longest: usize) -> Result<String, Refusal> {
    let value = value
        .filter(|value| !value.is_empty())
        .ok_or_else(|| missing(name))?;
    if value.chars().count() > longest {
        return Err(Refusal::new(
            "400101",
            format!("{name} is longer than {longest} characters."),
        ));
    }
    if value.chars().any(char::is_control) {
        return Err(Refusal::new(
            "400103",
            format!("{name} holds control characters."),
        ));
    }
    Ok(value)
}

/// The same of a text that may be absent, but not empty.
fn optional(name: &str, value: Option<&String>, longest: usize) -> Result<(), Refusal> {
    value.map_or(Ok(()), |value| {
        text(name, Some(value.clone()), longest).map(drop)
    })
}

fn amount(name: &str, json: &RawValue) -> Result<Decimal, Refusal> {
    money::read(json).map_err(|problem| Refusal::new("400102", format!("{name} {problem}.")))
}

pub(crate) fn check_url(name: &str, url: Option<&str>) -> Result<(), Refusal> {
    let is_http = |url: &str| url.starts_with("http://") || url.starts_with("https://");
    if url.is_none_or(is_http) {
        return Ok(());
    }
    let problem = format!("{name} must start with http or https.");
    Err(Refusal::new("400102", problem))
}

fn one_of(name: &str, value: Option<String>, known: &[&str]) -> Result<String, Refusal> {
    let value = text(name, value, 64)?;
    if known.contains(&value.as_str()) {
        return Ok(value);
    }
    Err(Refusal::new(
        "400102",
        format!("{name} is none of {}.", known.join(", ")),
    ))
}
