"""The command lines of trainings and sweeps. Most options have no default here, so that --resume can supply them."""

from reference.rules import LOSSES
from verify.cli.arguments import DATA, Parser, add_messages, digits, one_of, seeds, several, whole
from verify.records.precision import PRECISIONS
from verify.records.settings import OPTIMIZERS


def training_parser(about: str, out: str) -> Parser:
    """Return the parser of a whole training."""
    parser = Parser("python -m verify.training", about, "--epochs 5 --seed 1")
    add = parser.add_argument_group("the training").add_argument
    add("--data", metavar="digits|mnist|PATH", help=DATA)
    add("--epochs", type=whole(1, 100_000), metavar="N", help="passes over all training images (20)")
    add("--batch-size", "--batch", type=whole(1, 100_000), dest="batch", metavar="N", help="images of a step (32)")
    add("--seed", type=whole(0, 2**32 - 1), metavar="N", help="random seed of the initial weights and of the order (0)")
    add("--dtype", choices=tuple(PRECISIONS), help="precision of both sides (float32)")
    add("--optimizer", choices=tuple(OPTIMIZERS), help="(adam)")
    add("--loss", choices=LOSSES, help="(cross-entropy)")
    add("--jit", action="store_true", help="compile TensorFlow's side with XLA")
    add("--model", metavar="MODULE:FUNCTION", help="train a model of your own by model.fit (the essay's network)")
    add("--every", type=whole(1, 2**31), metavar="K", help="verify every K-th step only (1)")
    add("--resume", metavar="DIR", help="continue the training that was stopped in this folder")
    place = parser.add_argument_group("where it is written")
    place.add_argument("--out", metavar="DIR", help=f"folder of the reports and the weights ({out})")
    add_messages(place)
    return parser


def sweep_parser(about: str, out: str) -> Parser:
    """Return the parser of a sweep."""
    example = "--seeds 0:200 --digits all --batch 1,32 --dtype float32,float64 --jit both --steps 3"
    parser = Parser("python -m verify.sweep", about, example)
    precisions = ", ".join(PRECISIONS)
    add = parser.add_argument_group("the cases: every combination of these").add_argument
    add("--seeds", type=seeds, metavar="A:B", help="seeds A to B - 1 of the initial weights, or one seed (0:10)")
    add("--digits", type=digits, metavar="all|D,D", help="the first sample with each of these labels (all)")
    add("--batch", type=several(whole(1, 100_000)), metavar="N,N", help="samples of a step (1)")
    add("--dtype", type=several(one_of(*PRECISIONS)), metavar="T,T", help=f"{precisions} (float32)")
    add("--jit", choices=("off", "on", "both"), help="without XLA, with it, or both (off)")
    add("--steps", type=whole(1, 200), metavar="N", help="training steps of each case (1)")
    add("--data", metavar="digits|mnist|PATH", help="as verify.backprop takes it (digits)")
    add("--split", choices=("train", "test"), help="(train)")
    add("--optimizer", choices=tuple(OPTIMIZERS), help="(adam)")
    add("--loss", choices=LOSSES, help="(cross-entropy)")
    add("--model", metavar="MODULE:FUNCTION", help="a model of your own, made anew for every case (the essay's)")
    place = parser.add_argument_group("where it runs, and where it is written")
    place.add_argument("--workers", type=whole(1, 1024), metavar="N", help="processes on this machine (one per core)")
    place.add_argument("--scheduler", metavar="tcp://HOST:PORT", help="use the workers of this Dask cluster instead")
    place.add_argument("--out", default=out, metavar="DIR", help="folder of the rows and the summary (%(default)s)")
    place.add_argument("--resume", action="store_true", help="continue the sweep in --out")
    add_messages(place, "Dask")
    return parser
