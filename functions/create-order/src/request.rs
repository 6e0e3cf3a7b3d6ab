//! Reading `POST /orders`: every field by its rule, every wrong field in one answer, unknown and repeated ones by name.

mod fields;
mod text;

use fields::Fields;
use lambda_http::Body;
use lambda_http::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use lambda_http::http::{HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use shared::callback_url::CallableUrl;
use shared::config::Settings;
use shared::money::{Amount, Currency};
use shared::order::{Request, TerminalType, TransactionType};
use shared::problem::{FieldError, Problem};
use text::text;
use url::Url;

/// The longest body that is read, in bytes.
const MAX_BODY: usize = 16 * 1024;
/// Decimal places of a price.
const PRICE_DECIMALS: u32 = 2;
/// The longest description and the longest URL for the payer's browser, in characters.
const MAX_TEXT: usize = 256;
/// The longest reference, in characters.
const MAX_REFERENCE: usize = 64;
/// The longest idempotency key, in characters.
const MAX_KEY: usize = 255;

/// What is asked for.
pub(crate) struct Asked {
    pub(crate) request: Request,
    /// What today's settings do not allow. It keeps nobody from repeating what they allowed yesterday.
    pub(crate) outside: Vec<FieldError>,
}

/// The `Idempotency-Key`, bare or quoted; none if the header is not there.
///
/// # Errors
/// [`Problem`], if it breaks its rule or comes twice.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("Idempotency-Key").iter();
    let (Some(value), second) = (values.next(), values.next()) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default().trim();
    let bare = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or(text);
    let is_key =
        (1..=MAX_KEY).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic());
    if is_key && second.is_none() {
        Ok(Some(bare.to_owned()))
    } else {
        Err(Problem::malformed(
            "Idempotency-Key must be 1 to 255 visible ASCII characters, bare or in quotes, once",
        ))
    }
}

/// The order that is asked for, whether or not today's settings allow it.
///
/// # Errors
/// [`Problem`], if it could never be allowed; it names what today's settings do not allow, too.
pub(crate) fn read(
    headers: &HeaderMap,
    body: &Body,
    settings: &Settings,
) -> Result<Asked, Problem> {
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Problem::not_json());
    }
    let is_plain = |encoding: &HeaderValue| {
        let encoding = encoding.as_bytes().trim_ascii();
        encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity")
    };
    if !headers.get_all(CONTENT_ENCODING).iter().all(is_plain) {
        return Err(Problem::encoded());
    }
    let body: &[u8] = body.as_ref();
    if body.len() > MAX_BODY {
        return Err(Problem::too_large(MAX_BODY));
    }

    let mut fields = Fields::parse(body)?;
    let transaction_type = fields.required("transactionType", transaction_type);
    let fiat = fields.required("fiat", |raw| fiat(raw, settings));
    fields.limit("fiat", fiat.as_ref(), |fiat| check_fiat(fiat, settings));
    let price = fields.required("price", price);
    fields.limit("price", price.as_ref(), |price| {
        check_price(*price, settings)
    });
    let callback_url = fields.required("callbackUrl", |raw| callback_url(raw, settings));
    fields.limit("callbackUrl", callback_url.as_ref(), |url| {
        check_host(url, settings)
    });
    let description = fields.optional("description", |raw| text(raw, MAX_TEXT));
    let reference = fields.optional("reference", |raw| text(raw, MAX_REFERENCE));
    let return_url = fields.optional("returnUrl", browser_url);
    let cancel_url = fields.optional("cancelUrl", browser_url);
    let terminal_type = fields.optional("terminalType", terminal_type);
    let found = fields.finish();

    match (transaction_type, fiat, price, callback_url) {
        (Some(transaction_type), Some(fiat), Some(price), Some(callback_url)) if found.is_sound => {
            let request = Request {
                transaction_type,
                fiat,
                price,
                callback_url: callback_url.as_str().to_owned(),
                description: description.unwrap_or_else(|| "LeadsCalendar".to_owned()),
                reference,
                return_url,
                cancel_url,
                terminal_type: terminal_type.unwrap_or_default(),
            };
            Ok(Asked {
                request,
                outside: found.errors,
            })
        }
        _ => Err(Problem::fields(found.errors)),
    }
}

fn transaction_type(raw: &RawValue) -> Result<TransactionType, String> {
    named(raw).ok_or_else(|| "must be PAY".to_owned())
}

fn terminal_type(raw: &RawValue) -> Result<TerminalType, String> {
    named(raw).ok_or_else(|| "must be WEB, WAP, APP or OTHERS".to_owned())
}

/// The one of a list of names that a string is; serde alone would also take `{"PAY":null}`.
fn named<T: DeserializeOwned>(raw: &RawValue) -> Option<T> {
    let name = string(raw).ok()?;
    serde_json::from_value(Value::String(name)).ok()
}

fn fiat(raw: &RawValue, settings: &Settings) -> Result<Currency, String> {
    string(raw)?.parse().map_err(|_| one_of_fiats(settings))
}

fn check_fiat(fiat: &Currency, settings: &Settings) -> Result<(), String> {
    if settings.fiats.contains(fiat) {
        Ok(())
    } else {
        Err(one_of_fiats(settings))
    }
}

fn one_of_fiats(settings: &Settings) -> String {
    let fiats: Vec<&str> = settings.fiats.iter().map(Currency::as_str).collect();
    format!("must be {}", fiats.join(" or "))
}

fn price(raw: &RawValue) -> Result<Amount, String> {
    let price = Amount::from_json(raw).map_err(|error| error.to_string())?;
    if price.is_zero() {
        Err("must be greater than 0".to_owned())
    } else if price.decimals() > PRICE_DECIMALS {
        Err(format!("must have at most {PRICE_DECIMALS} decimals"))
    } else {
        Ok(price.normalized().with_decimals(PRICE_DECIMALS))
    }
}

fn check_price(price: Amount, settings: &Settings) -> Result<(), String> {
    if price > settings.max_price {
        Err(format!("must be at most {}", settings.max_price))
    } else {
        Ok(())
    }
}

fn callback_url(raw: &RawValue, settings: &Settings) -> Result<CallableUrl, String> {
    CallableUrl::parse(&string(raw)?, settings.policy.allow_local)
        .map_err(|error| error.to_string())
}

fn check_host(url: &CallableUrl, settings: &Settings) -> Result<(), String> {
    let admitted = url.clone().admit(&settings.policy);
    admitted.map(drop).map_err(|error| error.to_string())
}

fn string(raw: &RawValue) -> Result<String, String> {
    serde_json::from_str(raw.get()).map_err(|_| "must be a string".to_owned())
}

/// Where the payer's browser goes; we never call it.
fn browser_url(raw: &RawValue) -> Result<String, String> {
    let text = text(raw, MAX_TEXT)?;
    let url = Url::parse(&text)
        .ok()
        .filter(|url| url.scheme() == "https" && url.as_str().len() <= MAX_TEXT);
    match url {
        Some(url) if !text.contains(char::is_whitespace) => Ok(url.into()),
        _ => Err(format!(
            "must be an https address of at most {MAX_TEXT} characters"
        )),
    }
}
