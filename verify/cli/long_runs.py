"""The command lines of trainings and sweeps. What is trained or swept has no default here: --resume has it."""

from __future__ import annotations

from reference.rules import LOSSES
from verify.cli.arguments import DATA, Parser, add_messages, digits, one_of, seeds, several, whole
from verify.records.precision import PRECISIONS
from verify.records.settings import OPTIMIZERS


def training_parser(about: str, out: str) -> Parser:
    """Return the parser of a whole training."""
    made = Parser("python -m verify.training", about, "--epochs 5 --seed 1")
    add = made.add_argument_group("the training").add_argument
    add("--data", metavar="digits|mnist|PATH", help=DATA)
    add("--epochs", type=whole(1, 100_000), metavar="N", help="passes over all training images (20)")
    add("--batch-size", "--batch", type=whole(1, 100_000), dest="batch", metavar="N", help="images a step (32)")
    add("--seed", type=whole(0, 2**32 - 1), metavar="N", help="of the first weights and the order (0)")
    add("--dtype", choices=tuple(PRECISIONS), help="what both sides compute in (float32)")
    add("--optimizer", choices=tuple(OPTIMIZERS), help="(adam)")
    add("--loss", choices=LOSSES, help="(cross-entropy)")
    add("--jit", action="store_true", help="compile TensorFlow's side with XLA")
    add("--every", type=whole(1, 2**31), metavar="K", help="verify each K-th step only (1)")
    add("--resume", metavar="DIR", help="go on with the training that was stopped in this folder")
    where = made.add_argument_group("where it is written")
    where.add_argument("--out", metavar="DIR", help=f"for the reports and the weights ({out})")
    add_messages(where)
    return made


def sweep_parser(about: str, out: str) -> Parser:
    """Return the parser of a sweep."""
    example = "--seeds 0:200 --digits all --batch 1,32 --dtype float32,float64 --jit both --steps 3"
    made = Parser("python -m verify.sweep", about, example)
    precisions = ", ".join(PRECISIONS)
    add = made.add_argument_group("the cases: each of these with each of the others").add_argument
    add("--seeds", type=seeds, metavar="A:B", help="of the initial weights, A to B - 1; or one (0:10)")
    add("--digits", type=digits, metavar="all|D,D", help="first samples with these labels (all)")
    add("--batch", type=several(whole(1, 100_000)), metavar="N,N", help="samples a step (1)")
    add("--dtype", type=several(one_of(*PRECISIONS)), metavar="T,T", help=f"{precisions} (float32)")
    add("--jit", choices=("off", "on", "both"), help="without XLA, with it, or both (off)")
    add("--steps", type=whole(1, 200), metavar="N", help="training steps of each case (1)")
    add("--data", metavar="digits|mnist|PATH", help="as verify.backprop takes it (digits)")
    add("--split", choices=("train", "test"), help="(train)")
    add("--optimizer", choices=tuple(OPTIMIZERS), help="(adam)")
    add("--loss", choices=LOSSES, help="(cross-entropy)")
    run = made.add_argument_group("where it runs, and where it is written")
    run.add_argument("--workers", type=whole(1, 1024), metavar="N", help="processes on this machine (one a core)")
    run.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="of a Dask cluster that is there, in their place")
    run.add_argument("--out", default=out, metavar="DIR", help="for the rows and the summary (%(default)s)")
    run.add_argument("--resume", action="store_true", help="go on with the sweep in --out")
    add_messages(run, "Dask")
    return made
