//! What everybody remembers at the end, sorted by order.

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sandbox::binance::{Call, Delivery, Order, PlayedBend};
use sandbox::dynamodb::StoreCall;
use sandbox::leadscalendar::Confirmation;
use serde_json::Value;

use crate::operator::paid_before_the_answer;
use crate::strange::NOBODYS;
use crate::world::{Told, World};

/// The first digits of a trade number are the order's id.
pub const ID_DIGITS: usize = 30;

/// One order, as all parties know it.
pub struct Case {
    pub order_id: String,
    pub item: Option<Value>,
    /// The simulator's, one for each attempt it took.
    pub orders: Vec<Order>,
    pub calls: Vec<Call>,
    pub deliveries: Vec<Delivery>,
    pub confirmations: Vec<Confirmation>,
    /// Each view of it that was answered or sent.
    pub views: Vec<Value>,
}

/// Everything at the end.
pub struct Evidence {
    pub cases: BTreeMap<String, Case>,
    /// The orders of each number of the soak, by `reference`.
    pub by_reference: HashMap<String, Vec<String>>,
    pub told: HashMap<u64, Vec<Told>>,
    pub hidden: HashSet<String>,
    pub late: HashSet<String>,
    /// What the ids of the table are made with; none if no key ever came.
    pub namespace: Option<Vec<u8>>,
    /// The simulator's time.
    pub now_ms: i64,
    pub bends: Vec<PlayedBend>,
    pub wrong: Vec<(String, String)>,
    pub injected: BTreeMap<&'static str, u64>,
    pub seen: BTreeMap<&'static str, usize>,
    pub calls: Vec<Call>,
    pub store_calls: Vec<StoreCall>,
    pub confirmations: Vec<Confirmation>,
    pub deliveries: usize,
    /// Calls of Secrets Manager.
    pub secrets_calls: usize,
}

impl Evidence {
    pub fn of(world: &World) -> Self {
        let sandbox = &world.sandbox;
        let (calls, deliveries) = (sandbox.binance().calls(), sandbox.binance().deliveries());
        let confirmations = confirmations(world);
        let mut memory = world.memory();
        let mut evidence = Self {
            cases: BTreeMap::new(),
            by_reference: HashMap::new(),
            told: std::mem::take(&mut memory.told),
            hidden: std::mem::take(&mut memory.hidden),
            late: std::mem::take(&mut memory.late),
            namespace: None,
            now_ms: sandbox.binance().now_ms(),
            bends: std::mem::take(&mut memory.bends),
            wrong: std::mem::take(&mut memory.wrong),
            injected: std::mem::take(&mut memory.injected),
            seen: std::mem::take(&mut memory.seen),
            secrets_calls: world.secrets_manager.asked().len(),
            store_calls: sandbox.dynamodb().calls(),
            deliveries: deliveries.len(),
            calls,
            confirmations,
        };
        let read = std::mem::take(&mut memory.read);
        drop(memory);
        evidence
            .hidden
            .extend(paid_before_the_answer(&evidence.calls));
        evidence.sort(world, deliveries);
        evidence.sort_views(read);
        // Binance was asked about a number that another merchant made up.
        let is_nobodys = |case: &Case| case.order_id.starts_with(NOBODYS) && case.item.is_none();
        evidence.cases.retain(|_, case| !is_nobodys(case));
        evidence
    }

    fn sort(&mut self, world: &World, deliveries: Vec<Delivery>) {
        for item in world.sandbox.dynamodb().items().unwrap() {
            let order_id = item["orderId"].as_str().unwrap().to_owned();
            if order_id == "namespace" {
                self.namespace = STANDARD.decode(item["namespace"].as_str().unwrap()).ok();
                continue;
            }
            let reference = item["request"]["reference"].as_str().unwrap_or_default();
            let of_reference = self.by_reference.entry(reference.to_owned()).or_default();
            of_reference.push(order_id.clone());
            self.case(&order_id).item = Some(item);
        }
        for order in world.sandbox.binance().orders() {
            let trade_no = order.merchant_trade_no.clone();
            self.case(id_of(&trade_no)).orders.push(order);
        }
        for call in self.calls.clone() {
            if let Some(trade_no) = call.trade_no.clone() {
                self.case(id_of(&trade_no)).calls.push(call);
            }
        }
        for delivery in deliveries {
            if let Some(trade_no) = delivery.trade_no.clone() {
                self.case(id_of(&trade_no)).deliveries.push(delivery);
            }
        }
        for confirmation in self.confirmations.clone() {
            let id = confirmation.webhook_id.clone().unwrap_or_default();
            let order_id = id.split('_').next().unwrap_or_default();
            self.case(order_id).confirmations.push(confirmation);
        }
    }

    fn sort_views(&mut self, read: Vec<Value>) {
        let told = self.told.values().flatten();
        let created = told.filter(|told| told.status == Some(201));
        let mut views: Vec<Value> = created.map(|told| told.body.clone()).collect();
        views.extend(read.into_iter().map(|mut view| {
            // What a reader is told beside the view.
            let fields = view.as_object_mut().unwrap();
            fields.retain(|name, _| !["history", "confirmation"].contains(&name.as_str()));
            view
        }));
        views.extend(
            self.confirmations
                .iter()
                .map(|one| one.body["data"].clone()),
        );
        for view in views {
            let order_id = view["orderId"].as_str().unwrap_or_default().to_owned();
            self.case(&order_id).views.push(view);
        }
    }

    fn case(&mut self, order_id: &str) -> &mut Case {
        self.cases
            .entry(order_id.to_owned())
            .or_insert_with(|| Case {
                order_id: order_id.to_owned(),
                item: None,
                orders: Vec::new(),
                calls: Vec::new(),
                deliveries: Vec::new(),
                confirmations: Vec::new(),
                views: Vec::new(),
            })
    }
}

impl Case {
    /// The number the soak gave the order.
    pub fn number(&self) -> Option<u64> {
        let item = self.item.as_ref()?;
        let reference = item["request"]["reference"].as_str()?;
        reference.strip_prefix("soak ")?.parse().ok()
    }

    /// What the table says of the attempt of a trade number; null if it knows no such attempt.
    pub fn attempt(&self, trade_no: &str) -> Value {
        let index = trade_no
            .get(ID_DIGITS..)
            .and_then(|attempt| attempt.parse::<usize>().ok()?.checked_sub(1));
        let attempt = index.and_then(|index| self.item.as_ref()?["attempts"].get(index));
        attempt.cloned().unwrap_or_default()
    }
}

/// What both hosts received; each order is told at its own.
fn confirmations(world: &World) -> Vec<Confirmation> {
    let mut all = Vec::new();
    for host in world.hosts() {
        for one in host.confirmations() {
            let data = &one.body["data"];
            if data["callbackUrl"] != host.callback_url() {
                let order_id = data["orderId"].as_str().unwrap_or_default();
                world.wrong(order_id, "unconfirmed: the other host was told");
            }
            all.push(one);
        }
    }
    all.sort_by_key(|one| one.at_ms);
    all
}

fn id_of(trade_no: &str) -> &str {
    trade_no.get(..ID_DIGITS).unwrap_or(trade_no)
}
