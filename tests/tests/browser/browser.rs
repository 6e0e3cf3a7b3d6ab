//! A real browser, headless: chromium, driven by chromedriver, as a person would with eyes and a mouse.

use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::wd::WindowHandle;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};
use tokio::time::{sleep, timeout};

use crate::program::Program;

/// How long a page may take to show what it has to show.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked at meanwhile.
const GLANCE: Duration = Duration::from_millis(100);
/// What is said where there is no browser.
const MISSING: &str = "chromium and chromedriver are not both on the PATH (`apt-get install chromium chromium-driver`)";

/// What the window is that somebody looks through.
#[derive(Clone, Copy)]
pub enum Screen {
    Desk,
    /// 390 pixels wide, and touched.
    Phone,
}

/// A window of the browser; it closes when it is dropped.
pub struct Browser {
    client: Client,
    _chromedriver: Program,
    _folder: Folder,
}

/// Where chromium keeps its files, which it does not remove; dropped after everything that uses it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("browser-{}", sandbox::random::hex(16));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Browser {
    /// Opens a window. Without a browser on this machine there is none, which is said, and in CI fails.
    pub async fn open(screen: Screen) -> Option<Self> {
        let (Some(chromium), Some(driver)) = (found("chromium"), found("chromedriver")) else {
            assert!(setting("CI").is_none(), "{MISSING}");
            // Not by `eprintln!`, of which nothing is shown when a test passes.
            let line = format!("skipped: {MISSING}\n");
            stderr().write_all(line.as_bytes()).unwrap();
            return None;
        };
        let mut command = Command::new(driver);
        let folder = Folder::new();
        command.arg("--port=0").env("TMPDIR", &folder.0);
        let chromedriver = Program::start(command);
        let port: u16 = chromedriver.find(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities(&chromium, screen));
        let url = format!("http://127.0.0.1:{port}");
        Some(Self {
            client: builder.connect(&url).await.unwrap(),
            _chromedriver: chromedriver,
            _folder: folder,
        })
    }

    /// Goes to an address.
    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// Opens a window, shows it, and returns the one that was shown before.
    pub async fn another_window(&self) -> WindowHandle {
        let shown = self.client.window().await.unwrap();
        let opened = self.client.new_window(true).await.unwrap();
        self.client.switch_to_window(opened.handle).await.unwrap();
        shown
    }

    /// Closes the window that is shown, and shows this one.
    pub async fn back_to(&self, window: WindowHandle) {
        self.client.close_window().await.unwrap();
        self.client.switch_to_window(window).await.unwrap();
    }

    /// Ends the browser.
    pub async fn close(self) {
        self.client.close().await.unwrap();
    }

    /// Waits until what the selector finds reads so, and returns what it reads.
    pub async fn until(&self, selector: &str, reads: impl Fn(&str) -> bool) -> String {
        let mut text = None;
        let wait = async {
            loop {
                text = self.text(selector).await;
                match &text {
                    Some(text) if reads(text) => return text.clone(),
                    _ => sleep(GLANCE).await,
                }
            }
        };
        let Ok(text) = timeout(PATIENCE, wait).await else {
            let page = self.text("body").await.unwrap_or_default();
            panic!("{selector} reads {text:?} on\n{page}");
        };
        text
    }

    /// Waits until what the selector finds has the words in it.
    pub async fn until_it_says(&self, selector: &str, words: &str) -> String {
        self.until(selector, |text| text.contains(words)).await
    }

    /// What the selector finds reads so now; none where there is nothing, or a page is being loaded.
    pub async fn text(&self, selector: &str) -> Option<String> {
        let script = "return document.querySelector(arguments[0])?.innerText ?? null";
        let found = self.client.execute(script, vec![selector.into()]).await;
        found.ok()?.as_str().map(str::to_owned)
    }

    /// Clicks on what the selector finds, as soon as it is there.
    pub async fn click(&self, selector: &str) {
        // A page that keeps itself up to date may replace it between the look and the click.
        loop {
            match self.element(selector).await.click().await {
                Err(error) if error.is_stale_element_reference() => {}
                clicked => break clicked.unwrap(),
            }
        }
    }

    /// Chooses what reads so.
    pub async fn choose(&self, selector: &str, words: &str) {
        let select = self.element(selector).await;
        select.select_by_label(words).await.unwrap();
    }

    /// Writes into a field, in place of what was there.
    pub async fn write(&self, selector: &str, text: &str) {
        let field = self.element(selector).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    async fn element(&self, selector: &str) -> Element {
        let wait = self.client.wait().at_most(PATIENCE);
        match wait.for_element(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(error) => {
                let page = self.text("body").await.unwrap_or_default();
                panic!("{selector}: {error} on\n{page}");
            }
        }
    }

    /// What the script returns.
    pub async fn asked(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Puts a mark on the page, which is gone with it.
    pub async fn mark(&self) {
        let script = "window.marked = true";
        self.client.execute(script, vec![]).await.unwrap();
    }

    /// Whether the page is the one that was marked, never loaded again.
    pub async fn is_marked(&self) -> bool {
        let script = "return window.marked === true";
        self.client.execute(script, vec![]).await.unwrap() == true
    }

    /// Writes what it shows, from what the selector finds on, to `docs/NAME.png`, where `SCREENSHOTS=1` asks for it: those of
    /// the README.
    pub async fn picture(&self, name: &str, from: &str) {
        if setting("SCREENSHOTS").is_none_or(|value| value != "1") {
            return;
        }
        let script = "document.querySelector(arguments[0]).scrollIntoView()";
        self.client
            .execute(script, vec![from.into()])
            .await
            .unwrap();
        let docs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"));
        std::fs::create_dir_all(docs).unwrap();
        let picture = self.client.screenshot().await.unwrap();
        std::fs::write(docs.join(name).with_extension("png"), picture).unwrap();
    }
}

fn capabilities(chromium: &Path, screen: Screen) -> Map<String, Value> {
    // Chromium's own walls need rights that containers do not give; all that it opens here is our own.
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--window-size=1200,860",
    ];
    let mut options = json!({"binary": chromium, "args": arguments});
    if let Screen::Phone = screen {
        let metrics = json!({"width": 390, "height": 844, "pixelRatio": 3.0, "touch": true});
        options["mobileEmulation"] = json!({"deviceMetrics": metrics});
    }
    let wanted = [
        ("browserName", "chrome".into()),
        ("goog:chromeOptions", options),
    ];
    let wanted = wanted.map(|(name, value)| (name.to_owned(), value));
    wanted.into_iter().collect()
}

/// The program on the search path.
fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join(name));
    programs.find(|program| program.is_file())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the suite is told by its environment whether a browser has to be there, and whether pictures are wanted"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
