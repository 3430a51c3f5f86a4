"""All rules of a step as one function: what they need of whole arrays, each thing once, and every loop after it.

It is written from the loops of the rules (`loops.py`), that is, from the recorded equations. It may only say that a
tensor passes: any other is judged again, in the ordinary way (`lockstep.py`). It is for steps without subnormal
numbers, whose tensors lie as `lockstep.Lines` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from reference import tensor_names
from reference.network import Network
from reference.rules import CARRIED, Rule
from verify.loops import Input, Loop, as_line, as_plane, loop_of
from verify.precision import Precision
from verify.products import products
from verify.recording import FUNCTIONS, Constant, Kind
from verify.together import Part, constants, families, family, one_pass
from verify.trace import Array

Key = tuple[Any, ...]
NOT = -1  # in place of a ratio's bits: the tensor does not pass


class Program:
    """The rules of `plan`, those that have a loop, for batches of so many examples."""

    def __init__(
        self, plan: tuple[Rule, ...], network: Network, examples: int, scalars: Mapping[str, Input],
        lines: Iterable[str], precision: Precision,
    ) -> None:  # fmt: skip
        self.plan, self.network, self.precision = plan, network, precision
        self.shapes = {r.tensor: network.tensor_shape(r.tensor, examples) for r in plan}
        self.scalars = scalars
        self.made = 0
        self.names: dict[Key, str] = {}
        self.text: list[str] = []
        self.space: dict[str, Any] = {
            **FUNCTIONS, "np": np, "products": products, "line": as_line, "plane": as_plane,
        }  # fmt: skip
        self.examples = examples
        sizes = [int(np.prod(network.shape(P))) for P in network.parameters()]
        self.starts = np.cumsum([0, *sizes])
        self.order: list[str] = []  # tensors whose utilisation the function gives, in its order
        self.alone: list[str] = []
        done = self._all_parameters(list(lines))
        for rule in plan:
            if rule.tensor not in done:
                self._rule(rule)
        self.function = self._written()

    def fits(self, held: Mapping[str, Array]) -> bool:
        """Whether the tensors have the shapes and the type that they must have."""
        kind = np.dtype(self.precision.name)
        return all(
            name in held and held[name].shape == shape and held[name].dtype == kind
            for name, shape in self.shapes.items()
        )

    def run(
        self, held: Mapping[str, Array], before: Mapping[str, Array], lines: Mapping[str, Array],
        lines_before: Mapping[str, Array], scalars: Mapping[str, Input],
    ) -> dict[str, float] | None:  # fmt: skip
        """The utilisation of each tensor that passes; None where those of all parameters do not."""
        together = np.empty((self.parts, len(self.starts) - 1))
        alone = [NOT] * len(self.alone)
        if not self.function(held, before, lines, lines_before, scalars, together, alone):
            return None
        used = dict.fromkeys(self.carried, 0.0) | dict(zip(self.order, together.reshape(-1).tolist(), strict=True))
        ratios = np.array(alone, dtype=np.int64).view(np.float64).tolist()
        return used | {name: used for name, used, bits in zip(self.alone, ratios, alone, strict=True) if bits != NOT}

    def _written(self) -> Callable[..., bool]:
        body = "".join(f"    {line}\n" for line in self.text)
        source = f"def step(held, before, lines, lines_before, scalars, together, alone):\n{body}    return True\n"
        exec(source, self.space)
        function: Callable[..., bool] = self.space["step"]
        return function

    def _all_parameters(self, now: list[str]) -> set[str]:
        """One pass for what is elementwise; the tensors it judges."""
        lines = {*now, *(at for name in now if (at := tensor_names.carried(name)) is not None)}
        parts, carried, done, size = [], [], set(), (1, int(self.starts[-1]))
        scalars: list[str] = []
        for rules in families(self.plan, self.network, jit=False):
            rule = rules[0]
            name, read = family(rule.tensor), tuple(map(family, rule.inputs))
            if name not in now or any(n not in lines and n not in self.scalars for n in read):
                continue
            tensors = [name.replace("P", P) for P in self.network.parameters()]
            if rule.equation == CARRIED:
                carried.append((read[0], name))
            else:
                part = self._part(rule, name, read, size, scalars)
                if part is None:
                    continue
                parts.append(part)
                self.order += tensors
            done.update(tensors)
        self.parts, self.carried = (
            len(parts),
            [n.replace("P", P) for _, n in carried for P in self.network.parameters()],
        )
        if now:
            self._pass(parts, carried, now, scalars)
        return done

    def _part(
        self, rule: Rule, name: str, read: tuple[str, ...], size: tuple[int, int], scalars: list[str]
    ) -> Part | None:
        exact = tuple(self.scalars[n].kind if n in self.scalars else Kind(size, True) for n in read)
        loop = loop_of(rule.compute, exact, size, self.precision)
        if loop is None or not loop.elementwise:
            return None
        keys = self._keys(loop, read, lambda n: ("line of", n))
        reads = []
        for n in loop.body.reads:
            at = keys[n][1] if keys[n][0] == "line of" else self._name(("plane", (), keys[n]))
            reads.append(at)
            if keys[n][0] != "line of" and at not in scalars:
                scalars.append(at)
        return Part(name, tuple(reads), loop.body)

    def _pass(self, parts: list[Part], carried: list[tuple[str, str]], now: list[str], scalars: list[str]) -> None:
        run, floats = one_pass(parts, carried, now, scalars, self.precision)
        magnitude, one, normal = constants(self.precision)
        self.space |= {"run": run, "starts": self.starts, "magnitude": magnitude, "one": one, "normal": normal}
        arrays = [f"lines[{n!r}]" if n in now else f"lines_before[{n!r}]" for n in floats]
        arrays += [f"lines[{n!r}].view(magnitude.dtype)" for n in now]
        self.text.append(f"if run(starts, together, magnitude, one, normal, {', '.join((*arrays, *scalars))}):")
        self.text.append("    return False")

    def _rule(self, rule: Rule) -> None:
        """One tensor by itself."""
        if rule.equation == CARRIED:
            before, now = (self._name(key) for key in (("before", rule.inputs[0]), ("held", rule.tensor)))
            number = len(self.alone)
            self.alone.append(rule.tensor)
            self.text += [f"if np.array_equal({before}, {now}):", f"    alone[{number}] = 0"]
            return
        shapes = tuple(
            self.scalars[n].kind if n in self.scalars else Kind(self.network.tensor_shape(n, self.examples), True)
            for n in rule.inputs
        )
        loop = loop_of(rule.compute, shapes, self.shapes[rule.tensor], self.precision)
        if loop is None:
            return
        keys = self._keys(loop, rule.inputs, lambda n: ("held", n))
        self._products([keys[o.result] for o in loop.before if o.function == "matmul"])
        shaped = "line" if loop.flat else "plane"
        arrays = [self._name((shaped, (), key)) for key in (("held", rule.tensor), *(keys[n] for n in loop.body.reads))]
        number = len(self.alone)
        self.alone.append(rule.tensor)
        self.space[f"run{number}"] = loop.run
        self.text.append(f"outside, largest, asked = run{number}({', '.join(arrays)})")
        self.text += [f"if not outside and asked == {loop.body.questions}:", f"    alone[{number}] = largest"]

    def _keys(self, loop: Loop, read: tuple[str, ...], tensor: Callable[[str], Key]) -> dict[int, Key]:
        """What each result of the loop's recording is, in words that are the same in every rule."""
        keys: dict[int, Key] = {}
        for place, of_radius, result, wide in loop.inputs:
            name = read[place]
            key = ("radius" if of_radius else "value", name) if name in self.scalars else tensor(name)
            keys[result] = ("wide", (), key) if wide and name not in self.scalars else key
        for o in loop.before:
            operands = (("constant", x.value) if isinstance(x, Constant) else keys[x] for x in o.operands)
            keys[o.result] = (o.function, o.fixed, *operands)
        return keys

    def _products(self, products: list[Key]) -> None:
        """A product, that of the magnitudes, and the counts that a radius needs: all at once."""
        for key in products:
            a, b = key[2:]
            size_a, size_b = ("absolute", (), a), ("absolute", (), b)
            sizes = ("matmul", (), size_a, size_b)
            if sizes in products and key not in self.names:
                given = ", ".join(self._name(_narrow(x)) for x in (a, b))
                counts = [("count_nonzero", (("axis", 1),), size_a), ("count_nonzero", (("axis", 0),), size_b)]
                names = [self._new() for _ in range(4)]
                self.names |= dict(zip((key, sizes, *counts), names, strict=True))
                self.text.append(f"{', '.join(names)} = products({given})")

    def _name(self, key: Key) -> str:
        """The variable that holds this, written down when it is first needed."""
        if key not in self.names:
            text = self._expression(key)
            self.names[key] = self._new()
            self.text.append(f"{self.names[key]} = {text}")
        return self.names[key]

    def _new(self) -> str:
        self.made += 1
        return f"g{self.made}"

    def _expression(self, key: Key) -> str:
        match key:
            case ("held" | "before" as place, name):
                return f"{place}[{name!r}]"
            case ("value" | "radius" as part, name):
                return f"scalars[{name!r}].{part}"
            case ("constant", value):
                return repr(value) if np.isfinite(value) else f"np.{value}"
            case ("wide", _, narrow):
                return f"np.asarray({self._name(narrow)}, dtype=np.float64)"
        function, fixed, *operands = key
        texts = [self._expression(x) if x[0] == "constant" else self._name(x) for x in operands]
        return f"{function}({', '.join((*texts, *(f'{word}={value!r}' for word, value in fixed)))})"


def _narrow(key: Key) -> Key:
    """The same before it was made float64."""
    if key[0] == "wide":
        return tuple(key[2])
    return (*key[:2], _narrow(key[2])) if key[0] == "transpose" else key
