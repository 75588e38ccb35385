//! Says which credentials the default chain finds: `AWS_PROFILE=x cargo run --example credentials`.

use aws_credential_types::provider::ProvideCredentials;
use brume_aws::Aws;
use brume_plugin::error::{Error, ExitCode, Result};
use brume_plugin::invocation::{Invocation, Output};
use brume_plugin::render::error::render_error;

#[allow(clippy::print_stdout, clippy::print_stderr)] // an example is its own program
fn main() {
    match find() {
        Ok(text) => println!("{text}"),
        Err(error) => eprint!("{}", render_error(&error, &Output::default())),
    }
}

fn find() -> Result<String> {
    let aws = Aws::with_cancel(&Invocation::default(), None)?;
    let none = || Error::new(ExitCode::Auth, "no credentials were found");
    let provider = aws.config().credentials_provider().ok_or_else(none)?;
    let found = aws.block_on(async {
        provider.provide_credentials().await.map_err(|error| none().source(&error))
    })?;
    Ok(format!("{} in {}", found.access_key_id(), aws.region().unwrap_or("no region")))
}
