"""Read YAML files into plain data and remember the line of everything. Knows nothing of what a policy means.

YAML 1.2's words only: ``true`` and ``false`` are the truth values, so that the country code ``NO`` and the key ``on`` stay text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import yaml

from governance.policy.mistakes import Mistake, Place

Where = tuple[str | int, ...]

_OTHERS = frozenset({"text", "recognizers"})
_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)?\.[0-9]+([eE][-+]?[0-9]+)?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Composer(_Base):  # type: ignore[misc]
    """The safe loader without its own ideas about plain words: every scalar is read as it is written."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


@dataclass
class Joined:
    """What all files say together: `data` as plain values, `places` by path into it."""

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Where, Place] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    unread: bool = False  # a file could not be read at all, so what is missing may stand there


def files(folder: Path) -> Iterator[Path]:
    """Every YAML file below `folder` that declares policy, ordered by path: not those below a folder called ``text`` or
    ``recognizers``, which hold what was published and how data looks."""
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".yaml", ".yml") and p.is_file()):
        if _OTHERS.isdisjoint(path.relative_to(folder).parts[:-1]):
            yield path


def read(folder: Path, lists: Collection[str]) -> Joined:
    """Join the files of `folder`. Top-level keys in `lists` are joined over files, others may stand once."""
    joined = Joined()
    for path in files(folder):
        name = f"{folder.resolve().name}/{path.relative_to(folder).as_posix()}"
        root = _compose(path, name, joined)
        if root is not None:
            _join(root, name, lists, joined)
    return joined


def read_document(path: Path, name: str) -> Joined:
    """One YAML or JSON file of another tool, whatever it is: its value as `data` under the key ``document``, the line of everything
    below ``("document",)``. A file that cannot be read is a mistake and leaves `data` empty."""
    joined = Joined()
    root = _compose(path, name, joined)
    if root is not None:
        joined.data["document"] = _Builder(name, joined).value(root, ("document",))
    return joined


def _compose(path: Path, name: str, joined: Joined) -> yaml.MappingNode | None:
    try:
        node = _composed(path.read_text("utf-8-sig"))
    except UnicodeDecodeError:
        joined.unread = True
        joined.mistakes.append(Mistake(Place(name, 1), "is not UTF-8 text", "save the file as UTF-8"))
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        joined.unread = True
        words = " ".join(w for w in (error.context, error.problem) if w)
        joined.mistakes.append(Mistake(Place(name, mark.line + 1 if mark else 1), f"broken YAML: {words}",
                                       "correct indentation, colons and quotes near this line"))
        return None
    except yaml.YAMLError:  # a character that no YAML file may hold
        joined.unread = True
        joined.mistakes.append(Mistake(Place(name, 1), "broken YAML: holds a character that is not allowed", "remove it"))
        return None
    if node is None:
        return None
    if not isinstance(node, yaml.MappingNode):
        joined.mistakes.append(Mistake(Place(name, _line(node)), "is not a mapping", "begin with a key such as `purposes:`"))
        return None
    return node


def _composed(text: str) -> Any:
    loader = _Composer(text)
    try:
        return loader.get_single_node()
    finally:
        loader.dispose()


def _join(root: yaml.MappingNode, name: str, lists: Collection[str], joined: Joined) -> None:
    builder = _Builder(name, joined)
    for key, key_node, value in builder.entries(root):
        place = Place(name, _line(key_node))
        if key not in lists:
            if key in joined.data:
                joined.mistakes.append(Mistake(place, f"`{key}:` stands twice in the policy, also at {joined.places[key,]}",
                                               "keep one of the two"))
                continue
            joined.places[key,] = place
            joined.data[key] = builder.value(value, (key,))
        elif isinstance(value, yaml.SequenceNode):
            joined.places.setdefault((key,), place)
            known = joined.data.setdefault(key, [])
            for item in value.value:
                known.append(builder.value(item, (key, len(known))))
        elif not _is_null(value):
            joined.mistakes.append(Mistake(place, f"`{key}:` must be a list", "begin every entry with a dash"))


class _Builder:
    """Nodes of one file to plain values."""

    def __init__(self, name: str, joined: Joined) -> None:
        self.name, self.joined = name, joined
        self.open: set[int] = set()

    def value(self, node: yaml.Node, path: Where) -> Any:
        self.joined.places.setdefault(path, Place(self.name, _line(node)))
        if id(node) in self.open:
            self.wrong(node, "an anchor that contains itself", "write the content out")
            return None
        self.open.add(id(node))
        try:
            return self._value(node, path)
        finally:
            self.open.discard(id(node))

    def _value(self, node: yaml.Node, path: Where) -> Any:
        if isinstance(node, yaml.MappingNode):
            built: dict[str, Any] = {}
            for key, key_node, child in self.entries(node):
                self.joined.places[*path, key] = Place(self.name, _line(key_node))
                # `kind: null` means the end state called null, not that there is no kind.
                built[key] = "null" if key == "kind" and _is_null(child) and child.value else self.value(child, (*path, key))
            return built
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, n)) for n, item in enumerate(node.value)]
        return self._scalar(node)

    def entries(self, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """(key, its node, value node); a key that stands twice counts once and is a mistake."""
        seen: dict[Hashable, int] = {}
        for key_node, child in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.wrong(key_node, "a key that is not a word", "write keys as plain words")
                continue
            key = str(key_node.value)
            if key in seen:
                self.wrong(key_node, f"key `{key}` stands twice, also on line {seen[key]}", "keep one of the two")
                continue
            seen[key] = _line(key_node)
            yield key, key_node, child

    def _scalar(self, node: Any) -> Any:
        text: str = node.value
        if node.tag not in (_TAG + "str", "!"):
            self.wrong(node, f"the tag {node.tag.replace(_TAG, '!!')} is not allowed", "write the plain value")
            return text
        return text if node.style else _plain(text)

    def wrong(self, node: yaml.Node, problem: str, fix: str) -> None:
        self.joined.mistakes.append(Mistake(Place(self.name, _line(node)), problem, fix))


def _plain(text: str) -> Any:
    """A bare word as the value it spells; anything that is not evidently something else is text."""
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _INT.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    if _DATE.match(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return text


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style and _plain(node.value) is None


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
