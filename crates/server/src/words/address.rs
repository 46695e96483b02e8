//! What the parts of an address are called in a country, and how they are asked for.

use enlist_domain::profile::{AddressPart, CityName, StateName, ZipName};

use crate::language::Message;
use crate::msg;

/// What a part is called: the label of its field.
pub fn label(part: AddressPart) -> Message {
    words(part).0
}

/// That it is missing.
pub fn missing(part: AddressPart) -> Message {
    words(part).1
}

fn words(part: AddressPart) -> (Message, Message) {
    match part {
        AddressPart::City(name) => of_city(name),
        AddressPart::State(name) => of_state(name),
        AddressPart::Zip(name) => of_zip(name),
    }
}

fn of_city(name: CityName) -> (Message, Message) {
    match name {
        CityName::City => (msg!("address-city"), msg!("address-city-missing")),
        CityName::District => (msg!("address-district"), msg!("address-district-missing")),
        CityName::PostTown => (msg!("address-post-town"), msg!("address-post-town-missing")),
        CityName::Suburb => (msg!("address-suburb"), msg!("address-suburb-missing")),
    }
}

fn of_state(name: StateName) -> (Message, Message) {
    match name {
        StateName::Area => (msg!("address-area"), msg!("address-area-missing")),
        StateName::County => (msg!("address-county"), msg!("address-county-missing")),
        StateName::Department => (
            msg!("address-department"),
            msg!("address-department-missing"),
        ),
        StateName::District => (msg!("address-district"), msg!("address-district-missing")),
        StateName::DoSi => (msg!("address-do-si"), msg!("address-do-si-missing")),
        StateName::Emirate => (msg!("address-emirate"), msg!("address-emirate-missing")),
        StateName::Island => (msg!("address-island"), msg!("address-island-missing")),
        StateName::Oblast => (msg!("address-oblast"), msg!("address-oblast-missing")),
        StateName::Parish => (msg!("address-parish"), msg!("address-parish-missing")),
        StateName::Prefecture => (
            msg!("address-prefecture"),
            msg!("address-prefecture-missing"),
        ),
        StateName::Province => (msg!("address-province"), msg!("address-province-missing")),
        StateName::State => (msg!("address-state"), msg!("address-state-missing")),
    }
}

fn of_zip(name: ZipName) -> (Message, Message) {
    match name {
        ZipName::Eircode => (msg!("address-eircode"), msg!("address-eircode-missing")),
        ZipName::Pin => (msg!("address-pin"), msg!("address-pin-missing")),
        ZipName::PostalCode => (
            msg!("address-postal-code"),
            msg!("address-postal-code-missing"),
        ),
        ZipName::ZipCode => (msg!("address-zip-code"), msg!("address-zip-code-missing")),
    }
}
