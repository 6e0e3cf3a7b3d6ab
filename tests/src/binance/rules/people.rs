//! Where an order is made, who sells, buys and receives: what both versions of create order have.
//!
//! The lengths of their texts were not readable in the documentation; 256 is that of its other texts.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{one_of, optional, text};
use crate::binance::answer::Refusal;

const ADDRESS_TYPES: [&str; 4] = ["01", "02", "03", "04"];
const LONGEST: usize = 256;
const TERMINAL_TYPES: [&str; 5] = ["APP", "WEB", "WAP", "MINI_PROGRAM", "OTHERS"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Env {
    terminal_type: Option<String>,
    os_type: Option<String>,
    order_client_ip: Option<String>,
    cookie_id: Option<String>,
}

impl Env {
    /// Gives the terminal's type.
    pub(super) fn check(&self) -> Result<String, Refusal> {
        let name = "env.terminalType";
        let terminal_type = one_of(name, self.terminal_type.clone(), &TERMINAL_TYPES)?;
        if let Some(system) = &self.os_type {
            one_of("env.osType", Some(system.clone()), &["IOS", "ANDROID"])?;
        }
        optional("env.orderClientIp", self.order_client_ip.as_ref(), 64)?;
        optional("env.cookieId", self.cookie_id.as_ref(), 64)?;
        Ok(terminal_type)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Merchant {
    sub_merchant_id: Option<String>,
}

impl Merchant {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        optional("merchant.subMerchantId", self.sub_merchant_id.as_ref(), 19)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are Binance's")]
struct Name {
    first_name: Option<String>,
    middle_name: Option<String>,
    last_name: Option<String>,
}

impl Name {
    fn check(&self, of: &str) -> Result<(), Refusal> {
        text(&format!("{of}.firstName"), self.first_name.clone(), LONGEST)?;
        text(&format!("{of}.lastName"), self.last_name.clone(), LONGEST)?;
        let name = format!("{of}.middleName");
        optional(&name, self.middle_name.as_ref(), LONGEST)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are Binance's")]
pub(super) struct Buyer {
    reference_buyer_id: Option<String>,
    buyer_name: Option<Name>,
    buyer_phone_country_code: Option<String>,
    buyer_phone_no: Option<String>,
    buyer_email: Option<String>,
    buyer_registration_time: Option<Box<RawValue>>,
    buyer_browser_language: Option<String>,
}

impl Buyer {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if let Some(name) = &self.buyer_name {
            name.check("buyer.buyerName")?;
        }
        for (name, value) in [
            ("buyer.referenceBuyerId", &self.reference_buyer_id),
            (
                "buyer.buyerPhoneCountryCode",
                &self.buyer_phone_country_code,
            ),
            ("buyer.buyerPhoneNo", &self.buyer_phone_no),
            ("buyer.buyerEmail", &self.buyer_email),
            ("buyer.buyerBrowserLanguage", &self.buyer_browser_language),
        ] {
            optional(name, value.as_ref(), LONGEST)?;
        }
        match &self.buyer_registration_time {
            Some(time) if !is_time(time.get()) => Err(Refusal::new(
                "400102",
                "buyer.buyerRegistrationTime is no time in milliseconds.",
            )),
            _ => Ok(()),
        }
    }
}

/// The documentation has a number; Binance's own connector calls it a string.
fn is_time(json: &str) -> bool {
    let quoted = json
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let digits = quoted.unwrap_or(json);
    digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<i64>().is_ok()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are Binance's")]
pub(super) struct Shipping {
    shipping_name: Option<Name>,
    shipping_address: Option<Address>,
    shipping_phone_no: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are Binance's")]
struct Address {
    region: Option<String>,
    state: Option<String>,
    city: Option<String>,
    address: Option<String>,
    zip_code: Option<String>,
    shipping_address_type: Option<String>,
}

impl Shipping {
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if let Some(name) = &self.shipping_name {
            name.check("shipping.shippingName")?;
        }
        if let Some(address) = &self.shipping_address {
            address.check()?;
        }
        let phone_no = self.shipping_phone_no.as_ref();
        optional("shipping.shippingPhoneNo", phone_no, LONGEST)
    }
}

impl Address {
    fn check(&self) -> Result<(), Refusal> {
        let name = "shipping.shippingAddress.region";
        let region = text(name, self.region.clone(), LONGEST)?;
        if region.len() != 2 || !region.bytes().all(|byte| byte.is_ascii_uppercase()) {
            let problem = format!("{name} is no country's code of two capital letters.");
            return Err(Refusal::new("400102", problem));
        }
        for (name, value) in [
            ("shipping.shippingAddress.state", &self.state),
            ("shipping.shippingAddress.city", &self.city),
            ("shipping.shippingAddress.address", &self.address),
            ("shipping.shippingAddress.zipCode", &self.zip_code),
        ] {
            optional(name, value.as_ref(), LONGEST)?;
        }
        if let Some(kind) = &self.shipping_address_type {
            let name = "shipping.shippingAddress.shippingAddressType";
            one_of(name, Some(kind.clone()), &ADDRESS_TYPES)?;
        }
        Ok(())
    }
}
