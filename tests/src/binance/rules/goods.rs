//! What is sold: one object in create order v2, a list in v3.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{amount, missing, one_of, optional, text};
use crate::binance::answer::Refusal;
use crate::binance::endpoints::Version;

const TYPES: [&str; 2] = ["01", "02"];
const CATEGORIES: [&str; 17] = [
    "0000", "1000", "2000", "3000", "4000", "5000", "6000", "7000", "8000", "9000", "A000", "B000",
    "C000", "D000", "E000", "F000", "Z000",
];

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the names are Binance's")]
pub(super) struct Goods {
    pub(super) goods_type: Option<String>,
    goods_category: Option<String>,
    reference_goods_id: Option<String>,
    pub(super) goods_name: Option<String>,
    pub(super) goods_detail: Option<String>,
    goods_unit_amount: Option<UnitAmount>,
    goods_quantity: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitAmount {
    currency: Option<String>,
    amount: Option<Box<RawValue>>,
}

impl Goods {
    pub(super) fn check(&self, version: Version) -> Result<(), Refusal> {
        one_of("goodsType", self.goods_type.clone(), &TYPES)?;
        one_of("goodsCategory", self.goods_category.clone(), &CATEGORIES)?;
        text("referenceGoodsId", self.reference_goods_id.clone(), 64)?;
        let name = text("goodsName", self.goods_name.clone(), 256)?;
        if name.contains(['\\', '"']) || name.chars().any(is_pictogram) {
            return Err(Refusal::new(
                "400103",
                "goodsName must not hold \\, \" or emoji.",
            ));
        }
        optional("goodsDetail", self.goods_detail.as_ref(), 256)?;
        if let Some(unit) = &self.goods_unit_amount {
            unit.check()?;
        }
        match &self.goods_quantity {
            None => Ok(()),
            // No published client sends it with v3.
            Some(_) if version == Version::V3 => {
                Err(Refusal::new("400001", "unknown field `goodsQuantity`"))
            }
            Some(quantity) => {
                let quantity = text("goodsQuantity", Some(quantity.clone()), 64)?;
                if quantity.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Ok(());
                }
                Err(Refusal::new("400102", "goodsQuantity is no whole number."))
            }
        }
    }
}

impl UnitAmount {
    /// Any currency, as the documentation of it was not readable.
    fn check(&self) -> Result<(), Refusal> {
        text("goodsUnitAmount.currency", self.currency.clone(), 16)?;
        let name = "goodsUnitAmount.amount";
        let given = self.amount.as_deref().ok_or_else(|| missing(name))?;
        amount(name, given).map(drop)
    }
}

/// Emoji live outside the basic plane and in a few symbol blocks of it.
fn is_pictogram(letter: char) -> bool {
    let code = u32::from(letter);
    code >= 0x1_F000 || (0x2600..0x27C0).contains(&code) || code == 0xFE0F
}
