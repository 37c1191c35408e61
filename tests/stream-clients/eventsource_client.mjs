// Follows the stream of events with the package eventsource, which connects again by itself.
//
// CONVERSATIONS_URL and CONVERSATIONS_KEY say where and as whom, CONVERSATIONS_AFTER after which cursor, and
// CONVERSATIONS_EVENTS for how many events. Prints the sequence of each event, and `closed` with the reason of
// each end of a stream.
import { EventSource } from 'eventsource'

const { CONVERSATIONS_URL, CONVERSATIONS_KEY, CONVERSATIONS_AFTER, CONVERSATIONS_EVENTS } = process.env
// `after` counts until there is a Last-Event-ID.
const url = `${CONVERSATIONS_URL}/api/v1/events/stream?after=${CONVERSATIONS_AFTER}`
const source = new EventSource(url, {
  fetch: (input, init) =>
    fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${CONVERSATIONS_KEY}` } }),
})
let left = Number(CONVERSATIONS_EVENTS)

// There is no listener for all types: each is named.
for (const type of ['conversation.created', 'message.sent']) {
  source.addEventListener(type, (event) => {
    console.log(JSON.parse(event.data).sequence)
    left -= 1
    if (left === 0) source.close()
  })
}
source.addEventListener('feed.close', (event) => console.log('closed', JSON.parse(event.data).reason))
source.addEventListener('error', (event) => {
  // It comes back from everything except a status that is not 200.
  if (event.code !== undefined) {
    console.error(event.code, event.message)
    process.exit(1)
  }
})
