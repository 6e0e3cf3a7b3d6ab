//! What may be a `callbackUrl` outside the sandbox: https to a host on the list, and nothing that leads elsewhere.

use sandbox::Options;
use serde_json::json;

use crate::problem::{assert_discreet, assert_untouched, problem};
use crate::secrets_manager::SecretsManager;
use crate::world::World;

const SETTINGS: [(&str, &str); 1] = [(
    "CALLBACK_HOSTS",
    "app.example.com,app.example.com:8443,*.hooks.example.com",
)];

/// Each rule, and the URLs that break it; `hush` is never to be seen again.
const REFUSED: [(&str, &[&str]); 10] = [
    (
        "must begin with https://",
        &[
            "http://app.example.com/hush",
            "ftp://app.example.com/hush",
            "file:///etc/hush",
            "javascript:hush",
            "data:text/html,hush",
            "gopher://app.example.com/hush",
            "wss://app.example.com/hush",
        ],
    ),
    (
        "must be an absolute URL",
        &[
            "",
            "hush",
            "/hush",
            "//app.example.com/hush",
            "app.example.com/hush",
            "https://",
            "https://:443/hush",
            "https://[hush]/",
            "https://app.example.com:99999/hush",
        ],
    ),
    (
        "is not among those allowed",
        &[
            "https://evil.example/hush",
            "https://example.com/hush",
            "https://hooks.example.com/hush",
            "https://app.example.com.evil.example/hush",
            "https://evilapp.example.com/hush",
            "https://xhooks.example.com/hush",
            "https://app.example.com%2eevil.example/hush",
            "https://аpp.example.com/hush",
            "https:evil.example/hush",
            "https:\\\\evil.example\\hush",
        ],
    ),
    (
        "is not allowed for its host: without one it is 443",
        &[
            "https://app.example.com:80/hush",
            "https://app.example.com:22/hush",
            "https://app.example.com:8444/hush",
            "https://app.example.com:0/hush",
            "https://a.hooks.example.com:8443/hush",
        ],
    ),
    (
        "must not contain user information",
        &[
            "https://user:hush@app.example.com/",
            "https://hush@app.example.com/",
            "https://@app.example.com/hush",
            "https://app.example.com:hush@evil.example/",
        ],
    ),
    (
        "must not have a fragment",
        &[
            "https://app.example.com/#hush",
            "https://app.example.com/hush#",
        ],
    ),
    (
        "not give its IP address",
        &[
            "https://127.0.0.1/hush",
            "https://10.0.0.1/hush",
            "https://169.254.169.254/latest/hush",
            "https://93.184.216.34/hush",
            "https://[::1]/hush",
            "https://[::ffff:127.0.0.1]/hush",
            "https://[fd00::1]/hush",
            "https://2130706433/hush",
            "https://0x7f.1/hush",
            "https://0x7f000001/hush",
            "https://0177.0.0.1/hush",
            "https://127.1/hush",
            "https://１２７.0.0.1/hush",
            "https://127.0.0.1./hush",
        ],
    ),
    (
        "must not be on the local machine",
        &[
            "https://localhost/hush",
            "https://LOCALHOST/hush",
            "https://app.localhost/hush",
        ],
    ),
    (
        "must not end with a dot",
        &[
            "https://app.example.com./hush",
            "https://a.hooks.example.com./hush",
        ],
    ),
    (
        "must not contain control characters or white space",
        &[
            "https://app.example.com/hu\nsh",
            "https://app.exam\tple.com/hush",
            " https://app.example.com/hush",
            "https://app.example.com/hush\r\n",
            "https://app.example.com/hu\u{0}sh",
            "https://app.example.com/hu sh",
            "https://app.example.com/hu\u{2028}sh",
            "https://app.example.com/hush\u{7f}",
        ],
    ),
];

async fn assert_refused(world: &World, rule: &str, url: &str) {
    let mut body = world.four_fields();
    body["callbackUrl"] = json!(url);
    let answer = world.create(&body).await;
    let said = problem(&answer, 400);
    assert_eq!(said["code"], "INVALID_REQUEST", "{url}");
    assert_eq!(said["source"], "gateway", "{url}");
    let errors = said["errors"].as_array().unwrap();
    assert_eq!(errors.len(), 1, "{url}: {errors:?}");
    assert_eq!(errors[0]["pointer"], "/callbackUrl", "{url}");
    let detail = errors[0]["detail"].as_str().unwrap();
    assert!(detail.ends_with(rule), "{url}: {detail}");
    assert!(!answer.text.contains("hush"), "{url}: {}", answer.text);
    assert_discreet(world, &answer.text);
}

#[tokio::test]
async fn callback_url_that_leads_elsewhere_is_refused_and_not_repeated() {
    let manager = SecretsManager::start().await;
    let world = manager.world_abroad().await;
    let host = "https://app.example.com/";
    for (rule, urls) in REFUSED {
        for url in urls {
            assert_refused(&world, rule, url).await;
        }
    }
    for long in [
        format!("{host}hush{}", "a".repeat(2048)),
        // In its normal form six times as long.
        format!("{host}hush{}", "é".repeat(1000)),
    ] {
        assert_refused(&world, "must have at most 2048 characters", &long).await;
    }
    for wrong in [
        json!(null),
        json!(1),
        json!(true),
        json!([host]),
        json!({"url": host}),
    ] {
        let mut body = world.four_fields();
        body["callbackUrl"] = wrong;
        let answer = world.create(&body).await;
        let expected = json!([{"pointer": "/callbackUrl", "detail": "must be a string"}]);
        assert_eq!(problem(&answer, 400)["errors"], expected);
    }
    assert_untouched(&world);
}

#[tokio::test]
async fn callback_url_on_the_list_is_admitted_in_its_normal_form() {
    let world = World::with(Options::default(), &SETTINGS).await;
    let long = format!("https://app.example.com/{}", "a".repeat(2048 - 24));
    for (url, shown) in [
        ("https://app.example.com", "https://app.example.com/"),
        (
            "HTTPS://APP.EXAMPLE.COM:443/Paid?a=b",
            "https://app.example.com/Paid?a=b",
        ),
        (
            "https://app.example.com:8443/paid",
            "https://app.example.com:8443/paid",
        ),
        (
            "https://a.b.hooks.example.com/x",
            "https://a.b.hooks.example.com/x",
        ),
        (&long, &long),
    ] {
        let mut body = world.four_fields();
        body["callbackUrl"] = json!(url);
        let created = world.create(&body).await;
        assert_eq!(created.status, 201, "{url}: {}", created.text);
        assert_eq!(created.json()["callbackUrl"], shown);
        let item = world.item(&created.text_of("orderId"));
        assert_eq!(item["request"]["callbackUrl"], shown);
    }
}
