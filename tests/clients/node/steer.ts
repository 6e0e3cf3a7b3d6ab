// Steers the sandbox from a test, with the types that openapi-typescript makes of sandbox.openapi.yaml.
//
// Usage: steer.js SANDBOX_URL ORDER_ID
//
// Prints the same as steer.py beside this folder.

import createClient from "openapi-fetch";
import type { paths } from "./generated/sandbox.js";

const [url, orderId] = process.argv.slice(2);
if (!url || !orderId) throw new Error("usage: steer.js SANDBOX_URL ORDER_ID");

const { POST, DELETE } = createClient<paths>({ baseUrl: url });

const isPaid = { what: "paid", order: orderId } as const;
const paid = await POST("/sandbox/trigger", { body: isPaid });
if (!paid.data?.confirmation) throw new Error(`not told: ${paid.error?.error}`);
const waiting = await POST("/sandbox/faults", { body: { on: "query", fault: "slow", ms: 300, times: null } });
if (!waiting.data) throw new Error(waiting.error.error);
await DELETE("/sandbox/faults");
const refused = await POST("/sandbox/trigger", { body: isPaid });
if (!refused.error) throw new Error("paid twice");
console.log(
  JSON.stringify({
    paid: paid.data.status,
    accepted: paid.data.confirmation.accepted,
    waiting: waiting.data.length,
    refused: refused.error.error,
  }),
);
