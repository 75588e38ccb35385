//! The async runtime of one plugin run: one thread, ended by Ctrl-C.
//!
//! In: futures. Out: their results, or exit code 130 when the user asks to stop while one waits.
//! Never here: anything that outlives the run, or crosses from a plugin to the core: a library
//! has its own copy of the runtime, and the core has none.

use std::future::Future;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::pin::pin;
use std::time::Duration;

use brume_plugin::error::{Error, ExitCode, Result};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::{Builder, EnterGuard};

/// A runtime on the calling thread.
#[derive(Debug)]
pub struct Runtime {
    runtime: tokio::runtime::Runtime,
    cancel: Option<AsyncFd<OwnedFd>>,
}

impl Runtime {
    /// Makes a runtime whose futures end when `cancel` becomes readable; see
    /// [`Context::cancel_fd`](brume_plugin::Context::cancel_fd).
    ///
    /// # Errors
    /// When the system has no file descriptor left.
    pub fn new(cancel: Option<BorrowedFd<'_>>) -> Result<Self> {
        let failed =
            |error: io::Error| Error::failed("cannot start the async runtime").source(&error);
        let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let cancel = match cancel {
            Some(descriptor) => {
                let descriptor = descriptor.try_clone_to_owned().map_err(failed)?;
                let _guard = runtime.enter();
                // SAFETY: an `OwnedFd` keeps its one descriptor open until it is dropped.
                let registered =
                    unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) };
                Some(registered.map_err(|error| failed(error.into()))?)
            }
            None => None,
        };
        Ok(Self { runtime, cancel })
    }

    /// Makes the runtime current, for clients that start tasks when they are built.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.runtime.enter()
    }

    /// Waits for `future` on the calling thread.
    ///
    /// # Errors
    /// What the future says; silent with exit code 130 when the user asks to stop first.
    pub fn block_on<T>(&self, future: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(cancel) = &self.cancel else { return self.runtime.block_on(future) };
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                // The descriptor stays readable, so that every later wait ends at once as well.
                _ = cancel.readable() => Err(Error::silent(ExitCode::Interrupted)),
                result = future => result,
            }
        })
    }
}

impl Runtime {
    /// As [`Runtime::block_on`], but a wish to stop does not end the future at once: `on_stop` is
    /// told, and says whether there is something to bring to an orderly end. The future then has
    /// `patience` for it.
    ///
    /// # Errors
    /// As [`Runtime::block_on`]; exit code 130 after a stop, whatever the future says.
    pub fn block_on_gently<T>(
        &self,
        future: impl Future<Output = Result<T>>,
        on_stop: impl FnOnce() -> bool,
        patience: Duration,
    ) -> Result<T> {
        let Some(cancel) = &self.cancel else { return self.runtime.block_on(future) };
        self.runtime.block_on(async {
            let mut future = pin!(future);
            tokio::select! {
                biased;
                _ = cancel.readable() => {}
                result = &mut future => return result,
            }
            if on_stop() {
                // Who asked to stop is not interested in the result, nor in waiting for ever.
                let _ = tokio::time::timeout(patience, future).await;
            }
            Err(Error::silent(ExitCode::Interrupted))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_result_comes_through() {
        let runtime = Runtime::new(None).unwrap();
        assert_eq!(runtime.block_on(async { Ok(7) }).unwrap(), 7);
    }

    #[test]
    fn a_wait_ends_when_the_user_asks() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let runtime = Runtime::new(Some(reader.as_fd())).unwrap();
        assert_eq!(runtime.block_on(async { Ok(7) }).unwrap(), 7);
        rustix::io::write(&writer, b"x").unwrap();
        for _ in 0..2 {
            let forever = std::future::pending::<Result<()>>();
            let error = runtime.block_on(forever).unwrap_err();
            assert_eq!((error.code, error.is_silent()), (ExitCode::Interrupted, true));
        }
    }

    #[test]
    fn a_gentle_wait_lets_the_future_come_to_its_end() {
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let runtime = Runtime::new(Some(reader.as_fd())).unwrap();
        let patience = Duration::from_secs(60);
        assert_eq!(runtime.block_on_gently(async { Ok(7) }, || true, patience).unwrap(), 7);
        rustix::io::write(&writer, b"x").unwrap();
        let is_done = std::cell::Cell::new(false);
        let work = async {
            tokio::task::yield_now().await;
            is_done.set(true);
            Ok(())
        };
        let error = runtime.block_on_gently(work, || true, patience).unwrap_err();
        assert_eq!((error.code, is_done.get()), (ExitCode::Interrupted, true));
        let forever = std::future::pending::<Result<()>>();
        let error = runtime.block_on_gently(forever, || false, patience).unwrap_err();
        assert_eq!(error.code, ExitCode::Interrupted);
    }
}
