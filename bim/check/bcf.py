"""BCF 3.0 files 議題檔, as buildingSMART's BCF-XML 3.0 has them: topics with a viewpoint that looks at its elements."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid5
from xml.etree.ElementTree import Element, SubElement, indent, tostring

import numpy as np
import numpy.typing as npt

AUTHOR = "taipei-twin"
TOPIC_TYPE, OPEN = "Issue", "Open"
NAMESPACE = UUID("5f0f6d0c-5c3a-5d6e-9f4b-0d3f4f7c2b61")
"""Topics are named by what they are of: a second check's topic has the guid of the first one's."""

FIELD_OF_VIEW_DEG = 60.0
ASPECT = 1.6
LOOKING = np.array([-1.0, 1.0, -0.8]) / np.linalg.norm([-1.0, 1.0, -0.8])
"""Direction of view: from south-east and above."""

Box = npt.NDArray[np.float64]
"""Lowest and highest corner, (2, 3) metres in the model's coordinates."""


@dataclass(frozen=True)
class Topic:
    """One issue: what is amiss in `file`, with which elements (GlobalIds), in what box (None: nothing to look at)."""

    file: str
    title: str
    description: str
    elements: Sequence[str]
    box: Box | None

    @property
    def guid(self) -> str:
        """The same for the same thing, check after check."""
        return str(uuid5(NAMESPACE, "\n".join([self.file, self.title, *self.elements])))


def write(topics: Iterable[Topic], path: Path, at: datetime, name: str) -> int:
    """Write topics to `path` as a project called `name`, made at `at` (aware); how many. Raises OSError."""
    count = 0
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        _put(file, "bcf.version", Element("Version", VersionId="3.0"))
        _put(file, "project.bcfp", _project(name))
        _put(file, "extensions.xml", _extensions())
        for topic in topics:
            count += 1
            _put(file, f"{topic.guid}/markup.bcf", _markup(topic, at))
            _put(file, f"{topic.guid}/viewpoint.bcfv", _viewpoint(topic))
    return count


def _put(file: zipfile.ZipFile, name: str, root: Element) -> None:
    indent(root)
    file.writestr(name, b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8") + b"\n")


def _project(name: str) -> Element:
    root = Element("ProjectInfo")
    _text(SubElement(root, "Project", ProjectId=str(uuid5(NAMESPACE, name))), "Name", name)
    return root


def _extensions() -> Element:
    """The words that topics use, as the receiving tool's lists of choice."""
    root = Element("Extensions")
    _text(SubElement(root, "TopicTypes"), "TopicType", TOPIC_TYPE)
    statuses = SubElement(root, "TopicStatuses")
    for word in (OPEN, "Closed"):
        _text(statuses, "TopicStatus", word)
    _text(SubElement(root, "Users"), "User", AUTHOR)
    return root


def _markup(topic: Topic, at: datetime) -> Element:
    root = Element("Markup")
    file = SubElement(SubElement(SubElement(root, "Header"), "Files"), "File", IsExternal="true")
    _text(file, "Filename", topic.file)
    told = SubElement(root, "Topic", Guid=topic.guid, TopicType=TOPIC_TYPE, TopicStatus=OPEN)
    _text(told, "Title", topic.title)
    _text(told, "CreationDate", at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"))
    _text(told, "CreationAuthor", AUTHOR)
    _text(told, "Description", topic.description)
    view = SubElement(SubElement(told, "Viewpoints"), "ViewPoint", Guid=_view(topic))
    _text(view, "Viewpoint", "viewpoint.bcfv")
    return root


def _viewpoint(topic: Topic) -> Element:
    root = Element("VisualizationInfo", Guid=_view(topic))
    components = SubElement(root, "Components")
    if topic.elements:
        selected = SubElement(components, "Selection")
        for each in topic.elements:
            SubElement(selected, "Component", IfcGuid=each)
    SubElement(components, "Visibility", DefaultVisibility="true")
    if topic.box is not None:
        root.append(_camera(topic.box))
    return root


def _camera(box: Box) -> Element:
    """A camera whose view holds the sphere around `box`."""
    centre, radius = box.mean(axis=0), max(1.0, float(np.linalg.norm(box[1] - box[0])) / 2)
    distance = radius / np.sin(np.radians(FIELD_OF_VIEW_DEG / 2))
    right = np.cross(LOOKING, [0.0, 0.0, 1.0])
    up = np.cross(right / np.linalg.norm(right), LOOKING)
    root = Element("PerspectiveCamera")
    for name, vector in (
        ("CameraViewPoint", centre - LOOKING * distance),
        ("CameraDirection", LOOKING),
        ("CameraUpVector", up),
    ):
        point = SubElement(root, name)
        for axis, value in zip("XYZ", vector, strict=True):
            _text(point, axis, f"{value:.6f}")
    _text(root, "FieldOfView", f"{FIELD_OF_VIEW_DEG}")
    _text(root, "AspectRatio", f"{ASPECT}")
    return root


def _view(topic: Topic) -> str:
    return str(uuid5(NAMESPACE, f"view of {topic.guid}"))


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = "".join(c for c in text if c.isprintable() or c in "\n\t")
