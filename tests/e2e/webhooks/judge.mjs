// The vendors' own libraries: each line on standard input is a question, each line on standard output its answer.
//   {"scheme": "stripe", "do": "sign", "body": "...", "secret": "...", "timestamp": 1782864000}  -> {"headers": {...}}
//   {"scheme": "stripe", "do": "verify", "body": "...", "secret": "...", "headers": {...}}       -> {"good": true}
import readline from "node:readline";
import Stripe from "stripe";
import { Webhook } from "standardwebhooks";

const stripe = new Stripe("sk_test_none");

function sign({ scheme, body, secret, timestamp, id }) {
  if (scheme === "stripe") {
    const header = stripe.webhooks.generateTestHeaderString({ payload: body, secret, timestamp });
    return { headers: { "stripe-signature": header } };
  }
  const signature = new Webhook(secret).sign(id, new Date(timestamp * 1000), body);
  return { headers: { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signature } };
}

function verify({ scheme, body, secret, headers }) {
  try {
    if (scheme === "stripe") stripe.webhooks.constructEvent(body, headers["stripe-signature"], secret);
    else new Webhook(secret).verify(body, headers);
    return { good: true };
  } catch (error) {
    return { good: false, why: String(error.message ?? error) };
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  console.log(JSON.stringify(question.do === "sign" ? sign(question) : verify(question)));
}
