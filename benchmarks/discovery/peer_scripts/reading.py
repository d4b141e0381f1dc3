"""Shared by the peers' scripts, each of which runs in the environment of its peer: columns in, one label a column out."""

import json
import resource
import sys
import time


def run(judge):
    """Call ``judge(table, {heading: [text, ...]})`` for each table of the given file; it returns {heading: (label, confidence)}.

    argv: input (one JSON document a line), output, seconds after which no further table is begun.
    """
    source, target, limit = sys.argv[1], sys.argv[2], float(sys.argv[3])
    began, before = time.monotonic(), _cpu()
    told, cells, left_out = {}, 0, 0
    with open(source, encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            if time.monotonic() - began > limit:
                left_out += 1
                continue
            found = judge(one["table"], one["columns"])
            told[one["table"]] = {name: list(said) for name, said in found.items() if said and said[0]}
            cells += sum(len(values) for values in one["columns"].values())
    with open(target, "w", encoding="utf-8") as out:
        json.dump(
            {
                "labels": told,
                "cpu": _cpu() - before,
                "cells": cells,
                "left_out": left_out,
                "peak_mb": _peak(),
            },
            out,
        )


def _peak():
    with open("/proc/self/status", encoding="utf-8") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _cpu():
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def most(labels, total, share):
    """The most frequent label when it covers `share` of `total` values, with its share."""
    counted = {}
    for label in labels:
        if label:
            counted[label] = counted.get(label, 0) + 1
    if not counted:
        return None
    best = max(counted, key=counted.get)
    got = counted[best] / (total or 1)
    return (best, got) if got >= share else None
