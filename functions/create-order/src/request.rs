//! Reading `POST /orders`.

use lambda_http::Body;
use lambda_http::http::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use shared::callback_url::CallableUrl;
use shared::config::Settings;
use shared::input::{self, Fields, MAX_REFERENCE, string, text};
use shared::money::{Amount, Currency};
use shared::order::{OrderId, Request, TerminalType, TransactionType};
use shared::problem::{FieldError, Problem};
use url::Url;

/// Decimal places of a price.
const PRICE_DECIMALS: u32 = 2;
/// The longest description and the longest URL for the payer's browser, in characters.
const MAX_TEXT: usize = 256;
/// The shortest and the longest time for which a slot is held, in seconds.
const HOLD_SECS: [u32; 2] = [60, 3_600];

/// What is asked for.
pub(crate) struct Asked {
    request: Request,
    return_url: Option<Url>,
    cancel_url: Option<Url>,
    /// For how long the slot is held, in seconds; no part of the content that a key is compared by.
    pub(crate) expires_in_secs: Option<u32>,
    /// What today's settings do not allow. It keeps nobody from repeating what they allowed yesterday.
    pub(crate) outside: Vec<FieldError>,
}

impl Asked {
    /// What is asked for, with the order's id where the payer's browser is to be told it.
    pub(crate) fn for_order(&self, id: &OrderId) -> Request {
        let named = |url: &Option<Url>| url.as_ref().map(|url| with_id(url, id.as_str()).into());
        Request {
            return_url: named(&self.return_url),
            cancel_url: named(&self.cancel_url),
            ..self.request.clone()
        }
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
    let body = input::json(headers, body.as_ref())?;
    let mut fields = Fields::parse(body, "an order")?;
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
    let expires_in_secs = fields.optional("expiresIn", expires_in);
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
                return_url: None,
                cancel_url: None,
                terminal_type: terminal_type.unwrap_or_default(),
            };
            Ok(Asked {
                request,
                return_url,
                cancel_url,
                expires_in_secs,
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

/// How long the slot is held, in seconds.
fn expires_in(raw: &RawValue) -> Result<u32, String> {
    let [least, most] = HOLD_SECS;
    let is_number = !raw.get().starts_with('"');
    let secs = Amount::from_json(raw).ok().filter(|_| is_number);
    secs.and_then(|secs| secs.normalized().to_string().parse().ok())
        .filter(|secs| (least..=most).contains(secs))
        .ok_or_else(|| format!("must be a whole number of seconds, {least} to {most}"))
}

/// The spellings of the place for the order's id: as it is written, and as `URL` in JavaScript and `urlencode` in Python
/// send it, whose hex digits may be of either case.
const ID_PLACES: [&str; 3] = ["{orderId}", "%7BorderId%7D", "%7borderId%7d"];

/// As long as every id.
const ANY_ID: &str = "000000000000000000000000000000";

/// Where the payer's browser goes; we never call it.
fn browser_url(raw: &RawValue) -> Result<Url, String> {
    let text = text(raw, MAX_TEXT)?;
    let has_place = |host: &str| host.contains('{');
    let url = Url::parse(&text).ok().filter(|url| {
        url.scheme() == "https"
            && !url.host_str().is_some_and(has_place)
            && with_id(url, ANY_ID).as_str().len() <= MAX_TEXT
    });
    match url {
        Some(url) if !text.contains(char::is_whitespace) => Ok(url),
        _ => Err(format!(
            "must be an https address of at most {MAX_TEXT} characters"
        )),
    }
}

/// The address with the order's id in path and query.
fn with_id(url: &Url, id: &str) -> Url {
    let named = |text: &str| {
        let named = |text: String, place: &&str| text.replace(place, id);
        ID_PLACES.iter().fold(text.to_owned(), named)
    };
    let mut with_id = url.clone();
    with_id.set_path(&named(url.path()));
    with_id.set_query(url.query().map(named).as_deref());
    with_id
}

#[cfg(test)]
pub(crate) mod tests;
