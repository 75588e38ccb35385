//! The control socket: who may talk, and what is answered.

mod answer;
mod session;

use std::sync::Arc;

use brume_instance::{Error, InstancePaths, Result, socket};
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::host::Host;
use session::serve;

/// Conversations at a time; further clients wait.
const SESSIONS_MAX: usize = 64;

/// The listening control socket.
#[derive(Debug)]
pub(crate) struct Control {
    tasks: JoinSet<()>,
}

impl Control {
    /// Begins to listen. The folder is 0700, and the umask makes the socket so, too.
    ///
    /// # Errors
    /// The socket cannot be made.
    pub(crate) fn listen(paths: &InstancePaths, host: Arc<Host>) -> Result<Self> {
        let path = paths.socket();
        let failed = |error: std::io::Error| {
            let shown = path.display();
            Error::failed(format!("cannot listen on the control socket {shown}")).cause(error)
        };
        let listener = socket::listen(&path).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let listener = UnixListener::from_std(listener).map_err(failed)?;
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, host));
        Ok(Self { tasks })
    }

    /// Ends every conversation.
    pub(crate) async fn close(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn accept(listener: UnixListener, host: Arc<Host>) {
    let permits = Arc::new(Semaphore::new(SESSIONS_MAX));
    let own_user = rustix::process::geteuid().as_raw();
    let mut sessions = JoinSet::new();
    loop {
        // The semaphore is never closed, so an error cannot happen.
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        // The folder's mode should suffice; the kernel's word is better than a mode.
        if !stream.peer_cred().is_ok_and(|peer| peer.uid() == own_user) {
            continue;
        }
        let host = Arc::clone(&host);
        sessions.spawn(async move {
            serve(stream, &host).await;
            drop(permit);
        });
        while sessions.try_join_next().is_some() {}
    }
}
