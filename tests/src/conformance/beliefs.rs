//! What is believed of Binance, each with where that comes from: the one list that a run is compared with.
//!
//! A belief names the answers of which one is expected. What nobody has published names all that the functions are known to live
//! with, so that anything else is news.

/// A belief.
pub(super) struct Belief {
    pub(super) id: &'static str,
    pub(super) tried: &'static str,
    /// One of these: a code, `taken`, `refused` (by any code), or the words of whoever tries it.
    pub(super) believed: &'static [&'static str],
    pub(super) source: &'static str,
}

impl Belief {
    pub(super) fn is_met_by(&self, seen: &str) -> bool {
        let is_refusal = seen.starts_with('4') && seen.len() == 6;
        self.believed == MEASURED
            || self.believed.contains(&seen)
            || (is_refusal && self.believed.contains(&"refused"))
    }
}

/// Anything: it is only measured.
pub(super) const MEASURED: &[&str] = &["anything"];
/// The source of what Binance leaves open.
pub(super) const NOT_PUBLISHED: &str = "nobody: it is not published";

const COMMON: &str = "Binance's page on requests, API Common";
const FAQ: &str = "Binance's FAQ for developers";
const CODES: &str = "Binance's tables of result codes";
const CREATE: &str = "Binance's page on create order v3";
const CREATE_V2: &str = "Binance's page on create order v2";
const CREATE_V1: &str = "Binance's page on create order v1";
const QUERY: &str = "Binance's page on query order v2";
const CLOSE: &str = "Binance's page on close order";
const REFUND: &str = "Binance's page on refund order";
const CERTIFICATES: &str = "Binance's page on query certificate";
const NOTICES: &str = "Binance's pages on webhooks and order notification";
const CAPTURED: &str = "answers of Binance that other merchants have published";
const CLIENTS: &str = "the code of other merchants, in which it works";

const fn believe(
    id: &'static str,
    tried: &'static str,
    believed: &'static [&'static str],
    source: &'static str,
) -> Belief {
    Belief {
        id,
        tried,
        believed,
        source,
    }
}

