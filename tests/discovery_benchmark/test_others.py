"""Needles, peers, real databases and plots of the discovery benchmark hold what they say."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.discovery import peer_tools, plots, real, sparse
from benchmarks.discovery.kinds_content import MAIL
from governance.domain.taxonomy import CATEGORIES


def test_one_row_of_a_thousand_holds_the_needle() -> None:
    rng = random.Random(1)
    planted = sparse.texts(rng, "en", 3000, "email")
    assert sum("@" in t for t in planted) == 3
    assert not any("@" in t for t in sparse.texts(rng, "en", 1000, None))
    documents = [json.loads(d) for d in sparse.documents(rng, "en", 2000, "email")]
    assert sum("ext" in d for d in documents) == 2
    told = sparse.columns(rng, "az", 1000)
    assert {key for _, key, _ in told.values() if key} == set(sparse.PLANTED.values())
    assert MAIL in sparse.PLANTED.values()


def test_labels_of_peers_are_mapped_to_keys_of_the_taxonomy() -> None:
    assert set(peer_tools.keys()) == {p.name for p in peer_tools.PEERS}
    for labels in peer_tools.keys().values():
        assert {k for k in labels.values() if k} <= set(CATEGORIES)
    for peer in peer_tools.PEERS:
        assert (peer_tools.HERE / "peer_scripts" / f"{peer.name}.py").exists()


def test_the_truth_of_real_databases_is_written_in_known_labels() -> None:
    listed = real.listed()
    assert len({table for table, _, _ in listed}) == len(listed) > 60
    for _, source, labels in listed:
        assert source.partition(":")[0] in {"shared", "pip", "sdist", "npm", "r"}
        for said in labels.values():
            truth = real.label(said)
            assert {str(truth.category), *truth.alternatives, *truth.broader, *truth.also} <= set(CATEGORIES)
    with pytest.raises(ValueError, match="has no column"):
        real.truth_of(pd.DataFrame({"a": [1]}), {"b": "name"}, "t")


@pytest.mark.parametrize("logarithmic", [False, True])
def test_a_plot_is_a_picture(tmp_path: Path, logarithmic: bool) -> None:
    told = {"ours": [(1, 2.0), (100, 30.0)], "scan": [(1, 0.1)]}
    plots.lines(tmp_path / "p.svg", "Cost & rows", "rows < all", "seconds", told, logarithmic=logarithmic)
    drawn = ET.parse(tmp_path / "p.svg").getroot()
    assert len(drawn.findall("{http://www.w3.org/2000/svg}circle")) == 3
