//! Sprig's look into the network.

use crate::template::context::Context;
use crate::template::functions::Args;
use crate::template::functions::Function;
use crate::template::functions::FunctionError;
use crate::template::functions::Param;
use crate::template::value::Value;

/// The functions of this family.
pub(super) const FUNCTIONS: &[Function] = &[Function::new("getHostByName", &[Param::Text], get_host_by_name)];

/// One address of the host; empty where the world does not look names up.
fn get_host_by_name(context: &mut Context<'_>, args: Args<'_>) -> Result<Value, FunctionError> {
    let host = args.text(0)?.lossy().into_owned();
    Ok(context.world.host_address(&host).into())
}
