"""What YAML's parser says of a mistake, in words for people who write workflows."""

from __future__ import annotations

from engine.dig.problem import shown

INCLUDE = "!include"
STANDARD = "tag:yaml.org,2002:"

# The left side is a part of libyaml's message.
_REWORDED = {
    "mapping values are not allowed": (
        "': ' inside of a text; put the text in quotes, or check the indentation"
    ),
    "expected <document start>": "The mapping above ended before this; check the indentation",
    "did not find expected ',' or": (
        "A ',' or the closing bracket is expected; a text with braces or ': ' needs quotes"
    ),
    "did not find expected node content": "A value is expected here; check brackets and commas",
    "did not find expected key": "A key is expected here; check the indentation",
    "did not find expected '-' indicator": "A '- ' is expected here; check the indentation",
}


def explain(problem: str, context: str, began: str, found: str) -> tuple[str | None, bool]:
    """A message, None when there is no better one than the parser's; and where it belongs.

    `began` and `found` are the texts where the parser's context begins and where it gave up; the
    message belongs to the first when the second part is True.
    """
    if "found unexpected end of stream" in problem and began:
        return "A quote is opened here and never closed", True
    if "could not find expected ':'" in problem and began.startswith(INCLUDE + ":"):
        return unknown_tag(INCLUDE + ":"), True
    if context in ("while scanning an alias", "while scanning an anchor"):
        return _bad_start(began), True
    if "cannot start any token" in problem:
        return _bad_start(found), False
    for part, message in _REWORDED.items():
        if part in problem:
            return message, False
    return None, False


def unknown_tag(tag: str) -> str:
    """What to say of a tag that means nothing in a workflow."""
    if tag == INCLUDE:
        return "'!include' stands before a colon with a blank between: '!include : file.dig'"
    if tag.rstrip(":") == INCLUDE:
        return f"Unknown tag {shown(tag)}; write a blank before the colon: '!include : file.dig'"
    return f"Unknown tag {shown(tag.replace(STANDARD, '!!'))}"


def _bad_start(text: str) -> str:
    if text.startswith("\t"):
        return "A tab stands here; indent with blanks"
    return f"A text cannot begin with {shown(text[:1])}; put it in quotes"
