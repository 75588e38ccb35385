//! Text messages: settings, opt-outs, the sandbox.

use brume_foundation::clock::Moment;

use crate::error::from_engine;
use crate::request::{Reply, Request, empty, owned, result, write_list, write_map};
use crate::validate::sms;

/// Numbers of the sandbox on one page.
const SANDBOX_PAGE_MAX: usize = 100;

/// Origination numbers on one page.
const ORIGINATION_PAGE_MAX: usize = 30;

pub(super) fn get_attributes(request: &Request<'_>) -> Reply {
    let names: Vec<String> =
        request.form.list("attributes").into_iter().map(str::to_owned).collect();
    let caller = request.caller;
    let attributes = request.topics.sms_attributes(caller.account, caller.region, &names);
    result(|xml| write_map(xml, "attributes", &attributes))
}

pub(super) async fn set_attributes(request: &Request<'_>) -> Reply {
    let attributes = request.map("attributes");
    sms::attributes(&attributes)?;
    let caller = request.caller;
    let attributes = owned(&attributes);
    empty(request.topics.set_sms_attributes(caller.account, caller.region, attributes).await)
}

pub(super) fn is_opted_out(request: &Request<'_>) -> Reply {
    let number = sms::number(&request.form)?;
    let caller = request.caller;
    let is_opted_out = request
        .topics
        .is_opted_out(caller.account, caller.region, number)
        .map_err(|error| from_engine(&error))?;
    result(|xml| {
        xml.plain("isOptedOut", is_opted_out);
    })
}

pub(super) fn list_opted_out(request: &Request<'_>) -> Reply {
    let caller = request.caller;
    let page = request
        .topics
        .list_opted_out(caller.account, caller.region, request.after("nextToken"))
        .map_err(|error| from_engine(&error))?;
    result(|xml| {
        write_list(xml, "phoneNumbers", &page.items, |xml, number| {
            xml.text(number);
        });
        xml.optional("nextToken", page.next.as_deref());
    })
}

pub(super) async fn opt_in(request: &Request<'_>) -> Reply {
    let number = sms::number(&request.form)?;
    let caller = request.caller;
    empty(request.topics.opt_in(caller.account, caller.region, number).await)
}

pub(super) fn sandbox_status(request: &Request<'_>) -> Reply {
    let caller = request.caller;
    let is_in = request.topics.is_in_sms_sandbox(caller.account, caller.region);
    result(|xml| {
        xml.plain("IsInSandbox", is_in);
    })
}

pub(super) async fn create_sandbox_number(request: &Request<'_>) -> Reply {
    let number = sms::sandbox_number(&request.form)?;
    sms::language(&request.form)?;
    let caller = request.caller;
    empty(request.topics.create_sandbox_number(caller.account, caller.region, number).await)
}

pub(super) async fn verify_sandbox_number(request: &Request<'_>) -> Reply {
    let number = sms::sandbox_number(&request.form)?;
    let password = sms::password(&request.form)?;
    let caller = request.caller;
    let verified =
        request.topics.verify_sandbox_number(caller.account, caller.region, number, password).await;
    empty(verified)
}

pub(super) async fn delete_sandbox_number(request: &Request<'_>) -> Reply {
    let number = sms::sandbox_number(&request.form)?;
    let caller = request.caller;
    empty(request.topics.delete_sandbox_number(caller.account, caller.region, number).await)
}

pub(super) fn list_sandbox_numbers(request: &Request<'_>) -> Reply {
    let limit = sms::limit(&request.form, SANDBOX_PAGE_MAX)?;
    let caller = request.caller;
    let page = request
        .topics
        .list_sandbox_numbers(caller.account, caller.region, request.after("NextToken"), limit)
        .map_err(|error| from_engine(&error))?;
    result(|xml| {
        write_list(xml, "PhoneNumbers", &page.items, |xml, number| {
            let status = if number.is_verified { "Verified" } else { "Pending" };
            xml.element("PhoneNumber", &number.number).plain("Status", status);
        });
        xml.optional("NextToken", page.next.as_deref());
    })
}

pub(super) fn list_origination_numbers(request: &Request<'_>) -> Reply {
    let limit = sms::limit(&request.form, ORIGINATION_PAGE_MAX)?;
    let caller = request.caller;
    let page = request
        .topics
        .list_origination_numbers(caller.account, caller.region, request.after("NextToken"), limit)
        .map_err(|error| from_engine(&error))?;
    result(|xml| {
        write_list(xml, "PhoneNumbers", &page.items, |xml, number| {
            let created = number.created_at_seconds.saturating_mul(1_000);
            xml.plain("CreatedAt", Moment::from_unix_millis(created))
                .element("PhoneNumber", &number.number)
                .element("Status", &number.status)
                .element("Iso2CountryCode", &number.country)
                .element("RouteType", &number.route);
            write_list(xml, "NumberCapabilities", &number.capabilities, |xml, capability| {
                xml.text(capability);
            });
        });
        xml.optional("NextToken", page.next.as_deref());
    })
}
