//! What is due: the longest overdue first, whichever shard it is in, and nothing that one failure could hold up.

use sandbox::binance::{Fault, On, Play};
use sandbox::dynamodb::StoreFault;
use serde_json::{Value, json};

use crate::reconcile::{HOUR, MINUTE, summary};
use crate::world::World;
