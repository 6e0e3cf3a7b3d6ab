//! Step 5: the site gives money back, under one key until it is known how that ended; what failed is tried under another.

use std::sync::Arc;

use axum::http::Method;

use crate::api::{Answer, Asked};
use crate::booking::{Way, Wish};
use crate::random::Random;
use crate::world::World;

impl World {
    /// Asks for one refund.
    pub async fn refund(
        self: &Arc<Self>,
        id: &str,
        order_id: &str,
        wish: &Wish,
        random: &mut Random,
    ) -> bool {
        self.faults_before_refund(random);
        let asked = Asked {
            method: Method::POST,
            path: format!("/orders/{order_id}/refunds"),
            key: Some(wish.key.clone()),
            body: wish.body.to_string(),
        };
        let answers = self.at_once(asked, 150, random).await;
        for answer in answers.iter().flatten() {
            self.refund_answered(id, wish, answer);
        }
        if answers
            .iter()
            .flatten()
            .any(|answer| !answer.is_retryable())
        {
            self.look(id, order_id, random).await;
            return true;
        }
        false
    }

    fn refund_answered(&self, id: &str, wish: &Wish, answer: &Answer) {
        let mut books = self.site.books();
        let booking = books.bookings.get_mut(id);
        let wishes = booking.map(|booking| &mut booking.wishes);
        let Some(wish) = wishes.and_then(|all| all.iter_mut().find(|one| one.key == wish.key))
        else {
            return;
        };
        wish.rests = true;
        let is_binances = answer.body["source"] == "binance";
        match (answer.status, answer.code()) {
            (201, _) => {
                wish.follow(&answer.body);
            }
            // Money came back, or went back by hand, meanwhile: the view says what is left.
            (422, "AMOUNT_TOO_HIGH" | "AMOUNT_UNKNOWN" | "REFUND_TAKES_ALL")
                if matches!(wish.way, Way::Asked | Way::Void) =>
            {
                wish.way = Way::Void;
            }
            (409, "400304") | (422, "REFUND_FAILED") => wish.way = Way::Failed,
            (422, code) if is_code(code) => wish.way = Way::Failed,
            // Another one is undecided, or an operator must act first: the same again.
            (409, "REFUND_IN_PROGRESS") => {}
            _ if answer.is_retryable() || is_binances => {}
            _ => {
                let sentence = format!("{id}: the refund {wish:?} is answered {answer:?}");
                books.wrong.push(sentence);
            }
        }
    }
}

/// Binance's own, of six digits.
fn is_code(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())
}
