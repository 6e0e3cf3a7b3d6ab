//! A world whose functions read their secrets in a Secrets Manager, be they allowed to call this machine or not.

use sandbox::Options;

use crate::secrets_manager::{SecretsManager, settings};
use crate::world::World;

impl SecretsManager {
    /// A world whose functions read their secrets here.
    pub async fn world(&self) -> World {
        world(&self.settings()).await
    }

    /// The same without the local switch.
    pub async fn world_abroad(&self) -> World {
        let hosts = "app.example.com,*.hooks.example.com";
        world(&self.settings_abroad(hosts)).await
    }

    /// The settings without the local switch: neither Binance nor LeadsCalendar can be called, since neither is on the
    /// internet.
    pub fn settings_abroad(&self, hosts: &str) -> Vec<(String, String)> {
        let mut all = self.settings();
        all.extend(settings(&[
            ("ALLOW_LOCAL", ""),
            ("BINANCE_BASE_URL", "https://binance.invalid"),
            ("CALLBACK_URL", "https://api.example.com/binance-callback"),
            ("CALLBACK_HOSTS", hosts),
        ]));
        all
    }
}

async fn world(settings: &[(String, String)]) -> World {
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    World::with(Options::default(), &settings).await
}
