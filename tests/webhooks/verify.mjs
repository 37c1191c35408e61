// Verifies requests with the package standardwebhooks of npm: reads a list of {headers, body, secret, valid}
// from standard input, and exits with 1 if it judges one of them otherwise.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

let wrong = 0;
for (const { headers, body, secret, valid } of JSON.parse(readFileSync(0, "utf8"))) {
  let verified = true;
  try {
    new Webhook(secret).verify(Buffer.from(body, "base64"), headers);
  } catch (error) {
    if (error.name !== "WebhookVerificationError") throw error;
    verified = false;
  }
  if (verified !== valid) {
    console.error(`${headers["webhook-id"]}: expected ${valid}, but it is ${verified}`);
    wrong += 1;
  }
}
process.exit(wrong > 0 ? 1 : 0);
