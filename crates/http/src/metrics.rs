//! Metrics of requests: counts by kind, and durations.
//!
//! Each kind has a slot in arrays that are allocated at the start, so that counting takes no lock
//! and no memory, and callers cannot create more kinds: a path that is no route, an unknown method
//! and a status that is not in the table are one kind each.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use conversations_application::metrics::{Distribution, Histogram, TIMES};

use crate::routes::operations;

/// The route of what is none, and of what was refused before it was looked at.
pub(crate) const NO_ROUTE: &str = "none";

/// What stands for whatever is not in a table.
const OTHER: &str = "other";

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", OTHER];

/// The statuses that are told apart, in ascending order.
const STATUSES: [(u16, &str); 25] = [
    (200, "200"),
    (201, "201"),
    (204, "204"),
    (301, "301"),
    (302, "302"),
    (303, "303"),
    (304, "304"),
    (307, "307"),
    (308, "308"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (408, "408"),
    (409, "409"),
    (410, "410"),
    (412, "412"),
    (413, "413"),
    (415, "415"),
    (422, "422"),
    (429, "429"),
    (500, "500"),
    (503, "503"),
    (507, "507"),
];

/// How many places statuses have, with that of all others.
const STATUS_PLACES: usize = STATUSES.len() + 1;

/// How times are told apart: by the first digit of the status.
const CLASSES: [&str; 6] = ["1xx", "2xx", "3xx", "4xx", "5xx", OTHER];

/// What the requests of a process were; the same for all its workers.
#[derive(Debug)]
pub struct RequestMetrics {
    routes: Vec<String>,
    place_of_route: HashMap<String, usize>,
    counts: Box<[AtomicU64]>,
    times: Box<[OnceLock<Histogram>]>,
    replays: AtomicU64,
}

/// What a request asks for, as far as it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestLabels {
    route: usize,
    method: usize,
}

/// What some requests have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Series<'a> {
    /// The path with its ids in braces, or `none`.
    pub route: &'a str,
    /// The method, or `other`.
    pub method: &'static str,
    /// The status, or its class such as `2xx`, or `other`.
    pub status: &'static str,
}

impl Default for RequestMetrics {
    fn default() -> Self {
        let paths: BTreeSet<_> = operations().into_iter().map(|operation| operation.path).collect();
        let routes: Vec<_> = std::iter::once(NO_ROUTE.to_owned()).chain(paths).collect();
        let place_of_route =
            routes.iter().enumerate().map(|(place, route)| (route.clone(), place)).collect();
        let targets = routes.len() * METHODS.len();
        Self {
            routes,
            place_of_route,
            counts: (0..targets * STATUS_PLACES).map(|_| AtomicU64::new(0)).collect(),
            times: (0..targets * CLASSES.len()).map(|_| OnceLock::new()).collect(),
            replays: AtomicU64::new(0),
        }
    }
}

impl RequestMetrics {
    /// What a request with this method asks for, and which route it takes.
    pub(crate) fn target(&self, method: &Method, route: Option<&str>) -> RequestLabels {
        let known = METHODS.iter().position(|&name| name == method.as_str());
        let route = route.and_then(|route| self.place_of_route.get(route)).copied();
        RequestLabels { route: route.unwrap_or(0), method: known.unwrap_or(METHODS.len() - 1) }
    }

    /// What the log calls it.
    pub(crate) fn names(&self, target: RequestLabels) -> (&str, &'static str) {
        let route = self.routes.get(target.route).map_or(NO_ROUTE, String::as_str);
        (route, METHODS.get(target.method).copied().unwrap_or(OTHER))
    }

    /// Counts a request that was answered.
    pub(crate) fn record(&self, target: RequestLabels, status: StatusCode, time: Duration) {
        let known = STATUSES.binary_search_by_key(&status.as_u16(), |&(code, _)| code);
        let place = known.unwrap_or(STATUSES.len());
        if let Some(count) = self.counts.get(target.place() * STATUS_PLACES + place) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        let class = usize::from(status.as_u16() / 100).wrapping_sub(1).min(CLASSES.len() - 1);
        if let Some(times) = self.times.get(target.place() * CLASSES.len() + class) {
            times.get_or_init(|| Histogram::new(&TIMES)).record_time(time);
        }
    }

