//! The booking site's process: does what its books say is to be done, and begins anew from them whenever it was away.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use axum::http::Method;
use sandbox::web::Server;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::api::{Answer, Asked};
use crate::books::{Books, Duty, Slot};
use crate::random::{Random, Stream};
use crate::watch;
use crate::world::World;

/// Steps of one round of work; what is left then waits for the next round.
const MOST_STEPS: u32 = 12;

/// The site: its books outlive it, its work does not.
pub struct Site {
    pub callback_url: String,
    /// Where it is told.
    pub door: OnceLock<Weak<Server>>,
    books: Mutex<Books>,
    work: Mutex<JoinSet<()>>,
    busy: Mutex<HashSet<String>>,
    works: AtomicU64,
}

impl Site {
    pub fn new(slots: u64, callback_url: String) -> Self {
        let books = Books {
            slots: (0..slots).map(|_| Slot::default()).collect(),
            ..Books::default()
        };
        Self {
            callback_url,
            door: OnceLock::new(),
            books: Mutex::new(books),
            work: Mutex::default(),
            busy: Mutex::default(),
            works: AtomicU64::new(0),
        }
    }

    pub fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn busy(&self) -> MutexGuard<'_, HashSet<String>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_idle(&self) -> bool {
        self.busy().is_empty()
    }

    /// The process dies.
    pub fn die(&self) {
        self.work.lock().unwrap().abort_all();
        self.busy().clear();
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut work = self.work.lock().unwrap();
        while work.try_join_next().is_some() {}
        work.spawn(task);
    }
}

impl World {
    /// A view of an order reached the site, by whatever way.
    pub fn seen(self: &Arc<Self>, view: &Value) {
        watch::view(self, view);
        let is_news = self.site.books().take(view);
        watch::events(self, view);
        if is_news {
            self.attend(view["reference"].as_str().unwrap_or_default());
        }
    }

    /// Does what is to be done for a booking, if nobody is at it.
    pub fn attend(self: &Arc<Self>, id: &str) {
        if !self.site.busy().insert(id.to_owned()) {
            return;
        }
        let (world, id) = (Arc::clone(self), id.to_owned());
        let number = self.site.works.fetch_add(1, Ordering::Relaxed);
        self.site.spawn(async move {
            let random = &mut world.random(Stream::Client, number);
            // Boxed, since it is a large future.
            Box::pin(world.work(&id, random)).await;
            world.site.busy().remove(&id);
        });
    }

    async fn work(self: &Arc<Self>, id: &str, random: &mut Random) {
        for _ in 0..MOST_STEPS {
            let duty = self.site.books().duty(id, self.now_ms());
            let Some(duty) = duty else { return };
            let is_done = match duty {
                Duty::Create => self.create(id, random).await,
                Duty::Close(order_id) => self.close(id, &order_id, random).await,
                Duty::Refund(order_id, wish) => self.refund(id, &order_id, &wish, random).await,
            };
            if !is_done {
                tokio::time::sleep(Duration::from_millis(random.between(40, 300))).await;
            }
        }
    }

    /// Step 1: `POST /orders`; on no answer, or if it may be repeated, the same again.
    async fn create(self: &Arc<Self>, id: &str, random: &mut Random) -> bool {
        self.faults_before_create(random);
        let Some(booking) = self.site.books().bookings.get(id).cloned() else {
            return true;
        };
        let mut body = json!({
            "transactionType": "PAY",
            "fiat": "USD",
            "price": booking.price,
            "callbackUrl": self.site.callback_url,
            "reference": booking.id,
        });
        if let Some(secs) = booking.expires_in {
            body["expiresIn"] = secs.into();
        }
        let asked = Asked {
            method: Method::POST,
            path: "/orders".to_owned(),
            key: Some(booking.id.clone()),
            body: body.to_string(),
        };
        let answers = self.at_once(asked, 120, random).await;
        for answer in answers.iter().flatten() {
            if answer.status == 201 {
                if let Some(booking) = self.site.books().bookings.get_mut(id) {
                    booking.tries_again = false;
                }
                self.seen(&answer.body);
                // The slot was held anew for it, and it may be what it was.
                self.site.books().act(id);
            } else if !answer.is_retryable() {
                self.refused(id, answer);
            }
        }
        answers.iter().flatten().any(|answer| answer.status == 201)
    }

    /// Refused for good: nobody pays this, and the slot is free.
    fn refused(&self, id: &str, answer: &Answer) {
        if answer.body["source"] == "gateway" {
            self.wrong(format!(
                "{id}: the site's own request was refused: {answer:?}"
            ));
        }
        self.site.books().refuse(id);
    }

    /// Step 4: the wish is recorded once it is answered, and the slot free.
    async fn close(self: &Arc<Self>, id: &str, order_id: &str, random: &mut Random) -> bool {
        self.faults_before_close(random);
        let asked = Asked {
            method: Method::POST,
            path: format!("/orders/{order_id}/close"),
            key: None,
            body: String::new(),
        };
        let answers = if random.chance(150) && !self.is_calm() {
            self.inject("a close while the order is asked for again");
            let number = random.between(0, u64::MAX / 2);
            let twin = &mut self.random(Stream::Twin, number);
            let closing = self.at_once(asked, 200, random);
            tokio::join!(closing, self.create(id, twin)).0
        } else {
            self.at_once(asked, 200, random).await
        };
        for answer in answers.iter().flatten() {
            if answer.status == 200 {
                let mut books = self.site.books();
                if let Some(booking) = books.bookings.get_mut(id) {
                    booking.is_closed = true;
                }
                if !books.is_sold(id) {
                    books.free(id);
                }
                drop(books);
                self.seen(&answer.body);
                return true;
            }
            if !answer.is_retryable() {
                self.wrong(format!("{id}: a close is answered {answer:?}"));
            }
        }
        false
    }

    /// Step 3: the return page.
    pub async fn look(self: &Arc<Self>, id: &str, order_id: &str, random: &mut Random) {
        let asked = Asked {
            method: Method::GET,
            path: format!("/orders/{order_id}"),
            key: None,
            body: String::new(),
        };
        let Some(mut answer) = self.ask(&asked, random).await else {
            return;
        };
        if answer.status == 200 {
            // What a reader is told beside the view.
            let fields = answer.body.as_object_mut().unwrap();
            fields.retain(|name, _| !["history", "confirmation"].contains(&name.as_str()));
            self.seen(&answer.body);
        } else if !answer.is_retryable() {
            self.wrong(format!("{id}: GET is answered {answer:?}"));
        }
    }

    /// The request, now and then twice at the same time.
    pub async fn at_once(
        &self,
        asked: Asked,
        per_mille: u64,
        random: &mut Random,
    ) -> [Option<Answer>; 2] {
        if self.is_calm() || !random.chance(per_mille) {
            return [self.ask(&asked, random).await, None];
        }
        self.inject("two requests at once");
        let number = random.between(0, u64::MAX / 2);
        let twin = &mut self.random(Stream::Twin, number);
        tokio::join!(self.ask(&asked, random), self.ask(&asked, twin)).into()
    }

    /// A round: step 6 after an outage, and what time has made due.
    pub fn round(self: &Arc<Self>) {
        let ids: Vec<String> = self.site.books().bookings.keys().cloned().collect();
        for id in ids {
            if let Some(booking) = self.site.books().bookings.get_mut(&id) {
                for wish in &mut booking.wishes {
                    wish.rests = false;
                }
            }
            self.attend(&id);
        }
    }
}
