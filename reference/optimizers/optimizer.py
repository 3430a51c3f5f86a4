"""Optimizer is the base class of all optimizers: what one keeps of each parameter, and how a parameter moves.

It also has what Keras does with every optimizer: clipping the gradient, weight decay, and subtracting the update.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, ClassVar

from reference import clipping, descent, rows
from reference import tensor_names as names
from reference.layers.layer import SentRows
from reference.notation import check_numbers
from reference.optimizers.around import Around
from reference.rule import Rule
from reference.schedules import OwnRate

ROWS = "embedding"  # the kind of the rules that read single rows of a gradient


class Optimizer(Around):
    """A kind of optimizer. Each kind is a frozen dataclass of its coefficients, with Keras's defaults.

    `name` is its name in texts. `learning_rate` is a number, a schedule, which is a function of t, or an `OwnRate`.
    Only one of `clipnorm`, `clipvalue` and `global_clipnorm` may be set.
    """

    name: ClassVar[str] = ""
    learning_rate: Any
    weight_decay: float
    clipnorm: float
    clipvalue: float
    global_clipnorm: float

    def __post_init__(self) -> None:
        check_numbers(self)

    @property
    def keeps(self) -> tuple[str, ...]:
        """The letters of the tensors that it keeps for each parameter, such as m and v."""
        return ()

    @property
    def coefficients(self) -> dict[str, float]:
        """The single numbers that its rules read, beside t. alpha is one of them if it is a number."""
        return {"alpha": self.learning_rate} if isinstance(self.learning_rate, int | float) else {}

    @property
    def given(self) -> tuple[str, ...]:
        """The tensors of a step that no rule computes: alpha, if code of the person's own gives it."""
        return ("alpha",) if isinstance(self.learning_rate, OwnRate) else ()

    @property
    def moves_by_a_product(self) -> bool:
        """True if update_P is a product: a compiler may subtract it without rounding it first."""
        return False

    @property
    def moves_by_rows(self) -> bool:
        """True if Keras subtracts each single row of a gradient by itself."""
        return self.moves_by_a_product

    @property
    def numbers(self) -> tuple[str, ...]:
        """The names of the single numbers that it keeps for the whole network."""
        return ()

    def of_network(self) -> Iterator[Rule]:
        """Yield the rules of what a step does once, before it moves any parameter."""
        yield from ()

    def of(self, P: str) -> "Optimizer":
        """Return the optimizer that moves a parameter, which may differ from one to another. Mostly it is this one."""
        return self

    def begins_at(self, letter: str) -> float | None:
        """Return the number at which all elements of what it keeps under this letter or name begin.

        None: they begin as the parameter.
        """
        return 0.0

    def one_step(self, P: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
        """Return the function of a gradient that gives update_P, and the names of what it reads beside the gradient.

        Single rows of a gradient take this step one by one if it `moves_by_rows`.
        """
        raise NotImplementedError

    def move(self, P: str, g: str, equation: str, layer: int, sent: SentRows | None = None) -> Iterator[Rule]:
        """Yield the rules of what it keeps for P and of update_P, which is subtracted; g names the gradient.

        `sent`: the single rows that are the gradient.
        """
        raise NotImplementedError

    def rules(
        self, P: str, equation: str, layer: int, gradients: tuple[str, ...], sent: SentRows | None = None
    ) -> Iterator[Rule]:
        """Yield the rules of all that a step does to P, in Keras's order; `gradients` names those of all parameters.

        `sent`: the single rows that are the gradient of P. They remain single rows unless they are clipped by the norm
        of all gradients.
        """
        sent = sent._replace(clip=self._clip) if sent else None
        g, kept = names.gradient(P), self.held(P)
        for clip in self._clipping(P, layer, gradients, sent):
            yield clip
            g = clip.tensor
        sent = None if self.global_clipnorm else sent
        if kept != P:
            decay = partial(descent.decayed, weight_decay=self.weight_decay)
            yield Rule(kept, "Loshchilov & Hutter 2019", (P, "alpha"), decay, layer, "update", elementwise=True)
        yield from self.move(P, g, equation, layer, sent)
        yield self.end(P, kept, equation, layer, sent)

    def end(self, P: str, kept: str, equation: str, layer: int, sent: SentRows | None) -> Rule:
        """Return the rule of P_new; `kept` names the parameter that the step begins with."""
        update = names.update(P)
        if sent and self.moves_by_rows:
            term, read = self.one_step(P)
            compute = partial(rows.subtracted, term=term, rows=sent.size, clip=sent.clip)
            return Rule(names.new(P), equation, (kept, *sent[:2], *read), compute, layer, "update", kind=ROWS)
        product = (update,) if self.moves_by_a_product else ()
        return Rule(names.new(P), equation, (kept, update), descent.descend, layer, "update", product, elementwise=True)

    def held(self, P: str) -> str:
        """Return the name of the parameter that a step begins with: P, or P after weight decay."""
        return names.decayed(P) if self.weight_decay and P not in self.undecayed else P

    def rule(
        self, tensor: str, equation: str, inputs: tuple[str, ...], compute: Callable[..., Any], layer: int, **says: Any
    ) -> Rule:
        """Return a rule of this kind that is computed element by element. `says` has what else a rule may say.

        A gradient that is clipped by a norm is a product, g times one number.
        """
        by_norm = self.clipnorm or self.global_clipnorm
        products = (name for name in inputs if by_norm and names.read(name).role == names.CLIPPED)
        says["fusable"] = tuple(dict.fromkeys((*says.get("fusable", ()), *products)))
        return Rule(tensor, equation, inputs, compute, layer, "update", kind=self.name, elementwise=True, **says)

    def moment(
        self,
        tensor: str,
        equation: str,
        g: str,
        compute: Callable[..., Any],
        layer: int,
        sent: SentRows | None,
        keep: float,
        term: Callable[..., Any],
        read: tuple[str, ...] = (),
        in_place: bool = False,
        **says: Any,
    ) -> Rule:
        """Return the rule of a moment: `keep` times what was before, plus a term of the gradient.

        `compute` states it for the whole gradient; single rows (`sent`) each give a term. `read` names what both read.
        `in_place`: Keras adds the terms of rows to what was before, one by one. XLA may always do so.
        """
        if sent is None:
            return self.rule(tensor, equation, (names.before(tensor), g, *read), compute, layer, **says)
        inputs = (names.before(tensor), *sent[:2], *read)
        options: dict[str, Any] = {"rows": sent.size, "clip": sent.clip}
        from_before = partial(rows.moment_from_before, keep=keep, term=term, **options)
        if in_place:
            return Rule(tensor, equation, inputs, from_before, layer, "update", kind=ROWS)
        of_rows = partial(rows.moment, keep=keep, term=term, **options)
        return Rule(tensor, equation, inputs, of_rows, layer, "update", kind=ROWS, otherwise=(from_before,))

    def step(self, P: str, equation: str, g: str, layer: int, sent: SentRows | None, **says: Any) -> Rule:
        """Return the rule of update_P for an optimizer that moves by a product: `one_step` of the gradient."""
        compute, read = self.one_step(P)
        if sent is None:
            return self.rule(names.update(P), equation, (g, *read), compute, layer, **says)
        of_rows = partial(rows.summed, term=compute, rows=sent.size, clip=sent.clip)
        return Rule(names.update(P), equation, (*sent[:2], *read), of_rows, layer, "update", kind=ROWS)

    @property
    def _clip(self) -> clipping.Clip:
        """The function that clips one gradient by itself."""
        if self.clipnorm:
            return partial(clipping.by_norm, most=self.clipnorm)
        return partial(clipping.by_value, most=self.clipvalue) if self.clipvalue else clipping.kept

    def _clipping(self, P: str, layer: int, gradients: tuple[str, ...], sent: SentRows | None) -> Iterator[Rule]:
        """Yield the rule of the clipped gradient, if gradients are clipped."""
        name, inputs = names.clipped(P), (names.gradient(P),)
        source = "Pascanu et al. 2013" if self.clipnorm else "Keras: clipvalue"
        if self.global_clipnorm:
            by_all = partial(clipping.by_global_norm, most=self.global_clipnorm)
            yield Rule(name, "Pascanu et al. 2013: all", (*inputs, *gradients), by_all, layer, "update")
        elif sent and sent.clip is not clipping.kept:
            of_rows = partial(clipping.rows_clipped, rows=sent.size, clip=sent.clip)
            yield Rule(name, source, sent[:2], of_rows, layer, "update", kind=ROWS)
        elif self.clipnorm:
            yield Rule(name, source, inputs, self._clip, layer, "update")
        elif self.clipvalue:
            yield Rule(name, source, inputs, self._clip, layer, "update", elementwise=True)
