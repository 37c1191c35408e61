//! Every metric there is: its name, its kind, its labels and what it means. The page for operators and
//! the test of the dashboard are made from this list.

use conversations_application::metrics::Distribution;
use prometheus::proto;

/// A metric and what is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) name: &'static str,
    pub(super) kind: MetricKind,
    pub(super) labels: &'static [&'static str],
    pub(super) help: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MetricKind {
    /// Only goes up, until the process ends.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Of times, which are recorded in nanoseconds and shown in seconds.
    Seconds,
    /// Of numbers.
    Sizes,
}

macro_rules! families {
    ($($constant:ident = $name:literal, $kind:ident, [$($label:literal),*], $help:literal;)*) => {
        $(
            #[cfg_attr(
                not(all(feature = "program", target_os = "linux")),
                allow(dead_code, reason = "those of the process are not shown")
            )]
            pub(super) const $constant: Family = Family {
                name: $name,
                kind: MetricKind::$kind,
                labels: &[$($label),*],
                help: $help,
            };
        )*

        /// Every one, in the order in which they are shown.
        #[cfg(test)]
        pub(super) const ALL: &[Family] = &[$($constant),*];
    };
}

families! {
    REQUESTS = "conversations_http_requests_total", Counter, ["route", "method", "status"],
        "Answered requests. The route is the path with ids in braces; `none` is every unknown \
         path, and requests refused before routing.";
    REQUEST_TIME = "conversations_http_request_duration_seconds", Seconds, ["route", "method", "status_class"],
        "Request duration, from the end of the request head to the reply; includes the time in \
         which the body arrives.";
    IN_FLIGHT = "conversations_http_requests_in_flight", Gauge, [],
        "Requests in progress, including those whose body is still arriving.";
    PLACES = "conversations_http_places", Gauge, [],
        "Maximum number of concurrent requests: `--request-concurrency`.";
    PLACES_TAKEN = "conversations_http_places_taken", Gauge, [],
        "Requests that hold one of these places; those whose body is still arriving hold none.";
    PLACES_WAITED_FOR = "conversations_http_requests_waiting", Gauge, [],
        "Requests waiting, up to a second, for a place.";
    BODY_BYTES = "conversations_http_body_bytes_in_flight", Gauge, [],
        "Received bytes of request bodies that are still arriving.";
    REPLY_BYTES = "conversations_http_reply_bytes_in_flight", Gauge, [],
        "Bytes of replies over 32 KiB that are not completely sent.";
    REFUSED = "conversations_http_requests_refused_total", Counter, ["reason"],
        "Requests refused with 503: `process`, `workspace` or `key` had no free place within a \
         second, or the bytes of arriving `bodies` or of unread `replies` reached their limit.";
    CLIENT_CONNECTIONS = "conversations_http_connections", Gauge, [],
        "Open client connections.";
    CLIENT_CONNECTIONS_ENDED = "conversations_http_connections_ended_total", Counter, ["reason"],
        "Connections closed by the server: the `address` had too many, the TLS `handshake` or a \
         request `head` took too long, or the client did not read a `reply`.";
    RATE_LIMITED = "conversations_http_rate_limited_total", Counter, ["by"],
        "Requests refused with 429, by the limit of the `key` or of the `address`.";
    STREAMS = "conversations_event_streams", Gauge, ["kind"],
        "Open event streams, and requests that wait for an event: `stream` or `wait`.";
    STREAM_FRAMES = "conversations_event_stream_frames_total", Counter, [],
        "Frames sent by event streams, including their positions.";
    STREAM_RESETS = "conversations_event_stream_resets_total", Counter, [],
        "Event streams whose cursor was gone: their clients have to read all resources again.";
    STREAMS_REFUSED = "conversations_event_streams_refused_total", Counter, ["by"],
        "Event streams and waiting requests refused by the limit of the `key` or of the `process`.";
    REPLAYS = "conversations_http_idempotent_replays_total", Counter, [],
        "POST requests answered with a stored reply.";
    CONNECTIONS = "conversations_database_connections", Gauge, ["pool", "state"],
        "Database connections, `busy` or `idle`, by purpose; on SQLite each belongs to a thread.";
    CONNECTIONS_MAX = "conversations_database_connections_max", Gauge, ["pool"],
        "Maximum number of database connections.";
    WAITING = "conversations_database_waiting", Gauge, ["pool"],
        "Work items waiting for a connection. On PostgreSQL, items that will share a statement or \
         a transaction count as one.";
    WAIT_TIME = "conversations_database_wait_seconds", Seconds, ["pool"],
        "Time that work items waited for a connection.";
    BATCH_SIZE = "conversations_database_batch_size", Sizes, ["pool"],
        "Work items per commit (SQLite: `writer`; PostgreSQL: creates and updates, in `changes`) \
         or per statement (PostgreSQL: single reads, in `singles`).";
    POLLS = "conversations_worker_poll_seconds", Seconds, ["worker"],
        "Time for which a worker thread polled one task without yielding; on PostgreSQL, database \
         tasks too. On an overloaded machine it includes time without a processor.";
    LONGEST_POLL = "conversations_worker_longest_poll_seconds", Gauge, ["worker"],
        "Longest of these times since the start. Above 0.1, one request blocked all others of its \
         worker, or there are too few processors.";
    ERASURES_STARTED = "conversations_erasures_started_total", Counter, ["kind"],
        "Erasures started: of a `conversation`, or of a `customer` with all of their \
         conversations. A retry counts again.";
    ERASURES_FINISHED = "conversations_erasures_finished_total", Counter, ["kind"],
        "Erasures committed.";
    ERASED = "conversations_erased_conversations_total", Counter, [],
        "Conversations erased, alone or with their customer.";
    LIST_INDEXES = "conversations_list_indexes", Gauge, [],
        "Workspaces with an index of their conversations in memory.";
    LIST_INDEX_BYTES = "conversations_list_index_bytes", Gauge, [],
        "Memory of these indexes.";
    LIST_INDEX_LISTS = "conversations_list_index_lists_total", Counter, ["outcome"],
        "Lists and counts that asked an index: `answered` by it, or `fallback` to the database \
         because the index was far behind or something was being erased.";
    LIST_INDEX_BUILDS = "conversations_list_index_builds_total", Counter, ["outcome"],
        "Indexes `built`, and those that `failed`: lists read the database instead.";
    EVENTS_WAITING = "conversations_events_waiting", Gauge, [],
        "Events that were not read for 10 seconds and had no number yet, on PostgreSQL.";
    EVENTS_LAG = "conversations_events_waiting_seconds", Gauge, [],
        "How long the first of them had waited. Above 60, events are not numbered.";
    WEBHOOK_ATTEMPTS = "conversations_webhook_attempts_total", Counter, ["outcome"],
        "Requests to receivers of webhooks: `success`, or the error as in the log of deliveries.";
    WEBHOOKS = "conversations_webhooks", Gauge, ["status"],
        "Webhooks of all workspaces, counted every 15 seconds: the same in every process on one \
         database.";
    WEBHOOK_EVENTS_BEHIND = "conversations_webhook_events_behind", Gauge, [],
        "Events after the positions of webhooks that are healthy or failing, counted in the same \
         way. A receiver that fails keeps its place, so this grows until it works again.";
    BUILD = "conversations_build_info", Gauge, ["version", "database"],
        "Always 1; the labels name the running version and the database, `sqlite` or `postgresql`.";
    START = "process_start_time_seconds", Gauge, [],
        "Start time of the process, in seconds since 1970.";
    PROCESSOR = "process_cpu_seconds_total", Counter, [],
        "CPU time of the process, in seconds. This and the following metrics exist on Linux only.";
    MEMORY = "process_resident_memory_bytes", Gauge, [],
        "Resident memory of the process.";
    THREADS = "process_threads", Gauge, [],
        "Threads of the process.";
    OPEN_FILES = "process_open_fds", Gauge, [],
        "Open file descriptors.";
    MOST_FILES = "process_max_fds", Gauge, [],
        "Maximum number of open file descriptors.";
}

