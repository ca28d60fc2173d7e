"""A state machine's definition drawn as a Mermaid flowchart: pure, for the documentation."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    "Choice": ("{", "}"),
    "Map": ("[[", "]]"),
    "Succeed": ("([", "])"),
    "Fail": ("([", "])"),
}
"""Mermaid's brackets by the type of a state; the others are boxes: https://mermaid.js.org/syntax/flowchart.html"""


def draw(definition: Mapping[str, Any]) -> str:
    """Give the flowchart as text. Arrows without a word are the usual way, dotted ones lead away from a
    failure.

    What every state has in common, the way to the state that records failures, is drawn once, from a note.
    """
    states: Mapping[str, Mapping[str, Any]] = definition["States"]
    common = _common_catch(states)
    lines = ["flowchart TD", f"  start(( )) --> {definition['StartAt']}"]
    for name, state in states.items():
        opening, closing = SHAPES.get(state["Type"], ("[", "]"))
        lines.append(f"  {name}{opening}{name}{closing}")
        lines += (f"  {name} {arrow}" for arrow in _arrows(state, common))
    lines += ["  any[any step that fails for good]:::note", f"  any -.-> {common}"]
    lines.append("  classDef note stroke-dasharray: 4 4")
    return "\n".join(lines) + "\n"


def _arrows(state: Mapping[str, Any], common: str) -> Iterator[str]:
    for choice in state.get("Choices", []):
        word = next(rule["StringEquals"] for rule in choice["And"] if "StringEquals" in rule)
        yield f"-- {word} --> {choice['Next']}"
    if "Default" in state:
        yield f"-- otherwise --> {state['Default']}"
    if "Next" in state:
        yield f"--> {state['Next']}"
    caught: dict[str, list[str]] = {}
    for catcher in state.get("Catch", []):
        if catcher["Next"] != common:
            caught.setdefault(catcher["Next"], []).extend(catcher["ErrorEquals"])
    for target, errors in caught.items():
        yield f"-. {_told(errors)} .-> {target}"


def _told(errors: list[str]) -> str:
    if "States.ALL" in errors:
        return "it fails too"
    return errors[0].partition(".")[2] if len(errors) == 1 else "out of time, memory or disk"


def _common_catch(states: Mapping[str, Mapping[str, Any]]) -> str:
    """The state that most others go to when they fail."""
    targets = [catcher["Next"] for state in states.values() for catcher in state.get("Catch", [])]
    return max(sorted(set(targets)), key=targets.count)
