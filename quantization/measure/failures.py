"""Why a precision could not be measured, in one sentence: what a row holds where there are no figures."""

from models.errors import AulaError, ran_out_of_memory


def failure_sentence(precision: str, error: Exception) -> str:
    """The sentence for the row of `precision`; an error that is meant for the user speaks for itself."""
    if isinstance(error, AulaError):
        return str(error)
    if ran_out_of_memory(error):
        return too_large(precision)
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return f"{precision} could not be measured: {reason.rstrip('.')}. The other precisions are not affected."


def too_large(precision: str) -> str:
    """The sentence where the model takes more memory than there is, in `precision`."""
    return f"{precision} does not fit into memory. Close other programs, or choose a smaller model."
