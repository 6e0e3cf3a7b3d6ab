//! What a create order request may look like: each rule of the documentation, and no field that is not in it.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::answer::Refusal;
use super::money;

const TERMINAL_TYPES: [&str; 5] = ["APP", "WEB", "WAP", "MINI_PROGRAM", "OTHERS"];
const CURRENCIES: [&str; 5] = ["USDT", "USDC", "BNB", "BTC", "ETH"];
const GOODS_TYPES: [&str; 2] = ["01", "02"];
const GOODS_CATEGORIES: [&str; 17] = [
    "0000", "1000", "2000", "3000", "4000", "5000", "6000", "7000", "8000", "9000", "A000", "B000",
    "C000", "D000", "E000", "F000", "Z000",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wire {
    env: Option<Env>,
    merchant_trade_no: Option<String>,
    order_amount: Option<Box<RawValue>>,
    currency: Option<String>,
    fiat_amount: Option<Box<RawValue>>,
    fiat_currency: Option<String>,
    description: Option<String>,
    goods_details: Option<Vec<Goods>>,
    return_url: Option<String>,
    cancel_url: Option<String>,
    order_expire_time: Option<i64>,
    support_pay_currency: Option<String>,
    app_id: Option<String>,
    universal_url_attach: Option<String>,
    pass_through_info: Option<String>,
    webhook_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Env {
    terminal_type: Option<String>,
    os_type: Option<String>,
    order_client_ip: Option<String>,
    cookie_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are Binance's")]
struct Goods {
    goods_type: Option<String>,
    goods_category: Option<String>,
    reference_goods_id: Option<String>,
    goods_name: Option<String>,
    goods_detail: Option<String>,
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
    pub(crate) return_url: Option<String>,
    pub(crate) cancel_url: Option<String>,
    pub(crate) webhook_url: Option<String>,
    pub(crate) pass_through_info: Option<String>,
    /// By the caller's clock, which is the real one.
    pub(crate) order_expire_time: Option<i64>,
}

impl CreateRequest {
    /// Reads the bytes of the body and applies every rule that needs no memory.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let wire: Wire = serde_json::from_slice(body)
            .map_err(|error| Refusal::new("400001", error.to_string()))?;
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
        let (goods_type, goods_name) = wire.first_goods()?;
        let (currency, total_fee, fiat) = wire.amount()?;
        for (name, value, longest) in [
            ("returnUrl", &wire.return_url, 256),
            ("cancelUrl", &wire.cancel_url, 256),
            ("webhookUrl", &wire.webhook_url, 256),
            ("passThroughInfo", &wire.pass_through_info, 512),
            ("supportPayCurrency", &wire.support_pay_currency, 1024),
            ("universalUrlAttach", &wire.universal_url_attach, 120),
        ] {
            value
                .clone()
                .map(|value| text(name, Some(value), longest))
                .transpose()?;
        }
        for (name, url) in [
            ("returnUrl", &wire.return_url),
            ("cancelUrl", &wire.cancel_url),
            ("webhookUrl", &wire.webhook_url),
        ] {
            check_url(name, url.as_deref())?;
        }
        Ok(Self {
            merchant_trade_no,
            currency,
            total_fee,
            fiat,
            terminal_type,
            description: text("description", wire.description, 256)?,
            goods_type,
            goods_name,
            return_url: wire.return_url,
            cancel_url: wire.cancel_url,
            webhook_url: wire.webhook_url,
            pass_through_info: wire.pass_through_info,
            order_expire_time: wire.order_expire_time,
        })
    }
}

impl Wire {
    fn terminal_type(&self) -> Result<String, Refusal> {
        let env = self.env.as_ref().ok_or_else(|| missing("env"))?;
        let terminal_type = one_of(
            "env.terminalType",
            env.terminal_type.clone(),
            &TERMINAL_TYPES,
        )?;
        if terminal_type == "MINI_PROGRAM" && self.app_id.is_none() {
            return Err(missing("appId"));
        }
        if let Some(system) = &env.os_type {
            one_of("env.osType", Some(system.clone()), &["IOS", "ANDROID"])?;
        }
        for (name, value) in [
            ("env.orderClientIp", &env.order_client_ip),
            ("env.cookieId", &env.cookie_id),
        ] {
            value
                .clone()
                .map(|value| text(name, Some(value), 64))
                .transpose()?;
        }
        Ok(terminal_type)
    }

    fn first_goods(&self) -> Result<(String, String), Refusal> {
        let goods = self
            .goods_details
            .as_deref()
            .ok_or_else(|| missing("goodsDetails"))?;
        for item in goods {
            one_of("goodsType", item.goods_type.clone(), &GOODS_TYPES)?;
            one_of(
                "goodsCategory",
                item.goods_category.clone(),
                &GOODS_CATEGORIES,
            )?;
            text("referenceGoodsId", item.reference_goods_id.clone(), 64)?;
            let name = text("goodsName", item.goods_name.clone(), 256)?;
            if name.contains(['\\', '"']) || name.chars().any(is_pictogram) {
                return Err(Refusal::new(
                    "400103",
                    "goodsName must not hold \\, \" or emoji.",
                ));
            }
            item.goods_detail
                .clone()
                .map(|detail| text("goodsDetail", Some(detail), 256))
                .transpose()?;
        }
        let first = goods.first().ok_or_else(|| missing("goodsDetails"))?;
        Ok((
            first.goods_type.clone().unwrap_or_default(),
            first.goods_name.clone().unwrap_or_default(),
        ))
    }

    /// Exactly one of the two forms: an amount of a crypto currency, or of a fiat one that is converted to USDT.
    #[expect(
        clippy::type_complexity,
        reason = "three values of one decision, named where they are taken apart"
    )]
    fn amount(&self) -> Result<(String, Decimal, Option<(String, Decimal)>), Refusal> {
        let read = |name: &str, json: &RawValue| {
            money::read(json)
                .map_err(|problem| Refusal::new("400102", format!("{name} {problem}.")))
        };
        match (
            &self.currency,
            &self.order_amount,
            &self.fiat_currency,
            &self.fiat_amount,
        ) {
            (Some(currency), Some(amount), None, None) => {
                let currency = one_of("currency", Some(currency.clone()), &CURRENCIES)?;
                Ok((currency, read("orderAmount", amount)?, None))
            }
            (None, None, Some(fiat), Some(amount)) => {
                let amount = read("fiatAmount", amount)?;
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

/// Emoji live outside the basic plane and in a few symbol blocks of it.
fn is_pictogram(letter: char) -> bool {
    let code = u32::from(letter);
    code >= 0x1_F000 || (0x2600..0x27C0).contains(&code) || code == 0xFE0F
}
