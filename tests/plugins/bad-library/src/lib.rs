//! A plugin library that is wrong in whatever way the variable `BRUME_BAD` asks for.
//!
//! | `BRUME_BAD` | what is wrong |
//! |---|---|
//! | unset | nothing: `brume bad` prints `not bad` |
//! | `null` | the entry point returns no descriptor |
//! | `magic` | the descriptor does not begin with the magic number |
//! | `abi` | it was built for ABI major 99 |
//! | `minor` | nothing: minors may differ |
//! | `size` | the descriptor is shorter than in ABI 1.0 |
//! | `name` | it calls itself `other` |
//! | `manifest` | its manifest is no JSON |
//! | `hang` | its manifest takes ten minutes |
//! | `panic` | `brume bad` panics |
//! | `exit` | `brume bad` returns 4711 |
//!
//! Written against the ABI where the macro would not allow the mistake.

use std::io::Write as _;
use std::sync::OnceLock;
use std::time::Duration;

use brume_plugin::abi::{Bytes, Descriptor, Host, Invocation};
use brume_plugin::clap::{ArgMatches, Command};
use brume_plugin::run::library;
use brume_plugin::{Context, Plugin, Result};

struct Bad;

impl Plugin for Bad {
    const NAME: &'static str = "bad";
    const VERSION: &'static str = "0.0.0";
    const TOUCHES: &'static [&'static str] = &[];

    fn command() -> Command {
        Command::new(Self::NAME).about("Is wrong on request")
    }

    #[allow(clippy::panic)] // what it is for
    fn run(_: &ArgMatches, context: &mut Context<'_>) -> Result<()> {
        writeln!(context.stdout(), "not bad")?;
        assert!(!asked_for("panic"), "as asked for");
        Ok(())
    }
}

fn asked_for(what: &str) -> bool {
    std::env::var_os("BRUME_BAD").is_some_and(|asked| asked == what)
}

extern "C" fn manifest() -> Bytes {
    static MANIFEST: OnceLock<String> = OnceLock::new();
    if asked_for("hang") {
        std::thread::sleep(Duration::from_secs(600));
    }
    if asked_for("manifest") {
        return Bytes::new(b"this is no manifest");
    }
    library::manifest::<Bad>(&MANIFEST)
}

extern "C" fn strange_exit(_: *const Host, _: *const Invocation) -> i32 {
    4711
}

/// The entry point that the core looks for.
#[unsafe(no_mangle)]
pub extern "C" fn brume_plugin_v1() -> *const Descriptor {
    static DESCRIPTOR: OnceLock<Descriptor> = OnceLock::new();
    if asked_for("null") {
        return std::ptr::null();
    }
    DESCRIPTOR.get_or_init(|| {
        let mut descriptor = library::descriptor::<Bad>(manifest);
        if asked_for("magic") {
            descriptor.magic = 0;
        } else if asked_for("abi") {
            descriptor.abi_major = 99;
        } else if asked_for("minor") {
            descriptor.abi_minor = 99;
        } else if asked_for("size") {
            descriptor.size = 16;
        } else if asked_for("name") {
            descriptor.name = Bytes::new(b"other");
        } else if asked_for("exit") {
            descriptor.run = strange_exit;
        }
        descriptor
    })
}
