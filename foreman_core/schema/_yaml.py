"""YAML as a schema file may use it: the scalars of YAML 1.2's core schema, no anchors, no tags, no key twice.

YAML 1.1, which PyYAML reads by default, would make Norway's `NO` false, `12:30` 750, and text of `1e12`.
https://yaml.org/spec/1.2.2/#103-core-schema
"""

import re
from collections.abc import Hashable
from typing import Any, Final, cast

import yaml
from yaml.error import Mark, MarkedYAMLError, YAMLError

from foreman_core.schema._fault import Fault, shown

_TAG: Final = "tag:yaml.org,2002:"
_SCALARS: Final = (
    ("null", r"(~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("bool", r"(true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    (
        "float",
        r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))",
        list("-+.0123456789"),
    ),
)


def parse(text: str) -> object:
    """The document as mappings, lists and scalars. Fault names the line of what is not allowed in it."""
    try:
        return _Loader(text).get_single_data()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        raise Fault(_line(mark), f"is not valid YAML: {reason}") from error
    except YAMLError as error:
        raise Fault("", f"is not valid YAML: {' '.join(str(error).split())}") from error
    except RecursionError:
        raise Fault("", "is nested too deeply") from None
    except ValueError as error:  # a whole number of more digits than Python reads
        raise Fault("", f"is not valid YAML: {error}") from error


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[Any, Any] = {}  # noqa: RUF012 - filled below, instead of YAML 1.1's

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:  # noqa: ANN401
        event = cast("Any", self.peek_event())  # pyright: ignore[reportUnknownMemberType]
        if getattr(event, "anchor", None):
            raise _not_allowed(
                "anchors (&) and aliases (*) are not supported; write it out", event.start_mark
            )
        if getattr(event, "tag", None):
            raise _not_allowed("tags (!) are not supported", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)  # pyright: ignore[reportUnknownMemberType]
            if isinstance(key, Hashable) and key in seen:
                raise _not_allowed(f"the key {shown(key)} is there twice", key_node.start_mark)
            if isinstance(key, Hashable):
                seen.add(key)
        return super().construct_mapping(node, deep=deep)

    def construct_whole_number(self, node: yaml.ScalarNode) -> int:
        return int(self.construct_scalar(node))


for _name, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(  # pyright: ignore[reportUnknownMemberType]
        _TAG + _name, re.compile(f"^{_pattern}$"), _first
    )
_Loader.add_constructor(_TAG + "int", _Loader.construct_whole_number)


def _not_allowed(problem: str, mark: Mark) -> MarkedYAMLError:
    return MarkedYAMLError(problem=problem, problem_mark=mark)


def _line(mark: Mark | None) -> str:
    return f"line {mark.line + 1}" if mark else ""
