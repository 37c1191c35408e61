//! What the operating system says of the process, as the library reads it.

use super::exposition::Exposition;

/// Processor time, memory, files and threads. Where the system does not tell, they are not shown.
#[cfg(all(feature = "program", target_os = "linux"))]
pub(super) fn show(exposition: &mut Exposition) {
    use prometheus::core::Collector;
    use prometheus::process_collector::ProcessCollector;

    use super::exposition::{self, Family};

    const SHOWN: [&Family; 5] = [
        &exposition::PROCESSOR,
        &exposition::MEMORY,
        &exposition::THREADS,
        &exposition::OPEN_FILES,
        &exposition::MOST_FILES,
    ];
    let collected = ProcessCollector::for_self().collect();
    for family in SHOWN {
        let found = collected.iter().find(|each| each.name() == family.name);
        let Some(metric) = found.and_then(|each| each.get_metric().first()) else { continue };
        // One of them is there; the other is zero.
        let value = metric.get_counter().get_value() + metric.get_gauge().get_value();
        exposition.decimal(family, [], value);
    }
}

#[cfg(not(all(feature = "program", target_os = "linux")))]
pub(super) fn show(_: &mut Exposition) {}