    /// Counts a request that had been done before.
    pub(crate) fn record_replay(&self) {
        self.replays.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests there were, of each kind that there was, by its status.
    pub fn counts(&self) -> impl Iterator<Item = (Series<'_>, u64)> {
        self.counts.iter().enumerate().filter_map(|(place, count)| {
            let count = count.load(Ordering::Relaxed);
            let status = STATUSES.get(place % STATUS_PLACES).map_or(OTHER, |&(_, name)| name);
            (count > 0).then(|| (self.series(place / STATUS_PLACES, status), count))
        })
    }

    /// How long they took, in nanoseconds, by the class of the status.
    pub fn times(&self) -> impl Iterator<Item = (Series<'_>, Distribution)> {
        self.times.iter().enumerate().filter_map(|(place, times)| {
            let class = CLASSES.get(place % CLASSES.len()).copied().unwrap_or(OTHER);
            Some((self.series(place / CLASSES.len(), class), times.get()?.read()))
        })
    }

    /// How many POSTs were answered with the reply that was kept when they came first.
    #[must_use]
    pub fn replays(&self) -> u64 {
        self.replays.load(Ordering::Relaxed)
    }

    fn series(&self, place: usize, status: &'static str) -> Series<'_> {
        let target = RequestLabels { route: place / METHODS.len(), method: place % METHODS.len() };
        let (route, method) = self.names(target);
        Series { route, method, status }
    }
}

impl RequestLabels {
    /// Its place among all.
    fn place(self) -> usize {
        self.route * METHODS.len() + self.method
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::ResponseError;

    const ROUTE: &str = "/api/v1/conversations/{id}";

    fn counted(metrics: &RequestMetrics) -> Vec<(&str, &str, &str, u64)> {
        let counts = metrics.counts();
        counts.map(|(series, count)| (series.route, series.method, series.status, count)).collect()
    }

    #[test]
    fn counts_by_status_and_times_by_status_class() {
        let metrics = RequestMetrics::default();
        let get = metrics.target(&Method::GET, Some(ROUTE));
        let delete = metrics.target(&Method::DELETE, Some(ROUTE));

        for (target, status) in [(get, 200), (get, 200), (get, 404), (get, 422), (delete, 200)] {
            let status = StatusCode::from_u16(status).expect("a status");
            metrics.record(target, status, Duration::from_micros(200));
        }

        let expected = [
            (ROUTE, "GET", "200", 2),
            (ROUTE, "GET", "404", 1),
            (ROUTE, "GET", "422", 1),
            (ROUTE, "DELETE", "200", 1),
        ];
        assert_eq!(counted(&metrics), expected);
        let times = metrics.times();
        let times: Vec<_> = times
            .map(|(series, times)| (series.method, series.status, times.count(), times.sum()))
            .collect();
        assert_eq!(
            times,
            [("GET", "2xx", 2, 400_000), ("GET", "4xx", 2, 400_000), ("DELETE", "2xx", 1, 200_000)]
        );
    }

    #[test]
    fn unknown_routes_share_one_series() {
        let metrics = RequestMetrics::default();

        for (method, route, status) in
            [("BREW", Some("/coffee"), 418), ("STIR", None, 299), ("brew", Some("/tea"), 799)]
        {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let target = metrics.target(&method, route);
            metrics.record(target, StatusCode::from_u16(status).expect("a status"), Duration::ZERO);
        }

        assert_eq!(counted(&metrics), [("none", "other", "other", 3)]);
    }

    #[test]
    fn every_error_status_has_a_counter() {
        assert!(STATUSES.is_sorted());
        for (error, ..) in crate::tests::error_table() {
            let status = error.status_code().as_u16();
            assert!(STATUSES.iter().any(|&(code, _)| code == status), "{status}");
        }
    }
}
