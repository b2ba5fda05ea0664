"""A schema of all that HQ answers: the stations' API, and every page and form of the console as a person sees it.

The forms are read off the pages themselves, so a new field is drawn without being named here.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from hq_server.console.pages import all_routes
from hq_server.console.visits import Route

LIST_FIELDS = ("order", "after", "before", "done")
API = {
    "/exchange": "application/octet-stream",
    "/inquiry": "application/json",
    "/enrolment": "application/json",
    "/enrolment/status": "application/json",
}


class Forms(HTMLParser):
    """The fields of a page's forms, with their values: those that are sent (POST) and those asked with (GET)."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, set[str]] = {}
        self.asked: dict[str, set[str]] = {}
        self._into: dict[str, set[str]] | None = None
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._into = self.sent if values.get("method") == "post" else self.asked
            if values.get("action", "").startswith(("/console/language", "/console/sign-out")):
                self._into = {}
        name = values.get("name", self._select if tag == "option" else "")
        if tag == "select":
            self._select = name
        if self._into is not None and name and tag in {"input", "select", "textarea", "button", "option"}:
            self._into.setdefault(name, set()).add(values.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._into = None


def _text(values: set[str]) -> dict[str, Any]:
    known = sorted(value for value in values if value)
    return {"anyOf": [{"enum": known}, {"type": "string"}]} if known else {"type": "string"}


def _parameter(name: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def page_operations(route: Route, page: str, samples: dict[str, str]) -> dict[str, Any]:
    """Describe one page: its address with anything in its place, its filters, and its forms if it takes any."""
    forms = Forms(page)
    names = re.findall(r"\{(\w+)\}", route.path)
    places = [_parameter(name, "path", _text({samples.get(name, "1")}) | {"minLength": 1}) for name in names]
    fields = {**{name: {""} for name in LIST_FIELDS}, **forms.asked}
    asked = [_parameter(name, "query", _text(values)) for name, values in fields.items()]
    answers = {"default": {"description": "a page or a sentence"}}
    operations: dict[str, Any] = {"get": {"parameters": [*places, *asked], "responses": answers}}
    if route.do is not None:
        properties = {name: _text(values) for name, values in forms.sent.items() if name != "csrf"}
        media = {"schema": {"type": "object", "properties": properties, "additionalProperties": False}}
        body = {"required": True, "content": {"application/x-www-form-urlencoded": media}}
        operations["post"] = {"parameters": places, "requestBody": body, "responses": answers}
    return operations


def schema_of(pages: dict[str, str], samples: dict[str, str]) -> dict[str, Any]:
    """Describe the console, ``pages`` being each page's text by its route's path, and the stations' API."""
    paths = {
        f"/console{route.path}": page_operations(route, pages.get(route.path, ""), samples) for route in all_routes()
    }
    answers = {"default": {"description": "an answer or a refusal"}}
    for path, media in API.items():
        schema = {"type": "object"} if media == "application/json" else {"type": "string", "format": "binary"}
        body = {"required": True, "content": {media: {"schema": schema}}}
        paths[path] = {"post": {"requestBody": body, "responses": answers}}
    return {"openapi": "3.1.0", "info": {"title": "HQ", "version": "1"}, "paths": paths}
