//! `gateway.sandbox.faults`: faults on one line, such as `create_customer:lose_reply:3, *:hang:0.1`.

use enlist_gateways::faults::FaultTarget;
use enlist_gateways::sandbox::{Fault, FaultKind};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

/// Reads one fault: a step or `*`, a kind, and how often: a whole number counts calls, a number with
/// a decimal point is a rate. Whether the step exists the sandbox tells.
pub(super) fn parse(text: &str) -> Result<Fault, String> {
    let form = "write STEP:KIND, STEP:KIND:COUNT or STEP:KIND:RATE";
    let mut parts = text.split(':').map(str::trim);
    let (Some(step), Some(kind)) = (parts.next(), parts.next()) else {
        return Err(form.to_owned());
    };
    let spelled: StrDeserializer<'_, Error> = kind.into_deserializer();
    let kind = FaultKind::deserialize(spelled).map_err(|error| error.to_string())?;
    let often = parts.next();
    if parts.next().is_some() {
        return Err(form.to_owned());
    }
    let (count, rate) = match often {
        None => (None, None),
        Some(rate) if rate.contains('.') => {
            (None, Some(rate.parse().map_err(|_| form.to_owned())?))
        }
        Some(count) => (Some(count.parse().map_err(|_| form.to_owned())?), None),
    };
    Ok(Fault {
        step: FaultTarget(step.to_owned()),
        kind,
        count,
        rate,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_written_on_one_line() {
        let counted = Fault::times(
            FaultTarget("create_customer".into()),
            FaultKind::LoseReply,
            3,
        );
        assert_eq!(parse("create_customer:lose_reply:3"), Ok(counted));
        assert_eq!(
            parse("*:hang:0.5"),
            Ok(Fault::at_rate(FaultTarget::every(), FaultKind::Hang, 0.5))
        );
        assert!(parse("*").is_err());
        assert!(parse("*:explode").is_err());
        assert!(parse("*:hang:often").is_err());
    }
}
