//! Digest authentication against published vectors and against itself.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use wire_sip::digest::{Answer, answer, challenge, ha1, verify};
use wire_sip::{Algorithm, Challenge, Credentials};

/// RFC 7616 3.9.1: the same request with two algorithms.
#[test]
fn the_vectors_of_rfc_7616_verify() {
    for (algorithm, name, response) in [
        (Algorithm::Md5, "MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        (
            Algorithm::Sha256,
            "SHA-256",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ] {
        let header = format!(
            "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", \
             algorithm={name}, nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
             nc=00000001, cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\", qop=auth, \
             response=\"{response}\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
        );
        let credentials = Credentials::parse(header.as_bytes()).unwrap();
        let key = ha1(algorithm, b"Mufasa", b"http-auth@example.org", b"Circle of Life");
        assert!(verify(&credentials, &key, "GET", b""), "{name}");
        assert!(!verify(&credentials, &key, "POST", b""), "{name}");
        let wrong = ha1(algorithm, b"Mufasa", b"http-auth@example.org", b"circle of life");
        assert!(!verify(&credentials, &wrong, "GET", b""), "{name}");
    }
}

/// RFC 2617 3.5, and its form without qop (RFC 2069 2.4, as corrected by its errata).
#[test]
fn the_older_vectors_verify() {
    let header = b"Digest username=\"Mufasa\", realm=\"testrealm@host.com\", \
        nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, \
        nc=00000001, cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", \
        opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
    let key = ha1(Algorithm::Md5, b"Mufasa", b"testrealm@host.com", b"Circle Of Life");
    assert!(verify(&Credentials::parse(header).unwrap(), &key, "GET", b""));
    let header = b"Digest username=\"Mufasa\", realm=\"testrealm@host.com\", \
        nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", \
        response=\"1949323746fe6a43ef61f9606e7febea\"";
    let key = ha1(Algorithm::Md5, b"Mufasa", b"testrealm@host.com", b"CircleOfLife");
    assert!(verify(&Credentials::parse(header).unwrap(), &key, "GET", b""));
}

#[test]
fn sha_512_256_is_the_truncated_hash_with_its_own_start_value() {
    // Hash of "::" as OpenSSL computes it.
    let expected = "674602a61614a779e4b84c5d3462e6ba1269bfdd897b2399d91dc208a9614f3e";
    assert_eq!(ha1(Algorithm::Sha512Trunc256, b"", b"", b""), expected);
}

#[test]
fn every_algorithm_and_quality_answers_what_it_verifies() {
    for algorithm in
        ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"]
    {
        for qop in ["", ", qop=\"auth\"", ", qop=\"auth-int\"", ", qop=\"auth-int, auth\""] {
            let asked =
                format!("Digest realm=\"a \\\"b\\\"\", nonce=\"n/+=\", algorithm={algorithm}{qop}");
            let asked = Challenge::parse(asked.as_bytes()).unwrap();
            let with = Answer {
                username: "50\"01",
                password: "p\u{e4}ss:word",
                method: "REGISTER",
                uri: "sip:*72%23@h.example;transport=tcp",
                body: b"body",
                cnonce: "0a4f113b",
                nonce_count: 10,
            };
            let header = answer(&asked, &with).unwrap();
            let given = Credentials::parse(header.as_bytes()).unwrap();
            assert_eq!(given.uri, with.uri.as_bytes());
            let algorithm = given.algorithm.unwrap();
            let key = ha1(algorithm, given.username, given.realm, with.password.as_bytes());
            assert!(verify(&given, &key, "REGISTER", b"body"), "{header}");
            assert!(!verify(&given, &key, "INVITE", b"body"), "{header}");
            let protects_body = given.qop == Some(b"auth-int");
            assert_eq!(verify(&given, &key, "REGISTER", b"other"), !protects_body, "{header}");
            if given.qop.is_some() {
                assert_eq!(given.nonce_count(), Some(10));
            }
        }
    }
}

#[test]
fn incomplete_or_unknown_credentials_never_verify() {
    let key = ha1(Algorithm::Md5, b"a", b"r", b"p");
    for header in [
        "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"\"",
        "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",qop=auth",
        "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",\
         qop=auth-conf,nc=1,cnonce=\"c\"",
        "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",algorithm=SHA-1",
        "Digest username=\"a\",realm=\"r\",nonce=\"n\",uri=\"u\",response=\"x\",algorithm=MD5-sess",
    ] {
        let credentials = Credentials::parse(header.as_bytes()).unwrap();
        assert!(!verify(&credentials, &key, "REGISTER", b""), "{header}");
    }
}

#[test]
fn our_challenge_reads_back() {
    let text = challenge("cord \"board\"", "abc", Algorithm::Sha256, true);
    let read = Challenge::parse(text.as_bytes()).unwrap();
    assert_eq!((read.realm, read.stale), (b"cord \\\"board\\\"".as_slice(), true));
    assert_eq!(read.algorithm, Some(Algorithm::Sha256));
    let unknown = Challenge::parse(b"Digest realm=\"r\", nonce=\"n\", algorithm=SHA-1").unwrap();
    let with = Answer {
        username: "a",
        password: "p",
        method: "REGISTER",
        uri: "sip:h",
        body: b"",
        cnonce: "c",
        nonce_count: 1,
    };
    assert_eq!(answer(&unknown, &with), None);
}