/// The metrics of one moment, as the library takes them.
#[derive(Debug, Default)]
pub(super) struct Exposition(Vec<proto::MetricFamily>);

impl Exposition {
    /// Notes a number.
    pub(super) fn number<const N: usize>(
        &mut self,
        family: &Family,
        labels: [&str; N],
        value: u64,
    ) {
        self.decimal(family, labels, float(value));
    }

    /// Notes a number that is none of a count.
    pub(super) fn decimal<const N: usize>(
        &mut self,
        family: &Family,
        labels: [&str; N],
        value: f64,
    ) {
        let mut metric = metric(family, labels);
        if family.kind == MetricKind::Counter {
            let mut counter = proto::Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = proto::Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.add(family, metric);
    }

    /// Notes how often what was how large.
    pub(super) fn distribution<const N: usize>(
        &mut self,
        family: &Family,
        labels: [&str; N],
        read: &Distribution,
    ) {
        let scale = if family.kind == MetricKind::Seconds { 1e9 } else { 1.0 };
        let buckets = read.up_to_each_bound().map(|(bound, count)| {
            let mut bucket = proto::Bucket::default();
            bucket.set_upper_bound(float(bound) / scale);
            bucket.set_cumulative_count(count);
            bucket
        });
        let mut histogram = proto::Histogram::default();
        histogram.set_bucket(buckets.collect());
        histogram.set_sample_count(read.count());
        histogram.set_sample_sum(float(read.sum()) / scale);
        let mut metric = metric(family, labels);
        metric.set_histogram(histogram);
        self.add(family, metric);
    }

    /// All of it, in the text format of Prometheus.
    pub(super) fn text(&self) -> prometheus::Result<String> {
        prometheus::TextEncoder::new().encode_to_string(&self.0)
    }

    fn add(&mut self, family: &Family, metric: proto::Metric) {
        match self.0.last_mut().filter(|last| last.name() == family.name) {
            Some(last) => last.mut_metric().push(metric),
            None => self.0.push(family.with(metric)),
        }
    }
}

impl Family {
    fn with(&self, metric: proto::Metric) -> proto::MetricFamily {
        let mut family = proto::MetricFamily::default();
        family.set_name(self.name.to_owned());
        family.set_help(self.help.to_owned());
        family.set_field_type(match self.kind {
            MetricKind::Counter => proto::MetricType::COUNTER,
            MetricKind::Gauge => proto::MetricType::GAUGE,
            MetricKind::Seconds | MetricKind::Sizes => proto::MetricType::HISTOGRAM,
        });
        family.set_metric(vec![metric]);
        family
    }
}

fn metric<const N: usize>(family: &Family, values: [&str; N]) -> proto::Metric {
    let pairs = family.labels.iter().zip(values).map(|(name, value)| {
        let mut pair = proto::LabelPair::default();
        pair.set_name((*name).to_owned());
        pair.set_value(value.to_owned());
        pair
    });
    proto::Metric::from_label(pairs.collect())
}

/// What the format makes of every number; beyond 2⁵³ it is not exact, which is a while from here.
#[expect(clippy::cast_precision_loss, reason = "the format has floating point only")]
fn float(number: u64) -> f64 {
    number as f64
}
