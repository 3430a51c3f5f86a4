"""Capture a case of a sweep over a model of the user's own."""

from pathlib import Path

from verify.cli.capturing import capture_model_of
from verify.cli.options import Options
from verify.errors import Unusable, Unverifiable
from verify.inputs import model_files
from verify.records.trace import Trace
from verify.runtime.stderr import hushed
from verify.sweep.plan import ANY, Case


def capture_case(case: Case) -> Trace:
    """Make the model anew from the case's seed, in its precision, with or without XLA, and capture the case's steps.

    Raises Unusable or Unverifiable.
    """
    settings, named = case.settings, f"--model {case.model}"
    with hushed():
        try:
            from verify.capture.essay_model import begin_anew
        except ImportError as error:
            raise Unverifiable(f"TensorFlow cannot be imported ({error})") from error
        begin_anew(settings.dtype, settings.seed)
    user_model = model_files.load(case.model, trust=False)
    model = user_model.model
    if user_model.x is not None and case.digit != ANY:
        raise Unusable(f"{named}: its function brings its own x and y; leave --digits and --data away")
    if getattr(model, "compiled", False):
        model.jit_compile = settings.jit
    else:
        model.compile(settings.optimizer, settings.loss, jit_compile=settings.jit)
    shared = {name: getattr(settings, name) for name in ("batch", "index", "data", "split", "steps")}
    return capture_model_of(user_model, Options(Path(), model=case.model, **shared))