/// All of them, in the order of the table.
#[rustfmt::skip]
pub(super) const BELIEFS: [Belief; 99] = [
    believe("gate.right", "a call signed now", &["taken"], COMMON),
    believe("gate.secret", "a signature by another secret", &["400002"], FAQ),
    believe("gate.lower-case", "a signature in lower case", &["400002"], FAQ),
    believe("gate.line-feed", "a signature without the last line feed", &["400002"], FAQ),
    believe("gate.key", "a key that nobody has", &["400004"], CODES),
    believe("gate.key-form", "a key of ten letters", &["400005"], CODES),
    believe("gate.behind", "a time 250 ms behind", &["taken"], COMMON),
    believe("gate.far-behind", "a time 3 s behind", &["400003"], COMMON),
    believe("gate.ahead", "a time 250 ms ahead", &["taken"], COMMON),
    believe("gate.far-ahead", "a time 3 s ahead", &["400003", "taken"], NOT_PUBLISHED),
    believe("gate.window", "how far a time may be off", MEASURED, NOT_PUBLISHED),
    believe("gate.seconds", "a time in seconds", &["400003"], FAQ),
    believe("gate.nonce-short", "a nonce of 31 letters", &["refused"], COMMON),
    believe("gate.nonce-odd", "a nonce of 32 dashes", &["refused"], COMMON),
    believe("gate.nonce-again", "a nonce that was used before", &["refused", "taken"], NOT_PUBLISHED),
    believe("gate.get", "GET instead of POST", &["100001001", "400006"], FAQ),
    believe("gate.no-type", "no content type", &["100001001", "400007"], FAQ),
    believe("gate.text-type", "the content type text/plain", &["400007", "100001001"], CODES),
    believe("gate.no-body", "no body", &["100001001"], FAQ),
    believe("gate.not-json", "a body that is no JSON object", &["400008"], CAPTURED),
    believe("gate.path", "a path that is not there", &["HTTP 403"], FAQ),
    believe("refusal.http", "HTTP statuses of all refusals", &["200 or 4xx"], CLIENTS),
    believe("certificates.some", "the public keys of notifications", &["one or more"], CERTIFICATES),
    believe("certificates.form", "their form", &["RSA in PEM"], CERTIFICATES),
    believe("certificates.size", "their size", &["2048 bits", "1024 bits", "3072 bits", "4096 bits"], NOT_PUBLISHED),
    believe("certificates.serial", "their serials", &["32 hex digits"], CERTIFICATES),
    believe("create.taken", "an order of a dollar", &["taken"], CREATE),
    believe("create.prepay-id", "its prepayId", &["digits, and the time in them"], CAPTURED),
    believe("create.ways", "its ways to pay", &["all five"], CREATE),
    believe("create.total-fee", "the JSON type of its totalFee", &["a string"], CAPTURED),
    believe("create.currency", "its currency", &["USDT"], CREATE),
    believe("create.expire-time", "the JSON type of its expireTime", &["a number"], CREATE),
    believe("create.life", "its life without orderExpireTime", &["3600000 ms"], CAPTURED),
    believe("create.number-again", "its number again, the same content", &["400201"], CAPTURED),
    believe("create.number-other", "its number again, other content", &["400201"], CAPTURED),
    believe("create.number-closed", "its number again, once it is closed", &["400201", "taken"], NOT_PUBLISHED),
    believe("create.number-dash", "a number with a dash", &["400103", "400201"], CREATE),
    believe("create.number-long", "a number of 33 letters", &["400101", "400201"], CREATE),
    believe("create.no-description", "no description", &["400100"], CREATE),
    believe("create.no-goods", "no goodsDetails", &["400100"], CREATE),
    believe("create.no-amount", "neither currency nor fiatCurrency", &["400100"], CREATE),
    believe("create.dollars", "USD as the order's currency", &["refused"], CREATE),
    believe("create.amount-number", "orderAmount as a number", &["taken"], CREATE),
    believe("create.amount-text", "orderAmount as a string", &["taken"], CLIENTS),
    believe("create.amount-least", "orderAmount 0.00000001", &["taken"], CREATE),
    believe("create.amount-fine", "orderAmount with nine decimals", &["refused"], CREATE),
    believe("length.goods-name", "a goodsName of 256 characters", &["taken"], CREATE),
    believe("length.goods-name-over", "a goodsName of 257", &["400101"], CREATE),
    believe("length.description", "a description of 256 characters", &["taken"], CLIENTS),
    believe("length.description-over", "a description of 257", &["400101", "taken"], NOT_PUBLISHED),
    believe("length.return-url", "a returnUrl of 256 characters", &["taken"], CREATE_V1),
    believe("length.return-url-over", "a returnUrl of 257", &["400101"], CREATE_V1),
    believe("length.cancel-url", "a cancelUrl of 256 characters", &["taken"], CREATE_V1),
    believe("length.cancel-url-over", "a cancelUrl of 257", &["400101"], CREATE_V1),
    believe("length.pass-through", "a passThroughInfo of 512 characters", &["taken"], CREATE_V1),
    believe("length.pass-through-over", "a passThroughInfo of 513", &["400101"], CREATE_V1),
    believe("length.webhook-url-over", "a webhookUrl of 257 characters", &["400101"], CREATE_V1),
    believe("goods.quote", "a goodsName with a quotation mark", &["400103"], CREATE_V2),
    believe("goods.emoji", "a goodsName with an emoji", &["400103"], CREATE_V2),
    believe("fiat.number", "fiatAmount as a number", &["taken"], CREATE),
    believe("fiat.text", "fiatAmount as a string", &["taken"], CLIENTS),
    believe("fiat.named", "fiat fields in the answer", &["fiatCurrency and fiatAmount", "neither"], NOT_PUBLISHED),
    believe("fiat.decimals", "decimals of totalFee", &["8 at most"], CREATE),
    believe("fiat.rate", "a dollar in USDT", &["0.9 to 1.1"], CREATE),
    believe("fiat.proportion", "a hundred dollars, by the rate of one", &["the same to 1 %"], CREATE),
    believe("fiat.rounding", "37 cents, by the rate of a hundred dollars", MEASURED, NOT_PUBLISHED),
    believe("fiat.unknown", "the fiatCurrency XXX", &["refused"], CREATE),
    believe("fiat.nothing", "a fiatAmount of 0", &["refused"], CREATE),
    believe("query.open", "query of an open order", &["INITIAL"], QUERY),
    believe("query.by-prepay-id", "the same by its prepayId", &["the same order"], QUERY),
    believe("query.both", "by its prepayId, beside another number", &["the same order"], QUERY),
    believe("query.amount", "orderAmount of the query", &["a string, equal to totalFee"], QUERY),
    believe("query.pass-through", "passThroughInfo of the query", &["as sent"], QUERY),
    believe("query.fiat", "fiat fields in the query", &["none", "there"], NOT_PUBLISHED),
    believe("query.unknown", "query of an unknown number", &["400202"], CAPTURED),
    believe("query.unknown-prepay-id", "query of an unknown prepayId", &["400202"], CAPTURED),
    believe("query.nothing", "query of nothing", &["400100"], QUERY),
    believe("refund.unpaid", "a refund of an order that is not paid", &["refused"], REFUND),
    believe("refund.unknown", "a refund of an unknown prepayId", &["400301", "400202"], CODES),
    believe("refund.query-unknown", "query of an unknown refund", &["refused"], NOT_PUBLISHED),
    believe("close.unknown", "close of an unknown number", &["400202"], CLOSE),
    believe("close.open", "close of an open order", &["taken"], CLOSE),
    believe("close.status", "the query after it", &["CANCELED"], QUERY),
    believe("close.again", "close of a closed order", &["400204", "400202"], NOT_PUBLISHED),
    believe("close.by-prepay-id", "close by prepayId, merchantTradeNo null", &["taken"], CLOSE),
    believe("notice.closed", "a close is notified of by", &["PAY_CLOSED"], NOTICES),
    believe("notice.signature", "its signature", &["verifies by its certificate"], NOTICES),
    believe("notice.biz-id", "its bizId and bizIdStr", &["both the prepayId"], CAPTURED),
    believe("expiry.past", "an orderExpireTime that is past", &["refused"], NOT_PUBLISHED),
    believe("expiry.far", "an orderExpireTime in 16 days", &["refused"], NOT_PUBLISHED),
    believe("expiry.fortnight", "an orderExpireTime in a minute less than 15 days", &["taken", "refused"], NOT_PUBLISHED),
    believe("expiry.hour", "an orderExpireTime in an hour", &["taken"], CREATE_V1),
    believe("expiry.minute", "an orderExpireTime in 60 s", &["taken", "refused"], NOT_PUBLISHED),
    believe("expiry.half-minute", "an orderExpireTime in 30 s", &["taken", "refused"], NOT_PUBLISHED),
    believe("expiry.seconds", "an orderExpireTime in 5 s", &["taken", "refused"], NOT_PUBLISHED),
    believe("expiry.kept", "expireTime of the shortest that was taken", &["as asked"], CREATE_V1),
    believe("expiry.status", "query after its expiry", &["EXPIRED"], QUERY),
    believe("expiry.close", "close after its expiry", &["400204", "400202"], NOT_PUBLISHED),
    believe("expiry.notice", "its expiry is notified of by", &["nothing", "PAY_CLOSED"], NOT_PUBLISHED),
];
