"""The API reference in a real browser: every vendor's contract is drawn, and a request can be tried."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from pixpact.specs.catalogue import SpecCatalogue

pytestmark = [pytest.mark.xdist_group("another-browser"), pytest.mark.sweep]

VENDORS = SpecCatalogue().names()


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_operation_is_drawn(console, pixpact_mock, vendor):
    """From the document beside the page; the fixture sees that nothing goes wrong and nothing leaves the machine."""
    opened = console()
    opened.page.goto(f"{pixpact_mock.base_url}/{vendor}/docs")
    contract = SpecCatalogue().source(vendor).contract()
    opened.page.locator(".opblock").first.wait_for()

    assert len(contract.operations) == opened.page.locator(".opblock").count()
    expect(opened.page).to_have_title(re.compile(re.escape(contract.title)))


def test_a_request_is_tried(console, pixpact_mock):
    """With a key, from an example of the contract, at the mock that served the page."""
    page = console().page
    page.goto(f"{pixpact_mock.base_url}/toapis/docs")
    page.get_by_role("button", name="Authorize").click()
    page.get_by_label("Value").or_(page.locator(".auth-container input")).first.fill("sk-reader")
    page.locator(".auth-btn-wrapper .authorize").click()
    page.locator(".auth-btn-wrapper .btn-done").click()
    page.locator(".opblock-post").first.locator(".opblock-summary-control").click()
    page.get_by_role("button", name="Execute").first.click()
    expect(page.locator(".live-responses-table .response .response-col_status").first).to_contain_text("200")

    assert [("POST", 200)] == [(exchange.method, exchange.status) for exchange in pixpact_mock.requests]
