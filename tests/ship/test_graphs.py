"""Further ONNX files of bundles: PyTorch's numbers at other sizes, and the programs of the handbook."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from glasshouse.data.strokes.strokes_preparation import StrokesPreparation
from glasshouse.data.text.pair_preparation import MARKS, PairPreparation
from glasshouse.data.text.vocabulary import Vocabulary
from glasshouse.models import MODELS, build_model
from glasshouse.models.mixture_density import mixture_of
from glasshouse.models.sampling import written
from glasshouse.models.search import beam, greedy
from glasshouse.ship import load
from glasshouse.ship.onnx_export import TOLERANCE
from glasshouse.ship.onnx_graph import export_graph
from glasshouse.ship.onnx_graphs import write_graphs
from glasshouse.ship.onnx_writers import writer_graphs
from glasshouse.ship.write_bundle import Content, write_bundle

from .conftest import lived_in

PAGE = Path(__file__).parents[2] / "docs" / "guide" / "onnx.md"
WORDS = ["one", "two", "three", "four", "five"]
FRENCH = ["un", "deux", "trois", "quatre", "cinq"]
TOKENS = torch.tensor([[2, 3, 4, 5, 6], [6, 5, 0, 0, 0], [4, 0, 0, 0, 0]])


def session(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def ask(path, **fed):
    opened = session(path)
    names = [each.name for each in opened.get_outputs()]
    return dict(
        zip(names, opened.run(None, {key: np.asarray(each) for key, each in fed.items()}), strict=True)
    )


def near(found, wanted):
    np.testing.assert_allclose(found, wanted.detach().numpy(), rtol=0, atol=20 * TOLERANCE)


def program(title, bundle, *words):
    """A program of the handbook, run in a bundle's folder without Glasshouse and PyTorch."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (code,) = [each for each in blocks if each.startswith(f'"""{title}')]
    code += "\nassert 'glasshouse' not in sys.modules and 'torch' not in sys.modules\n"
    done = subprocess.run(
        [sys.executable, "-c", "import sys\n" + code, *words], cwd=bundle, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def bundled(folder, spec, network, shape, task, preparation=None, rows=None, **more):
    more = {"target_name": "it", "meaning": None, **more}
    content = Content(network, spec, shape, task, preparation=preparation, samples=rows, seed=1, **more)
    return write_bundle(folder / "bundle", content)


def made(spec, **fixed):
    torch.manual_seed(0)
    return lived_in(MODELS.build(spec, fixed=fixed)).eval()


slow = pytest.mark.slow


@pytest.fixture(
    scope="module",
    params=[
        "additive",
        *(pytest.param(each, marks=slow) for each in ("multiplicative", "none", "transformer")),
    ],
)
def translator(request, tmp_path_factory):
    """A bundle for translation with weights that say something, and the network in it."""
    if request.param == "transformer":
        spec = {"name": "transformer_seq2seq", "width": 8, "heads": 2, "layers": 2}
    else:
        spec = {"name": "seq2seq", "attention": request.param, "units": 8, "embedding": 5}
    given, wanted = Vocabulary("words", WORDS), Vocabulary("words", (*MARKS, *FRENCH))
    network = made(spec, inputs=(5,), outputs=9, tokens=7, steps=6)
    with torch.no_grad():  # else one word would win at every step, or the end at once
        for each in network.parameters():
            each.mul_(2.5)
        network.output.bias[3] -= 4
    preparation = PairPreparation("en", "fr", given, wanted, (5, 6))
    model = {**spec, "tokens": 7, "steps": 6}
    folder = tmp_path_factory.mktemp("translator")
    path = bundled(
        folder,
        model,
        network,
        (5,),
        "translation",
        preparation,
        TOKENS,
        outputs=9,
        no_onnx="a translation is searched for word by word",
    )
    return path, network


def test_both_halves_of_a_translator_are_checked_and_described(translator):
    path, _ = translator
    schema = load(path).schema
    assert [each.file for each in schema.graphs] == ["encoder.onnx", "decoder.onnx"]
    assert not (path / "model.onnx").exists()
    for graph in schema.graphs:
        assert graph.reason is None
        assert graph.checked.largest_difference <= TOLERANCE
        assert len(graph.checked.batch_sizes) > 1
        assert len(graph.checked.lengths) > 1
        opened = session(path / graph.file)
        assert [each.name for each in opened.get_inputs()] == [each.name for each in graph.inputs]
        assert [each.name for each in opened.get_outputs()] == [each.name for each in graph.outputs]
        assert b"site-packages" not in (path / graph.file).read_bytes()


def test_a_loop_over_steps_writes_what_pytorch_writes_at_another_size_and_length(translator):
    path, network = translator
    source = torch.tensor([[3, 2, 6, 5, 4, 3, 2, 2], [2, 2, 5, 0, 0, 0, 0, 0]]).repeat(3, 1)
    with torch.no_grad():
        wanted, maps = greedy(network, source, 6)
    state = ask(path / "encoder.onnx", source=source)
    token, looked, said = np.full(6, 2), [], []
    done = np.zeros(6, bool)
    for _ in range(6):
        found = ask(path / "decoder.onnx", token=token, **state)
        state = {name: found.get(f"next_{name}", state[name]) for name in state}
        logits = found["logits"]
        logits[:, :3] = -np.inf
        token = np.where(done, 0, logits.argmax(axis=1))
        done |= token == 3
        said.append(token)
        looked.append(found.get("attention"))
    assert np.array_equal(np.stack(said, axis=1), wanted.numpy())
    if maps is not None:
        np.testing.assert_allclose(np.stack(looked, axis=1), maps.numpy(), atol=1e-5)
        np.testing.assert_allclose(looked[0].sum(axis=1), 1, atol=1e-5)
        assert (looked[0][1::2, 3:] == 0).all()  # nobody looks at padding


@slow
def test_an_encoder_takes_any_length_whatever_was_exported_before_and_else_that_of_padded_rows(
    tmp_path, monkeypatch
):
    network = made({"name": "seq2seq", "units": 8, "embedding": 5}, inputs=(5,), outputs=9, tokens=7, steps=6)
    # PyTorch remembers how it ran a GRU, which once made the exporter fix the length without a word.
    torch.export.export(nn.GRU(3, 4, batch_first=True), (torch.zeros(2, 5, 3),))
    graph = writer_graphs(network, TOKENS)[0]
    assert export_graph(tmp_path, graph).checked.lengths == (2, 5, 7)
    monkeypatch.setattr("glasshouse.ship.onnx_export._forget", lambda: None)
    torch.export.export(nn.GRU(3, 4, batch_first=True), (torch.zeros(2, 5, 3),))
    note = write_graphs(tmp_path, network, TOKENS, None, 0)[0]
    assert note.inputs[0].shape == ("batch", 5)
    assert note.outputs[1].shape == ("batch", 5, 16)
    near(ask(tmp_path / "encoder.onnx", source=TOKENS)["memory"][0], network.begin(TOKENS)[1][0])


def test_the_program_of_the_handbook_translates_greedily_and_with_a_beam(translator):
    path, network = translator
    texts = [" ".join(each) for each in product(WORDS[:3], WORDS[1:4])][:6]
    preparation = load(path).preparation
    source = torch.from_numpy(preparation.transform(preparation.read(texts)))
    with torch.no_grad():
        greedily = [preparation.text(each.tolist()) for each in greedy(network, source, 6)[0]]
    searched = [preparation.text(each) for each in beam(network, source, 6)]
    lines = program("translate.py", path, *texts).splitlines()
    assert lines == [f"{one} | {other}" for one, other in zip(greedily, searched, strict=True)]
    assert len(set(searched)) > 1


def test_the_card_of_a_translator_has_a_loop_that_runs(translator):
    path, network = translator
    card = load(path).card
    assert "There is no `model.onnx`: a translation is searched for word by word." in card
    (code,) = re.findall(r"```python\n(.+?)```", card.split("## Without Glasshouse")[1], re.DOTALL)
    done = subprocess.run([sys.executable, "-c", code], cwd=path, capture_output=True, text=True, check=True)
    with torch.no_grad():
        (wanted,) = greedy(network, torch.ones(1, 5, dtype=torch.int64), 50)[0].tolist()
    assert json.loads(done.stdout) == (wanted[: wanted.index(3)] if 3 in wanted else wanted)


@pytest.mark.parametrize(("cell", "shown"), [("lstm", "always"), pytest.param("gru", "once", marks=slow)])
def test_a_captioner_looks_once_and_writes_step_by_step(cell, shown, tmp_path):
    settings = {"cell": cell, "shown": shown, "units": 6, "embedding": 5, "widths": [4], "hidden": [8]}
    spec = {"name": "captioner", **settings, "steps": 5}
    network = made({"name": "captioner", **settings}, inputs=(1, 8, 8), outputs=9, steps=5)
    rows = torch.rand(4, 1, 8, 8)
    path = bundled(tmp_path, spec, network, (1, 8, 8), "captioning", None, rows, outputs=9, no_onnx="x")
    pictures = torch.rand(5, 1, 8, 8)
    state = ask(path / "encoder.onnx", source=pictures)
    assert ("code" in state) == (shown == "always")
    assert ("cell" in state) == (cell == "lstm")
    with torch.no_grad():
        theirs, tokens = network.begin(pictures), torch.full((5,), 2)
        for _ in range(3):
            logits, theirs, _ = network.advance(tokens, theirs)
            found = ask(path / "decoder.onnx", token=tokens, **state)
            near(found["logits"], logits)
            state = {name: found.get(f"next_{name}", state[name]) for name in state}
            tokens = logits.argmax(dim=1)


def language(path, spec, window=12):
    """A bundle of a language whose tokens are letters."""
    network = made(spec, inputs=(window,), outputs=9, tokens=9)
    with torch.no_grad():  # else one letter would win at every step
        for each in network.parameters():
            each.mul_(2)
        network.output.weight.mul_(3)
    rows = torch.randint(2, 9, (5, window), generator=torch.Generator().manual_seed(3))
    bundle = bundled(
        path,
        {**spec, "tokens": 9},
        network,
        (window,),
        "language",
        None,
        rows,
        meaning="logits",
        classes=("(padding)", "(unknown)", *"abcdefg"),
    )
    # The program looks for the letters where the preparation of a text keeps them.
    (bundle / "preprocessing.json").write_text(json.dumps({"known": list("abcdefg")}))
    return bundle, network


@pytest.mark.parametrize("cell", ["lstm", *(pytest.param(each, marks=slow) for each in ("rnn", "gru"))])
def test_a_language_model_carries_its_state_from_file_call_to_file_call(cell, tmp_path):
    path, network = language(tmp_path, {"name": "language_model", "cell": cell, "units": 8, "layers": 2})
    text = torch.randint(2, 9, (3, 7))
    with torch.no_grad():
        wanted, _ = network.read(text)
    fed = {"state": np.zeros((3, 2, 8), np.float32)}
    fed |= {"cell": np.zeros((3, 2, 8), np.float32)} if cell == "lstm" else {}
    logits = []
    for piece in torch.split(text, 1, dim=1):
        found = ask(path / "step.onnx", tokens=piece, **fed)
        fed = {name: found[f"next_{name}"] for name in fed}
        logits.append(found["logits"])
    near(np.concatenate(logits, axis=1), wanted)


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"name": "language_model", "cell": "lstm", "units": 8}, marks=slow),
        pytest.param({"name": "language_model", "cell": "rnn", "units": 8}, marks=slow),
        {"name": "transformer_decoder", "width": 8, "heads": 2, "layers": 2},
    ],
    ids=lambda each: each.get("cell", "transformer"),
)
def test_the_program_of_the_handbook_writes_on_as_pytorch_does(spec, tmp_path):
    path, network = language(tmp_path, spec)
    wanted = written(network, [3, 2, 4], 20, temperature=0)
    told = program("write_on.py", path, "bac", "20", "0").strip()
    assert told == "".join("abcdefg"[each - 2] for each in wanted)
    assert len(set(told)) > 1


@slow
def test_frames_of_music_go_in_as_numbers(tmp_path):
    network = made({"name": "language_model", "units": 8}, inputs=(9, 6), outputs=6, tokens=0)
    rows = (torch.rand(4, 9, 6) < 0.3).float()
    path = bundled(tmp_path, None, network, (9, 6), "frames", None, rows)
    frames = (torch.rand(3, 5, 6) < 0.3).float()
    zero = np.zeros((3, 1, 8), np.float32)
    fed, logits = {"state": zero, "cell": zero}, []
    for frame in torch.split(frames, 1, dim=1):
        found = ask(path / "step.onnx", frames=frame, **fed)
        fed = {name: found[f"next_{name}"] for name in fed}
        logits.append(found["logits"])
    near(np.concatenate(logits, axis=1), network.read(frames)[0])


def test_strokes_come_as_a_mixture_in_plain_numbers_and_the_program_draws(tmp_path):
    spec = {"name": "handwriting", "components": 4, "units": 8, "cell": "gru", "steps": 9}
    network = made({key: each for key, each in spec.items() if key != "steps"}, inputs=(9, 3), steps=9)
    rows = torch.randn(4, 9, 3)
    preparation = StrokesPreparation(9, 2.0)
    path = bundled(tmp_path, spec, network, (9, 3), "strokes", preparation, rows, outputs=1)
    points, zero = torch.randn(2, 6, 3), np.zeros((2, 1, 8), np.float32)
    raw, state = network.read(points)
    mixture, found = mixture_of(raw), {"next_state": zero}
    for step in range(6):
        found = ask(path / "step.onnx", points=points[:, step : step + 1], state=found["next_state"])
        near(found["weights"][:, 0], mixture.log_weights[:, step].exp())
        near(found["means"][:, 0], mixture.means[:, step])
        near(found["spreads"][:, 0], mixture.log_spreads[:, step].exp())
        near(found["correlations"][:, 0], mixture.correlations[:, step])
        near(found["lift"][:, 0], torch.sigmoid(mixture.lifts[:, step]))
    near(found["next_state"], state.transpose(0, 1))
    lines = program("draw.py", path).splitlines()
    assert len(lines) == 9
    assert all(line.split()[2] in ("0", "1") for line in lines)


def test_a_variational_autoencoder_decodes_and_the_program_invents_rows(tmp_path):
    spec = {"name": "variational_autoencoder", "hidden": [6], "code": 3}
    network = lived_in(build_model(spec, (5,), 5, seed=0)).eval()
    path = bundled(
        tmp_path, spec, network, (5,), "reconstruction", None, torch.randn(4, 5), meaning="reconstruction"
    )
    codes = torch.randn(9, 3)
    near(ask(path / "decoder.onnx", codes=codes)["rows"], network.decode(codes))
    found = ask(path / "model.onnx", input=torch.randn(2, 5))
    near(ask(path / "decoder.onnx", codes=found["code"])["rows"], torch.from_numpy(found["reconstruction"]))
    program("invent.py", path)
    drawn = np.random.default_rng(0).normal(size=(100, 3)).astype(np.float32)
    near(np.load(path / "new.npy"), network.decode(torch.from_numpy(drawn)))


@slow
def test_maps_of_a_convolutional_code_are_given_flat(tmp_path):
    spec = {"name": "convolutional_autoencoder"}
    network = lived_in(build_model(spec, (1, 8, 8), 1, seed=0)).eval()
    path = bundled(
        tmp_path,
        spec,
        network,
        (1, 8, 8),
        "reconstruction",
        None,
        torch.rand(4, 1, 8, 8),
        meaning="reconstruction",
    )
    (graph,) = load(path).schema.graphs
    assert graph.reason is None
    found = ask(path / "model.onnx", input=torch.rand(3, 1, 8, 8))
    near(ask(path / "decoder.onnx", codes=found["code"])["rows"], torch.from_numpy(found["reconstruction"]))


def test_the_generator_of_a_game_is_described_with_the_other_graphs(tmp_path):
    spec = {"name": "gan", "latent": 3, "generator": [6], "discriminator": [6]}
    network = lived_in(build_model(spec, (2,), 1, seed=0)).eval()
    path = bundled(tmp_path, spec, network, (2,), "generation", None, torch.randn(4, 2))
    (graph,) = load(path).schema.graphs
    assert graph.file == "generator.onnx"
    assert "discriminator" in load(path).card
    codes = torch.randn(5, 3)
    near(ask(path / "generator.onnx", input=codes)["output"], network.decode(codes))
    program("invent.py", path)
    assert np.load(path / "new.npy").shape == (100, 2)


def probabilities_of(machine, visible):
    """Of all states of binary visible units, by enumeration."""
    states = torch.tensor(list(product([0.0, 1.0], repeat=visible)))
    return torch.softmax(-machine.free_energy(states), dim=0).detach().numpy()


def test_the_chain_of_a_machine_has_its_distribution(tmp_path):
    spec = {"name": "rbm", "hidden": 4, "visible": "binary"}
    network = build_model(spec, (3,), 3, seed=0).eval()
    with torch.no_grad():
        network.recognition.weight.copy_(2 * torch.randn(4, 3, generator=torch.Generator().manual_seed(2)))
        network.generation.bias.copy_(torch.tensor([0.5, -0.5, 0.0]))
    rows = torch.randint(0, 2, (4, 3)).float()
    path = bundled(tmp_path, spec, network, (3,), "reconstruction", None, rows, meaning="reconstruction")
    wanted = probabilities_of(network, 3)
    opened, chance = session(path / "chain.onnx"), np.random.default_rng(0)
    units = (chance.random((20_000, 3)) < 0.5).astype(np.float32)
    for _ in range(60):
        fed = {"hidden_chance": (20_000, 4), "visible_chance": (20_000, 3)}
        drawn = {name: chance.random(shape, np.float32) for name, shape in fed.items()}
        units = opened.run(["next_units"], {"units": units, **drawn})[0]
    counted = np.bincount((units @ [4, 2, 1]).astype(int), minlength=8) / len(units)
    np.testing.assert_allclose(counted, wanted, atol=0.015)
    assert wanted.max() > 0.2
    program("gibbs.py", path)
    assert set(np.unique(np.load(path / "new.npy"))) <= {0.0, 1.0}


@slow
def test_gaussian_units_and_stacks_of_machines_go_through_chain_and_down(tmp_path):
    spec = {"name": "dbn", "hidden": [6, 4], "visible": "gaussian"}
    network = lived_in(build_model(spec, (5,), 5, seed=0)).eval()
    path = bundled(
        tmp_path, spec, network, (5,), "reconstruction", None, torch.randn(4, 5), meaning="reconstruction"
    )
    files = [each.file for each in load(path).schema.graphs if each.checked]
    assert files == ["decoder.onnx", "chain.onnx", "down.onnx"]
    units = torch.randint(0, 2, (3, 6)).float()
    low = network.stack()[0]
    normal = torch.randn(3, 5)
    found = ask(path / "down.onnx", units=units, chance_1=normal)
    near(found["expected"], low.decode(units))
    spread = float((0.5 * low.log_noise).exp()) if low.log_noise is not None else 0.0
    near(found["rows"], low.decode(units) + spread * normal)
    hidden_chance, visible_chance = torch.rand(3, 4), torch.rand(3, 6)
    fed = {"units": units, "hidden_chance": hidden_chance, "visible_chance": visible_chance}
    found = ask(path / "chain.onnx", **fed)
    hidden = (hidden_chance < network.top.encode(units)).float()
    assert np.array_equal(found["next_units"], (visible_chance < network.top.decode(hidden)).float().numpy())


def test_a_policy_of_the_handbook_acts(tmp_path):
    spec = {"name": "q_network", "hidden": [8]}
    network = lived_in(build_model(spec, (4,), 2, seed=0)).eval()
    path = bundled(
        tmp_path,
        spec,
        network,
        (4,),
        "control",
        None,
        torch.randn(4, 4),
        meaning="action_values",
        classes=("left", "right"),
    )
    for seen in torch.randn(3, 4):
        told = program("act.py", path, *(f"{each:.6f}" for each in seen.tolist())).strip()
        assert told == ("left", "right")[int(network(seen.unsqueeze(0)).argmax())]


class Halves(nn.Module):
    """A user's own autoencoder whose way back cannot be exported."""

    def encode(self, rows: torch.Tensor) -> torch.Tensor:
        return rows[:, :2]

    def decode(self, code: torch.Tensor) -> torch.Tensor:
        if float(code.sum()) > 0:
            return torch.cat([code, code], dim=1)
        return torch.cat([code, -code], dim=1)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.decode(self.encode(rows))


def test_a_graph_that_cannot_be_exported_is_missing_with_its_reason(tmp_path):
    path = bundled(
        tmp_path, None, Halves(), (4,), "reconstruction", None, torch.randn(4, 4), meaning="reconstruction"
    )
    bundle = load(path, module=Halves())
    (graph,) = bundle.schema.graphs
    assert graph.checked is None
    assert "takes different ways for different values" in graph.reason
    assert not (path / "decoder.onnx").exists()
    assert "There is no `decoder.onnx`" in bundle.card


def test_a_further_file_that_was_changed_is_named(tmp_path):
    spec = {"name": "gan", "latent": 3, "generator": [6], "discriminator": [6]}
    network = lived_in(build_model(spec, (2,), 1, seed=0)).eval()
    path = bundled(tmp_path, spec, network, (2,), "generation", None, torch.randn(4, 2))
    (path / "generator.onnx").unlink()
    with pytest.raises(Exception, match=r"generator\.onnx is missing"):
        load(path)
