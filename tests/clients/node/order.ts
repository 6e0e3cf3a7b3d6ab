// Makes an order of the four fields and a reference, reads it, finds it and closes it, by the types that openapi-typescript
// makes of openapi.yaml.
//
// Usage: node generated/built/order.js URL KEY CALLBACK_URL
//
// Prints what came of it as JSON: the order's id, its status when it was made and when it was read, how often it has
// changed, how many orders have its reference, its status once it was closed, and the code and the first wrong field with
// which an order of a third decimal is refused.

import createClient from "openapi-fetch";
import type { components, paths } from "./generated/api.js";

type NewOrder = components["schemas"]["NewOrder"];

const [baseUrl, key, callbackUrl] = process.argv.slice(2);
if (!baseUrl || !key || !callbackUrl) throw new Error("usage: order.js URL KEY CALLBACK_URL");
// What takes 30 s at most is waited for 35 s.
const fetch = (request: Request) => globalThis.fetch(request, { signal: AbortSignal.timeout(35_000) });
const client = createClient<paths>({ baseUrl, headers: { "X-MBX-APIKEY": key }, fetch });

const reference = `typescript-${baseUrl}`;
const askedFor = (price: number): NewOrder => ({ transactionType: "PAY", fiat: "USD", price, callbackUrl, reference });

const { data: created, error: refusal } = await client.POST("/orders", {
  params: { header: { "Idempotency-Key": reference } },
  body: askedFor(1.0),
});
if (!created) throw new Error(`no order: ${JSON.stringify(refusal)}`);
const path = { orderId: created.orderId };
const { data: read } = await client.GET("/orders/{orderId}", { params: { path } });
if (!read) throw new Error("the order cannot be read");
const { data: found } = await client.GET("/orders", { params: { query: { reference } } });
if (!found) throw new Error("the order cannot be found");
const { data: closed } = await client.POST("/orders/{orderId}/close", { params: { path } });
if (!closed) throw new Error("the order cannot be closed");
const { error } = await client.POST("/orders", { body: askedFor(1.001) });
// A `GatewayMessage` has none.
if (!error || !("code" in error)) throw new Error(`no problem: ${JSON.stringify(error)}`);
console.log(
  JSON.stringify({
    orderId: created.orderId,
    created: created.status,
    read: read.status,
    changes: read.history.length,
    found: found.orders.length,
    closed: closed.status,
    refused: [error.code, error.errors?.[0]?.pointer],
  }),
);
