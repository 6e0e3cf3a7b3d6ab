// LeadsCalendar's receiver of confirmations, in Express.
//
// Usage: WEBHOOK_SECRET=whsec_… PORT=3000 node receiver.js

import express from "express";
import { Webhook } from "standardwebhooks";

const app = express();
const webhook = new Webhook(process.env.WEBHOOK_SECRET);
const orders = new Map(); // yours is a table: one conditional write, `revision < :revision`

// Takes a view of an order, whoever brought it: POST, GET or a confirmation.
function take(order) {
  const known = orders.get(order.orderId);
  if (known && known.revision >= order.revision) return;
  orders.set(order.orderId, order);
  // Yours sells, holds or frees the slot, as the table of statuses says.
  console.log(order.orderId, order.status);
}

// The bytes as they came: what was parsed and written again has another signature.
app.post("/payments/confirmed", express.raw({ type: "application/json" }), (request, response) => {
  let message;
  try {
    message = webhook.verify(request.body, request.headers);
  } catch {
    return response.sendStatus(401);
  }
  take(message.data);
  response.sendStatus(204);
});

app.listen(process.env.PORT, "127.0.0.1");
