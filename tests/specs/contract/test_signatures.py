"""Signatures of callbacks, written as vendors write them."""

from __future__ import annotations

import pytest

from pixpact.specs.contract.model import CredentialPlace
from pixpact.specs.contract.signature import WebhookSignature
from pixpact.specs.dialect.expressions import parse

# The example of the Standard Webhooks specification, whose libraries verify it.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SIGNED = 'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}'


def test_a_signature_of_standard_webhooks():
    """The key is what the base64 after `whsec_` stands for, the signature base64 after `v1,`."""
    signature = WebhookSignature("sha256", parse("$event.body"), "v1,", "base64", "whsec_", "base64")

    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == signature.write(SIGNED, SECRET)


def test_a_secret_that_is_no_base64_is_refused():
    signature = WebhookSignature("sha256", parse("$event.body"), secret_encoding="base64")

    with pytest.raises(ValueError, match="base64"):
        signature.write(SIGNED, "not base64!")


@pytest.mark.parametrize(
    ("prefix", "key", "expected"),
    [
        ("Key ", "a:b", "Key a:b"),
        ("Basic ", "Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),  # RFC 7617, section 2
        ("Basic ", "key", "Basic a2V5Og=="),
    ],
)
def test_a_key_is_written_as_its_scheme_says(prefix, key, expected):
    assert expected == CredentialPlace("authorization", "header", prefix).written(key)
