"""Trace files: what is written is read back, and every damaged file is refused by one sentence."""

import io
import json
import zipfile

import numpy as np
import pytest

from tests.support.simulate import simulate
from verify.errors import Unusable
from verify.records import trace_file


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "t.npz"
    path.write_bytes(trace_file.to_bytes(simulate()))
    return path


def rewrite(path, edit):
    """Unpack, let `edit` change arrays and manifest, pack again."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    manifest = json.loads(str(arrays.pop("manifest")))
    edit(arrays, manifest)
    np.savez(path, manifest=np.array(json.dumps(manifest)), **arrays)


def test_the_same_back_and_the_same_bytes(saved):
    trace = trace_file.load(str(saved))
    again = simulate()
    assert list(trace.tensors) == list(again.tensors)
    assert all(np.array_equal(trace.tensors[n], again.tensors[n]) for n in again.tensors)
    assert (trace.settings, trace.network, trace.environment) == (again.settings, again.network, again.environment)
    assert trace_file.to_bytes(trace) == saved.read_bytes()


def test_a_trace_is_read_only(saved):
    trace = trace_file.load(str(saved))
    with pytest.raises(ValueError):
        trace.tensors["step1/Z1"][0, 0] = 1
    with pytest.raises(TypeError):
        trace.tensors["x"] = np.zeros(1)


def refused(path, *words):
    with pytest.raises(Unusable) as caught:
        trace_file.load(str(path))
    text = str(caught.value)
    assert str(path) in text and "\n" not in text
    assert all(word in text for word in words), text


def test_missing(tmp_path):
    refused(tmp_path / "none.npz", "no such file")
    refused(tmp_path, "no such file")


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_truncated(saved, share):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(len(content) * share)])
    refused(saved, "truncated")


def test_a_flipped_byte_is_noticed_wherever_it_is(saved):
    content = saved.read_bytes()
    clean = trace_file.load(str(saved))
    for position in range(200, len(content), len(content) // 60):
        damaged = bytearray(content)
        damaged[position] ^= 0x40
        saved.write_bytes(damaged)
        try:
            trace = trace_file.load(str(saved))
        except Unusable:
            continue
        assert all(np.array_equal(trace.tensors[n], clean.tensors[n]) for n in clean.tensors), position


def test_pickles_are_never_loaded(saved):
    np.savez(saved, manifest=np.array("{}"), evil=np.array([object()], dtype=object))
    refused(saved, "cannot be read")


def test_no_manifest(saved):
    np.savez(saved, x=np.zeros(3))
    refused(saved, "manifest")


def test_a_broken_manifest(saved):
    np.savez(saved, manifest=np.array("{"))
    refused(saved, "JSON")
    np.savez(saved, manifest=np.array("[]"))
    refused(saved, "schema")
    np.savez(saved, manifest=np.array("[" * 100_000))
    refused(saved, "JSON")


def older(manifest, **changed):
    """The manifest as the older schema had it, for chains of Dense layers."""
    chain = {"sizes": [9, 8, 7, 6], "activations": ["relu", "relu", "softmax"]}
    manifest.update(schema=trace_file.OLDER, network=chain | changed)


def layer(number, **changed):
    """An edit of one layer of the manifest."""
    return lambda a, m: m["network"]["layers"][number].update(changed)


EDITS = {
    "lacks a tensor": (lambda a, m: a.pop("step1/Z1"), "step1/Z1"),
    "has another": (lambda a, m: a.update(extra=np.zeros(2)), "extra"),
    "checksum": (lambda a, m: a.update({"step1/Z1": a["step1/Z1"] + 1}), "checksum"),
    "no checksums": (lambda a, m: m.pop("sha256"), "checksums"),
    "no settings": (lambda a, m: m.pop("settings"), "settings"),
    "a setting too many": (lambda a, m: m["settings"].update(speed=1), "speed"),
    "a setting of a wrong type": (lambda a, m: m["settings"].update(steps="2"), "steps"),
    "a setting of no meaning": (lambda a, m: m["settings"].update(dtype="float16"), "float16"),
    "a setting with an escape": (lambda a, m: m["settings"].update(data="a\x1b[31m"), "data"),
    "an environment with an escape": (lambda a, m: m["environment"].update(python="a\x1b[31m"), "environment"),
    "more steps than it can hold": (lambda a, m: m["settings"].update(steps=10**9), "steps"),
    "a name with an escape": (lambda a, m: a.update({"a\x1b[31m\n": np.zeros(2)}), "name"),
    "another optimizer": (lambda a, m: m.update(optimizer="sgd"), "optimizer"),
    "sizes that are no whole numbers": (lambda a, m: older(m, sizes=[9.9, 8, 7, 6]), "whole"),
    "an unknown layer": (layer(2, layer="swish"), "swish"),
    "a layer that runs": (layer(2, layer="__import__('os')"), "usable network"),
    "a layer of nothing": (layer(1, layer="dense(nodes=0)"), "node"),
    "a layer that is a number": (layer(1, layer=3), "usable network"),
    "a layer that reads itself": (layer(2, reads=[2]), "must read layers before it"),
    "a layer that shares text": (layer(2, shares="1"), "whole numbers"),
    "a layer that shares another kind": (layer(2, shares=1), "equal layer before it"),
    "a layer larger than the file": (layer(1, layer="dense(nodes=1000000000)"), "numbers of the file"),
    "a layer that reads text": (layer(2, reads=["1"]), "whole numbers"),
    "a layer too much": (layer(2, more=1), "usable network"),
    "layers without end": (lambda a, m: m["network"].update(layers=m["network"]["layers"] * 10**5), "layers"),
    "no layers": (lambda a, m: m["network"].update(layers=[]), "begins with its input"),
    "two kinds of network": (lambda a, m: m["network"].update(sizes=[9, 8, 7, 6]), "layers"),
    "no step": (lambda a, m: m["settings"].update(steps=0), "steps"),
    "no environment": (lambda a, m: m.pop("environment"), "environment"),
    "no network": (lambda a, m: m.pop("network"), "network"),
    "an unknown activation": (lambda a, m: older(m, activations=["swish"] * 3), "swish"),
    "an unknown part": (lambda a, m: older(m, gates=[1]), "gates"),
    "dropout of everything": (lambda a, m: older(m, dropout=[1.0] * 4), "dropout"),
    "a loss of another kind": (lambda a, m: m["settings"].update(loss="half_hinge"), "half_hinge"),
    "an optimizer that runs": (lambda a, m: m["settings"].update(optimizer="__import__('os')"), "optimizer"),
    "a network too deep": (lambda a, m: older(m, sizes=[3] * 10**6), "network"),
    "a broken network": (lambda a, m: older(m, sizes=[3, "x"]), "network"),
}


@pytest.mark.parametrize("name", EDITS)
def test_altered(saved, name):
    edit, word = EDITS[name]
    rewrite(saved, edit)
    refused(saved, word)


def test_a_trace_of_the_older_schema_is_read(saved):
    trace = trace_file.load(str(saved))
    rewrite(saved, lambda a, m: older(m))
    again = trace_file.load(str(saved))
    assert again.network == trace.network and again.settings == trace.settings
    rewrite(saved, lambda a, m: m.update(schema="byhand-trace/0"))
    refused(saved, "not of schema byhand-trace/2 or byhand-trace/1")


def test_not_an_archive(tmp_path):
    path = tmp_path / "t.npz"
    path.write_bytes(b"hello")
    refused(path, "not an .npz")
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    path.write_bytes(buffer.getvalue())
    refused(path, "not an .npz")


@pytest.mark.parametrize("body", [b"no array", b"\x93NUMPY\x01\x00\x0c\x00{'descr': (\n", b""])
def test_members_that_are_no_arrays(saved, body):
    with zipfile.ZipFile(saved, "a") as archive:
        archive.writestr("step1/odd.npy", body)
    refused(saved, "cannot be read")


def test_a_member_that_is_there_twice(saved):
    with zipfile.ZipFile(saved, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("step1/Z1.npy", archive.read("step1/Z1.npy"))
    refused(saved, "stored twice")


def test_a_manifest_with_an_endless_number(saved):
    np.savez(saved, manifest=np.array("[" + "9" * 5001 + "]"))
    refused(saved, "JSON")
