//! Where a URI leads (RFC 3263, literal addresses alone: nothing here asks the DNS).

use std::net::SocketAddr;

use model::sip::Transport;
use wire_sip::Uri;

/// Where a URI leads, when its host is an address: what it says about the transport, if anything,
/// and the address.
///
/// A host name is nobody's address here. Whoever gave it to us is reached where the dialog's
/// messages come from; `.invalid` names of browsers (RFC 7118 5) are the commonest case.
pub(crate) fn literal(uri: &str) -> Option<(Option<Transport>, SocketAddr)> {
    let uri = Uri::parse(uri)?;
    let sip = uri.as_sip()?;
    let host = match sip.params.get("maddr") {
        Some(maddr) => wire_sip::host_address(maddr)?,
        None => sip.address()?,
    };
    let transport = match sip.transport() {
        _ if sip.secure => Some(Transport::Tls),
        Some(text) if text.eq_ignore_ascii_case("tcp") => Some(Transport::Tcp),
        Some(text) if text.eq_ignore_ascii_case("tls") => Some(Transport::Tls),
        Some(text) if text.eq_ignore_ascii_case("udp") => Some(Transport::Udp),
        Some(_) | None => None,
    };
    let default = if transport == Some(Transport::Tls) { 5061 } else { 5060 };
    Some((transport, SocketAddr::new(host, sip.port.unwrap_or(default))))
}

/// Via's and the URI parameter's words for a transport.
pub(crate) fn via_token(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "TCP",
        Transport::Tls => "TLS",
        Transport::Udp => "UDP",
        Transport::Ws => "WS",
        Transport::Wss => "WSS",
    }
}

/// The `transport` parameter of our Contact. RFC 7118 4: WebSockets are `ws`, secure or not.
pub(crate) fn uri_parameter(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "",
        Transport::Tcp => ";transport=tcp",
        Transport::Tls => ";transport=tls",
        Transport::Ws | Transport::Wss => ";transport=ws",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_addresses_lead_anywhere() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        assert_eq!(literal("sip:a@192.0.2.1"), Some((None, at("192.0.2.1:5060"))));
        assert_eq!(
            literal("<sip:[2001:db8::1]:5080;transport=TCP;lr>".trim_matches(['<', '>'])),
            Some((Some(Transport::Tcp), at("[2001:db8::1]:5080")))
        );
        assert_eq!(literal("sips:a@192.0.2.1").unwrap().1, at("192.0.2.1:5061"));
        for nowhere in ["sip:a@x7.invalid;transport=ws", "sip:a@proxy.example", "tel:+1555", ""] {
            assert_eq!(literal(nowhere), None, "{nowhere}");
        }
    }
}
