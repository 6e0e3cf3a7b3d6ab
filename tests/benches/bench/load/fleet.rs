//! The processes of the functions: as many of each as are busy at once, an invocation at a time in each, as Lambda has it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sandbox::lambda::Function;
use serde_json::Value;

use crate::invocation::round::{Cost, invoke};
use crate::invocation::subject::Subject;
use crate::orders::start;

/// All processes of one world.
pub struct Fleet {
    programs: PathBuf,
    settings: Vec<(String, String)>,
    idle: Mutex<BTreeMap<&'static str, Vec<Function>>>,
    costs: Mutex<BTreeMap<&'static str, Vec<Cost>>>,
}

impl Fleet {
    pub fn new(programs: PathBuf, settings: Vec<(String, String)>) -> Self {
        Self {
            programs,
            settings,
            idle: Mutex::default(),
            costs: Mutex::default(),
        }
    }

    /// What the function answers; its cost is kept, without that of a start.
    pub async fn invoke(&self, subject: Subject, event: &Value) -> Result<Value, String> {
        let name = subject.program_name();
        let idle = lock(&self.idle).entry(name).or_default().pop();
        let function = match idle {
            Some(function) => function,
            None => start(&subject.program(&self.programs), &self.settings).await?,
        };
        let (cost, answer) = invoke(&function, event).await?;
        subject.check(&answer)?;
        lock(&self.costs).entry(name).or_default().push(cost);
        lock(&self.idle).entry(name).or_default().push(function);
        Ok(answer)
    }

    /// What each function's invocations cost so far.
    pub fn costs(&self) -> BTreeMap<&'static str, Vec<Cost>> {
        lock(&self.costs).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
