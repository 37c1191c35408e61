//! Files of exports, as the other side of a transfer.

use std::io::{self, BufRead, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use conversations_application::ports::{RecordSink, RecordSource, TransferStopped};
use conversations_archive::{End, Header, ReadError, Reader, Writer};
use conversations_domain::WorkspaceRecord;

/// How often it is told how far an import is.
const LINE: Duration = Duration::from_secs(5);

/// The file of an export, which the storage writes and the command ends.
#[derive(Clone, Default)]
pub(crate) struct ArchiveOutput(Arc<Mutex<OutputState>>);

#[derive(Default)]
struct OutputState {
    writer: Option<Writer<Box<dyn Write + Send>>>,
    failure: Option<io::Error>,
    is_stopped: bool,
}

impl ArchiveOutput {
    /// Begins the file. What is wrong with the output is known at the end.
    pub(crate) fn begin(&self, output: io::Result<Box<dyn Write + Send>>, header: &Header) {
        let writer = output.and_then(|output| Writer::begin(output, header));
        let mut state = self.state();
        match writer {
            Ok(writer) => state.writer = Some(writer),
            Err(error) => state.failure = Some(error),
        }
    }

    /// No more records are wanted.
    pub(crate) fn stop(&self) {
        self.state().is_stopped = true;
    }

    /// Why the file could not be written, if it could not.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.state().failure.take()
    }

    /// Ends the file.
    pub(crate) fn finish(&self) -> io::Result<End> {
        let writer = self.state().writer.take();
        let writer = writer.ok_or_else(|| io::Error::other("there is no output"))?;
        writer.finish().map(|(_, end)| end)
    }

    fn state(&self) -> MutexGuard<'_, OutputState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecordSink for ArchiveOutput {
    fn write(&mut self, record: WorkspaceRecord) -> Result<(), TransferStopped> {
        let mut state = self.state();
        let OutputState { writer, failure, is_stopped } = &mut *state;
        match writer {
            Some(writer) if !*is_stopped => writer.write(record).map_err(|error| {
                *failure = Some(error);
                TransferStopped
            }),
            _ => Err(TransferStopped),
        }
    }
}

/// The file of an import.
pub(crate) struct ArchiveInput<R> {
    reader: Reader<R>,
    failure: Arc<Mutex<Option<ReadError>>>,
    progress: ImportProgress,
}

/// Why the file of an import was not read to its end.
#[derive(Clone, Default)]
pub(crate) struct InputFailure(Arc<Mutex<Option<ReadError>>>);

impl InputFailure {
    pub(crate) fn take(&self) -> Option<ReadError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<R: BufRead> ArchiveInput<R> {
    /// The records of a file that has about this many lines, and where to look when they end too early.
    pub(crate) fn new(reader: Reader<R>, lines: u64) -> (Self, InputFailure) {
        let failure = InputFailure::default();
        let now = Instant::now();
        let progress = ImportProgress { lines, begun: now, told: now };
        (Self { reader, failure: Arc::clone(&failure.0), progress }, failure)
    }
}

impl<R: BufRead + Send + 'static> RecordSource for ArchiveInput<R> {
    fn next(&mut self) -> Result<Option<WorkspaceRecord>, TransferStopped> {
        self.progress.tell(self.reader.lines());
        self.reader.next_record().map_err(|error| {
            *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            TransferStopped
        })
    }
}

/// Tells on standard error how far an import is.
struct ImportProgress {
    lines: u64,
    begun: Instant,
    told: Instant,
}

impl ImportProgress {
    fn tell(&mut self, done: u64) {
        if self.told.elapsed() < LINE {
            return;
        }
        self.told = Instant::now();
        let rate = (done / self.begun.elapsed().as_secs().max(1)).max(1);
        let left = self.lines.saturating_sub(done) / rate;
        eprintln!("{done} of {} lines, {rate}/s, {left} s left", self.lines);
    }
}
